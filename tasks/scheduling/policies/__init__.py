"""What answers scheduling inputs inside the worker: the job shop reader, the simulator and the dispatching rules.

Nothing here imports more of our package than ``harness.errors``, ``harness.interfaces``, ``harness.randomness``,
``harness.adapters`` and this folder: nothing else is there in the worker.
"""

from .job_shop import IntArray, JobShop, read_job_shops
from .non_delay import RULES, RuleName, non_delay_starts
from .rules import DispatchingRule

__all__ = ["RULES", "DispatchingRule", "IntArray", "JobShop", "RuleName", "non_delay_starts", "read_job_shops"]
