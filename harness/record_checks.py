"""Whether a record can be what a run wrote: its digests, its figures, the keys it goes by, and its predictions' score.

What nothing here finds an edit of is named as taken as the record says it; see ``record_fields``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from .adapters import ADAPTERS
from .catalog import Catalog
from .cell_records import access_of, prompting_of
from .codes import CODES
from .errors import RecordError, ScoringError
from .evaluation import figures_of
from .exchange.ledger import Ledger
from .exhibits import EXHIBITS_NAME
from .keys import prediction_key, record_key, returned_key
from .record_differences import Difference, changed, other_figures, other_metrics
from .record_fields import CHECKS, Check, not_tied, taken_as_said
from .records import Record
from .rescoring import Sources, Unfound, find_predictions, find_test_set, other_answers, other_scores
from .statistics.bootstrap import estimate
from .statistics.weights import WeightDraws, WeightKey
from .store import Store
from .task import Task, TaskCard
from .units import counts_of, read_units, units_among

__all__ = ["Checked", "Unchecked", "check_facts", "check_primary", "check_record", "rows_asked"]

Unchecked = Literal[Unfound, "no_class", "no_memory"]
"""Why a check was left out: of ``Unfound``, or the class that ran the model is not known (``no_class``), or this result
folder did not hand the inputs out (``no_memory``)."""

_OWN = ("builtin", "command")  # adapters that are no submission's
_UNITS = "the units beside it give"


class Checked(NamedTuple):
    """What was made sure of.

    Attributes:
        done: Checks that hold.
        unchecked: Checks that could not be made, and why.
        taken: Fields that are taken as the record says them.
        not_tied: Fields that follow from each other, but might be another model's.
    """

    done: tuple[Check, ...]
    unchecked: dict[Check, Unchecked]
    taken: tuple[str, ...]
    not_tied: tuple[str, ...]


def check_record(task: Task, record: Record, folder: Path, *, catalog: Catalog, sources: Sources) -> Checked:
    """Makes sure of all that can be computed or compared again about a record, and says what that was.

    Args:
        task: Of the record, in its version.
        record: Loaded, so its units and exhibits have the digests that it names.
        folder: Where it lies.
        catalog: Knows the classes behind builtins.
        sources: Where test set and predictions may be.

    Raises:
        RecordError: Something does not follow: it was edited, or put together from several. The message lists each
            field with what it says and what was found.
        UsageError: A file of predictions was named that is not there.
    """
    path, card, protocol = folder / "record.json", task.card, record.protocol
    check_facts(card, record, path)
    done: set[Check] = {"card"}
    unchecked: dict[Check, Unchecked] = {}
    open_units = _units_are_open(card, record)
    wrong = list(_other_prediction_key(record, catalog))
    if record.units_sha256 is not None:
        done |= {"units", "figures", "intervals"}
        wrong += _other_than_units(card, record, folder, reviews=open_units)
    elif record.status == "failed":
        done.add("no_result")
    if wrong:
        raise changed(path, wrong)
    if protocol.inputs_sha256 is None or protocol.references_sha256 is None:
        return _checked(record, done, unchecked)
    done.add("record_key")
    if record.exchange is not None:
        done.add("returned_key")
        wrong = _other_than_remembered(record, sources.store, done, unchecked)
    elif _adapter_class(record, catalog) is not None:
        done.add("prediction_key")
    else:
        unchecked["prediction_key"] = "no_class"
    wrong += _scored_again(task, record, folder, sources, done, unchecked, reviews=open_units)
    if wrong:
        raise changed(path, wrong)
    return _checked(record, done, unchecked)


def _checked(record: Record, done: set[Check], unchecked: dict[Check, Unchecked]) -> Checked:
    made = tuple(one for one in CHECKS if one in done)
    return Checked(made, unchecked, taken_as_said(record, made), not_tied(record, made))


def check_facts(card: TaskCard, record: Record, path: Path) -> None:
    """Compares a record with its card, its adapter and its own other fields, its key among them; takes no time.

    Raises:
        RecordError: Something does not fit; the message lists each field.
    """
    if wrong := [*_other_facts(card, record, path), *_other_outcome(record), *_other_key(record)]:
        raise changed(path, wrong)


def check_primary(card: TaskCard, record: Record, path: Path, draws: WeightDraws) -> None:
    """Computes the interval of a record's primary metric again, which decides what it can be told apart from.

    Args:
        card: Of its task and version.
        record: Whose units have the digest that it names.
        path: Its file; the units lie beside it.
        draws: Replicate weights that records of one test set share.

    Raises:
        RecordError: It is another one.
    """
    if record.status != "ok" or record.units_sha256 is None:
        return
    units = units_among(read_units(path.parent), card.primary)
    key = WeightKey(card.at_version, record.cell.track, record.protocol.inputs_sha256 or "")
    found = estimate(units, card.primary, key, partial=record.partial_of is not None, draws=draws)
    if wrong := list(other_metrics(record.metrics[:1], [found], _UNITS, "metrics")):
        raise changed(path, wrong)


def _other_facts(card: TaskCard, record: Record, path: Path) -> Iterator[Difference]:
    """What of a record follows from its card, or from another field of it, and is not so."""
    protocol, settings, exchange = record.protocol, record.cell.settings, record.exchange
    adapter, by = protocol.adapter.split(":")[0], "its task says"
    rows = None if record.partial_of is None else card.test.rows
    known = {
        "floor": (record.floor, card.floor),
        "access": (record.access, access_of(card)),
        "partial_of": (record.partial_of, rows),
        "protocol.interface": (protocol.interface, card.interface),
        "protocol.data_sha256": (protocol.data_sha256, card.data.fingerprint if card.data else None),
        "protocol.prompting": (protocol.prompting, prompting_of(card, record.cell.track)),
    }
    yield from (Difference(name, said, by, found) for name, (said, found) in known.items() if said != found)
    if (protocol.secret_sha256 is None) != (card.practice_secret is None):
        drawn = "drawn from one" if card.practice_secret else None
        yield Difference("protocol.secret_sha256", protocol.secret_sha256, by, drawn)
    lane = ("vendor", "lab") if exchange is not None else ("self", "self")
    came = "its predictions came under a commitment:" if exchange is not None else "it names no commitment:"
    for name, one in zip(("predicted_by", "scored_by"), lane, strict=True):
        if getattr(record, name) != one:
            yield Difference(name, getattr(record, name), came, one)
    trust = "own" if settings.get("trust") == "own" else "checked"
    if record.trust != trust:
        yield Difference("trust", record.trust, "its settings say", trust)
    remote = exchange is None and adapter == "endpoint"
    if protocol.unpinned != remote:
        yield Difference("protocol.unpinned", protocol.unpinned, f"adapter {adapter} is", remote)
    if exchange is None and (protocol.device_class == "remote") != remote:
        yield Difference("protocol.device_class", protocol.device_class, "for its adapter there is", "another")
    if exchange is None and adapter not in (*ADAPTERS, *_OWN):
        yield Difference("protocol.adapter", adapter, "there are", ", ".join([*ADAPTERS, *_OWN]))
    if record.exhibits_sha256 is None and (path.parent / EXHIBITS_NAME).is_file():
        yield Difference("exhibits_sha256", None, "beside it lies", EXHIBITS_NAME)


def _other_outcome(record: Record) -> Iterator[Difference]:
    """What of a record does not go with its status."""
    ok = record.status == "ok"
    units = record.units_sha256 is not None
    there = {"metrics": bool(record.metrics), "counts": record.counts is not None}
    if record.access != "on-site":
        there["units_sha256"] = units
    for name, found in there.items():
        if found != ok:
            yield Difference("status", record.status, f"{name} are", "there" if found else "not there")
    if not ok and (record.slices or record.reviews or record.exhibits_sha256):
        yield Difference("status", record.status, "there are", "slices, reviews or pictures")
    for name in ("inputs_sha256", "references_sha256"):
        if ok and getattr(record.protocol, name) is None and record.access != "on-site":
            yield Difference(f"protocol.{name}", None, "a result names", "one")
    predictions = record.protocol.predictions_sha256
    if (predictions is not None) != ok and (ok or record.exchange is None):
        yield Difference("protocol.predictions_sha256", predictions, "its status is", record.status)
    if ok and (record.code is not None or record.message is not None):
        yield Difference("code" if record.code else "message", record.code or record.message, "its status is", "ok")
    if not ok and record.code not in CODES:
        yield Difference("code", record.code, "it is", "none of the codes of this suite")


def _units_are_open(card: TaskCard, record: Record) -> bool:
    """Whether single units may stand in a record; not those of a sealed test set, nor of one that was handed out."""
    practice = None if card.practice_secret is None else hashlib.sha256(card.practice_secret.encode()).hexdigest()
    return record.exchange is None and access_of(card) == "public" and record.protocol.secret_sha256 == practice


def _other_than_units(card: TaskCard, record: Record, folder: Path, *, reviews: bool) -> list[Difference]:
    """Where figures, intervals, counts and reviews do not follow from the units beside a record."""
    units = read_units(folder)
    try:
        found = figures_of(
            card,
            units,
            track=record.cell.track,
            inputs_sha256=record.protocol.inputs_sha256 or "",
            partial=record.partial_of is not None,
        )
    except ScoringError as err:
        return [Difference("metrics", "figures", "the units beside it have none:", str(err))]
    wrong = list(other_figures(record, found, _UNITS, reviews=reviews))
    for name, number in counts_of(units).items():
        said = None if record.counts is None else getattr(record.counts, name)
        if said != number:
            wrong.append(Difference(f"counts.{name}", said, _UNITS, number))
    return wrong


def _other_key(record: Record) -> Iterator[Difference]:
    """Where the keys that a record's own fields give are others than it goes by."""
    protocol = record.protocol
    if protocol.inputs_sha256 is None or protocol.references_sha256 is None:
        return
    if record.exchange is not None:
        predictions = protocol.predictions_sha256 or ""
        key = returned_key(inputs_sha256=protocol.inputs_sha256, predictions_sha256=predictions)
        if key != record.predict_key:
            yield Difference("predict_key", record.predict_key, "inputs and predictions give", key)
    try:
        rows_asked(record)
    except RecordError:
        by = "task, track, references, model and predictions give"
        yield Difference("key", record.key, by, _key_of(record, None) if record.partial_of is None else "others")


