"""Scoring what came back: once per model, unless the laboratory says why, and in silence where it wants to."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ..arrow_files import content_digest, write_stream
from ..errors import ExchangeError, RecordError, ScoringError
from ..evaluation import Score, score_answers
from ..executors.job import CellFailure
from ..keys import returned_key
from ..records import AlikeReturn, Record, Rerun
from ..store import KEY_SHOWN, Store
from ..validation import Answers, InvalidPredictionsError, validate_predictions
from .alike import alike_returns
from .answers import read_answers, read_table
from .compare import difference
from .files import ANSWERS_NAME, Predicted, check_same_inputs, read_predicted, regular_file
from .laboratory import check_proves
from .ledger import Ledger
from .returned import Drawn, exchange_facts, returned_record, with_earlier

__all__ = ["Held", "hold_returned", "score_returned"]

_BEGINNING_BYTES = 64 << 20


class Held(NamedTuple):
    """A return that was checked and kept without a score."""

    predicted: Predicted
    answers: Answers
    returned_at: datetime
    alike: tuple[AlikeReturn, ...]


class _Came(NamedTuple):
    """A return that was checked: what its vendor says, its answers or why they cannot be used, what is remembered."""

    predicted: Predicted
    answers: Answers | CellFailure
    ledger: Ledger | None


def score_returned(
    folder: Path,
    drawn: Drawn,
    *,
    store: Store,
    taken: Collection[str],
    now: datetime,
    rerun: Path | None = None,
    again: str | None = None,
) -> tuple[Record, Path]:
    """Scores predictions that came back, and writes the record of the lane vendor-predicted, laboratory-scored.

    Predictions that break a rule make a failed record with its code; so nothing that came back is lost. They show no
    score and count as none.

    Args:
        folder: ``predictions.arrow`` and ``predicted.json``.
        drawn: The test set, drawn again from the secret.
        store: The laboratory's results folder.
        taken: Names of the suite's own models, which no vendor's may bear.
        now: The laboratory's clock.
        rerun: Predictions for a sample of the same inputs, to be compared with the first ones.
        again: Why a further return of a model is scored.

    Returns:
        The record and its folder.

    Raises:
        ExchangeError: It is for other inputs (SB162), the secret is not the one that was committed to (SB163), the
            predictions are not those that were named (SB164), it came after the secret was out (SB165), or another
            return of the model was scored (SB166).
        UsageError: Answers to this task prove nothing (SB167).
    """
    predicted, answers, ledger = _read_returned(folder, drawn, store=store, taken=taken)
    known = None if ledger is None else ledger.find(predicted)
    compared = None
    failure = answers if isinstance(answers, CellFailure) else None
    if not isinstance(answers, CellFailure):
        if ledger is not None and (known is None or known.scored_at is None):
            _check_first(folder, predicted, drawn, ledger, again)
        compared = None if rerun is None else _rerun(rerun, predicted, answers, ledger)
    if ledger is not None:  # before there is a score: whoever ends the process saw none that is not counted
        ledger = ledger.returned(predicted, "refused" if failure else "scored", now, reason=again)
        ledger.keep(store)
    score: Score | None = None
    if not isinstance(answers, CellFailure):
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
    if failure is not None and ledger is not None:
        ledger = ledger.without_score(predicted)
        ledger.keep(store)
    alike = () if failure is not None else _alike(predicted, answers, ledger, store)
    facts = exchange_facts(ledger, predicted, drawn, now).model_copy(update={"rerun": compared, "alike": alike})
    card = drawn.entry.task.card
    record = with_earlier(returned_record(predicted, drawn, facts, score, failure, now), card, store)
    _keep(predicted, answers, store)
    return record, store.write_record(record, score.units if score else None)


def hold_returned(
    folder: Path, drawn: Drawn, *, store: Store, taken: Collection[str], now: datetime
) -> Held | tuple[Record, Path]:
    """Checks predictions that came back and remembers when, without a score: nothing is told of the references.

    They can be scored once the secret is out, since they came before. What breaks a rule as a whole makes a failed
    record, as in ``score_returned``.

    Raises:
        ExchangeError: As ``score_returned``; or the inputs were handed out elsewhere, so that nobody would remember.
    """
    predicted, answers, ledger = _read_returned(folder, drawn, store=store, taken=taken)
    if isinstance(answers, CellFailure):
        return score_returned(folder, drawn, store=store, taken=taken, now=now)
    if ledger is None:
        raise ExchangeError(
            f"SB162 {folder}: {store.folder} handed these inputs out to nobody, so it cannot remember when answers "
            "came; name the results folder with --results DIR"
        )
    ledger = ledger.returned(predicted, "held", now)
    ledger.keep(store)
    _keep(predicted, answers, store)
    facts = exchange_facts(ledger, predicted, drawn, now)
    return Held(predicted, answers, facts.returned_at, _alike(predicted, answers, ledger, store))


def _read_returned(folder: Path, drawn: Drawn, *, store: Store, taken: Collection[str]) -> _Came:
    predicted, card = read_predicted(folder), drawn.entry.task.card
    check_proves(card, sealed=drawn.is_sealed)
    asked = (card.id, card.version, drawn.entry.track)
    said = (predicted.task, predicted.task_version, predicted.track)
    if said != asked:
        raise ExchangeError(f"SB162 {folder}: answers {_named(*said)}, asked was {_named(*asked)}")
    check_same_inputs(predicted, drawn.prepared.inputs_sha256, folder)
    if predicted.commitment != drawn.commitment:
        raise ExchangeError(
            f"SB163 {folder}: was asked under commitment {predicted.commitment[:KEY_SHOWN]}, this secret gives "
            f"{drawn.commitment[:KEY_SHOWN]}"
        )
    if predicted.model.name in taken:
        raise ExchangeError(
            f"SB161 {folder}: {predicted.model.name!r} is a model of the suite's own, which `sectorbench run` answers "
            "with; a vendor's has another name"
        )
    ledger = Ledger.of(store, drawn.commitment)
    if ledger is not None and ledger.revealed_at is not None and ledger.find(predicted) is None:
        raise ExchangeError(
            f"SB165 {folder}: the secret was revealed at {ledger.revealed_at:%Y-%m-%d %H:%M} UTC, and these "
            "predictions had not come by then; they prove nothing"
        )
    answers = _answers(folder, predicted, drawn)
    if isinstance(answers, CellFailure):  # what came is not what was named: it goes by a digest of its own
        came = _bytes_sha256(folder / ANSWERS_NAME)
        predicted = predicted.model_copy(update={"predictions_sha256": came})
    return _Came(predicted, answers, ledger)


def _check_first(folder: Path, predicted: Predicted, drawn: Drawn, ledger: Ledger, again: str | None) -> None:
    """Refuses a further return of a model whose score can be known, where there is something to be found out by it.

    Where everybody can draw the references, a score tells nobody anything new.

    Raises:
        ExchangeError: Another return was scored, and nobody said why this one is (SB166).
    """
    earlier = [one for one in ledger.of_model(predicted.model) if one.outcome == "scored"]
    if earlier and again is None and drawn.is_sealed:
        raise ExchangeError(
            f"SB166 {folder}: {len(earlier)} other return(s) of {predicted.model.name} by {predicted.model.vendor} "
            "had a score for these inputs, and each score tells of the references. Where this one is to be scored all "
            "the same: --again 'WHY', which its record then says; or take it in without a score: --hold"
        )


def _alike(
    predicted: Predicted, answers: Answers | CellFailure, ledger: Ledger | None, store: Store
) -> tuple[AlikeReturn, ...]:
    if ledger is None or isinstance(answers, CellFailure):
        return ()
    return alike_returns(predicted, answers.predictions, ledger, store)


def _keep(predicted: Predicted, answers: Answers | CellFailure, store: Store) -> None:
    if not isinstance(answers, CellFailure):
        path = store.predictions(
            returned_key(inputs_sha256=predicted.inputs_sha256, predictions_sha256=predicted.predictions_sha256)
        )
        write_stream(path, answers.predictions)


def _named(task: str, version: int, track: str) -> str:
    return f"{task}@{version}#{track}"


def _answers(folder: Path, predicted: Predicted, drawn: Drawn) -> Answers | CellFailure:
    path = regular_file(folder / ANSWERS_NAME, "SB161")
    try:
        answers = read_answers(path, drawn.prepared.inputs())
    except InvalidPredictionsError as err:
        return CellFailure(err.problems[0].code, str(err))
    got = content_digest(answers.predictions)
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
    try:
        table = read_table(path, answers.inputs)
        ids = set(table.column("id").to_pylist())
        inputs = answers.inputs.filter(pa.array([one in ids for one in answers.inputs.column("id").to_pylist()]))
        inputs = inputs.combine_chunks()
        if content_digest(inputs) != again.inputs_sha256:
            raise ExchangeError(f"SB162 {folder}: does not answer the inputs of the sample, each once")
        second = validate_predictions(table, inputs)
    except InvalidPredictionsError as err:
        raise ExchangeError(f"SB161 {path}: {err}") from err
    return difference(answers.predictions, second.predictions)
