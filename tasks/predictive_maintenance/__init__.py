"""Predictive maintenance: how long a machine still runs, and what is wrong with it."""