def _other_prediction_key(record: Record, catalog: Catalog) -> Iterator[Difference]:
    """Where the key of predictions that were made here is not that of what a record says was run."""
    protocol, cell = record.protocol, record.cell
    adapter_class = _adapter_class(record, catalog)
    if record.exchange is None and protocol.inputs_sha256 is not None and adapter_class is not None:
        key = prediction_key(
            inputs_sha256=protocol.inputs_sha256,
            model_sha256=cell.model.model_sha256,
            adapter_class=adapter_class,
            adapter_revision=protocol.adapter_revision,
            dtype=protocol.dtype,
            device_class="cpu" if protocol.unpinned else protocol.device_class,
            settings=cell.settings,
            seed=cell.seed,
            repeat=cell.repeat,
        )
        if key != record.predict_key:
            yield Difference("predict_key", record.predict_key, "inputs, model and settings give", key)


def rows_asked(record: Record) -> int | None:
    """How many rows were asked of a test set that was not run whole, found by the record's key; None for a whole one.

    Raises:
        RecordError: No number of rows gives the key: the record was edited.
    """
    for rows in [None] if record.partial_of is None else range(1, record.partial_of):
        if record.key == _key_of(record, rows):
            return rows
    raise RecordError(f"key is {record.key[:12]}, but task, track, references and model give another")


