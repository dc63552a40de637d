"""The laboratory's side: it hands inputs out under a commitment, scores what comes back, and reveals the secret."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ..arrow_files import content_digest, write_json, write_stream
from ..data import DataFiles
from ..errors import ExchangeError, RecordError, ScoringError, UsageError
from ..evaluation import Score, score_answers
from ..executors.job import CellFailure
from ..folders import check_new, new_folder
from ..interfaces import get_interface, table_info
from ..planning import Entry, prepare_entry
from ..records import Record, Rerun
from ..settings import Settings
from ..store import KEY_SHOWN, Store
from ..task import TaskCard
from ..validation import (
    Answers,
    InvalidPredictionsError,
    answer_bytes,
    plain_table,
    read_predictions,
    validate_predictions,
)
from .compare import difference
from .files import (
    ANSWERS_NAME,
    EXCHANGE_NAME,
    INPUTS_NAME,
    Exchange,
    Exported,
    Predicted,
    Revealed,
    read_predicted,
    regular_file,
)
from .ledger import Ledger
from .letters import letter
from .returned import SUITE, Drawn, exchange_facts, returned_record, with_rerun

__all__ = ["check_drawn", "draw", "export_inputs", "reveal", "sample_inputs", "score_returned"]

_BEGINNING_BYTES = 64 << 20


def draw(entry: Entry, secret: str | None, *, files: DataFiles, store: Store) -> Drawn:
    """Inputs and references of a task and track; without a secret, of the open practice set or the real data.

    Raises:
        UsageError: A secret is given for a task that draws nothing, or its inputs may not leave.
        DataError: The data is missing or damaged.
    """
    card = entry.task.card
    if secret is not None:
        check_drawn(card)
    if card.data is not None and card.data.access != "public":
        raise UsageError(f"SB212 inputs of {card.id} do not leave: its data are {card.data.access}")
    if card.data is not None and not card.data.derivatives:
        raise UsageError(
            f"SB212 inputs of {card.id} are not passed on: the licence of {card.data.name} ({card.data.licence}) "
            "allows no derived copies"
        )
    settings = Settings(results=store.folder, suite=SUITE, secret=secret)
    return Drawn(entry, secret or card.practice_secret, prepare_entry(entry, files, store, settings))


def check_drawn(card: TaskCard) -> None:
    """Makes sure that a secret decides what a task asks.

    Raises:
        UsageError: It does not.
    """
    if card.practice_secret is None:
        raise UsageError(f"{card.id} draws nothing from a secret: leave out --secret-file and --new-secret")


def export_inputs(drawn: Drawn, to: Path, *, store: Store, now: datetime) -> Exchange:
    """Writes the inputs without references and without the secret, and remembers when.

    Raises:
        UsageError: The folder holds something, or the secret is out already.
    """
    check_new(to)
    known = Ledger.of(store, drawn.commitment)
    if known is not None and known.revealed_at is not None:
        raise UsageError(f"this secret was revealed at {known.revealed_at:%Y-%m-%d %H:%M} UTC; draw with another one")
    card, prepared = drawn.entry.task.card, drawn.prepared
    facts = Exchange(
        task=card.id,
        task_version=card.version,
        track=drawn.entry.track,
        interface=card.interface,
        rows=prepared.rows,
        inputs_sha256=prepared.inputs_sha256,
        commitment=drawn.commitment,
        exported_at=now if known is None else known.exchange.exported_at,  # the first time counts
    )
    _write_exported(to, facts, prepared.inputs(), card)
    if known is None:
        Ledger(exchange=facts).keep(store)
    return facts


def sample_inputs(
    exported: Exported, returned: Path, to: Path, *, count: int, card: TaskCard, store: Store, now: datetime
) -> int:
    """Writes some of the inputs once more, drawn by nobody's seed, to see whether the answers come out again.

    Args:
        exported: What was handed out.
        returned: The folder with the predictions for it.
        to: A new folder.
        count: How many inputs.
        card: Of the task.
        store: The laboratory's results folder, which remembers what was handed out, and this sample.
        now: The laboratory's clock.

    Returns:
        How many were written.

    Raises:
        UsageError: ``count`` is under 1, the folder holds something, or the inputs were handed out from elsewhere.
        ExchangeError: The predictions are for other inputs (SB162).
    """
    if count < 1:
        raise UsageError(f"--count {count}: give a number of inputs, at least 1")
    check_new(to)
    predicted = read_predicted(returned)
    _same_inputs(predicted, exported.facts.inputs_sha256, returned)
    ledger = Ledger.of(store, exported.facts.commitment)
    if ledger is None:
        raise UsageError(
            f"{store.folder} handed these inputs out to nobody; name the results folder with --results DIR"
        )
    rows = exported.inputs.num_rows
    chosen = sorted(random.SystemRandom().sample(range(rows), min(count, rows)))
    inputs = exported.inputs.take(pa.array(chosen, pa.int64())).combine_chunks()
    facts = exported.facts.model_copy(
        update={
            "rows": inputs.num_rows,
            "inputs_sha256": content_digest(inputs),
            "exported_at": now,
            "sample_of": predicted.predictions_sha256,
        }
    )
    _write_exported(to, facts, inputs, card)
    ledger.sampled(facts.inputs_sha256, predicted.predictions_sha256, now).keep(store)
    return int(inputs.num_rows)


def _write_exported(to: Path, facts: Exchange, inputs: pa.Table, card: TaskCard) -> None:
    with new_folder(to) as part:
        write_stream(part / INPUTS_NAME, inputs)
        write_json(part / EXCHANGE_NAME, facts.model_dump(mode="json"))
        (part / "README.md").write_text(letter(facts, card), encoding="utf-8")


def _same_inputs(predicted: Predicted, inputs_sha256: str, folder: Path) -> None:
    if predicted.inputs_sha256 != inputs_sha256:
        raise ExchangeError(
            f"SB162 {folder}: answers inputs {predicted.inputs_sha256[:KEY_SHOWN]}, asked were "
            f"{inputs_sha256[:KEY_SHOWN]}: another secret, task or round?"
        )


def score_returned(
    folder: Path, drawn: Drawn, *, store: Store, taken: Collection[str], now: datetime, rerun: Path | None = None
) -> tuple[Record, Path]:
    """Scores predictions that came back, and writes the record of the lane vendor-predicted, laboratory-scored.

    Predictions that break a rule make a failed record with its code; so nothing that came back is lost.

    Args:
        folder: ``predictions.arrow`` and ``predicted.json``.
        drawn: The test set, drawn again from the secret.
        store: The laboratory's results folder.
        taken: Names of the suite's own models, which no vendor's may bear.
        now: The laboratory's clock.
        rerun: Predictions for a sample of the same inputs, to be compared with the first ones.

    Returns:
        The record and its folder.

    Raises:
        ExchangeError: It is for other inputs (SB162), the secret is not the one that was committed to (SB163), the
            predictions are not those that were named (SB164), or it came after the secret was out (SB165).
    """
    predicted, card = read_predicted(folder), drawn.entry.task.card
    asked = (card.id, card.version, drawn.entry.track)
    said = (predicted.task, predicted.task_version, predicted.track)
    if said != asked:
        raise ExchangeError(f"SB162 {folder}: answers {_named(*said)}, asked was {_named(*asked)}")
    _same_inputs(predicted, drawn.prepared.inputs_sha256, folder)
    if predicted.commitment != drawn.commitment:
        raise ExchangeError(
            f"SB163 {folder}: was asked under commitment {predicted.commitment[:KEY_SHOWN]}, this secret gives "
            f"{drawn.commitment[:KEY_SHOWN]}"
        )
    if predicted.model.name in taken:
        raise ExchangeError(
            f"SB161 {folder}: {predicted.model.name!r} is the name of one of the suite's own models; choose another"
        )
    ledger = Ledger.of(store, drawn.commitment)
    if ledger is not None and ledger.revealed_at is not None:
        raise ExchangeError(
            f"SB165 {folder}: the secret was revealed at {ledger.revealed_at:%Y-%m-%d %H:%M} UTC; what comes now "
            "proves nothing"
        )
    answers = _answers(folder, predicted, drawn)
    if isinstance(answers, CellFailure):  # what came is not what was named: it goes by a digest of its own
        came = _bytes_sha256(folder / ANSWERS_NAME)
        predicted = predicted.model_copy(update={"predictions_sha256": came})
    if ledger is not None:
        ledger = ledger.returned(predicted, now)
        ledger.keep(store)
    facts = exchange_facts(ledger, predicted, drawn, now)
    score: Score | None = None
    failure = answers if isinstance(answers, CellFailure) else None
    if not isinstance(answers, CellFailure):
        again = None if rerun is None else _rerun(rerun, predicted, answers, ledger)
        facts = facts.model_copy(update={"rerun": again})
        try:
            score = score_answers(
                drawn.entry.task,
                answers,
                drawn.prepared.references(),
                track=drawn.entry.track,
                inputs_sha256=drawn.prepared.inputs_sha256,
                partial=False,
            )
        except InvalidPredictionsError as err:
            failure = CellFailure(err.problems[0].code, str(err))
        except (RecordError, ScoringError) as err:
            failure = CellFailure("SB209", str(err))
    record = with_rerun(returned_record(predicted, drawn, facts, score, failure, now), card, store)
    kept = store.predictions(record.predict_key)
    if not isinstance(answers, CellFailure):
        write_stream(kept, answers.predictions.replace_schema_metadata())
    return record, store.write_record(record, score.units if score else None)


def _named(task: str, version: int, track: str) -> str:
    return f"{task}@{version}#{track}"


def _answers(folder: Path, predicted: Predicted, drawn: Drawn) -> Answers | CellFailure:
    path = regular_file(folder / ANSWERS_NAME, "SB161")
    try:
        answers = read_predictions(path, drawn.prepared.inputs())
    except InvalidPredictionsError as err:
        return CellFailure(err.problems[0].code, str(err))
    got = content_digest(answers.predictions.replace_schema_metadata())
    if got != predicted.predictions_sha256:
        raise ExchangeError(
            f"SB164 {path}: digest {got[:KEY_SHOWN]}, the vendor named {predicted.predictions_sha256[:KEY_SHOWN]}; "
            "ask for the folder again"
        )
    return answers


def _bytes_sha256(path: Path) -> str:
    """sha256 of a file's size and beginning: it may be of any size, and is no predictions."""
    with path.open("rb") as file:
        return hashlib.sha256(f"{path.stat().st_size}\n".encode() + file.read(_BEGINNING_BYTES)).hexdigest()


