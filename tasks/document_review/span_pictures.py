"""Exhibit of found passages: precision over recall by the official scorer, with the precision at 80 % recall."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ...harness.codes import Problem
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable, Quantity
from ...harness.metrics import FloatArray
from ...harness.text import Text
from ...harness.units import statistics_matrix
from .span_curve import area_metric, curve_of, precision_at_recall, span_area

__all__ = ["span_curve_exhibit"]

_ASKED = 0.8
_TITLE = Text("Precision and recall of marked passages, official scorer", "标注片段的精确率与召回率（官方评分程序）")
_UNIT = "test set"


def span_curve_exhibit(
    units: pa.Table, *, statistics: tuple[str, str, str], problems: Mapping[int, Problem]
) -> tuple[Exhibit, ...]:
    """The curve of all contracts of a test set; none where nothing is found at all.

    Each step goes to the recall of a threshold and has the mean of the envelope at both its ends, so that the area is
    the one of trapezoids that the official scorer computes.

    Args:
        units: Of the cell.
        statistics: Names of the true, the false and the marked ones.
        problems: Row to the rule that its answer breaks; where no answer is usable, the first is told instead.
    """
    n = units.num_rows
    chosen = Text(
        f"All {n:,} contracts of the test set, so that all models show the same ones.",
        f"测试集的全部 {n:,} 份合同，因此各模型所示相同。",
    )
    if len(problems) == n:
        broken = BrokenRule.of(problems[min(problems)])
        return (Exhibit(kind="curve", unit=_UNIT, role="common", title=_TITLE, chosen=chosen, broken=broken),)
    metric = area_metric("", Text("", ""), statistics=statistics, formula="")
    total: FloatArray = statistics_matrix(units, metric).sum(axis=0)
    recall, precision, _ = curve_of(total)
    rises = np.diff(recall) > 0
    if not rises.any():
        return ()
    steps = (recall[1:][rises], ((precision[1:] + precision[:-1]) / 2)[rises])
    shares = {"average_precision": float(span_area(total)), "asked_recall": _ASKED}
    if recall[:-1].max() >= _ASKED:  # the last threshold does not count, see ``span_curve``
        shares["asked_precision"] = float(precision_at_recall(total, _ASKED, official=True))
        shares["reached_recall"] = float(recall[:-1][recall[:-1] >= _ASKED][0])
    missing = len(problems)
    return (
        Exhibit(
            kind="curve",
            unit=_UNIT,
            role="common",
            title=_TITLE,
            chosen=chosen,
            part=None
            if not missing
            else Text(
                f"All passages of {missing} contracts without a usable answer count as missed.",
                f"{missing} 份没有可用回答的合同，其全部片段计为漏判。",
            ),
            quantities=(
                *(Quantity(name=name, unit="1", value=round(share, 6)) for name, share in shares.items()),
                Quantity(name="positives", unit="1", value=int(total[-1])),
            ),
            tables=(
                ExhibitTable(
                    name="steps",
                    columns=tuple(
                        Column(name=name, unit="1", values=tuple(np.round(values, 6).tolist()))
                        for name, values in zip(("recall", "precision"), steps, strict=True)
                    ),
                ),
            ),
        ),
    )
