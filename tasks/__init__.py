"""What is measured: one folder per application area."""
