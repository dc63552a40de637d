"""A reader of contracts by patterns, which answers checklists inside the worker without a language model.

Nothing here imports more of our package than ``harness.errors``, ``harness.interfaces``, ``harness.adapters`` and this
folder: nothing else is there in the worker.
"""

from .adapter import ChecklistRules

__all__ = ["ChecklistRules"]
