"""Questions about machines of the generated fleet: where in a life they are asked, and what is known of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...harness.interfaces import Quantity, regression_inputs
from ...harness.randomness import Stream
from .fleet_simulator import CHANNELS, LIFE_MAX, STATIC, Machine
from .rul_metrics import RUL_CAP_CYCLES

__all__ = ["HISTORY_MAX_CYCLES", "FleetRow", "cut_rows", "questions_of", "targets_of"]

HISTORY_MAX_CYCLES = 48
"""Every machine is asked about after at least so many cycles, so the length of a row does not tell its age."""

HISTORY_MIN_CYCLES = 16
WHOLE_SHARE = 0.8  # rows with the whole history; the others begin anywhere: the logger was fitted or cleared late


@dataclass(frozen=True)
class FleetRow:
    """One question: the readings up to a cycle of a machine's life.

    Attributes:
        id: Of the row.
        machine: That is asked about.
        end: Cycles that it has run.
        length: How many of the last ones are shown.
        withdrawn: Age at which a training machine leaves service, above ``end``; None where it runs until it fails.
    """

    id: str
    machine: Machine
    end: int
    length: int
    withdrawn: int | None = None

    @property
    def left(self) -> int:
        """Cycles until the failure."""
        return self.machine.life - self.end


def cut_rows(
    fleet: Iterable[Machine], words: tuple[str, ...], *, per_machine: int, prefix: str, leaving_share: float = 0.0
) -> Iterator[FleetRow]:
    """Asks about each machine at cycles drawn evenly from its 48th to the last but one that it is seen at.

    A machine is seen until it fails, or until it is withdrawn at an age that is drawn evenly from 50 to ``LIFE_MAX``
    cycles, whatever its life: so withdrawal tells nothing of wear.
    """
    for machine in fleet:
        stream = Stream(*words, machine.number, "service")
        leaves = bool(stream.uniform(1)[0] < leaving_share)
        leaving_age = int(stream.integers(HISTORY_MAX_CYCLES + 2, LIFE_MAX + 1, 1)[0])
        withdrawn = leaving_age if leaves and leaving_age < machine.life else None
        stream = Stream(*words, machine.number, "questions")
        ends = stream.integers(HISTORY_MAX_CYCLES, withdrawn or machine.life, per_machine)
        short = stream.integers(HISTORY_MIN_CYCLES, HISTORY_MAX_CYCLES, per_machine)
        lengths = np.where(stream.uniform(per_machine) < WHOLE_SHARE, HISTORY_MAX_CYCLES, short)
        for number, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
            name = f"{prefix}-{machine.number:04d}" + (f"-{number}" if per_machine > 1 else "")
            yield FleetRow(name, machine, end, length, withdrawn)


def targets_of(rows: Sequence[FleetRow]) -> pa.Table:
    """Columns ``id``, ``value``, ``rul``, ``at_least`` and ``censored``, as the task's ``examples`` say."""
    ran_on = np.array([(row.withdrawn or row.machine.life) - row.end for row in rows], np.float64)  # (n,), cycles
    censored = np.array([row.withdrawn is not None for row in rows])
    unknown = censored & (ran_on < RUL_CAP_CYCLES)
    return pa.table(
        {
            "id": [row.id for row in rows],
            "value": pa.array(np.minimum(ran_on, RUL_CAP_CYCLES), mask=unknown),
            "rul": pa.array(ran_on, mask=censored),
            "at_least": ran_on,
            "censored": censored,
        }
    )


def questions_of(rows: Sequence[FleetRow], purpose: Sequence[str], *, train_mean: float) -> pa.Table:
    """The input table; nothing behind the asked cycle.

    Args:
        rows: What is asked.
        purpose: Of each row, ``score`` or ``policy``.
        train_mean: Of the training labels that are known, in cycles.
    """
    schema = regression_inputs(
        channels=CHANNELS,
        static=STATIC,
        target=Quantity("remaining_life", "cycles"),
        step_unit="cycle",
        history_max=HISTORY_MAX_CYCLES,
        train_mean=train_mean,
        target_range=(0.0, RUL_CAP_CYCLES),
    )
    kind = schema.field("series").type
    flat = pa.array(np.concatenate([row.machine.series[row.end - row.length : row.end] for row in rows]).ravel())
    offsets = np.concatenate([[0], np.cumsum([row.length for row in rows])]).astype(np.int32)
    steps = pa.FixedSizeListArray.from_arrays(flat, type=kind.value_type)
    static = pa.array(np.concatenate([row.machine.static for row in rows]))
    columns = [
        pa.array([row.id for row in rows], pa.string()),
        pa.ListArray.from_arrays(pa.array(offsets), steps, type=kind),
        pa.FixedSizeListArray.from_arrays(static, type=schema.field("static").type),
        pa.array(purpose, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
