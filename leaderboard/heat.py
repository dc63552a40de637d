"""Maps of clock hours: in which hour days peaked and were said to, and the error of each item by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import brief, fixed
from .safe_text import shown

__all__ = ["HeatCell", "HeatRow", "HeatView", "heat_view"]

_HOURS = 24
_ERROR_SHADES = (0.5, 1.0, 1.5)  # scaled errors at which a cell is darker; stated in the key
_COUNT_SHADES = (0.1, 0.3, 0.6)  # parts of the greatest count
_DIGITS, _FAR = 2, 100.0


@dataclass(frozen=True)
class HeatCell:
    """A number and the class of its shade: ``r`` for what is right, ``w`` for all else, and 1 to 4."""

    kind: str
    text: str


@dataclass(frozen=True)
class HeatRow:
    """A row: its name, what it comes to, and one cell per hour; None: nothing."""

    name: Text
    total: str
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True)
class HeatView:
    """A map of hours, ready to be shown.

    Attributes:
        anchor: Unique on its page.
        title: What is seen and of whom, for assistive technology.
        caption: Of the table.
        corner: Head of the rows' names.
        total: Head of what rows come to.
        columns: Hours, and what stands behind them.
        rows: From the top.
        shades: Class of each shade with what it means.
        facts: What stands beside the title.
        keys: How it is read.
    """

    anchor: str
    title: Text
    caption: Text
    corner: Text
    total: Text
    columns: tuple[Text, ...]
    rows: tuple[HeatRow, ...]
    shades: tuple[tuple[str, Text], ...]
    facts: tuple[Text, ...]
    keys: tuple[Text, ...]


def heat_view(exhibit: Exhibit, *, anchor: str, model: str, among: Sequence[Exhibit]) -> HeatView:
    """The view of an exhibit of kind ``peaks`` or ``hours``, in the shades of all ``among`` which it is shown."""
    title = phrase("exhibit_title", title=Text(shown(exhibit.title.en), shown(exhibit.title.zh)), model=model)
    if exhibit.kind == "hours":
        return _errors(exhibit, anchor, title)
    most = max(count for one in among for count in one.table("pairs").column("count"))
    return _peaks(exhibit, anchor, title, _count_edges(most))


def _hour_heads() -> tuple[Text, ...]:
    return tuple(Text(str(hour), str(hour)) for hour in range(_HOURS))


def _shade(value: float, edges: Sequence[float]) -> int:
    return 1 + sum(value >= edge for edge in edges)


# Peaks

_Counts = Mapping[tuple[int, int | None], int]


def _peaks(exhibit: Exhibit, anchor: str, title: Text, edges: Sequence[int]) -> HeatView:
    pairs = exhibit.table("pairs")
    counts: _Counts = {
        (true, said): count
        for true, said, count in zip(*(pairs.column(name) for name in ("true", "said", "count")), strict=True)
    }
    unanswered = any(said is None for _, said in counts)
    columns = [*range(_HOURS), *([None] if unanswered else [])]
    return HeatView(
        anchor=anchor,
        title=title,
        caption=phrase("peaks_caption", title=title),
        corner=phrase("peaks_rows"),
        total=phrase("heat_days"),
        columns=(*_hour_heads(), *([phrase("peaks_nothing")] if unanswered else [])),
        rows=tuple(
            HeatRow(
                name=Text(str(hour), str(hour)),
                total=fixed(sum(n for (true, _), n in counts.items() if true == hour), 0),
                cells=tuple(_count_cell(counts.get((hour, said), 0), hour == said, edges) for said in columns),
            )
            for hour in sorted({true for true, _ in counts})
        ),
        shades=_count_shades(edges),
        facts=_peak_facts(counts),
        keys=(phrase("peaks_key"),),
    )


def _count_edges(most: int) -> tuple[int, ...]:
    """Counts at which a cell is darker: rising, above 1, none of them twice."""
    return tuple(sorted({edge for part in _COUNT_SHADES if (edge := max(2, round(part * most))) <= most}))


def _count_cell(count: int, right: bool, edges: Sequence[int]) -> HeatCell | None:
    return HeatCell(("r" if right else "w") + str(_shade(count, edges)), fixed(count, 0)) if count else None


def _count_shades(edges: Sequence[int]) -> tuple[tuple[str, Text], ...]:
    return tuple((str(at), phrase("peaks_shade", n=fixed(edge, 0))) for at, edge in enumerate((1, *edges), start=1))


def _peak_facts(counts: _Counts) -> tuple[Text, ...]:
    n = sum(counts.values())
    hits = sum(count for (true, said), count in counts.items() if true == said)
    near = sum(count for (true, said), count in counts.items() if said is not None and abs(true - said) <= 1)
    missing = sum(count for (_, said), count in counts.items() if said is None)
    facts = [
        phrase("peaks_hit", hits=fixed(hits, 0), n=fixed(n, 0), share=fixed(100 * hits / n, 1)),
        phrase("peaks_near", share=fixed(100 * near / n, 1)),
    ]
    return (*facts, *([phrase("peaks_unusable", n=fixed(missing, 0))] if missing else []))


# Errors


def _errors(exhibit: Exhibit, anchor: str, title: Text) -> HeatView:
    items, cells = exhibit.table("items"), exhibit.table("cells")
    english = items.column("item")
    names = [Text(shown(en), shown(zh)) for en, zh in zip(english, items.column("item_zh") or english, strict=True)]
    columns = (cells.column(name) for name in ("item", "hour", "error", "n"))
    found = {(item, hour): (error, n) for item, hour, error, n in zip(*columns, strict=True)}
    return HeatView(
        anchor=anchor,
        title=title,
        caption=phrase("hours_caption", title=title),
        corner=phrase("hours_rows"),
        total=phrase("heat_mean"),
        columns=_hour_heads(),
        rows=tuple(
            HeatRow(
                name=name,
                total=_mean([pair for (item, _), pair in found.items() if item == at]),
                cells=tuple(_error_cell(found[at, hour][0]) if (at, hour) in found else None for hour in range(_HOURS)),
            )
            for at, name in enumerate(names)
        ),
        shades=tuple((shade, phrase(f"hours_shade.{shade}")) for shade in ("1", "2", "3", "4")),
        facts=(_extremes(names, found),),
        keys=(phrase("hours_key"),),
    )


def _error_cell(error: float) -> HeatCell:
    return HeatCell(f"w{_shade(error, _ERROR_SHADES)}", _said(error))


def _said(error: float) -> str:
    """Two decimals; of an error that is far off, three digits."""
    return fixed(error, _DIGITS) if error < _FAR else brief(float(f"{error:.2e}"))


def _mean(pairs: Sequence[tuple[float, int]]) -> str:
    n = sum(count for _, count in pairs)
    return _said(sum(error * count for error, count in pairs) / n) if n else ""


def _extremes(names: Sequence[Text], found: Mapping[tuple[int, int], tuple[float, int]]) -> Text:
    (item, hour), (most, _) = max(found.items(), key=lambda one: one[1][0])
    (least_item, least_hour), (least, _) = min(found.items(), key=lambda one: one[1][0])
    return phrase(
        "hours_worst",
        item=names[item],
        hour=hour,
        error=_said(most),
        least_item=names[least_item],
        least_hour=least_hour,
        least=_said(least),
    )
