"""How it is measured: interfaces, submissions, running, statistics, records and data."""
