"""Exhibits of predicted remaining life: all machines of a test set as dots, and one machine over its age.

Letters: n = machines or ages, q = quantile levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.codes import Problem
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable, Quantity
from ...harness.metrics import FloatArray
from ...harness.text import Text
from ...harness.validation import Answers
from ..exhibit_choice import Choice
from .rul_metrics import RUL_CAP_CYCLES

__all__ = ["given_quantiles", "life_course", "life_exhibits", "life_scatter"]

_DIGITS = 2  # decimals of a life that is drawn
_LARGEST = 1e12
_TEST_SET = "test set"  # the unit of an exhibit that shows all units


def life_exhibits(
    answers: Answers, references: pa.Table, *, rows: npt.NDArray[np.int64] | None = None
) -> tuple[Exhibit, ...]:
    """What a task with one row per machine shows: ``life_scatter`` of all rows, cap and units as in ``rul_metrics``.

    Args:
        answers: As given to the task's ``score``.
        references: With columns ``id`` and ``rul``, remaining life in cycles, not capped.
        rows: Of the inputs that are shown, rising; None: all.
    """
    life_of = dict(zip(references.column("id").to_pylist(), references.column("rul").to_pylist(), strict=True))
    shown = np.arange(answers.inputs.num_rows) if rows is None else rows
    ids = answers.inputs.column("id").take(pa.array(shown)).to_pylist()
    quantiles = given_quantiles(answers)
    scatter = life_scatter(
        ids,
        np.array([life_of[one] for one in ids], np.float64),
        answers.predictions.column("value").to_numpy()[shown],
        problems={at: answers.problems[row] for at, row in enumerate(shown.tolist()) if row in answers.problems},
        quantiles=None if quantiles is None else quantiles[shown],
    )
    return (scatter,)


def given_quantiles(answers: Answers) -> FloatArray | None:
    """The lowest and the highest quantile of each row, shape ``(n, 2)``; None where the model gave none."""
    if "quantiles" not in answers.predictions.column_names:
        return None
    column = answers.predictions.column("quantiles").combine_chunks()
    every = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)  # (n, q)
    return np.asarray(every[:, [0, -1]], np.float64)


def life_scatter(
    ids: Sequence[str],
    lives: FloatArray,
    predicted: FloatArray,
    *,
    problems: Mapping[int, Problem],
    quantiles: FloatArray | None = None,
    cap: float = RUL_CAP_CYCLES,
    unit: str = "cycles",
) -> Exhibit:
    """Predicted against true remaining life, one point per machine.

    Predictions (and quantiles) are held as they are scored, clipped to 0..cap; true lives are not capped. A machine
    without a usable answer is held without a prediction; where no answer is usable, the first problem is told instead.

    Args:
        ids: Of the machines, unique.
        lives: True remaining life, shape ``(n,)``.
        predicted: Shape ``(n,)``; anything where the row has a problem.
        problems: Row to the rule that its answer breaks.
        quantiles: Low and high end of each prediction's interval, shape ``(n, 2)``.
        cap: Longest life that labels tell.
        unit: Of all lives.
    """
    n = len(ids)
    title = Text("Predicted and true remaining life", "预测与真实剩余寿命")
    chosen = Text(
        f"All {n:,} machines whose error is scored, so that all models show the same ones.",
        f"计入误差的全部 {n:,} 台机器，因此各模型所示相同。",
    )
    if len(problems) == n:
        first = BrokenRule.of(problems[min(problems)])
        return Exhibit(kind="scatter", unit=_TEST_SET, role="common", title=title, chosen=chosen, broken=first)
    usable = [row not in problems for row in range(n)]
    columns = {"true": _rounded(lives), "predicted": _held(np.clip(predicted, 0.0, cap), usable)}
    if quantiles is not None:
        low, high = np.clip(quantiles, 0.0, cap).T
        columns |= {"low": _held(low, usable), "high": _held(high, usable)}
    points = (
        Column(name="id", unit="none", values=tuple(ids)),
        *(Column(name=name, unit=unit, values=values) for name, values in columns.items()),
    )
    return Exhibit(
        kind="scatter",
        unit=_TEST_SET,
        role="common",
        title=title,
        chosen=chosen,
        quantities=(Quantity(name="cap", unit=unit, value=float(cap)),),
        tables=(ExhibitTable(name="points", columns=points),),
    )


def life_course(
    machine: str,
    ages: FloatArray,
    predicted: FloatArray,
    *,
    life: float,
    choice: Choice,
    problem: Problem | None = None,
    quantiles: FloatArray | None = None,
    planned_at: float | None = None,
    cap: float = RUL_CAP_CYCLES,
    unit: str = "cycles",
) -> Exhibit:
    """Predicted remaining life of one machine at several ages, as it was given (beyond 1e12: held as 1e12).

    Args:
        machine: Its id.
        ages: Rising, all below ``life``, shape ``(n,)``.
        predicted: Remaining life at each age, shape ``(n,)``; anything where there is a problem.
        life: Age at which the machine fails.
        choice: Why this machine is shown.
        problem: The first rule that an answer about this machine breaks; then nothing is drawn.
        quantiles: Low and high end of each prediction's interval, shape ``(n, 2)``.
        planned_at: Age at which the machine is replaced by plan; None: it runs until it fails.
        cap: Longest life that the model was taught to tell.
        unit: Of ages and lives.
    """
    title = Text(f"Remaining life of {machine} as it ages", f"{machine} 随运行变化的剩余寿命")
    if problem is not None:
        broken = BrokenRule.of(problem)
        return Exhibit(kind="course", unit=machine, role=choice.role, title=title, chosen=choice.why, broken=broken)
    columns = {"at": _rounded(ages), "value": _rounded(predicted), "truth": _rounded(life - ages)}
    if quantiles is not None:
        columns |= {"low": _rounded(quantiles[:, 0]), "high": _rounded(quantiles[:, 1])}
    values = {"cap": cap, "ends_at": life} | ({} if planned_at is None else {"planned_at": planned_at})
    return Exhibit(
        kind="course",
        unit=machine,
        role=choice.role,
        title=title,
        chosen=choice.why,
        quantities=tuple(Quantity(name=name, unit=unit, value=float(value)) for name, value in values.items()),
        tables=(
            ExhibitTable(
                name="steps", columns=tuple(Column(name=name, unit=unit, values=v) for name, v in columns.items())
            ),
            ExhibitTable(
                name="stretches", columns=tuple(Column(name=name, unit=unit, values=()) for name in ("first", "last"))
            ),
        ),
    )


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.round(np.clip(np.asarray(values, np.float64), -_LARGEST, _LARGEST), _DIGITS).tolist())


def _held(values: FloatArray, usable: Sequence[bool]) -> tuple[float | None, ...]:
    """Rounded values, None where the row is not usable."""
    return tuple(round(float(value), _DIGITS) if good else None for value, good in zip(values, usable, strict=True))
