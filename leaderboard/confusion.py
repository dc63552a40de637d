"""A confusion of classes on a page: a matrix of shares, the pairs most often confused, and what came of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import fixed
from .safe_text import shown

__all__ = ["ClassRow", "ConfusedPair", "ConfusionCell", "ConfusionRow", "ConfusionView", "confusion_view"]

_FEW = 6  # classes whose names and counts have room in the matrix itself
_PAIRS = 10
_SHADES = (10, 25, 50)  # per cent at which a cell is darker; stated in the key


@dataclass(frozen=True)
class ConfusionCell:
    """How often a class was taken for another: the share of its row, and the counts, empty where there is no room.

    ``kind`` names the cell's shade: ``r`` right, ``w`` wrong, and 1 to 4.
    """

    kind: str
    share: str
    counts: str


@dataclass(frozen=True)
class ConfusionRow:
    """A class as it is, and for which it was taken; None: never. The last cell is of no usable answer, if any is."""

    number: int
    name: Text
    total: str
    cells: tuple[ConfusionCell | None, ...]


@dataclass(frozen=True)
class ConfusedPair:
    """A class that was taken for another."""

    true: Text
    taken_for: Text
    counts: Text
    share: str


@dataclass(frozen=True)
class ClassRow:
    """What came of a class: its share that was named rightly, the share of what was named so that is right."""

    number: int
    name: Text
    total: str
    found: str
    right: str
    confused: tuple[tuple[Text, str], ...]


@dataclass(frozen=True)
class ConfusionView:
    """A confusion, ready to be shown.

    Attributes:
        anchor: Unique on its page.
        title: What is seen and of whom, for assistive technology.
        few: Whether the matrix holds names and counts, so that no table beside it is needed.
        unanswered: Whether its last column is of no usable answer.
        rows: One per class, in the order of the columns.
        pairs: Those most often confused, greatest count first.
        classes: What came of each.
        facts: What stands beside the title.
        keys: How it is read.
    """

    anchor: str
    title: Text
    few: bool
    unanswered: bool
    rows: tuple[ConfusionRow, ...]
    pairs: tuple[ConfusedPair, ...]
    classes: tuple[ClassRow, ...]
    facts: tuple[Text, ...]
    keys: tuple[Text, ...]


def confusion_view(exhibit: Exhibit, *, anchor: str, model: str) -> ConfusionView:
    """The view of an exhibit of kind ``confusion``."""
    pairs = exhibit.table("pairs")
    counts = {
        (true, taken): count
        for true, taken, count in zip(*(pairs.column(name) for name in ("true", "taken_for", "count")), strict=True)
    }
    names = _names(exhibit)
    totals = [sum(count for (true, _), count in counts.items() if true == at) for at in range(len(names))]
    right, n = sum(counts.get((at, at), 0) for at in range(len(names))), sum(totals)
    unanswered = any(taken is None for _, taken in counts)
    few = len(names) <= _FEW
    columns = [*range(len(names)), *([None] if unanswered else [])]
    return ConfusionView(
        anchor=anchor,
        title=phrase("exhibit_title", title=Text(shown(exhibit.title.en), shown(exhibit.title.zh)), model=model),
        few=few,
        unanswered=unanswered,
        rows=tuple(
            ConfusionRow(at + 1, name, fixed(all_of, 0), tuple(_cell(counts, all_of, at, to, few) for to in columns))
            for at, (name, all_of) in enumerate(zip(names, totals, strict=True))
        ),
        pairs=() if few else _pairs(counts, totals, names),
        classes=() if few else tuple(_class(counts, totals, names, at) for at in range(len(names))),
        facts=(phrase("confusion_right", right=fixed(right, 0), n=fixed(n, 0), share=_percent(right, n)),),
        keys=(
            phrase("confusion_key"),
            phrase("confusion_key_few" if few else "confusion_key_many"),
            phrase("confusion_key_colours"),
        ),
    )


def _names(exhibit: Exhibit) -> list[Text]:
    classes = exhibit.table("classes")
    english = classes.column("class")
    chinese = classes.column("class_zh") or english
    return [Text(shown(en), shown(zh)) for en, zh in zip(english, chinese, strict=True)]


_Counts = Mapping[tuple[int, int | None], int]


def _cell(counts: _Counts, total: int, at: int, to: int | None, few: bool) -> ConfusionCell | None:
    count = counts.get((at, to), 0)
    if not count:
        return None
    share = 100 * count / total
    return ConfusionCell(
        kind=("r" if at == to else "w") + str(1 + sum(share >= edge for edge in _SHADES)),
        share=_percent(count, total, digits=1 if few else 0),
        counts=f"{fixed(count, 0)} / {fixed(total, 0)}" if few else "",
    )


def _percent(part: int, whole: int, digits: int = 1) -> str:
    """A share in per cent; one that is not 0 is never shown as 0."""
    words = fixed(100 * part / whole, digits) if whole else "0"
    return "<1" if part and not float(words) else words


def _of(count: int, total: int) -> Text:
    return phrase("confusion_of", count=fixed(count, 0), total=fixed(total, 0))


def _pairs(counts: _Counts, totals: list[int], names: list[Text]) -> tuple[ConfusedPair, ...]:
    """The most frequent confusions; of equals the one with the greater share of its class first."""
    wrong = [(true, taken, n) for (true, taken), n in counts.items() if taken is not None and taken != true]
    wrong.sort(key=lambda pair: (-pair[2], totals[pair[0]], pair[0], pair[1]))
    return tuple(
        ConfusedPair(names[true], names[taken], _of(n, totals[true]), _percent(n, totals[true], 0))
        for true, taken, n in wrong[:_PAIRS]
    )


def _class(counts: _Counts, totals: list[int], names: list[Text], at: int) -> ClassRow:
    named = sum(n for (_, taken), n in counts.items() if taken == at)
    right = counts.get((at, at), 0)
    wrong = sorted((-n, taken) for (true, taken), n in counts.items() if true == at and taken not in (at, None))
    return ClassRow(
        number=at + 1,
        name=names[at],
        total=fixed(totals[at], 0),
        found=_percent(right, totals[at], 0) if totals[at] else "",
        right=_percent(right, named, 0) if named else "",
        confused=tuple((names[taken], fixed(-n, 0)) for n, taken in wrong[:2] if taken is not None),
    )
