"""What a record was made of, found again: its test set drawn from card and secret, its predictions, what they score."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa

from .arrow_files import content_digest
from .data import DataFiles
from .errors import DataError, InterfaceError, RecordError, ScoringError, UsageError
from .evaluation import all_counts, figures_of, units_of
from .exchange.files import ANSWERS_NAME, commitment_of
from .exhibits import Exhibits, read_exhibits
from .planning import Entry, draw_entry
from .record_differences import Difference, other_figures, other_units, same_but_rounding
from .records import Record
from .store import Store
from .task import Task
from .units import read_units
from .validation import Answers, InvalidPredictionsError, read_predictions

__all__ = ["Sources", "TestSet", "Unfound", "find_predictions", "find_test_set", "other_answers", "other_scores"]

Unfound = Literal["sealed", "no_data", "not_drawn", "no_test_set", "no_predictions"]
"""Why something is not looked at again. ``sealed``: the test set's secret was not given; ``no_data``: the task's data
are not here; ``not_drawn``: nobody asked; ``no_test_set``: nor do inputs lie in the work folder; ``no_predictions``:
these are not kept."""

_SCORES = "its predictions give"


@dataclass(frozen=True)
class Sources:
    """Where what a record was made of may be.

    Attributes:
        store: The result folder, whose work files may still be there.
        files: Where the data of tasks are; None: no test set is drawn again.
        secret: What a sealed test set was drawn from.
        predictions: A file of predictions, or a folder that came back from a vendor; None: those of the store.
    """

    store: Store
    files: DataFiles | None = None
    secret: str | None = None
    predictions: Path | None = None


class TestSet(NamedTuple):
    """Inputs and references that a record names.

    Attributes:
        inputs: What was asked.
        references: What is right.
        unfound: Why it was not drawn again but taken from the work folder; None: it was drawn again.
    """

    inputs: pa.Table
    references: pa.Table
    unfound: Unfound | None


def find_test_set(
    task: Task, record: Record, rows: int | None, sources: Sources
) -> TestSet | Unfound | list[Difference]:
    """The test set of a record: drawn again from the card, else as it lies in the work folder under its digests.

    Args:
        task: Of the record, in its version.
        record: With digests of inputs and references.
        rows: How many were asked; None: all.
        sources: Where to look.

    Returns:
        It, or why there is none, or where the record names another one than is drawn.
    """
    drawn = _draw(task, record, rows, sources)
    if not isinstance(drawn, str):
        return drawn
    prepared = sources.store.find_prepared(record)
    if prepared is None:
        return "no_test_set" if drawn == "not_drawn" else drawn
    try:
        return TestSet(prepared.inputs(), prepared.references(), drawn)
    except RecordError:  # damaged: the next run makes it anew
        return "no_test_set" if drawn == "not_drawn" else drawn


def _draw(task: Task, record: Record, rows: int | None, sources: Sources) -> TestSet | Unfound | list[Difference]:
    card, protocol = task.card, record.protocol
    if sources.files is None:
        return "not_drawn"
    practice = None if card.practice_secret is None else _sha256(card.practice_secret)
    known: dict[str | None, str | None] = {practice: None}  # hash to secret; None: the open one, or nothing is drawn
    if card.practice_secret is not None and sources.secret is not None:
        known[_sha256(sources.secret)] = sources.secret
    try:
        if protocol.secret_sha256 not in known:
            return _told_sealed(task, record, rows, sources.files, known)
        secret = known[protocol.secret_sha256]
        inputs, references = draw_entry(Entry(task, record.cell.track), sources.files, secret=secret, limit=rows)
    except DataError:
        return "no_data"
    got = {"inputs_sha256": content_digest(inputs), "references_sha256": content_digest(references)}
    by = "its task draws" if card.data is None else "its task's data give"
    wrong = [
        Difference(f"protocol.{n}", getattr(protocol, n), by, got[n]) for n in got if getattr(protocol, n) != got[n]
    ]
    if record.exchange is not None and not wrong:
        commitment = commitment_of(secret or card.practice_secret, *got.values())
        if commitment != record.exchange.commitment:
            by = "secret, inputs and references give"
            wrong.append(Difference("exchange.commitment", record.exchange.commitment, by, commitment))
    return wrong or TestSet(inputs, references, None)


def _told_sealed(
    task: Task, record: Record, rows: int | None, files: DataFiles, known: Mapping[str | None, str | None]
) -> Unfound | list[Difference]:
    """A record that only says that its test set was drawn from a secret which nobody gave."""
    for digest, secret in known.items():
        inputs, _ = draw_entry(Entry(task, record.cell.track), files, secret=secret, limit=rows)
        if content_digest(inputs) == record.protocol.inputs_sha256:
            by = "its inputs are drawn from " + ("the open practice secret" if secret is None else "the one given here")
            return [Difference("protocol.secret_sha256", record.protocol.secret_sha256, by, digest)]
    return "sealed"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def find_predictions(record: Record, sources: Sources) -> Path | None:
    """The file with a record's predictions; None where it is not kept.

    Raises:
        UsageError: One was named that is not there.
    """
    named = sources.predictions
    if named is None:
        path = sources.store.predictions(record.predict_key)
        return path if path.is_file() else None
    path = named / ANSWERS_NAME if named.is_dir() else named
    if not path.is_file():
        raise UsageError(f"--predictions {named}: there is no such file; name the Arrow stream, or a folder with it")
    return path


def other_answers(record: Record, path: Path, inputs: pa.Table) -> Answers | list[Difference]:
    """The predictions in a file, or where they are not those that a record names."""
    said = record.protocol.predictions_sha256
    try:
        answers = read_predictions(path, inputs)
    except InvalidPredictionsError as err:
        return [Difference("protocol.predictions_sha256", said, "the file is not valid:", str(err.problems[0]))]
    got = content_digest(answers.predictions.replace_schema_metadata())
    return answers if got == said else [Difference("protocol.predictions_sha256", said, f"{path.name} has", got)]


def other_scores(
    task: Task, record: Record, answers: Answers, references: pa.Table, folder: Path, *, reviews: bool
) -> Iterator[Difference]:
    """Scores predictions again and tells where a record has another result.

    Its figures follow from the units beside it already; they are computed here only where these are other ones.

    Args:
        task: Of the record.
        record: With a result, and units beside it.
        answers: Its predictions.
        references: What is right.
        folder: Of the record.
        reviews: Whether the units that somebody should look at stand open in it.
    """
    cell, inputs_sha256 = record.cell, record.protocol.inputs_sha256 or ""
    try:
        units = units_of(task, answers, references)
        if (difference := other_units(read_units(folder), units)) is not None:
            yield Difference("units_sha256", record.units_sha256, _SCORES, f"{content_digest(units)} ({difference})")
            partial = record.partial_of is not None
            found = figures_of(task.card, units, track=cell.track, inputs_sha256=inputs_sha256, partial=partial)
            yield from other_figures(record, found, _SCORES, reviews=reviews)
    except (InvalidPredictionsError, ScoringError, RecordError, InterfaceError) as err:
        yield Difference("status", record.status, "scoring its predictions ends with", str(err))
        return
    counts = all_counts(units, answers)
    for name, number in counts.model_dump().items():
        if record.counts is None or getattr(record.counts, name) != number:
            said = None if record.counts is None else getattr(record.counts, name)
            yield Difference(f"counts.{name}", said, _SCORES, number)
    if record.exhibits_sha256 is not None:
        beside = read_exhibits(folder, record.exhibits_sha256)
        shown = Exhibits.of(task.exhibits(answers, references, units))
        if shown is None or not same_but_rounding(beside.model_dump(), shown.model_dump()):
            digest = None if shown is None else shown.sha256
            yield Difference("exhibits_sha256", record.exhibits_sha256, _SCORES, digest)
