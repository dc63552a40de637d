"""What answers the prompts of ``jobshop-text`` inside the worker without a language model: rules that read the table.

Nothing here imports more of our package than ``harness.errors``, ``harness.interfaces``, ``harness.adapters``, this
folder and the folders that the adapter needs: nothing else is there in the worker.
"""

from .reading import read_prompt
from .rules import TEXT_RULES, TextRule

__all__ = ["TEXT_RULES", "TextRule", "read_prompt"]
