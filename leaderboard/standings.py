"""Standings: mean skill over the tasks of a suite by area, by industry and over all, with ranks that hold together.

A model is ranked in a mean where it has a value on each of its tasks; otherwise its values are shown and the reason why
it has no rank. Floors, incumbents and controls are shown beside the ranked models, and so is what a vendor predicted
itself: nobody saw that machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..harness.records import Record
from ..harness.statistics.bootstrap import clusters_of
from ..harness.statistics.joint import Contest, Mean, Standing, boards
from ..harness.statistics.weights import WeightKey
from ..harness.units import read_units, units_among
from .collection import Board, Collection, Result
from .region_differences import folders_of
from .region_names import area_anchor

__all__ = ["Line", "Missing", "Row", "Standings", "Table", "standings_of"]

Missing = Literal[
    "not_run",
    "not_applicable",
    "failed",
    "timeout",
    "oom",
    "refused",
    "withheld",
    "no_floor",
    "not_standing",
    "simulated",
]
"""Why a model has no value on a task: it was not asked; it answers another interface; the cell failed, ran out of time
or memory, or its folder was refused; its units stayed with their owner; nobody ran the floor; the card is a
demonstration outside standings; simulated regions never stand in one mean with real ones."""

Kind = Literal["group", "area", "industry", "overall"]
"""Lines of one capability, of one application area, of one industry that data really come from, or all."""

Unranked = Literal["partial", "reference", "vendor_predicted", "self_scored"]
"""Why a model has values and no rank: some are missing; it is a floor, an incumbent or a control; its vendor ran it;
one party both ran and scored it, where a laboratory scored others."""

_ENDED: Mapping[str, Missing] = {"SB204": "oom", "SB205": "timeout"}


class Line(NamedTuple):
    """A line of a suite.

    Attributes:
        task: Id of the task.
        track: Of the task.
        weight: Share in its area before shares are made to sum to 1.
        group: The capability that it is one of several lines of, if any.
    """

    task: str
    track: str
    weight: float
    group: str | None = None

    @property
    def name(self) -> str:
        """Task and track, as commands take them."""
        return f"{self.task}#{self.track}"


class Cell(NamedTuple):
    """What a model has on a line.

    Attributes:
        value: The primary metric; None where it is missing.
        skill: Its standing on this task alone; None where it is missing.
        missing: Why.
        code: Of a failed cell.
    """

    value: float | None
    skill: Standing | None
    missing: Missing | None
    code: str | None = None


@dataclass(frozen=True)
class Row:
    """A model in a table.

    Attributes:
        model: Name.
        version: Its version.
        slug: Of its page.
        standing: In the mean; None where it is not complete.
        unranked: Why it has no rank, else None.
        cells: By name of the line.
        complete: Lines that it has a value on, of those that count.
    """

    model: str
    version: str
    slug: str
    standing: Standing | None
    unranked: Unranked | None
    cells: Mapping[str, Cell]
    complete: tuple[int, int]


@dataclass(frozen=True)
class Table:
    """A mean of skills.

    Attributes:
        kind: What the lines have in common.
        name: Area, area and group, or ISIC division; ``overall`` for all.
        shares: Line to its share; they sum to 1.
        left_out: Line to why it does not count.
        rows: Ranked models first, the best one first; then the others by name.
        quantile: Of the greatest studentised difference; None where there are no intervals.
        robust: Of each two ranked models next to each other: the share of random weightings that keep their order.
    """

    kind: Kind
    name: str
    shares: Mapping[str, float]
    left_out: Mapping[str, Missing]
    rows: tuple[Row, ...]
    quantile: float | None
    robust: tuple[float, ...]


@dataclass(frozen=True)
class Standings:
    """All tables of a suite.

    Attributes:
        suite: Name and version.
        practice: Whether one party scored everything that it ran; then nobody is left out of ranks for that.
        tables: Areas with their groups, industries, and all of it.
    """

    suite: str
    practice: bool
    tables: tuple[Table, ...]


class _Field(NamedTuple):
    """A line with its board and the results that count."""

    line: Line
    board: Board
    results: Mapping[str, Result]
    contest: int

    @property
    def area(self) -> str:
        """The area that the line counts in; simulated regions have one of their own."""
        return area_anchor(self.board.card)


def standings_of(collection: Collection, suite: str, lines: Sequence[Line]) -> Standings:
    """The standings of a suite over the records of a collection.

    Args:
        collection: Sorted records.
        suite: Name and version.
        lines: Of the suite.

    Raises:
        ValueError: A metric without a derivative, or a floor at the perfect value.
    """
    folders = folders_of(collection)
    ran = [one.record for one in collection.loaded if one.record.predicted_by != "vendor"]
    practice = all(record.scored_by == "self" for record in ran)
    contests: list[Contest] = []
    fields: dict[str, _Field] = {}
    left_out: dict[str, Missing] = {}
    for line in lines:
        board = _board(collection, line)
        if board is None or board.floor is None:
            left_out[line.name] = "not_run" if board is None else "no_floor"
        elif not board.card.standings:
            left_out[line.name] = "not_standing"
        else:
            results = {r.slug: r for r in reversed(board.results) if _counts(r)}
            metric, card = board.card.primary, board.card
            units = {slug: units_among(read_units(folders[r.record.key]), metric) for slug, r in results.items()}
            clusters = {slug: clusters_of(table, metric) for slug, table in units.items()}
            key = WeightKey(card.at_version, line.track, board.floor.record.protocol.inputs_sha256 or "")
            fields[line.name] = _Field(line, board, results, len(contests))
            contests.append(Contest(key, metric, card.perfect, clusters[board.floor.slug], clusters))
    wanted = _tables(list(fields.values()))
    means = [_mean(of, fields, practice=practice) for _, _, of in wanted]
    alone = [Mean({field.contest: 1.0}, tuple(field.results)) for field in fields.values()]
    asked = [mean for mean in [*means, *alone] if mean.models]
    found = iter(boards(contests, asked))
    ranked = [next(found) if mean.models else None for mean in means]
    single = {name: dict(zip(field.results, next(found).standings, strict=True)) for name, field in fields.items()}
    tables = []
    for (kind, name, of), mean, ranking in zip(wanted, means, ranked, strict=True):
        standing = dict(zip(mean.models, ranking.standings, strict=True)) if ranking is not None else {}
        lost = {one: why for one, why in left_out.items() if kind == "overall" or one.split("/")[0] == name}
        if kind == "overall":
            lost |= {one: "simulated" for one in fields if one not in of}
        shares = {one: mean.shares[fields[one].contest] for one in of}
        rows = _rows(collection, {one: fields[one] for one in of}, single, standing, practice=practice)
        robust = _robust([row for row in rows if row.unranked is None], shares)
        tables.append(Table(kind, name, shares, lost, rows, ranking and ranking.quantile, robust))
    return Standings(suite, practice, tuple(tables))


def _board(collection: Collection, line: Line) -> Board | None:
    """The board of a line: of several test sets a sealed one, else the one with most results."""
    found = [b for b in collection.boards if (b.card.id, b.track.name) == (line.task, line.track)]
    return max(found, key=lambda b: (b.sealed, len(b.results)), default=None)


def _counts(result: Result) -> bool:
    return result.record.status == "ok" and result.record.units_sha256 is not None


def _tables(fields: Sequence[_Field]) -> list[tuple[Kind, str, list[str]]]:
    """What is averaged: each area with its groups, each industry, and everything where there are several areas."""
    found: list[tuple[Kind, str, list[str]]] = []
    areas = sorted({field.area for field in fields})
    for area in areas:
        mine = [field for field in fields if field.area == area]
        found.append(("area", area, [field.line.name for field in mine]))
        groups: dict[str, list[str]] = {}
        for field in mine:
            if field.line.group is not None:
                groups.setdefault(field.line.group, []).append(field.line.name)
        found += [("group", f"{area}: {group}", names) for group, names in groups.items() if len(names) > 1]
    industries: dict[str, list[str]] = {}
    for field in fields:
        if field.board.card.industry is not None:
            industries.setdefault(field.board.card.industry.isic, []).append(field.line.name)
    found += [("industry", isic, names) for isic, names in sorted(industries.items())]
    whole = [field for field in fields if field.area == field.board.card.area]
    if len({field.area for field in whole}) > 1:
        found.append(("overall", "overall", [field.line.name for field in whole]))
    return found


def _mean(names: Sequence[str], fields: Mapping[str, _Field], *, practice: bool) -> Mean:
    """Shares: areas the same, inside an area by the suite's weights; models: those that can be ranked in it."""
    areas: dict[str, float] = {}
    for name in names:
        area = fields[name].area
        areas[area] = areas.get(area, 0.0) + fields[name].line.weight
    shares = {fields[name].contest: fields[name].line.weight / areas[fields[name].area] / len(areas) for name in names}
    whole = set.intersection(*(set(fields[name].results) for name in names))
    ranked = sorted(
        slug
        for slug in whole
        if all(_unranked(fields[name].results[slug], practice=practice) is None for name in names)
    )
    return Mean(shares, tuple(ranked))


