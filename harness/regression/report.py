"""A comparison for people: tables on a terminal, and the same in markdown for a summary page."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from ..formatting import printable
from ..tables import Column, print_table
from .outcome import AreaOutcome, Comparison, Efficiency, TaskOutcome

__all__ = ["as_markdown", "headline", "needed_clusters", "print_comparison", "sees"]

_MARGINS = {
    "policy": "of the policy",
    "cards": "of the detectable effects on the tasks' cards, measured beforehand",
    "units": "of the loss that these units could show; a policy would state one (--policy)",
}


def headline(found: Comparison) -> str:
    """The verdict in a line."""
    return f"{found.verdict}: {found.cand} against {found.base}"


def sees(area: AreaOutcome) -> str:
    """What the comparison can see, said before any result."""
    if area.detectable is None:
        return f"{area.area}: too few units or blocks to see anything"
    margin = "" if area.margin is None else f"; margin {area.margin:g}, {_MARGINS[area.margin_from]}"
    return f"{area.area}: this comparison can see a loss of {area.detectable:.2f} skill points (80 %){margin}"


def needed_clusters(task: TaskOutcome, margin: float) -> int | None:
    """Units or blocks at which a loss of the margin would be seen in 80 of 100 cases."""
    return None if task.detectable is None else max(1, round(task.clusters * (task.detectable / margin) ** 2))


def print_comparison(console: Console, found: Comparison) -> None:
    """Prints what can be seen, the areas, their tasks, costs and the units that changed most."""
    for area in found.areas:
        console.print(sees(area), soft_wrap=True, markup=False, highlight=False)
    columns, rows = _areas(found.areas)
    print_table(console, columns, rows)
    columns, rows = _tasks(found)
    print_table(console, columns, rows)
    if found.efficiency:
        columns, rows = _costs(found.efficiency)
        print_table(console, columns, rows)
    if found.changed:
        columns, rows = _units(found)
        print_table(console, columns, rows)
    if found.only_cand:
        told = printable(f"only the candidate has {', '.join(found.only_cand)}: nothing is said of it")
        console.print(told, soft_wrap=True, markup=False, highlight=False)


def _areas(areas: Sequence[AreaOutcome]) -> tuple[list[Column], list[list[str]]]:
    columns = [
        Column("area"),
        Column("verdict"),
        Column("difference", right=True),
        Column("95 % interval"),
        Column("margin", right=True),
        Column("p", right=True),
        Column("why", wraps=True),
    ]
    rows = [
        [
            area.area,
            area.verdict,
            _points(area.difference),
            _interval(area.low, area.high),
            "-" if area.margin is None else f"{area.margin:g}",
            _p(area.p),
            printable(area.why),
        ]
        for area in areas
    ]
    return columns, rows


def _tasks(found: Comparison) -> tuple[list[Column], list[list[str]]]:
    columns = [
        Column("task", folds=True),
        Column("metric"),
        Column("base", right=True),
        Column("candidate", right=True),
        Column("skill points", right=True),
        Column("95 % interval"),
        Column("p", right=True),
        Column("p (Holm)", right=True),
        Column("sees", right=True),
        Column("n", right=True),
        Column("needed", right=True),
    ]
    rows = []
    for area in found.areas:
        for task in area.tasks:
            needed = None if area.margin is None else needed_clusters(task, area.margin)
            rows.append(
                [
                    task.name,
                    task.metric,
                    f"{task.base:.4g}",
                    "failed" if task.cand is None else f"{task.cand:.4g}",
                    _points(task.difference),
                    _interval(task.low, task.high),
                    _p(task.p),
                    _p(task.p_adjusted),
                    "-" if task.detectable is None else f"{task.detectable:.1f}",
                    f"{task.clusters:,}",
                    "-" if needed is None else f"{needed:,}",
                ]
            )
    return columns, rows


def _costs(costs: Sequence[Efficiency]) -> tuple[list[Column], list[list[str]]]:
    columns = [
        Column("task", folds=True),
        Column("cost"),
        Column("base", right=True),
        Column("candidate", right=True),
        Column("ratio", right=True),
        Column("worse"),
        Column("why", wraps=True),
    ]
    said = {None: "not judged", True: "yes", False: "no"}
    rows = [
        [
            one.task,
            one.measure,
            f"{one.base:.3g}",
            f"{one.cand:.3g}",
            f"{one.ratio:.2f}",
            said[one.worse],
            one.why if one.p is None else f"p = {_p(one.p)}",
        ]
        for one in costs
    ]
    return columns, rows


def _units(found: Comparison) -> tuple[list[Column], list[list[str]]]:
    columns = [Column("task"), Column("units that got worst"), Column("points", right=True)]
    return columns, [[one.task, printable(one.unit), _points(one.points)] for one in found.changed]


def _points(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{low:+.2f}, {high:+.2f}]"


def _p(p: float | None) -> str:
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def as_markdown(found: Comparison) -> str:
    """The comparison as markdown, for the summary page of a CI job."""
    parts = [f"## SectorBench: {_escaped(headline(found))}", *(f"- {_escaped(sees(area))}" for area in found.areas)]
    tables = [("Areas", _areas(found.areas)), ("Tasks", _tasks(found))]
    if found.efficiency:
        tables.append(("Costs", _costs(found.efficiency)))
    if found.changed:
        tables.append(("Units", _units(found)))
    for title, (columns, rows) in tables:
        lines = [[column.heading for column in columns], [":--" if not c.right else "--:" for c in columns], *rows]
        first, rule, *rest = ["| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in lines]
        parts += ["", f"### {title}", "", first, rule, *rest]
    return "\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#~" and text not in (":--", "--:") else c for c in printable(text))
