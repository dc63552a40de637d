"""Gantt charts of schedules: where rows, bars and lines go, and the inline SVG that draws them.

Times are in per cent of the width and rows in pixels, so that letters keep their size on a phone, a screen and paper.
The names of the machines are a drawing of their own beside the chart: it stays while the chart is scrolled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, get_args

from markupsafe import Markup, escape

from ..harness.exhibits import Exhibit
from ..harness.text import Language, Text
from .catalogue import TEXTS, phrase
from .catalogue_exhibit import LineKind
from .charts import nice_step
from .figures import fixed
from .safe_text import clipped, shown
from .views_pictures import GanttBar, GanttLine, GanttRow, GanttTable, GanttView
from .vocabulary import unit_title

__all__ = ["COLOURS", "draw_gantt", "draw_operations", "gantt_horizon", "gantt_view", "lanes_of"]

COLOURS = 8
_LANE, _GAP, _LARGEST_ROW = 16.0, 4.0, 64.0  # heights in pixels
_LINE, _AXIS, _NAMES = 17, 44, 68  # height of a line's name, of the axis; width of the machines' names
_LEFT, _WIDTH = 0.3, 99.2  # per cent: no bar is cut in half at the edges
_SCREEN, _PAPER = 8.4, 6.3  # pixels per per cent of width where the chart is narrowest: 56rem, and A4 between margins
_DIGIT, _AROUND, _LOWEST_LABEL = 5.7, 1.6, 11.0  # pixels at font-size 10px
_TITLE_COLUMNS = 80
_HEADS = {  # of the table, behind the machine's
    "job": "col_job",
    "operation": "col_operation",
    "start": "col_start",
    "end": "col_end",
    "amount": "col_amount",
}


def gantt_horizon(exhibits: Sequence[Exhibit]) -> float:
    """The last time step that a scale for all of these must hold; 1 where nothing takes time."""
    ends = [one.value("window_end") or max(value for _, value in _times(one)) for one in exhibits]
    return max([1.0, *map(float, ends)])


def _times(exhibit: Exhibit) -> list[tuple[LineKind, float]]:
    """The times that are drawn as lines: where there is a best known one, the lower bound says nothing more."""
    kinds: list[LineKind] = list(get_args(LineKind))
    if any(exhibit.value(kind) is not None for kind in ("best_known", "frozen_makespan")):
        kinds.remove("lower_bound")
    return [(kind, float(value)) for kind in kinds if (value := exhibit.value(kind)) is not None]


class _Operation(NamedTuple):
    """A row of the exhibit's table, sorted by start within its machine; ``words`` stand in the page's table."""

    start: int
    end: int
    job: int
    operation: int
    amount: int
    words: tuple[str, ...]


def _by_machine(exhibit: Exhibit) -> dict[int, list[_Operation]]:
    """The operations of each machine in order; a machine without any has an empty list."""
    table = exhibit.table("operations")
    on: dict[int, list[_Operation]] = {m: [] for m in sorted(exhibit.table("machines").column("machine"))}
    units = table.column("amount")
    columns = (table.column(name) for name in ("machine", "start", "end", "job", "operation"))
    for machine, start, end, job, operation, amount in zip(*columns, units or (1,) * table.rows, strict=True):
        # Numbers that name something have no thousands separator.
        words = (str(job), str(operation), f"{start:,}", f"{end:,}", *((f"{amount:,}",) if units else ()))
        on[machine].append(_Operation(start, end, job, operation, amount, words))
    for found in on.values():
        found.sort()
    return on


class _Piece(NamedTuple):
    """Lanes ``first`` to ``first + lanes - 1`` of a machine, held by an operation, by its place in the list."""

    row: int
    first: int
    lanes: int


def lanes_of(held: Sequence[tuple[int, int, int]], capacity: int) -> Iterator[_Piece]:
    """Gives each operation the lowest free units of its resource, in the order of starts.

    Args:
        held: Start, end and amount of each operation on the resource, sorted by start.
        capacity: Units that there are. More than these is held by no valid schedule; the rest is drawn over lane 0.
    """
    free = [(0, capacity)] if capacity else []
    running: list[tuple[int, list[tuple[int, int]]]] = []
    for row, (start, end, amount) in enumerate(held):
        free = _merged([*free, *(lanes for until, taken in running if until <= start for lanes in taken)])
        running = [one for one in running if one[0] > start]
        taken, missing = [], amount
        while missing and free:
            first, last = free.pop(0)
            part = min(missing, last - first)
            taken.append((first, first + part))
            missing -= part
            if first + part < last:
                free.insert(0, (first + part, last))
        running.append((end, taken))
        for first, last in [*taken, *([(0, missing)] if missing else [])]:
            yield _Piece(row, first, last - first)


def _merged(lanes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(lanes):
        if merged and merged[-1][1] == first:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def gantt_view(exhibit: Exhibit, *, anchor: str, model: str, horizon: float) -> GanttView:
    """A schedule as a picture on a scale from 0 to ``horizon``."""
    operations, machines = exhibit.table("operations"), exhibit.table("machines")
    capacity = dict(zip(machines.column("machine"), machines.column("capacity"), strict=True))
    on = _by_machine(exhibit)
    one_job = exhibit.value("jobs") == 1  # then an operation is what a job is elsewhere
    rows: list[GanttRow] = []
    bars: list[GanttBar] = []
    top = 0.0
    for machine, found in on.items():
        height = min(_LARGEST_ROW, _LANE * max(1, capacity[machine]))
        rows.append(GanttRow(_machine(machine, capacity[machine]), top, height))
        lane = height / max(1, capacity[machine])
        bars += _bars(found, capacity[machine], horizon, top + _GAP / 2, lane, one_job=one_job)
        top += height + _GAP
    time_unit = shown(exhibit.unit_of("makespan") or "1")
    unit = unit_title(time_unit) or Text(time_unit, time_unit)
    step = nice_step(0.0, horizon)
    lines = [
        GanttLine(_line_label(kind, value), _place(value, horizon), kind)
        for kind, value in _times(exhibit)
        if value <= horizon
    ]
    title = _both(exhibit.title, clipped(model, _TITLE_COLUMNS))
    facts = _facts(exhibit, unit, on)
    description = phrase(
        "gantt_desc",
        machines=fixed(len(on), 0),
        bars=fixed(operations.rows, 0),
        facts=Text(" ".join(f.en for f in facts), "".join(f.zh for f in facts)),
    )
    return GanttView(
        anchor=anchor,
        title=title,
        description=description,
        facts=facts,
        rows=tuple(rows),
        bars=tuple(sorted(bars, key=lambda b: (b.colour, b.top, b.at))),
        lines=tuple(sorted(lines, key=lambda line: (line.at < 50, -line.at if line.at >= 50 else line.at))),
        ticks=tuple((fixed(i * step, 0), _place(i * step, horizon)) for i in range(int(horizon / step) + 1)),
        axis=phrase("gantt_axis", unit=unit),
        height=top,
        operations=fixed(operations.rows, 0),
        caption=phrase("gantt_table_caption", title=_safe(exhibit.title), model=model, unit=unit),
        columns=tuple(_HEADS[c.name] for c in operations.columns if c.name in _HEADS),
        tables=tuple(GanttTable(_machine(m, capacity[m]), tuple(o.words for o in found)) for m, found in on.items()),
        keys=(
            phrase("gantt_key", colours=COLOURS),
            *([phrase("gantt_key_capacity")] if any(c != 1 for c in capacity.values()) else []),
            *([phrase("gantt_key_one_job")] if one_job else []),
        ),
    )


def _safe(text: Text) -> Text:
    return Text(shown(text.en), shown(text.zh))


def _both(title: Text, model: str) -> Text:
    return phrase("exhibit_title", title=_safe(title), model=model)


def _place(value: float, horizon: float) -> float:
    return round(_LEFT + _WIDTH * value / horizon, 2)


def _machine(number: int, capacity: int) -> Text:
    if capacity == 1:
        return phrase("gantt_machine", number=number)
    return phrase("gantt_resource", number=number, capacity=fixed(capacity, 0))


def _line_label(kind: LineKind, value: float) -> Text:
    return phrase("gantt_line", name=phrase(f"gantt_line.{kind}"), value=fixed(value, 0))


def _bars(
    found: Sequence[_Operation], capacity: int, horizon: float, top: float, lane: float, *, one_job: bool
) -> Iterator[GanttBar]:
    """The bars of one machine, in pixels below ``top``; a lane is ``lane`` pixels high."""
    for row, first, lanes in lanes_of([(o.start, o.end, o.amount) for o in found], capacity):
        start, end, job, operation, _, words = found[row]
        at, until = _place(start, horizon), _place(min(end, horizon), horizon)
        number = operation if one_job else job
        needed = _DIGIT * len(str(number)) + _AROUND
        fits = (until - at) * _SCREEN >= needed and lane * lanes >= _LOWEST_LABEL
        yield GanttBar(
            at=at,
            width=round(until - at, 2),
            top=round(top + lane * first, 2),
            height=round(lane * lanes, 2),
            colour=number % COLOURS,
            label=str(number) if fits else None,
            on_paper=(until - at) * _PAPER >= needed,
            hint=words[:4],
        )


def _facts(exhibit: Exhibit, unit: Text, on: Mapping[int, Sequence[_Operation]]) -> tuple[Text, ...]:
    makespan = exhibit.value("makespan") or 0
    facts = [phrase("gantt_ends", makespan=fixed(makespan, 0), unit=unit)]
    if best := exhibit.value("best_known"):
        gap, known = fixed(100 * abs(makespan / best - 1), 1), fixed(best, 0)
        over = "gantt_gap" if makespan > best else "gantt_gap_none" if makespan == best else "gantt_gap_below"
        facts.append(phrase(over, gap=gap, best_known=known))
    if frozen := exhibit.value("frozen_makespan"):
        gap, known = fixed(100 * (makespan / frozen - 1), 1), fixed(frozen, 0)
        facts.append(phrase("gantt_gap_frozen", gap=gap, frozen=known))
    if exhibit.part is None and makespan:
        busy = sum((o.end - o.start) * o.amount for found in on.values() for o in found)
        there = makespan * sum(exhibit.table("machines").column("capacity"))
        facts += [phrase("gantt_busy", busy=fixed(100 * busy / there, 1))] if there else []
    return tuple(facts)


def draw_operations(view: GanttView, language: Language) -> Markup:
    """The bodies of the table beside a chart, one per machine; cells hold numbers alone."""
    parts = []
    for table in view.tables:
        name = escape(table.machine.of(language))
        rows = ["</td><td>".join(words) for words in table.rows]
        if rows:
            head = f'<th scope="row" rowspan="{len(rows)}">{name}</th>'
            cells = "</td></tr>\n<tr><td>".join(rows)
            parts.append(f"<tbody>\n<tr>{head}<td>{cells}</td></tr>\n</tbody>")
        else:
            nothing = escape(phrase("none").of(language))
            empty = f'<th scope="row">{name}</th><td colspan="{len(view.columns)}">{nothing}</td>'
            parts.append(f"<tbody>\n<tr>{empty}</tr>\n</tbody>")
    return Markup("\n".join(parts))


def draw_gantt(view: GanttView, language: Language) -> Markup:
    """The chart as inline SVG behind its machines' names; an image for assistive technology, with title and words."""
    top = _LINE * max(1, len(view.lines)) + 8
    bottom = top + view.height
    name = escape(f"gantt-{view.anchor}")
    size = f'height="{bottom + _AXIS:g}"'
    parts = [f'<svg class="gantt names" width="{_NAMES}" {size} aria-hidden="true">']
    parts.append(_text("axis", f'x="{_NAMES - 8}" y="{top - 4}"', phrase("gantt_machines").of(language)))
    for row in view.rows:
        middle = top + row.top + _GAP / 2 + row.height / 2 + 4
        parts.append(_text("name", f'x="{_NAMES - 8}" y="{middle:g}"', row.label.of(language)))
    parts += [
        "</svg>",
        f'<svg class="gantt plot" width="100%" {size} role="img" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(view.title.of(language))}</title>',
        f'<desc id="{name}-d">{escape(view.description.of(language))}</desc>',
    ]
    for row in view.rows:
        y, height = top + row.top, row.height + _GAP
        parts.append(f'<rect class="row" x="0" y="{y + 1:g}" width="100%" height="{height - 2:g}"/>')
    for label, at in view.ticks:
        parts.append(f'<line class="grid" x1="{at}%" x2="{at}%" y1="{top}" y2="{bottom:g}"/>')
        parts.append(_text(f"tick {_side(at)}", f'x="{at}%" y="{bottom + 16:g}"', label))
    hint = str(escape(TEXTS["gantt_hint"].of(language)))
    for colour, bars in groupby(view.bars, key=lambda b: b.colour):
        parts.append(f'<g class="j{colour}">')
        for bar in bars:
            parts += _draw_bar(bar, top, hint)
        parts.append("</g>")
    for i, line in enumerate(view.lines):
        y = _LINE * i + 13
        parts.append(f'<line class="{line.kind}" x1="{line.at}%" x2="{line.at}%" y1="{y + 3}" y2="{bottom:g}"/>')
    for i, line in enumerate(view.lines):
        side, shift = ("start", 5) if line.at < 50 else ("end", -5)
        where = f'x="{line.at}%" dx="{shift}" y="{_LINE * i + 13}"'
        parts.append(_text(f"label {line.kind} {side}", where, line.label.of(language)))
    parts.append(_text("axis middle", f'x="50%" y="{bottom + 36:g}"', view.axis.of(language)))
    return Markup("\n".join([*parts, "</svg>"]))  # every text above went through escape


def _draw_bar(bar: GanttBar, top: float, hint: str) -> Iterator[str]:
    job, operation, start, end = bar.hint
    said = hint.format(job=job, operation=operation, start=start, end=end)
    box = f'x="{bar.at}%" y="{top + bar.top:g}" width="{bar.width}%" height="{bar.height:g}"'
    yield f"<rect {box}><title>{said}</title></rect>"
    if bar.label is not None:
        middle = f'x="{bar.at + bar.width / 2:.2f}%" y="{top + bar.top + bar.height / 2 + 3.5:g}"'
        kind = "" if bar.on_paper else ' class="w"'
        yield f"<text{kind} {middle}>{bar.label}</text>"


def _side(at: float) -> str:
    return "start" if at < 3 else "end" if at > 97 else "middle"


def _text(kind: str, where: str, text: str) -> str:
    return f'<text class="{kind}" {where}>{escape(text)}</text>'