def _key_of(record: Record, rows: int | None) -> str:
    cell = record.cell
    return record_key(
        at_version=f"{cell.task}@{cell.task_version}",
        track=cell.track,
        references_sha256=record.protocol.references_sha256 or "",
        predict_key=record.predict_key,
        limit=rows,
        model=cell.model,
        commitment=None if record.exchange is None else record.exchange.commitment,
    )


def _adapter_class(record: Record, catalog: Catalog) -> str | None:
    """The class that ran the model; None where the record alone does not tell it."""
    adapter, name = record.protocol.adapter, record.cell.model.name
    if adapter in ADAPTERS:
        return ADAPTERS[adapter].path.rpartition(":")[2]
    if adapter == "builtin" and name in catalog.builtins:
        return catalog.builtins[name].path.rpartition(":")[2]
    return None


def _other_than_remembered(
    record: Record, store: Store, done: set[Check], unchecked: dict[Check, Unchecked]
) -> list[Difference]:
    """Where the laboratory that handed inputs out remembers other times or another number of returns."""
    facts, model = record.exchange, record.cell.model
    ledger = None if facts is None else Ledger.of(store, facts.commitment)
    if facts is None or ledger is None:
        unchecked["exchange"] = "no_memory"
        return []
    own = ledger.of_model(model)
    digests = [one.predictions_sha256 for one in own]
    digest, by = record.protocol.predictions_sha256, "the laboratory remembers"
    if digest not in digests and facts.exported_at is None:  # it handed them out to others
        unchecked["exchange"] = "no_memory"
        return []
    done.add("exchange")
    if digest not in digests:
        return [Difference("exchange.returned_at", facts.returned_at, by, "no such return")]
    at = digests.index(digest)
    wrong = []
    if facts.exported_at != ledger.exchange.exported_at:
        wrong.append(Difference("exchange.exported_at", facts.exported_at, by, ledger.exchange.exported_at))
    if facts.returned_at != own[at].returned_at:
        wrong.append(Difference("exchange.returned_at", facts.returned_at, by, own[at].returned_at))
    if facts.returns is None or not at < facts.returns <= len(own):  # more may have come since
        wrong.append(Difference("exchange.returns", facts.returns, by, f"return {at + 1} of {len(own)} until now"))
    before = ledger.scored_before(model, own[at].predictions_sha256)
    if own[at].scored_at is not None and facts.scored_before != before:
        wrong.append(Difference("exchange.scored_before", facts.scored_before, by, before))
    return wrong


def _scored_again(
    task: Task,
    record: Record,
    folder: Path,
    sources: Sources,
    done: set[Check],
    unchecked: dict[Check, Unchecked],
    *,
    reviews: bool,
) -> list[Difference]:
    """Draws the test set again and scores the predictions, as far as they are at hand."""
    test_set = find_test_set(task, record, rows_asked(record), sources)
    if isinstance(test_set, list):
        return test_set
    if isinstance(test_set, str):
        unchecked["test_set"] = test_set
    elif test_set.unfound is not None:
        unchecked["test_set"] = test_set.unfound
    else:
        done.add("test_set")
    if record.protocol.predictions_sha256 is None or record.status == "failed":
        return []  # what a failed cell answered is not kept
    path = find_predictions(record, sources)
    if path is None or isinstance(test_set, str):
        unchecked["scores"] = "no_predictions" if path is None else "no_test_set"
        return []
    answers = other_answers(record, path, test_set.inputs)
    if isinstance(answers, list):
        return answers
    done.add("predictions")
    if record.units_sha256 is None:
        return []
    done.add("scores")
    return list(other_scores(task, record, answers, test_set.references, folder, reviews=reviews))
