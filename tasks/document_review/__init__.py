"""Reviewing documents: what a clause of a contract is about."""
