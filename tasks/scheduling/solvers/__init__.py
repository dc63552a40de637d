"""Solvers of job shops that work against the clock, each in a process of its own."""
