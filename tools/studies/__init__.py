"""Studies: runs of training notebooks with something changed, and what they came to."""