def _unranked(result: Result, *, practice: bool) -> Unranked | None:
    if result.record.predicted_by == "vendor":
        return "vendor_predicted"
    if result.record.scored_by == "self" and not practice:
        return "self_scored"
    return "reference" if result.is_floor or result.is_incumbent or result.is_control else None


def _rows(
    collection: Collection,
    fields: Mapping[str, _Field],
    single: Mapping[str, Mapping[str, Standing]],
    standing: Mapping[str, Standing],
    *,
    practice: bool,
) -> tuple[Row, ...]:
    slugs = {result.slug for field in fields.values() for result in field.board.results}
    rows = []
    for model in collection.models:
        if model.slug not in slugs:
            continue
        cells = {name: _cell(field, model.slug, single[name], model.results) for name, field in fields.items()}
        have = [field.results[model.slug] for name, field in fields.items() if cells[name].missing is None]
        why = next((said for one in have if (said := _unranked(one, practice=practice)) is not None), None)
        if why is None and len(have) < len(fields):
            why = "partial"
        mine = standing.get(model.slug) if why is None else None
        identity = model.identity
        rows.append(Row(identity.name, identity.version, model.slug, mine, why, cells, (len(have), len(fields))))
    return tuple(sorted(rows, key=lambda row: (row.unranked is not None, -_value(row), row.model, row.slug)))


