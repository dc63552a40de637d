"""Intervals and comparisons over the units of a cell."""
