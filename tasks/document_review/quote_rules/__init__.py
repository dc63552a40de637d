"""What quotes from a contract inside the worker without a language model: it reads the prompt as text.

Nothing here imports more of our package than ``harness.errors``, ``harness.interfaces``, ``harness.randomness``,
``harness.adapters`` and this folder: nothing else is there in the worker.
"""

from .adapter import QuoteRule

__all__ = ["QuoteRule"]
