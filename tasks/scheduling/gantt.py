"""Exhibits of schedules: which shop is shown, and a validated schedule as the data of a Gantt chart.

Jobs, operations and machines are counted from 0, as in the inputs. A machine is a resource of capacity 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from ...harness.codes import Problem
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable, Quantity
from ...harness.interfaces import table_info
from ...harness.text import Text
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row, worst_unit
from .validator import Verdict, validate_schedule

__all__ = ["GanttWindow", "gantt_window", "schedule_exhibit", "schedule_exhibits"]

LARGEST_BARS = 600  # what a page still carries and an eye still reads
LARGEST_HELD_BARS = 1_000  # where a window is fuller than expected
MOST_MACHINES = 12  # of a shop that is too large to be shown whole
_BOUNDS = {"lower_bound": "lower_bound", "upper_bound": "best_known", "reference_makespan": "reference_makespan"}

Shop = Mapping[str, Any]
Validator = Callable[[Shop, Sequence[int], Sequence[int]], Verdict]


class GanttWindow(NamedTuple):
    """The part of a shop that is drawn.

    Attributes:
        machines: Numbers of the machines that are shown.
        end: Only operations that start before this time step are shown; None: all.
    """

    machines: tuple[int, ...]
    end: int | None


def schedule_exhibits(
    answers: Answers,
    references: pa.Table,
    units: pa.Table,
    *,
    worst_by: str = "score",
    validate: Validator = validate_schedule,
) -> tuple[Exhibit, ...]:
    """The exhibits of a task on the ``scheduling`` interface whose units are its input rows.

    Args:
        answers: As given to the task's ``score``.
        references: One row per input; of its columns ``lower_bound``, ``upper_bound`` and ``reference_makespan`` those
            that are there are drawn as lines.
        units: What ``score`` returned.
        worst_by: Statistic in ``units``; the unit where it is lowest is shown too if it is small. Where several are
            lowest, the first of them by name; where all are equal, none.
        validate: Decides whether a schedule may be and computes its makespan.
    """
    names = answers.inputs.column("id").to_pylist()
    activities = _activity_counts(answers.inputs)
    row = common_row(activities)
    sizes = f"{activities[row]:,}", f"{min(activities):,}", f"{max(activities):,}"
    chosen = [(row, Choice("common", _middle(*sizes)))]
    worst = worst_unit(units, worst_by)
    if worst is not None and worst[0] in names and worst[0] != names[row]:
        at = names.index(worst[0])
        if activities[at] <= LARGEST_BARS:
            chosen.append((at, Choice("worst", _lowest(worst[1]))))
    time_unit = table_info(answers.inputs.schema)["time_unit"]
    return tuple(_of_row(answers, references, at, choice, time_unit, validate) for at, choice in chosen)


def _of_row(
    answers: Answers, references: pa.Table, row: int, choice: Choice, time_unit: str, validate: Validator
) -> Exhibit:
    (shop,) = answers.inputs.slice(row, 1).to_pylist()
    (reference,) = references.slice(row, 1).to_pylist()
    (answer,) = answers.predictions.slice(row, 1).select(["start", "mode"]).to_pylist()
    bounds = {name: reference[column] for column, name in _BOUNDS.items() if reference.get(column) is not None}
    if "simple_bound" in reference and "best_known" in bounds:  # of generated shops nobody knows a best makespan
        bounds["frozen_makespan"] = bounds.pop("best_known")
    problem = answers.problems.get(row)
    verdict = Verdict(problem, None) if problem else validate(shop, answer["start"], answer["mode"])
    return schedule_exhibit(
        shop, answer["start"], answer["mode"], verdict, choice=choice, bounds=bounds, time_unit=time_unit
    )


def _known(bounds: Mapping[str, int]) -> int | None:
    """The shortest makespan that is known of a shop, or its reference."""
    known = (bounds.get(name) for name in ("best_known", "frozen_makespan", "reference_makespan"))
    return next((one for one in known if one), None)


def schedule_exhibit(
    shop: Shop,
    start: Sequence[int],
    mode: Sequence[int],
    verdict: Verdict,
    *,
    choice: Choice,
    bounds: Mapping[str, int],
    time_unit: str,
) -> Exhibit:
    """One schedule as an exhibit; one that breaks a rule is named and not drawn.

    Args:
        shop: The input row, as ``to_pylist`` gives it.
        start: Time step per activity.
        mode: Mode number per activity.
        verdict: What the validator found.
        choice: Why this shop is shown.
        bounds: ``lower_bound``, ``best_known``, ``frozen_makespan`` and ``reference_makespan``, those that are known,
            in time steps. They also decide the part that is shown of a large shop: no model may move them.
        time_unit: Of all times.
    """
    title = Text(f"Schedule of {shop['id']}", f"{shop['id']} 的排程")
    if verdict.makespan is None:
        problem = verdict.problem or Problem("SB307", shop["id"], "no schedule")
        return Exhibit(
            kind="gantt",
            unit=shop["id"],
            role=choice.role,
            title=title,
            chosen=choice.why,
            broken=BrokenRule.of(problem),
        )
    window = gantt_window(shop, horizon=_known(bounds))
    rows, end = _held(_bars(shop, start, mode, window), window.end)
    times = {"makespan": verdict.makespan, **bounds} | ({} if end is None else {"window_end": end})
    counts = {
        "jobs": len({a["job"] for a in shop["activities"]}),
        "operations": len(shop["activities"]),
        "machines": len(shop["capacities"]),
    }
    capacities = [shop["capacities"][m] for m in window.machines]
    return Exhibit(
        kind="gantt",
        unit=shop["id"],
        role=choice.role,
        title=title,
        chosen=choice.why,
        part=_part(len(window.machines), counts["machines"], end, time_unit),
        quantities=(
            *(Quantity(name=name, unit="1", value=value) for name, value in counts.items()),
            *(Quantity(name=name, unit=time_unit, value=int(value)) for name, value in times.items()),
        ),
        tables=(
            _operations_table(rows, time_unit, with_amount=any(c != 1 for c in shop["capacities"])),
            ExhibitTable(
                name="machines",
                columns=(
                    Column(name="machine", unit="number from 0", values=window.machines),
                    Column(name="capacity", unit="units of the resource", values=tuple(capacities)),
                ),
            ),
        ),
    )


def gantt_window(shop: Shop, *, horizon: int | None) -> GanttWindow:
    """What is drawn of a shop, from its inputs alone: all of it up to 600 bars.

    Of a larger one the twelve machines with most work; if these still expect more bars, only the beginning. An activity
    of several modes counts towards the machines of each in equal parts.

    Args:
        shop: The input row.
        horizon: About how many time steps a schedule takes; None: as many as its busiest machine.
    """
    bars = [0.0] * len(shop["capacities"])
    work = [0.0] * len(shop["capacities"])
    for activity in shop["activities"]:
        for one in activity["modes"]:
            for demand in one["demands"]:
                share = 1 / len(activity["modes"])
                bars[demand["resource"]] += share
                work[demand["resource"]] += share * one["duration"] * demand["amount"]
    everything = tuple(range(len(shop["capacities"])))
    if sum(bars) <= LARGEST_BARS:
        return GanttWindow(everything, None)
    by_load = sorted(everything, key=lambda m: (-work[m] / max(1, shop["capacities"][m]), m))
    machines = tuple(sorted(by_load[:MOST_MACHINES]))
    expected = sum(bars[m] for m in machines)
    if expected <= LARGEST_BARS:
        return GanttWindow(machines, None)
    busiest = by_load[0]
    steps = horizon or work[busiest] / max(1, shop["capacities"][busiest])
    return GanttWindow(machines, max(1, int(steps * LARGEST_BARS / expected)))


class _Bar(NamedTuple):
    """One row of the exhibit, in the order of its columns; bars are sorted by machine and start."""

    machine: int
    start: int
    end: int
    job: int
    operation: int
    amount: int


def _bars(shop: Shop, start: Sequence[int], mode: Sequence[int], window: GanttWindow) -> list[_Bar]:
    shown = set(window.machines)
    seen: Counter[int] = Counter()
    bars = []
    for number, activity in enumerate(shop["activities"]):
        job, operation = activity["job"], seen[activity["job"]]
        seen[job] += 1
        begin, one = int(start[number]), activity["modes"][mode[number]]
        if window.end is not None and begin >= window.end:
            continue
        for demand in one["demands"]:
            if demand["amount"] and demand["resource"] in shown:
                end = begin + one["duration"]
                bars.append(_Bar(demand["resource"], begin, end, job, operation, demand["amount"]))
    return sorted(bars)


def _held(bars: list[_Bar], end: int | None) -> tuple[list[_Bar], int | None]:
    """The bars that are kept: where there are too many, those that start before the first that has no room."""
    if len(bars) <= LARGEST_HELD_BARS:
        return bars, end
    earlier = sorted(bar.start for bar in bars)[LARGEST_HELD_BARS]
    return [bar for bar in bars if bar.start < earlier], earlier


def _operations_table(bars: list[_Bar], time_unit: str, *, with_amount: bool) -> ExhibitTable:
    units = {"job": "number from 0", "operation": "number from 0", "machine": "number from 0", "start": time_unit}
    units |= {"end": time_unit} | ({"amount": "units of the resource"} if with_amount else {})
    columns = (
        Column(name=name, unit=unit, values=tuple(getattr(bar, name) for bar in bars)) for name, unit in units.items()
    )
    return ExhibitTable(name="operations", columns=tuple(columns))


def _activity_counts(inputs: pa.Table) -> list[int]:
    return [n for chunk in inputs.column("activities").chunks for n in chunk.value_lengths().to_pylist()]


def _middle(size: str, smallest: str, largest: str) -> Text:
    return Text(
        f"The first instance of the middle size ({size} operations, of {smallest} to {largest}); chosen from the "
        "inputs alone, so that all models show the same one.",
        f"中等规模（{size} 道工序，全部实例为 {smallest} 至 {largest} 道）中的第一个实例；仅由输入决定，因此各模型"
        "所示为同一实例。",
    )


def _lowest(score: float) -> Text:
    return Text(
        f"An instance on which this model scored lowest ({score:.3f}); other models may show another one.",
        f"该模型得分最低（{score:.3f}）的一个实例；其他模型所示可能不同。",
    )


def _part(shown: int, machines: int, end: int | None, time_unit: str) -> Text | None:
    """Which part is shown, in words; None for all."""
    if shown == machines and end is None:
        return None
    which = Text(f"all {machines} machines", f"全部 {machines} 台机器")
    if shown < machines:
        which = Text(
            f"the {shown} of {machines} machines with most work", f"{machines} 台机器中工作量最大的 {shown} 台"
        )
    if end is None:
        return Text(f"Shown are {which.en}.", f"仅显示{which.zh}。")
    return Text(
        f"Shown are {which.en}, and of these the operations that start before {end:,} {time_unit}.",
        f"仅显示{which.zh}，且仅含在时刻 {end:,} 之前开始的工序。",
    )
