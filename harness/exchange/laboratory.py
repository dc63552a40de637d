"""The laboratory's side: it hands inputs out under a commitment, asks some again, and reveals the secret."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ..arrow_files import content_digest, write_json, write_stream
from ..data import DataFiles
from ..errors import UsageError
from ..folders import check_new, new_folder
from ..planning import Entry, prepare_entry
from ..settings import Settings
from ..store import Store
from ..task import TaskCard
from .files import EXCHANGE_NAME, INPUTS_NAME, Exchange, Exported, Revealed, check_same_inputs, read_predicted
from .ledger import Ledger
from .letters import letter
from .returned import SUITE, Drawn

__all__ = ["check_drawn", "check_proves", "draw", "export_inputs", "reveal", "sample_inputs"]

_SECRET_CHARACTERS, _SECRET_DIFFERENT = 32, 8  # 128 bits as hexadecimal digits


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


def check_proves(card: TaskCard, *, sealed: bool) -> None:
    """Makes sure that answers to inputs that are handed out all at once can prove something.

    Args:
        card: Of the task.
        sealed: Whether the references are meant to be known to nobody.

    Raises:
        UsageError: They cannot (SB167).
    """
    if card.interface == "solver_trace":
        raise UsageError(
            f"SB167 {card.id} is against the clock: the seconds of answers that were made elsewhere are their maker's "
            "words. Run the solver here: sectorbench run --command NAME=PROGRAM"
        )
    if card.interface == "forecasting" and sealed:
        raise UsageError(
            f"SB167 inputs of {card.id} are not handed out under a secret: the history of a later row holds what an "
            "earlier one is asked for, so whoever has all rows can copy the answers. Run the model here, or leave the "
            "secret out for practice"
        )


def _check_unguessable(secret: str) -> None:
    """Refuses words for a secret: whoever has the inputs can try secrets until one draws them.

    Raises:
        UsageError: It is short, or of few different characters.
    """
    if len(secret) < _SECRET_CHARACTERS or len(set(secret)) < _SECRET_DIFFERENT:
        raise UsageError(
            f"this secret has {len(secret)} characters, {len(set(secret))} of them different; one that nobody guesses "
            f"has at least {_SECRET_CHARACTERS} and {_SECRET_DIFFERENT}. Draw one: --new-secret FILE"
        )


def export_inputs(drawn: Drawn, to: Path, *, store: Store, now: datetime) -> Exchange:
    """Writes the inputs without references and without the secret, and remembers when.

    Raises:
        UsageError: The folder holds something, the secret is out already, or answers would prove nothing (SB167).
    """
    check_new(to)
    check_proves(drawn.entry.task.card, sealed=drawn.is_sealed)
    known = Ledger.of(store, drawn.commitment)
    if drawn.is_sealed:
        _check_unguessable(str(drawn.secret))
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
    check_same_inputs(predicted, exported.facts.inputs_sha256, returned)
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


def reveal(drawn: Drawn, to: Path, *, store: Store, now: datetime) -> Revealed:
    """Writes the secret down for everybody, and remembers that nothing that comes later counts.

    Raises:
        UsageError: These inputs were never handed out from this results folder, or the file is there already.
    """
    if to.exists():
        raise UsageError(f"{to}: is there already; name a new file with --to")
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
    ledger.model_copy(update={"revealed_at": said.revealed_at}).keep(store)  # before anybody can read it
    write_json(to, said.model_dump(mode="json"))
    return said
