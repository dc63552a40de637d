"""Exhibit of classes: which one is taken for which, over a whole test set.

Letters: n = answers, c = classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ..harness.codes import Problem
from ..harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable
from ..harness.text import Text

__all__ = ["NOTHING", "confusion_exhibit"]

NOTHING = -1
"""What a class is taken for where there is no usable answer."""

_UNIT = "test set"
_WORDS = 80

IntArray = npt.NDArray[np.int64]


def confusion_exhibit(
    true: IntArray,
    taken_for: IntArray,
    *,
    classes: Sequence[Text],
    title: Text,
    asked: Text,
    problems: Mapping[int, Problem],
    by_count: bool = True,
    unit: str = _UNIT,
) -> Exhibit:
    """How often each class was taken for which.

    Args:
        true: Number of the right class, shape ``(n,)``.
        taken_for: Number of the class that was answered, ``NOTHING`` where none was, shape ``(n,)``.
        classes: Their names, c of them.
        title: What is seen.
        asked: What has been answered, plural, in Chinese with its measure word.
        problems: Row to the rule that its answer breaks; where no answer is usable, the first is told instead.
        by_count: Whether the most frequent class stands first; else they stand as given. Either way the order follows
            from the references alone, so that pictures of different models compare.
        unit: What is shown.
    """
    n = len(true)
    chosen = Text(
        f"All {n:,} {asked.en} of the test set, so that all models show the same ones.",
        f"测试集的全部 {n:,} {asked.zh}，因此各模型所示相同。",
    )
    if problems and (taken_for == NOTHING).all():
        broken = BrokenRule.of(problems[min(problems)])
        return Exhibit(kind="confusion", unit=unit, role="common", title=title, chosen=chosen, broken=broken)
    counts = np.bincount(true, minlength=len(classes))
    order = np.argsort(-counts, kind="stable") if by_count else np.arange(len(classes))
    place = np.argsort(order)
    given = np.where(taken_for == NOTHING, len(classes), place[taken_for])  # (n,)
    pairs, count = np.unique(np.stack([place[true], given]), axis=1, return_counts=True)  # (2, pairs), (pairs,)
    taken = [None if one == len(classes) else int(one) for one in pairs[1]]
    names = [classes[at] for at in order]
    return Exhibit(
        kind="confusion",
        unit=unit,
        role="common",
        title=title,
        chosen=chosen,
        tables=(
            ExhibitTable(
                name="classes",
                columns=(
                    Column(name="class", unit="none", values=tuple(one.en[:_WORDS] for one in names)),
                    Column(name="class_zh", unit="none", values=tuple(one.zh[:_WORDS] for one in names)),
                ),
            ),
            ExhibitTable(
                name="pairs",
                columns=(
                    Column(name="true", unit="none", values=tuple(map(int, pairs[0]))),
                    Column(name="taken_for", unit="none", values=tuple(taken)),
                    Column(name="count", unit="none", values=tuple(map(int, count))),
                ),
            ),
        ),
    )