def _value(row: Row) -> float:
    return row.standing.value if row.standing is not None else 0.0


def _cell(field: _Field, slug: str, single: Mapping[str, Standing], results: Sequence[Result]) -> Cell:
    if slug in field.results:
        return Cell(field.results[slug].record.metrics[0].value, single[slug], None)
    record = next((r.record for r in field.board.results if r.slug == slug), None)
    if record is not None:
        return Cell(None, None, *_why(record))
    interfaces = {result.record.protocol.interface for result in results}
    fits = field.board.card.interface in interfaces
    return Cell(None, None, "not_run" if fits else "not_applicable")


def _why(record: Record) -> tuple[Missing, str | None]:
    if record.status == "ok":
        return "withheld", None
    code = record.code or ""
    return ("refused" if code.startswith("SB1") else _ENDED.get(code, "failed")), record.code


def _robust(rows: Sequence[Row], shares: Mapping[str, float]) -> tuple[float, ...]:
    """Of neighbours in the order: the share of 1,000 weightings, each share times 1/2 to 2, that keep it."""
    import numpy as np

    from ..harness.randomness import Stream

    if len(rows) < 2:
        return ()
    names = list(shares)
    skills = np.array([[_skill(row.cells[name]) for name in names] for row in rows])  # (m, t)
    drawn = 4.0 ** (Stream("weightings", *names).uniform(1_000 * len(names)).reshape(1_000, -1) - 0.5)
    weights = drawn * np.array([shares[name] for name in names])
    means = skills @ (weights / weights.sum(axis=1, keepdims=True)).T  # (m, b)
    return tuple(float((means[i] >= means[i + 1]).mean()) for i in range(len(rows) - 1))


def _skill(cell: Cell) -> float:
    return cell.skill.value if cell.skill is not None else 0.0