def _rerun(folder: Path, first: Predicted, answers: Answers, ledger: Ledger | None) -> Rerun:
    """How answers to a sample compare with those that came first.

    Raises:
        ExchangeError: It answers something else than a sample that was drawn here (SB162), or cannot be read (SB161).
    """
    again = read_predicted(folder)
    if again.commitment != first.commitment or again.model != first.model:
        raise ExchangeError(f"SB162 {folder}: is of another model or of other inputs than the first predictions")
    if ledger is None or not ledger.has_sample(again.inputs_sha256, first.predictions_sha256):
        raise ExchangeError(
            f"SB162 {folder}: answers no sample that was drawn here for these predictions; see: inputs sample --help"
        )
    path = regular_file(folder / ANSWERS_NAME, "SB161")
    interface = get_interface(table_info(answers.inputs.schema)["interface"])
    cap = answer_bytes(interface, answers.inputs.nbytes, answers.inputs.num_rows)
    if path.stat().st_size > cap:
        raise ExchangeError(f"SB161 {path}: {path.stat().st_size:,} bytes; at most {cap:,}")
    try:
        table = plain_table(lambda: path.open("rb"), path.name, interface)
        ids = set(table.column("id").to_pylist())
        inputs = answers.inputs.filter(pa.array([one in ids for one in answers.inputs.column("id").to_pylist()]))
        inputs = inputs.combine_chunks()
        if content_digest(inputs) != again.inputs_sha256:
            raise ExchangeError(f"SB162 {folder}: does not answer the inputs of the sample, each once")
        second = validate_predictions(table, inputs)
    except InvalidPredictionsError as err:
        raise ExchangeError(f"SB161 {path}: {err}") from err
    return difference(answers.predictions, second.predictions)


def reveal(drawn: Drawn, to: Path, *, store: Store, now: datetime) -> Revealed:
    """Writes the secret down for everybody, and remembers that nothing that comes later counts.

    Raises:
        UsageError: These inputs were never handed out from this results folder.
    """
    ledger = Ledger.of(store, drawn.commitment)
    if ledger is None:
        raise UsageError(
            f"{store.folder} handed out no inputs under this secret; name the results folder with --results DIR"
        )
    card = drawn.entry.task.card
    said = Revealed(
        task=card.id,
        task_version=card.version,
        track=drawn.entry.track,
        secret=drawn.secret,
        inputs_sha256=drawn.prepared.inputs_sha256,
        references_sha256=drawn.prepared.references_sha256,
        commitment=drawn.commitment,
        revealed_at=ledger.revealed_at or now,
    )
    write_json(to, said.model_dump(mode="json"))
    ledger.model_copy(update={"revealed_at": said.revealed_at}).keep(store)
    return said
