"""Whether a new checkpoint got worse: two sets of records compared, and a verdict per application area."""
