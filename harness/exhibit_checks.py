"""What the data of each kind of exhibit must be beyond its form: types, ranges, lengths, and what fits together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .exhibits import Exhibit, ExhibitTable

__all__ = ["CHECKS", "MOST_CLASSES", "MOST_CURVE_STEPS", "MOST_FAN_STEPS", "MOST_PIECES", "MOST_POINTS", "MOST_STEPS"]

MOST_POINTS = 5_000  # of a scatter
MOST_CURVE_STEPS = 500
MOST_STEPS = 2_000  # of a course
MOST_PIECES = 2_000  # of a document
MOST_FAN_STEPS = 1_100  # a week of ten minutes
MOST_CLASSES = 60  # of a confusion: more is no longer legible
_MOST_RULES = 100
_MOST_ASKED = 100
_MOST_ITEMS = 100
_MOST_ORIGINS = 31
_LAST_HOUR = 23
_MOST_STRETCHES = 500
_LARGEST = 1e300  # differences of two such numbers are still finite
_LARGEST_COUNT = 1e12
_AREA_TOLERANCE = 0.0005  # a curve keeps its area to three decimals


def _check_gantt(exhibit: Exhibit) -> None:
    operations, machines = exhibit.table("operations"), exhibit.table("machines")
    for table in (operations, machines):
        for column in table.columns:
            if not all(type(value) is int and value >= 0 for value in column.values):
                raise ValueError(f"column {column.name!r} of a gantt holds something else than integers >= 0")
    starts, ends = operations.column("start"), operations.column("end")
    late = next((i for i, (start, end) in enumerate(zip(starts, ends, strict=True)) if end < start), None)
    if late is not None:
        raise ValueError(f"operation in row {late} ends at {ends[late]}, before its start at {starts[late]}")
    known = machines.column("machine")
    if len(set(known)) != len(known) or not set(operations.column("machine")) <= set(known):
        raise ValueError("a gantt lists each of its machines once, with its capacity, and operations on these alone")


def _check_scatter(exhibit: Exhibit) -> None:
    points = exhibit.table("points")
    _check_rows(points, MOST_POINTS)
    ids, predicted = points.column("id"), points.column("predicted")
    if not all(type(one) is str and one for one in ids) or len(set(ids)) != len(ids):
        raise ValueError("column 'id' of a scatter names each point once, in words")
    _check_numbers("true", points.column("true"))
    drawn = [i for i, value in enumerate(predicted) if value is not None]
    if not drawn:
        raise ValueError("a scatter has at least one usable prediction; an answer without any is 'broken'")
    _check_numbers("predicted", [predicted[i] for i in drawn])
    _check_interval(points, drawn)
    _check_quantities(exhibit, {"cap": (0.0, _LARGEST)})


def _check_curve(exhibit: Exhibit) -> None:
    steps = exhibit.table("steps")
    _check_rows(steps, MOST_CURVE_STEPS)
    recall, precision = steps.column("recall"), steps.column("precision")
    _check_numbers("recall", recall, 0.0, 1.0)
    _check_numbers("precision", precision, 0.0, 1.0)
    if recall[0] <= 0 or any(b <= a for a, b in pairwise(recall)):
        raise ValueError("column 'recall' of a curve does not rise from step to step")
    shares = (
        "average_precision",
        "positive_share",
        "decided_recall",
        "decided_precision",
        "asked_recall",
        "asked_precision",
        "reached_recall",
    )
    counts = ("positives", "rows", "unusable")
    _check_quantities(exhibit, dict.fromkeys(shares, (0.0, 1.0)) | dict.fromkeys(counts, (0.0, _LARGEST_COUNT)))
    for one, other in (("decided_recall", "decided_precision"), ("positive_share", "rows")):
        if (exhibit.value(one) is None) != (exhibit.value(other) is None):
            raise ValueError(f"a curve has both {one!r} and {other!r}, or neither")
    if exhibit.value("asked_recall") is None and exhibit.value("asked_precision") is not None:
        raise ValueError("a curve with 'asked_precision' says at which 'asked_recall'")
    if (reached := exhibit.value("reached_recall")) is not None and (
        exhibit.value("asked_precision") is None or reached < (exhibit.value("asked_recall") or 0.0)
    ):
        raise ValueError("a curve with 'reached_recall' has an 'asked_precision', and reaches at least 'asked_recall'")
    area = sum((b - a) * p for a, b, p in zip((0.0, *recall), recall, precision, strict=False))
    said = exhibit.value("average_precision") or 0.0
    if abs(area - said) > _AREA_TOLERANCE:
        raise ValueError(f"the steps of a curve have the area {area:.5f}, its average precision is {said:.5f}")


def _check_course(exhibit: Exhibit) -> None:
    steps, stretches = exhibit.table("steps"), exhibit.table("stretches")
    _check_rows(steps, MOST_STEPS)
    for name in ("at", "value", "truth"):
        _check_numbers(name, steps.column(name))
    if any(b <= a for a, b in pairwise(steps.column("at"))):
        raise ValueError("column 'at' of a course does not rise from step to step")
    _check_interval(steps, range(steps.rows))
    threshold, truth, alarm = exhibit.value("threshold"), steps.column("truth"), steps.column("alarm")
    if (threshold is None) == (not truth) or (threshold is None) != (not alarm):
        raise ValueError("a course has either a truth, or a threshold and alarms")
    if not all(type(one) is int and one in (0, 1) for one in alarm):
        raise ValueError("column 'alarm' of a course holds something else than 0 and 1")
    if stretches.rows > _MOST_STRETCHES:
        raise ValueError(f"a course has {stretches.rows:,} stretches, at most {_MOST_STRETCHES:,} are drawn")
    first, last = stretches.column("first"), stretches.column("last")
    _check_numbers("first", first)
    _check_numbers("last", last)
    edges = [edge for pair in zip(first, last, strict=True) for edge in pair]
    if any(b < a for a, b in pairwise(edges)):
        raise ValueError("the stretches of a course do not follow each other, each from 'first' to 'last'")
    counts = ("events", "events_found", "false_alarms")
    free = ("ends_at", "planned_at", "threshold", "normal_until")
    limits = dict.fromkeys(counts, (0.0, _LARGEST_COUNT)) | dict.fromkeys(free, (-_LARGEST, _LARGEST))
    _check_quantities(exhibit, limits | {"cap": (0.0, _LARGEST), "average_precision": (0.0, 1.0)})


def _check_document(exhibit: Exhibit) -> None:
    pieces, rules = exhibit.table("pieces"), exhibit.table("rules")
    _check_rows(pieces, MOST_PIECES)
    _check_rows(rules, _MOST_RULES)
    _check_words(pieces, "text")
    _check_words(rules, "rule")
    line = pieces.column("line")
    _check_whole("line", line, MOST_PIECES)
    if line[0] != 0 or any(not 0 <= b - a <= 1 for a, b in pairwise(line)):
        raise ValueError("column 'line' of a document does not count its lines from 0")
    for name in ("planted", "found"):
        _check_whole(name, pieces.column(name), rules.rows)
    for name in ("broken", "called", "placed"):
        _check_whole(name, rules.column(name), 1)


def _check_confusion(exhibit: Exhibit) -> None:
    classes, pairs = exhibit.table("classes"), exhibit.table("pairs")
    _check_rows(classes, MOST_CLASSES)
    _check_rows(pairs, MOST_CLASSES * (MOST_CLASSES + 1))
    for name in ("class", "class_zh"):
        _check_words(classes, name)
    names = classes.column("class")
    if not all(names) or len(set(names)) != len(names):
        raise ValueError("column 'class' of a confusion names each class once")
    true, taken, count = (pairs.column(name) for name in ("true", "taken_for", "count"))
    _check_whole("true", true, classes.rows - 1)
    _check_whole("taken_for", [one for one in taken if one is not None], classes.rows - 1)
    _check_whole("count", count, int(_LARGEST_COUNT))
    if 0 in count or len(set(zip(true, taken, strict=True))) != len(true):
        raise ValueError("a confusion lists each pair of classes that occurs once, with its count")


def _check_answer(exhibit: Exhibit) -> None:
    asked, items = exhibit.table("asked"), exhibit.table("items")
    _check_rows(asked, _MOST_ASKED)
    _check_rows(items, _MOST_ITEMS)
    _check_words(asked, "text")
    _check_words(items, "text")
    for name in ("right", "given"):
        _check_whole(name, items.column(name), 1)
    limits = {"items": (1, _LARGEST_COUNT), "right": (0, _LARGEST_COUNT), "grades": (1, _MOST_ITEMS), "unread": (0, 1)}
    _check_quantities(exhibit, limits)
    first, last, most = items.column("first"), items.column("last"), exhibit.value("items")
    if bool(first) != bool(last) or bool(first) != (most is not None) or bool(first) != bool(exhibit.value("right")):
        raise ValueError("an answer has places 'first' and 'last' with the counts 'items' and 'right', or none of them")
    for name, places in (("first", first), ("last", last)):
        _check_whole(name, places, int(most or 0))
    if any(not 1 <= a <= b for a, b in zip(first, last, strict=True)):
        raise ValueError("the places of an answer count from 1, each from 'first' to 'last'")
    if bool(items.column("grade")) != (exhibit.value("grades") is not None):
        raise ValueError("an answer has both a column 'grade' and the quantity 'grades', or neither")
    _check_whole("grade", items.column("grade"), int(exhibit.value("grades") or 0))
    _check_numbers("probability", items.column("probability"), 0.0, 1.0)


def _check_fan(exhibit: Exhibit) -> None:
    steps, origins = exhibit.table("steps"), exhibit.table("origins")
    _check_rows(steps, MOST_FAN_STEPS)
    _check_rows(origins, _MOST_ORIGINS)
    _check_words(origins, "begins")
    for table in (steps, origins):
        at = table.column("at")
        _check_numbers("at", at, 0.0)
        if any(b <= a for a, b in pairwise(at)):
            raise ValueError(f"column 'at' of table {table.name!r} does not rise from row to row")
    if origins.column("at")[0] != 0:
        raise ValueError("the first origin of a fan is at 0")
    _check_numbers("actual", [one for one in steps.column("actual") if one is not None])
    _check_numbers("value", steps.column("value"))
    _check_interval(steps, range(steps.rows))


def _check_peaks(exhibit: Exhibit) -> None:
    pairs = exhibit.table("pairs")
    _check_rows(pairs, (_LAST_HOUR + 1) * (_LAST_HOUR + 2))
    true, said, count = (pairs.column(name) for name in ("true", "said", "count"))
    _check_whole("true", true, _LAST_HOUR)
    _check_whole("said", [one for one in said if one is not None], _LAST_HOUR)
    _check_whole("count", count, int(_LARGEST_COUNT))
    if 0 in count or len(set(zip(true, said, strict=True))) != len(true):
        raise ValueError("a map of peaks lists each pair of hours that occurs once, with its count")


def _check_hours(exhibit: Exhibit) -> None:
    items, cells = exhibit.table("items"), exhibit.table("cells")
    _check_rows(items, _MOST_ITEMS)
    _check_rows(cells, _MOST_ITEMS * (_LAST_HOUR + 1))
    for name in ("item", "item_zh"):
        _check_words(items, name)
    if not all(items.column("item")) or len(set(items.column("item"))) != items.rows:
        raise ValueError("column 'item' of errors by hour names each item once")
    item, hour = cells.column("item"), cells.column("hour")
    _check_whole("item", item, items.rows - 1)
    _check_whole("hour", hour, _LAST_HOUR)
    _check_whole("n", cells.column("n"), int(_LARGEST_COUNT))
    _check_numbers("error", cells.column("error"), 0.0)
    if 0 in cells.column("n") or len(set(zip(item, hour, strict=True))) != cells.rows:
        raise ValueError("errors by hour hold each item and hour once, with how many numbers it is the mean of")


def _check_words(table: ExhibitTable, name: str) -> None:
    if not all(type(one) is str for one in table.column(name)):
        raise ValueError(f"column {name!r} of table {table.name!r} holds something else than words")


def _check_whole(name: str, values: Sequence[Any], most: int) -> None:
    if not all(type(one) is int and 0 <= one <= most for one in values):
        raise ValueError(f"column {name!r} holds something else than whole numbers from 0 to {most}")


def _check_rows(table: ExhibitTable, most: int) -> None:
    if not 1 <= table.rows <= most:
        raise ValueError(f"table {table.name!r} has {table.rows:,} rows, drawn are 1 to {most:,}")


def _check_numbers(name: str, values: Sequence[Any], low: float = -_LARGEST, high: float = _LARGEST) -> None:
    wrong = next((one for one in values if type(one) not in (int, float) or not low <= one <= high), None)
    if wrong is not None or None in values:
        raise ValueError(f"column {name!r} holds {wrong!r}, which is no number from {low:g} to {high:g}")


def _check_interval(table: ExhibitTable, drawn: Sequence[int]) -> None:
    """Columns ``low`` and ``high``, where they are there, at the rows that are drawn."""
    low, high = table.column("low"), table.column("high")
    if bool(low) != bool(high):
        raise ValueError(f"table {table.name!r} has both columns 'low' and 'high', or neither")
    if low:
        _check_numbers("low", [low[i] for i in drawn])
        _check_numbers("high", [high[i] for i in drawn])
        wrong = next((i for i in drawn if low[i] > high[i]), None)
        if wrong is not None:
            raise ValueError(f"the interval in row {wrong} reaches from {low[wrong]} to {high[wrong]}")


def _check_quantities(exhibit: Exhibit, limits: Mapping[str, tuple[float, float]]) -> None:
    for name, (low, high) in limits.items():
        value = exhibit.value(name)
        if value is not None and not low <= value <= high:
            raise ValueError(f"quantity {name!r} is {value}, not from {low:g} to {high:g}")


CHECKS: Mapping[str, Callable[[Exhibit], None]] = {
    "gantt": _check_gantt,
    "scatter": _check_scatter,
    "curve": _check_curve,
    "course": _check_course,
    "document": _check_document,
    "confusion": _check_confusion,
    "answer": _check_answer,
    "fan": _check_fan,
    "peaks": _check_peaks,
    "hours": _check_hours,
}
"""Kind to its check, which raises ``ValueError``; asked behind the form's, of exhibits that are drawn."""
