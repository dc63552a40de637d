"""Scheduling: what runs when, on which machine."""
