"""What answers scheduling inputs inside the worker: dispatching rules and policies.

Nothing here imports more of our package than ``harness.errors``, ``harness.interfaces``, ``harness.randomness``,
``harness.adapters``, this folder and the simulator: nothing else is there in the worker.
"""

from ..simulator import RULES, IntArray, JobShop, RuleName, read_job_shops
from .non_delay import non_delay_starts
from .rules import DispatchingRule

__all__ = ["RULES", "DispatchingRule", "IntArray", "JobShop", "RuleName", "non_delay_starts", "read_job_shops"]
