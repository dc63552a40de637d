"""What a policy is told of each operation it may choose: ratios of integers, the same bits on every back end.

Each feature is one integer divided by another, both turned to float32 first; no sum of fractions is ever taken. Times
are divided by the shop's mean duration (rounded down, at least 1), work by the most that any waiting job has left.
"""

from __future__ import annotations

__all__ = ["FEATURES", "FEATURE_SET"]

FEATURE_SET = "shop-features/1"
"""Named in a policy's ``config.json``; a change of any feature is a new set."""

FEATURES: tuple[tuple[str, str], ...] = (
    ("duration", "its duration"),
    ("work", "work left in its job, over the most of any job"),
    ("work_lead", "work left in its job, less the most among the other candidates"),
    ("operations_left", "operations left in its job, over the longest route"),
    ("waited", "how long it could have started already, machine aside"),
    ("job_slack", "bound on the makespan, less start and work left in its job"),
    ("machine_slack", "bound on the makespan, less start and work left for its machine"),
    ("machine_load", "work left for its machine, over that of the most loaded"),
    ("next_duration", "duration of the operation behind it, 0 where none is"),
    ("has_next", "1 where an operation is behind it"),
    ("next_idle", "its end, less when the next machine is free: above 0 that machine may stand still"),
    ("next_queue", "share of the jobs that come to the next machine next"),
    ("next_queue_work", "work of those jobs there, over the most left for any machine"),
    ("next_load", "work left for the next machine, over that of the most loaded"),
    ("next_slack", "bound on the makespan, less its end and the work left for the next machine"),
    ("candidates", "share of the jobs that may be chosen"),
    ("over_shortest", "its duration, less the shortest candidate's"),
    ("over_mean", "its duration, less the candidates' mean"),
    ("work_over_mean", "work left in its job, less the candidates' mean"),
    ("arriving", "share of the jobs that come to this machine next but are not here yet"),
    ("arrival", "time until the first of them, at most 10 mean durations; 10 where none is"),
    ("arrival_lead", "most work left in one of them, less that of its job; 0 where none is"),
    ("tightest_ahead", "least slack of the machines that its job still goes to behind this one"),
    ("tightest_distance", "operations until there, over the longest route"),
    ("progress", "share of all operations dispatched"),
    ("flow_ratio", "work of its job up to its end, over the work left, at most 50"),
    ("jobs", "jobs over jobs and machines"),
    ("machine_idle", "start, less when its machine became free"),
    ("delay", "start, less the earliest candidate's"),
)
"""Name and meaning of each feature, in the order in which a policy takes them."""
