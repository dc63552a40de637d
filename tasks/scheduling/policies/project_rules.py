"""Priority rules for projects as an adapter: the serial schedule generation scheme."""

from __future__ import annotations

from typing import ClassVar, Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from .answers import schedule_batch
from .project import read_projects
from .rule_options import rule_option
from .serial_generation import PROJECT_RULES, ProjectRuleName, serial_starts

__all__ = ["ProjectRule"]


class ProjectRule(Adapter):
    """Schedules activity by activity as a priority rule says; option ``rule`` is one of ``PROJECT_RULES``."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator",)

    def __init__(self, rule: ProjectRuleName, *, seed: int) -> None:
        self.rule = rule
        self.seed = seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule named in the options ready.

        Raises:
            SubmissionError: The options name no rule, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        return cls(rule_option(context, PROJECT_RULES), seed=context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity.

        Raises:
            InterfaceError: A row is not a project of one mode per activity; the message names it.
        """
        starts = [serial_starts(project, self.rule, seed=self.seed) for project in read_projects(rows)]
        return schedule_batch(rows.column("id"), starts)
