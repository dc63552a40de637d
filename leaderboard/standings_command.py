"""The command ``standings``."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..harness.console import output_console
from ..harness.exit_codes import ExitCode
from ..harness.formatting import printable
from ..harness.task import TaskCard
from ..harness.text import printable_json
from .standings import Line, Row, Standings, Table

__all__ = ["add_standings_parser"]

_RECORDS = Path("results/records")
_DESCRIPTION = """\
Ranks models by mean skill over the tasks of a suite: by area, by industry, and over all areas. Skill is
(x - floor) / (perfect - floor), cut to -1..1, times 100: 0 is the trivial method, 100 perfect. A rank "2-5" holds
for all pairs of the table together, at 95 %; models of one tier cannot be told apart. A model with gaps is shown and
not ranked, and so are floors, incumbents, controls and what a vendor predicted itself.
"""
_EPILOG = """\
example:
  sectorbench run benchmarks=quickstart
  sectorbench standings --suite quickstart
"""


def add_standings_parser(
    subparsers: Any,
    load_cards: Callable[[], Mapping[str, TaskCard]],
    controls: Callable[[], frozenset[str]],
    load_lines: Callable[[str], tuple[str, list[Line]]],
) -> None:
    """Adds ``standings``; cards, controls and lines of a suite are asked for when it is typed."""
    p = subparsers.add_parser(
        "standings",
        help="rank models over the tasks of a suite, with intervals and rank intervals",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument(
        "--suite", default="quickstart", metavar="NAME", help="suite with the weights (default: %(default)s)"
    )
    p.add_argument(
        "--records", type=Path, nargs="+", action="extend", metavar="DIR", help=f"records (default: {_RECORDS})"
    )
    p.add_argument("--json", action="store_true", help="everything as JSON")
    p.set_defaults(func=lambda args: _standings(args, load_cards(), controls(), load_lines))


def _standings(
    args: argparse.Namespace,
    cards: Mapping[str, TaskCard],
    controls: frozenset[str],
    load_lines: Callable[[str], tuple[str, list[Line]]],
) -> int:
    from .collection import collect
    from .loading import load_records
    from .standings import standings_of

    suite, lines = load_lines(args.suite)
    collection = collect(load_records(args.records or [_RECORDS]), cards, controls)
    found = standings_of(collection, suite, lines)
    if args.json:
        print(printable_json(_plain(found)))
        return ExitCode.DONE
    _print(found)
    return ExitCode.DONE


def _plain(value: Any) -> Any:
    """Mappings and lists of what has named fields."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def _print(found: Standings) -> None:
    from ..harness.tables import Column, print_table

    console = output_console()
    if not found.tables:
        console.print(f"no task of {found.suite} has records with a floor; run: sectorbench run", markup=False)
    if found.practice:
        said = "practice: one party ran and scored everything here; a laboratory's records rank alone"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    for table in found.tables:
        shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in table.shares.items())
        console.print(f"{table.kind} {table.name}: {shares}", markup=False, highlight=False, soft_wrap=True)
        for name, why in table.left_out.items():
            console.print(printable(f"  left out: {name} ({why})"), markup=False, highlight=False, soft_wrap=True)
        columns = [
            Column("model", folds=True),
            Column("rank"),
            Column("tier", right=True),
            Column("skill", right=True),
            Column("95 % interval"),
            *(Column(name.split("/", 1)[1], right=True) for name in table.shares),
        ]
        print_table(console, columns, [_row(row, table) for row in table.rows], together=5)
        names = [row.model for row in table.rows if row.unranked is None]
        for above, below, share in zip(names, names[1:], table.robust, strict=False):
            said = f"  {above} before {below} under {100 * share:.0f} % of 1,000 other weightings"
            console.print(printable(said), markup=False, highlight=False, soft_wrap=True)


def _row(row: Row, table: Table) -> list[str]:
    place = row.standing.place if row.standing is not None else None
    rank = _rank(row)
    skill = "-" if row.standing is None else f"{100 * row.standing.value:.1f}"
    low, high = (None, None) if row.standing is None else (row.standing.low, row.standing.high)
    interval = "-" if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"
    cells = [_cell(row.cells[name]) for name in table.shares]
    return [printable(row.model), rank, str(place.tier) if place else "-", skill, interval, *cells]


def _rank(row: Row) -> str:
    if row.unranked is not None:
        have, of = row.complete
        return f"partial {have}/{of}" if row.unranked == "partial" else row.unranked
    place = row.standing.place if row.standing is not None else None
    if place is None:
        return "no interval"
    return str(place.best) if place.best == place.worst else f"{place.best}-{place.worst}"


def _cell(cell: Any) -> str:
    if cell.skill is None:
        return cell.missing if cell.code is None else f"{cell.missing} {cell.code}"
    return f"{100 * cell.skill.value:.1f}"
