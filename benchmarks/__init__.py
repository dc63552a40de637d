"""Suites: which tasks are run together, with which weights, for which purpose."""
