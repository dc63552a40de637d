"""Executors: where jobs run. Whatever runs them, a job is the same folder and the same worker."""
