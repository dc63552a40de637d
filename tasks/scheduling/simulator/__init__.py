"""Simulates shops: from choices to schedules, on the processor (numba) and on an accelerator (torch), bit by bit alike.

Part of what a worker sees: nothing here imports more of our package than ``harness.errors`` and ``harness.randomness``,
and numba and torch are imported only by the modules that need them.
"""

from .batch import CONVENTIONS, Convention, ShopBatch, draw_numbers, stack_draws, stack_shops
from .job_shop import IntArray, JobShop, read_job_shops
from .priorities import RULES, STATIC_PRIORITIES, RuleName

__all__ = [
    "CONVENTIONS",
    "RULES",
    "STATIC_PRIORITIES",
    "Convention",
    "IntArray",
    "JobShop",
    "RuleName",
    "ShopBatch",
    "draw_numbers",
    "read_job_shops",
    "stack_draws",
    "stack_shops",
]
