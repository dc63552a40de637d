"""The adapter that stands for an operator's command; the command itself is started by the supervisor."""

from __future__ import annotations

from typing import ClassVar, Self

import pyarrow as pa

from ..errors import SubmissionError
from .base import LoadContext
from .solver import Emit, Solver

__all__ = ["OperatorCommand"]


class OperatorCommand(Solver):
    """Never loaded: it says in plans and records what kind of model a command is."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"solver_trace"})

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Never.

        Raises:
            SubmissionError: Always.
        """
        raise SubmissionError("SB103 a command is started as a program of its own, not loaded")

    def solve(self, shop: pa.RecordBatch, budget_s: float, emit: Emit) -> None:
        """Never called: there is nothing to load."""
        raise SubmissionError("SB103 a command is started as a program of its own, not loaded")
