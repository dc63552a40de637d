"""Exhibits of all kinds but gantt for the site's tests: few values, every place computed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sectorbench.harness.exhibits import Column, Exhibit, ExhibitTable, Quantity
from sectorbench.harness.text import Text

Values = Sequence[Any]


def exhibit(
    kind: str,
    tables: Mapping[str, Mapping[str, Values]],
    quantities: Mapping[str, float],
    measured_in: str = "1",
    **fields: Any,
) -> Exhibit:
    """An exhibit of a kind from its values; all have one unit."""
    facts: dict[str, Any] = {
        "unit": "all",
        "role": "common",
        "title": Text(f"A {kind}", f"某{kind}"),
        "chosen": Text("All of it.", "全部。"),
        "quantities": tuple(Quantity(name=n, unit=measured_in, value=v) for n, v in quantities.items()),
        "tables": tuple(
            ExhibitTable(
                name=name, columns=tuple(Column(name=n, unit=measured_in, values=tuple(v)) for n, v in columns.items())
            )
            for name, columns in tables.items()
        ),
    }
    return Exhibit(kind=kind, **(facts | fields))


def scatter(points: Sequence[Values] | None = None, cap: float | None = 100.0, **fields: Any) -> Exhibit:
    """Machines as (id, true, predicted), with (low, high) behind where an interval is given."""
    rows = points or [("late <b>", 20.0, 60.0), ("early", 80.0, 40.0), ("long", 150.0, 100.0), ("none", 50.0, None)]
    names = ("id", "true", "predicted", "low", "high")[: len(rows[0])]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return exhibit("scatter", {"points": columns}, {} if cap is None else {"cap": cap}, "cycles", **fields)


def curve(
    recall: Values = (0.5, 1.0),
    precision: Values = (1.0, 0.5),
    changes: Mapping[str, float | None] | None = None,
    **fields: Any,
) -> Exhibit:
    """Two steps: half of the positives without a mistake, the other half at a precision of a half."""
    values = {"average_precision": 0.75, "positive_share": 0.25, "positives": 2, "rows": 8}
    values |= {"decided_recall": 0.5, "decided_precision": 1.0} | dict(changes or {})
    kept = {name: value for name, value in values.items() if value is not None}
    return exhibit("curve", {"steps": {"recall": recall, "precision": precision}}, kept, **fields)


def document(marked: bool = True, **fields: Any) -> Exhibit:
    """Two rules of two lines: the first is broken, found and marked, the second kept but called broken."""
    pieces = {
        "line": (0, 0, 0, 1, 2),
        "text": ("Invoices are payable within ", "90 <b>days</b>", " of receipt.", "", "The end."),
        "planted": (0, 1, 0, 0, 0),
        "found": (0, int(marked), 0, 0, 2 * marked),
    }
    rules = {"rule": ("Payable within 60 days.", "A rule <i>kept</i>."), "broken": (1, 0), "called": (1, 1)}
    return exhibit(
        "document", {"pieces": pieces, "rules": rules | ({"placed": (1, 0)} if marked else {})}, {}, **fields
    )


def confusion(names: tuple[str, str] = ("a <b>", "b"), **fields: Any) -> Exhibit:
    """Two classes of 20 and 4: one of each is taken for the other, one has no usable answer."""
    tables = {
        "classes": {"class": names, "class_zh": ("甲 <b>", "乙")},
        "pairs": {"true": (0, 0, 0, 1, 1), "taken_for": (0, 1, None, 0, 1), "count": (18, 1, 1, 1, 3)},
    }
    return exhibit("confusion", tables, {}, **fields)


def many_classes(n: int = 38, **fields: Any) -> Exhibit:
    """Classes with long names, each ten times right and once taken for the next."""
    names = tuple(f"{i + 1} Irrevocable or Perpetual License of Affiliates" for i in range(n))
    pairs = [(i, i, 10) for i in range(n)] + [(i, (i + 1) % n, 1) for i in range(n)]
    columns = dict(zip(("true", "taken_for", "count"), zip(*pairs, strict=True), strict=True))
    return exhibit("confusion", {"classes": {"class": names}, "pairs": columns}, {}, **{"unit": "many", **fields})


def answer(way: str = "ranked", asked: Values | None = None, unread: int = 0, **fields: Any) -> Exhibit:
    """A ranking of 40 with the first two and a right one further down; three options; or quotes of two passages."""
    items: dict[str, Values] = {
        "ranked": {
            "text": ("right <b>one</b>", "wrong " * 60, "another right one"),
            "right": (1, 0, 1), "given": (1, 1, 0), "first": (1, 2, 9), "last": (1, 3, 9), "grade": (5, 1, 4),
        },
        "chosen": {"text": ("A", "B", "C"), "right": (1, 0, 0), "given": (0, 1, 0), "probability": (0.25, 0.75, 0.0)},
        "quoted": {"text": ("a <b>", "b", "c"), "right": (1, 1, 0), "given": (1, 0, 1)},
    }[way]  # fmt: skip
    counts: dict[str, float] = {"items": 40, "right": 2, "grades": 5} if way == "ranked" else {}
    tables = {"asked": {"text": asked or ("Which <i>law</i>?\n", "A. x")}, "items": items}
    return exhibit("answer", tables, counts | ({"unread": 1} if unread else {}), **{"unit": way, **fields})


def life(
    columns: Mapping[str, Values] | None = None, changes: Mapping[str, float | None] | None = None, **fields: Any
) -> Exhibit:
    """A machine that fails at 100: predicted at the ages 20, 60 and 90, replaced at 90."""
    steps = {"at": (20.0, 60.0, 90.0), "value": (50.0, 50.0, 5.0), "truth": (80.0, 40.0, 10.0)} | dict(columns or {})
    values = {"cap": 50.0, "ends_at": 100.0, "planned_at": 90.0} | dict(changes or {})
    kept = {name: value for name, value in values.items() if value is not None}
    return exhibit("course", {"steps": steps, "stretches": {"first": (), "last": ()}}, kept, "cycles", **fields)


def score(
    columns: Mapping[str, Values] | None = None,
    changes: Mapping[str, float | None] | None = None,
    stretches: tuple[Values, Values] = ((3.0,), (4.0,)),
    **fields: Any,
) -> Exhibit:
    """Six seconds, of which two are normal, two labelled, and three have an alarm."""
    steps = {"at": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), "value": (1.0, 2.0, 5.0, 1.0, 6.0, 7.0), "alarm": (0, 0, 1, 0, 1, 1)}
    values = {"threshold": 2.0, "normal_until": 2.0, "average_precision": 0.7, "events": 1, "events_found": 1}
    values |= {"false_alarms": 1} | dict(changes or {})
    tables = {"steps": steps | dict(columns or {}), "stretches": dict(zip(("first", "last"), stretches, strict=True))}
    kept = {name: value for name, value in values.items() if value is not None}
    return exhibit("course", tables, kept, "s", **{"unit": "run", **fields})


def fan(band: bool = True, days: int = 2, **fields: Any) -> Exhibit:
    """Days of four steps of six hours: 10, 20, nothing measured, 20; forecast 2 too high, the band 3 to either side."""
    steps = range(4 * days)
    actual = tuple((10.0, 20.0, None, 20.0)[step % 4] for step in steps)
    value = tuple((12.0, 22.0, 16.0, 22.0)[step % 4] for step in steps)
    columns: dict[str, Values] = {"at": tuple(6.0 * step for step in steps), "actual": actual, "value": value}
    if band:
        columns |= {"low": tuple(v - 3 for v in value), "high": tuple(v + 3 for v in value)}
    origins = {
        "at": tuple(24.0 * day for day in range(days)),
        "begins": tuple(f"2018-01-0{1 + d}T00:00" for d in range(days)),
    }
    return exhibit("fan", {"steps": columns, "origins": origins}, {}, "MW", **fields)


def peaks(pairs: Sequence[Values] = ((7, 7, 60), (18, 17, 30), (18, 18, 9), (18, None, 1)), **fields: Any) -> Exhibit:
    """Days as (hour of the peak, hour that was said, count)."""
    return exhibit(
        "peaks", {"pairs": dict(zip(("true", "said", "count"), zip(*pairs, strict=True), strict=True))}, {}, **fields
    )


def hours(cells: Sequence[Values] = ((0, 0, 0.25, 10), (0, 23, 1.0, 30), (1, 5, 1.756, 10)), **fields: Any) -> Exhibit:
    """Errors as (item, hour, error, n) of two items."""
    columns = dict(zip(("item", "hour", "error", "n"), zip(*cells, strict=True), strict=True))
    items = {"item": ("NORTH <b>", "SOUTH"), "item_zh": ("北", "南")}
    return exhibit("hours", {"items": items, "cells": columns}, {}, **fields)
