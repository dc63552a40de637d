"""Scatters, curves and courses: what each may hold, and that everything else is refused with the reason."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from sectorbench.harness.exhibit_checks import (
    CHECKS,
    MOST_CURVE_STEPS,
    MOST_FAN_STEPS,
    MOST_PIECES,
    MOST_POINTS,
    MOST_STEPS,
)
from sectorbench.harness.exhibits import FORMS, Column, Exhibit, Exhibits, ExhibitTable, Quantity
from sectorbench.harness.text import Text

GOOD = {
    "scatter": ({"points": {"id": ("a", "b"), "true": (20.0, 80), "predicted": (30.5, None)}}, {"cap": 100.0}),
    "curve": (
        {"steps": {"recall": (0.5, 1.0), "precision": (1.0, 0.5)}},
        {"average_precision": 0.75, "positive_share": 0.25, "positives": 2, "rows": 8},
    ),
    "life": (
        {
            "steps": {"at": (20.0, 60.0), "value": (50.0, 50.0), "truth": (80.0, 40.0)},
            "stretches": {"first": (), "last": ()},
        },
        {"cap": 50.0, "ends_at": 100.0},
    ),
    "score": (
        {
            "steps": {"at": (0.0, 1.0), "value": (-1.0, 2e9), "alarm": (0, 1)},
            "stretches": {"first": (0.0, 1.0), "last": (0.0, 1.0)},
        },
        {"threshold": 2.0, "normal_until": 0.5},
    ),
    "document": (
        {
            "pieces": {"line": (0, 0, 1), "text": ("Pay in ", "90 days", ""), "planted": (0, 1, 0), "found": (0, 0, 0)},
            "rules": {"rule": ("Pay in 60 days.",), "broken": (1,), "called": (0,)},
        },
        {},
    ),
}
GOOD |= {
    "confusion": (
        {
            "classes": {"class": ("a", "b"), "class_zh": ("甲", "乙")},
            "pairs": {"true": (0, 0, 1), "taken_for": (0, 1, None), "count": (3, 1, 2)},
        },
        {},
    ),
    "answer": (
        {
            "asked": {"text": ("Which law?",)},
            "items": {
                "text": ("a", "b"), "right": (1, 0), "given": (0, 1), "first": (7, 1), "last": (9, 1), "grade": (5, 1)
            },
        },
        {"items": 9, "right": 1, "grades": 5},
    ),
}  # fmt: skip
GOOD |= {
    "fan": (
        {
            "steps": {
                "at": (0.0, 0.5), "actual": (9.0, None), "value": (8.0, 7.0), "low": (8.0, 6.0), "high": (9.0, 7.0)
            },
            "origins": {"at": (0.0,), "begins": ("2018-01-01T00:00",)},
        },
        {},
    ),
    "peaks": ({"pairs": {"true": (0, 23, 23), "said": (0, 23, None), "count": (1, 2, 3)}}, {}),
    "hours": (
        {
            "items": {"item": ("A", "B"), "item_zh": ("甲", "乙")},
            "cells": {"item": (0, 1), "hour": (0, 23), "error": (0.0, 2.5), "n": (1, 9)},
        },
        {},
    ),
}  # fmt: skip
KINDS = {"life": "course", "score": "course"}


def made(name, tables=None, quantities=None):
    """The good exhibit of a name with columns and quantities replaced; None removes one."""
    good_tables, good_quantities = GOOD[name]
    columns = {
        table: {n: v for n, v in (given | (tables or {}).get(table, {})).items() if v is not None}
        for table, given in good_tables.items()
    }
    values = {n: v for n, v in (good_quantities | (quantities or {})).items() if v is not None}
    return Exhibit(
        kind=KINDS.get(name, name),
        unit="u",
        role="common",
        title=Text("t", "题"),
        chosen=Text("c", "选"),
        quantities=tuple(Quantity(name=n, unit="1", value=v) for n, v in values.items()),
        tables=tuple(
            ExhibitTable(name=t, columns=tuple(Column(name=n, unit="1", values=v) for n, v in given.items()))
            for t, given in columns.items()
        ),
    )


def test_every_kind_has_a_check():
    assert set(CHECKS) == set(FORMS)


@pytest.mark.parametrize("name", GOOD)
def test_good_data_is_taken_and_read_again(name):
    exhibits = Exhibits.of([made(name)])
    assert Exhibits.model_validate_json(exhibits.content) == exhibits


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("scatter", {"points": {"low": (30.0, None), "high": (31.0, None)}}),
        ("life", {"steps": {"low": (1.0, 2.0), "high": (1.0, 3.0)}}),
    ],
)
def test_an_interval_may_follow_the_columns(name, table):
    assert made(name, table).tables[0].column("high")


def wide(n):
    return {"points": {"id": tuple(map(str, range(n))), "true": (1.0,) * n, "predicted": (1.0,) * n}}


BROKEN = [
    ("scatter", {"points": {"id": ("a", "a")}}, {}, "names each point once"),
    ("scatter", {"points": {"id": ("a", 1)}}, {}, "in words"),
    ("scatter", {"points": {"id": ("a", "")}}, {}, "in words"),
    ("scatter", {"points": {"true": (1.0, "2")}}, {}, "column 'true' holds '2'"),
    ("scatter", {"points": {"true": (1.0, None)}}, {}, "column 'true' holds None"),
    ("scatter", {"points": {"true": (1.0, 1e301)}}, {}, "no number from"),
    ("scatter", {"points": {"predicted": (None, None)}}, {}, "at least one usable"),
    ("scatter", {"points": {"predicted": (1.0, "late")}}, {}, "column 'predicted'"),
    ("scatter", {"points": {"low": (1.0, None)}}, {}, "or neither"),
    ("scatter", {"points": {"low": (3.0, None), "high": (2.0, None)}}, {}, "reaches from 3.0 to 2.0"),
    ("scatter", {"points": {"low": (None, 1.0), "high": (2.0, 2.0)}}, {}, "column 'low' holds None"),
    ("scatter", {"points": {"high": (2.0, 2.0), "low": (1.0, 1.0), "more": (1, 1)}}, {}, "has the columns"),
    ("scatter", {}, {"cap": -1.0}, "quantity 'cap' is -1.0"),
    ("scatter", wide(0), {}, "drawn are 1 to"),
    ("scatter", wide(MOST_POINTS + 1), {}, "5,001 rows, drawn are 1 to 5,000"),
    ("curve", {"steps": {"recall": (0.5, 0.5)}}, {}, "does not rise"),
    ("curve", {"steps": {"recall": (0.0, 1.0)}}, {}, "does not rise"),
    ("curve", {"steps": {"recall": (0.5, 1.1)}}, {}, "column 'recall' holds 1.1"),
    ("curve", {"steps": {"precision": (1.0, -0.1)}}, {}, "column 'precision' holds -0.1"),
    ("curve", {}, {"reached_recall": 0.9}, "has an 'asked_precision'"),
    ("curve", {}, {"asked_recall": 0.8, "asked_precision": 0.5, "reached_recall": 0.7}, "reaches at least"),
    ("curve", {}, {"average_precision": 0.76}, "have the area 0.75000, its average precision is 0.76"),
    ("curve", {}, {"positive_share": 1.5}, "quantity 'positive_share'"),
    ("curve", {}, {"decided_recall": 0.5}, "or neither"),
    ("curve", {}, {"rows": None}, "or neither"),
    ("curve", {}, {"positives": None}, "has the quantities"),
    ("curve", {}, {"asked_precision": 0.5}, "at which 'asked_recall'"),
    ("curve", {}, {"asked_recall": 1.5}, "quantity 'asked_recall'"),
    ("curve", {"steps": {"recall": tuple(i / 600 for i in range(1, 601)), "precision": (0.75,) * 600}}, {},
     f"600 rows, drawn are 1 to {MOST_CURVE_STEPS}"),
    ("life", {"steps": {"at": (60.0, 60.0)}}, {}, "column 'at' of a course does not rise"),
    ("life", {"steps": {"value": (1.0, None)}}, {}, "column 'value' holds None"),
    ("life", {"steps": {"truth": None}}, {}, "either a truth, or a threshold"),
    ("life", {}, {"threshold": 3.0}, "either a truth, or a threshold"),
    ("life", {}, {"ends_at": 1e301}, "quantity 'ends_at'"),
    ("score", {"steps": {"alarm": (0, 2)}}, {}, "something else than 0 and 1"),
    ("score", {"steps": {"alarm": (0, True)}}, {}, "values"),
    ("score", {"steps": {"alarm": None}}, {}, "either a truth, or a threshold"),
    ("score", {"stretches": {"first": (1.0, 0.0)}}, {}, "do not follow each other"),
    ("score", {"stretches": {"last": (2.0, 1.0)}}, {}, "do not follow each other"),
    ("score", {"stretches": {"first": ("x", 1.0)}}, {}, "column 'first' holds 'x'"),
    ("score", {"steps": {n: tuple(range(MOST_STEPS + 1)) for n in ("at", "value", "alarm")}}, {}, "2,001 rows"),
    ("fan", {"steps": {"at": (0.5, 0.5)}}, {}, "column 'at' of table 'steps' does not rise"),
    ("fan", {"steps": {"at": (-1.0, 0.5)}}, {}, "column 'at' holds -1.0"),
    ("fan", {"steps": {"actual": ("x", None)}}, {}, "column 'actual' holds 'x'"),
    ("fan", {"steps": {"value": (8.0, None)}}, {}, "column 'value' holds None"),
    ("fan", {"steps": {"low": (9.5, 6.0)}}, {}, "reaches from 9.5 to 9.0"),
    ("fan", {"steps": {"low": None}}, {}, "or neither"),
    ("fan", {"origins": {"at": (1.0,)}}, {}, "first origin of a fan is at 0"),
    ("fan", {"origins": {"begins": (3,)}}, {}, "something else than words"),
    ("fan", {"origins": {"at": (), "begins": ()}}, {}, "0 rows"),
    ("fan", {"steps": {n: tuple(range(MOST_FAN_STEPS + 1)) for n in ("at", "actual", "value", "low", "high")}}, {},
     "1,101 rows"),
    ("peaks", {"pairs": {"true": (0, 24, 23)}}, {}, "whole numbers from 0 to 23"),
    ("peaks", {"pairs": {"said": (0, 2.5, None)}}, {}, "whole numbers from 0 to 23"),
    ("peaks", {"pairs": {"count": (0, 2, 3)}}, {}, "each pair of hours that occurs once"),
    ("peaks", {"pairs": {"said": (0, None, None)}}, {}, "each pair of hours that occurs once"),
    ("hours", {"items": {"item": ("A", "A")}}, {}, "names each item once"),
    ("hours", {"items": {"item_zh": ("甲", 1)}}, {}, "something else than words"),
    ("hours", {"cells": {"item": (0, 2)}}, {}, "whole numbers from 0 to 1"),
    ("hours", {"cells": {"hour": (0, 24)}}, {}, "whole numbers from 0 to 23"),
    ("hours", {"cells": {"error": (-0.1, 1.0)}}, {}, "column 'error' holds -0.1"),
    ("hours", {"cells": {"n": (0, 1)}}, {}, "each item and hour once"),
    ("hours", {"cells": {"item": (0, 0), "hour": (1, 1)}}, {}, "each item and hour once"),
    ("confusion", {"classes": {"class": ("a", "a")}}, {}, "names each class once"),
    ("confusion", {"classes": {"class": ("a", 1)}}, {}, "something else than words"),
    ("confusion", {"classes": {"class": tuple(map(str, range(61))), "class_zh": None}}, {}, "drawn are 1 to 60"),
    ("confusion", {"pairs": {"true": (0, 0, 2)}}, {}, "whole numbers from 0 to 1"),
    ("confusion", {"pairs": {"true": (0, 0, None)}}, {}, "whole numbers from 0 to 1"),
    ("confusion", {"pairs": {"taken_for": (0, 2, None)}}, {}, "whole numbers from 0 to 1"),
    ("confusion", {"pairs": {"taken_for": (0, 0, None)}}, {}, "each pair of classes that occurs once"),
    ("confusion", {"pairs": {"count": (3, 0, 2)}}, {}, "each pair of classes that occurs once"),
    ("confusion", {"pairs": {"count": (3, -1, 2)}}, {}, "'count' holds something else than whole numbers"),
    ("answer", {"asked": {"text": ()}}, {}, "drawn are 1 to"),
    ("answer", {"items": {"text": ("a", 2)}}, {}, "something else than words"),
    ("answer", {"items": {"right": (1, 2)}}, {}, "'right' holds something else"),
    ("answer", {"items": {"last": (6, 1)}}, {}, "each from 'first' to 'last'"),
    ("answer", {"items": {"first": (7, 0)}}, {}, "each from 'first' to 'last'"),
    ("answer", {"items": {"last": (10, 1)}}, {}, "whole numbers from 0 to 9"),
    ("answer", {"items": {"first": None}}, {}, "or none of them"),
    ("answer", {}, {"right": None}, "or none of them"),
    ("answer", {"items": {"grade": (6, 1)}}, {}, "whole numbers from 0 to 5"),
    ("answer", {}, {"grades": None}, "or neither"),
    ("answer", {"items": {"probability": (0.5, 1.5)}}, {}, "column 'probability' holds 1.5"),
    ("answer", {}, {"unread": 2}, "quantity 'unread' is 2"),
    ("document", {"pieces": {"line": (0, 0, 2)}}, {}, "does not count its lines"),
    ("document", {"pieces": {"line": (1, 1, 2)}}, {}, "does not count its lines"),
    ("document", {"pieces": {"text": ("a", "b", 3)}}, {}, "something else than words"),
    ("document", {"pieces": {"planted": (0, 2, 0)}}, {}, "whole numbers from 0 to 1"),
    ("document", {"pieces": {"found": (0, None, 0)}}, {}, "whole numbers from 0 to 1"),
    ("document", {"rules": {"called": (2,)}}, {}, "'called'"),
    ("document", {"rules": {"placed": (-1,)}}, {}, "'placed'"),
    ("document", {"rules": {"rule": (7,)}}, {}, "something else than words"),
    ("document", {"pieces": {"text": ("a",) * 2_001} | dict.fromkeys(("line", "planted", "found"), (0,) * 2001)}, {},
     f"2,001 rows, drawn are 1 to {MOST_PIECES:,}"),
    ("score", {"stretches": {"first": tuple(range(600)), "last": tuple(range(600))}}, {}, "600 stretches"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tables", "quantities", "said"), BROKEN, ids=range(len(BROKEN)))
def test_data_that_cannot_be_drawn_is_refused_with_the_reason(name, tables, quantities, said):
    with pytest.raises(ValidationError, match="(?s).*") as caught:
        made(name, tables, quantities)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_value_that_is_not_finite_is_refused_everywhere(name, value):
    tables, _ = GOOD[name]
    for table, columns in tables.items():
        for column, values in columns.items():
            if values:
                with pytest.raises(ValidationError):
                    made(name, {table: {column: (value, *values[1:])}})
