"""Exact mathematics of configuration matrices; needs NumPy and numba only."""
