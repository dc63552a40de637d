"""What a run shows while it goes: one live line where there is a terminal, one line per finished cell everywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..harness.codes import CODES
from ..harness.console import DEFAULT_RESULTS, results_option
from ..harness.formatting import invalid_text, metric_text, repeat_text, seconds_text
from ..harness.planning import PlannedCell
from ..harness.records import Record
from ..harness.run import Watcher
from ..harness.store import KEY_SHOWN
from ..harness.task import TaskCard

__all__ = ["RunProgress", "cell_line", "cell_remarks"]

_REVIEWS_SHOWN = 3
_UNKNOWN = re.compile(r"([0-9,]{1,20}) of ([0-9,]{1,20}) \(.*")  # as the record tells the choice 'unknown tokens'
_UNKNOWN_SHARE = 0.1  # of tokens, over which a line warns: the model did not see the texts that it answered


def cell_line(record: Record, card: TaskCard, results: Path = DEFAULT_RESULTS) -> str:
    """One finished cell in one line: task, model, primary metric with its doubt, seconds; or why there is none.

    What to look at or to do about it stands in ``cell_remarks``.

    Args:
        record: Of the cell.
        card: Of its task.
        results: The folder it lies in, for what to type next.
    """
    default = record.cell.track == card.tracks[0].name
    task = card.id if default else f"{card.id}#{record.cell.track}"
    name = f"{task} v{card.version}  {record.cell.model.name}{repeat_text(record.cell.repeat)}"
    if record.status == "failed":
        return f"{name}  FAILED {record.code}: {record.message}"
    partial = "  PARTIAL" if record.partial_of is not None else ""
    spent = seconds_text(record.cost.wall_s)
    invalid = invalid_text(record.counts)
    show = f"sectorbench show {record.key[:KEY_SHOWN]}{results_option(results)}"
    told = f"{show} --units lists them, --unit UNIT tells which rule was broken"
    warned = f"  INVALID {invalid}, counted as the worst value; {told}" if invalid else ""
    if (counts := record.counts) is not None:
        warned += f"  UNREAD {counts.unread:,} answers, counted as wrong" if counts.unread else ""
        warned += f"  TRUNCATED {counts.truncated:,} answers, at the limit of tokens" if counts.truncated else ""
    warned += _unknown_tokens(record.protocol.choices)
    not_asked = record.protocol.choices.get("not asked")
    warned += "" if not_asked is None else f"  NOT ASKED {not_asked}"
    values = {metric.name: metric.value for metric in record.metrics}
    raised = card.raised(values)
    alarms = "".join(f"  ALARM {alarm.metric} {values[alarm.metric]:.4g}: {alarm.why.en}" for alarm in raised)
    value = metric_text(record.metrics[0], card.primary)
    return f"{name}  {card.primary.name} {value}  {spent}{partial}{warned}{alarms}"


def cell_remarks(record: Record) -> list[str]:
    """What follows from a finished cell, a line each: what to do where it failed, answers that somebody should see."""
    if record.status == "failed":
        return [] if record.code is None else [f"-> {CODES[record.code].remedy.en}"]
    return [f"REVIEW {one}" for one in record.reviews[:_REVIEWS_SHOWN]]


def _unknown_tokens(choices: Mapping[str, str]) -> str:
    """A warning where the tokenizer does not know much of the texts; empty where it does, or nothing is told."""
    told = _UNKNOWN.fullmatch(choices.get("unknown tokens", ""))
    unknown, tokens = (int(one.replace(",", "") or 0) for one in told.groups()) if told else (0, 0)
    if unknown <= _UNKNOWN_SHARE * tokens:
        return ""
    return f"  UNKNOWN TOKENS {unknown:,} of {tokens:,} ({unknown / max(1, tokens):.1%}), which the model never saw"


class RunProgress:
    """Shows a run on a console; a context manager around ``execute``."""

    def __init__(
        self, cells: Sequence[PlannedCell], console: Console, *, quiet: bool, results: Path = DEFAULT_RESULTS
    ) -> None:
        self._console = console
        self._results = results
        self._quiet = quiet
        self._cards: Mapping[str, TaskCard] = {c.entry.task.card.id: c.entry.task.card for c in cells}
        self._rows: dict[str, int] = {}
        total = sum(c.prepared.rows for c in cells)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._bar = self._progress.add_task("starting", total=total)
        self.watcher = Watcher(started=self._started, progress=self._advanced, finished=self._finished)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def _started(self, cells: Sequence[PlannedCell]) -> None:
        self._progress.update(self._bar, description=escape(cells[0].submission.manifest.name))

    def _advanced(self, cell: PlannedCell, rows: int) -> None:
        self._rows[cell.key] = rows
        self._progress.update(self._bar, completed=sum(self._rows.values()), description=escape(cell.label))

    def _finished(self, cell: PlannedCell, record: Record, new: bool) -> None:
        self._advanced(cell, cell.prepared.rows)
        if not self._quiet or record.status == "failed" or invalid_text(record.counts):
            again = "" if new else "  (recorded before)"
            line = cell_line(record, self._cards[record.cell.task], self._results)
            for told in (line + again, *(f"    {one}" for one in cell_remarks(record))):
                self._console.print(told, markup=False, highlight=False, soft_wrap=True)
