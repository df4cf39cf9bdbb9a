"""The scripts in percent format from which the notebooks are made, and their maker."""
