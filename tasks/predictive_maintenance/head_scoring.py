"""Statistics and metrics of cards with several exclusive heads: what each head decides, and how rightly.

Letters: n = rows, h = heads, c = classes of a head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.interfaces import Head
from ...harness.metrics import FloatArray, Metric, macro_f1_metric, mean_of_metrics, share_metric
from ...harness.text import Text
from ...harness.validation import Answers

__all__ = ["HeadMetrics", "decided_classes", "head_metrics", "head_statistics"]

IntArray = npt.NDArray[np.int64]


def decided_classes(answers: Answers, heads: Sequence[Head]) -> IntArray:
    """The class that each head decides for, shape ``(n, h)``; -1 where the row is not usable.

    It is the one that the column ``decided`` names, where the submission gives one, else the most probable one, the
    first of equals.
    """
    usable = ~np.isin(np.arange(answers.predictions.num_rows), list(answers.problems))
    name = "decided" if "decided" in answers.predictions.column_names else "probability"
    flat = answers.predictions.column(name).combine_chunks().filter(usable).flatten().flatten()
    widths = [len(head.classes) for head in heads]
    given = flat.to_numpy(zero_copy_only=False).reshape(-1, sum(widths))
    out = np.full((len(usable), len(heads)), -1, np.int64)
    parts = np.split(given, np.cumsum(widths)[:-1], axis=1)
    out[usable] = np.stack([part.argmax(axis=1) for part in parts], axis=1)
    return out


def head_statistics(decided: IntArray, truth: IntArray, heads: Sequence[Head]) -> dict[str, FloatArray]:
    """What ``units_table`` takes as ``statistics``, one row per prediction.

    A row without a usable answer is missed in its own class and a false alarm of every other one: no wrong answer costs
    more.

    Args:
        decided: Of each head the class, -1 where there is none, shape ``(n, h)``.
        truth: Of each head the right class, shape ``(n, h)``.
        heads: ``h`` of them.

    Returns:
        Per head ``tp_<name>``, ``fp_<name>`` and ``fn_<name>`` of shape ``(n, c)``; ``all_right`` of shape ``(n,)``.
    """
    out: dict[str, FloatArray] = {}
    for at, head in enumerate(heads):
        classes = np.arange(len(head.classes))
        right = truth[:, [at]] == classes  # (n, c)
        said = np.where(decided[:, [at]] < 0, ~right, decided[:, [at]] == classes)
        out |= {
            f"tp_{head.name}": (said & right).astype(np.float64),
            f"fp_{head.name}": (said & ~right).astype(np.float64),
            f"fn_{head.name}": (~said & right).astype(np.float64),
        }
    return out | {"all_right": (decided == truth).all(axis=1).astype(np.float64)}


class HeadMetrics(NamedTuple):
    """The metrics over the columns of ``head_statistics``."""

    mean_macro_f1: Metric
    macro_f1: tuple[Metric, ...]
    all_right: Metric

    @property
    def secondary(self) -> tuple[Metric, ...]:
        """All but the primary one, in the order in which they are shown."""
        return (*self.macro_f1, self.all_right)


def head_metrics(heads: Sequence[Head], titles: Mapping[str, Text], rows: Text) -> HeadMetrics:
    """The metrics of a card with exclusive heads.

    Args:
        heads: Of the card.
        titles: Of each head by its name, for people.
        rows: What the rows are, for people, plural.
    """
    macro = tuple(
        macro_f1_metric(
            f"macro_f1_{head.name}",
            Text(f"Macro-F1, {titles[head.name].en}", f"宏平均 F1（{titles[head.name].zh}）"),
            formula="mean over the classes of 2·tp / (2·tp + fp + fn)",
            statistics=(f"tp_{head.name}", f"fp_{head.name}", f"fn_{head.name}"),
        )
        for head in heads
    )
    return HeadMetrics(
        mean_macro_f1=mean_of_metrics(
            "mean_macro_f1",
            Text("Macro-F1, mean over components", "宏平均 F1（各部件均值）"),
            formula="mean over heads of the mean over their classes of 2·tp / (2·tp + fp + fn)",
            parts=macro,
            widths=[3 * len(head.classes) for head in heads],
            digits=3,
        ),
        macro_f1=macro,
        all_right=share_metric(
            "all_right",
            Text(f"Share of {rows.en} with all components right", f"全部部件判定正确的{rows.zh}比例"),
            statistic="all_right",
            higher_is_better=True,
            formula="rows whose heads are all right / rows",
        ),
    )
