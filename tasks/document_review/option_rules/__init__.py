"""What answers questions with options inside the worker without reading them as a person would.

Nothing here imports more of our package than ``harness.interfaces``, ``harness.adapters`` and this folder: nothing else
is there in the worker.
"""

from .adapter import OptionRule

__all__ = ["OptionRule"]
