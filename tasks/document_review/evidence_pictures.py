"""Exhibit of evidence: precision over recall as the mean over hypotheses, with the precision at 80 % recall.

Letters: h = hypotheses, k = places for scores of right spans, b = steps of the curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from ...harness.codes import Problem
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable, Quantity
from ...harness.metrics import FloatArray
from ...harness.text import Text
from ...harness.units import statistics_matrix
from .evidence_scoring import RECALL, Pool, evidence_metrics, hypothesis_parts

__all__ = ["STEPS", "evidence_curve_exhibit", "mean_curve"]

STEPS = 100
"""Of the curve, each as wide as the others."""

_UNIT = "test set"
_TITLE = Text("Precision and recall of evidence, mean over the hypotheses", "证据的精确率与召回率（各假设的平均）")
_MERGED = Text(
    f"A step is the mean precision within 1/{STEPS} of recall, and over the hypotheses: the area stays the mean "
    "average precision.",
    f"每一段为该 1/{STEPS} 召回率区间内、各假设平均的精确率：曲线下面积仍为平均精度均值。",
)


def mean_curve(total: FloatArray, places: Sequence[int]) -> FloatArray:
    """Precision in ``STEPS`` equal steps of recall, mean over the hypotheses with a right span, shape ``(b,)``.

    The mean of the steps is the mean average precision: each hypothesis has, from the recall of one score of a right
    span to that of the next, the precision at the latter.

    Args:
        total: ``evidence_found`` and ``evidence_above`` of all agreements, shape ``(2k,)``.
        places: Per hypothesis how many of the k places it has.
    """
    edges = np.linspace(0, 1, STEPS + 1)
    curves = []
    for found, above in hypothesis_parts(total, places):
        taken = found > 0
        if not taken.any():
            continue
        true = np.cumsum(found[taken])
        gain, recall = found[taken] / true[-1], true / true[-1]
        area = np.interp(edges, np.r_[0.0, recall], np.r_[0.0, np.cumsum(gain * true / above[taken])])
        curves.append(np.diff(area) * STEPS)
    mean: FloatArray = np.mean(curves, axis=0)
    return mean


def evidence_curve_exhibit(
    units: pa.Table, pools: Sequence[Pool], *, places: Sequence[int], problems: Mapping[int, Problem], rows: int
) -> Exhibit:
    """The curve of all agreements of a test set.

    Args:
        units: Of the cell.
        pools: The spans of each hypothesis.
        places: Per hypothesis, as the units were counted.
        problems: Row to the rule that its answer breaks; where no answer is usable, the first is told instead.
        rows: How many there are.
    """
    n = units.num_rows
    chosen = Text(
        f"All {n:,} agreements of the test set, so that all models show the same ones.",
        f"测试集的全部 {n:,} 份协议，因此各模型所示相同。",
    )
    if len(problems) == rows:
        broken = BrokenRule.of(problems[min(problems)])
        return Exhibit(kind="curve", unit=_UNIT, role="common", title=_TITLE, chosen=chosen, broken=broken)
    average, reached = evidence_metrics(places)
    statistics = statistics_matrix(units, average)  # (agreements, 2k), of both figures
    precision = np.clip(mean_curve(statistics.sum(axis=0), places), 0.0, 1.0)
    scored = [pool.right for pool in pools if pool.right.any()]
    shares = {
        "average_precision": float(average.value(statistics)),
        "positive_share": float(np.mean([right.mean() for right in scored])),
        "asked_recall": RECALL,
        "asked_precision": float(reached.value(statistics)),
    }
    counts = {"positives": sum(int(right.sum()) for right in scored), "rows": sum(map(len, scored))}
    steps = {"recall": np.linspace(0, 1, STEPS + 1)[1:], "precision": precision}
    return Exhibit(
        kind="curve",
        unit=_UNIT,
        role="common",
        title=_TITLE,
        chosen=chosen,
        part=_MERGED,
        quantities=(
            *(Quantity(name=name, unit="1", value=round(share, 6)) for name, share in shares.items()),
            *(Quantity(name=name, unit="spans", value=count) for name, count in counts.items()),
        ),
        tables=(
            ExhibitTable(
                name="steps",
                columns=tuple(
                    Column(name=name, unit="1", values=tuple(np.round(values, 6).tolist()))
                    for name, values in steps.items()
                ),
            ),
        ),
    )
