"""The list, its splits, and the order in which networks read a matrix."""
