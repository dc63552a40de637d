"""Records of predictions that a vendor sent: what the laboratory saw, and what it only heard."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..cell_records import access_of, prompting_of
from ..errors import RecordError
from ..evaluation import Score
from ..executors.job import CellFailure
from ..formatting import printable
from ..keys import digest_of, record_key, returned_key
from ..planning import Entry
from ..records import Cell, ExchangeFacts, ModelIdentity, Protocol, Record
from ..store import Prepared, Store
from ..task import TaskCard
from .files import ClaimedModel, Predicted, commitment_of
from .ledger import Ledger

__all__ = ["SUITE", "Drawn", "exchange_facts", "returned_record", "with_earlier"]

SUITE = "prediction-exchange@1"
"""What records of returned predictions name where others name their suite."""


class Drawn(NamedTuple):
    """A test set as the laboratory draws it again whenever it needs it."""

    entry: Entry
    secret: str | None
    prepared: Prepared

    @property
    def is_sealed(self) -> bool:
        """Whether the references follow from a secret that not everybody has."""
        return self.secret is not None and self.secret != self.entry.task.card.practice_secret

    @property
    def commitment(self) -> str:
        """To secret, inputs and references."""
        return commitment_of(self.secret, self.prepared.inputs_sha256, self.prepared.references_sha256)


def exchange_facts(ledger: Ledger | None, predicted: Predicted, drawn: Drawn, now: datetime) -> ExchangeFacts:
    """When inputs went out and these predictions came, by the laboratory's own memory."""
    this = None if ledger is None else ledger.find(predicted)
    return ExchangeFacts(
        rerun=None,
        alike=(),
        commitment=drawn.commitment,
        exported_at=None if ledger is None else ledger.exchange.exported_at,
        returned_at=now if this is None else this.returned_at,
        returns=None if ledger is None else len(ledger.of_model(predicted.model)),
        predicted_at=predicted.predicted_at,
        scored_before=None if ledger is None else ledger.scored_before(predicted.model, predicted.predictions_sha256),
    )


def with_earlier(record: Record, card: TaskCard, store: Store) -> Record:
    """The record, with what an earlier one of it says of answers that were asked again or stood under other names."""
    try:
        earlier = store.find_record(card, record.cell.model.name, record.key)
    except RecordError:
        return record  # damaged: written anew
    facts, known = record.exchange, None if earlier is None else earlier.exchange
    if facts is None or known is None:
        return record
    kept = {"rerun": facts.rerun or known.rerun, "alike": facts.alike or known.alike}
    return record.model_copy(update={"exchange": facts.model_copy(update=kept)})


def returned_record(
    predicted: Predicted,
    drawn: Drawn,
    facts: ExchangeFacts,
    score: Score | None,
    failure: CellFailure | None,
    now: datetime,
) -> Record:
    """The record of the lane vendor-predicted, laboratory-scored: digests, cost and machine are the vendor's claims."""
    card, prepared = drawn.entry.task.card, drawn.prepared
    model = _identity(predicted.model)
    predict_key = returned_key(inputs_sha256=prepared.inputs_sha256, predictions_sha256=predicted.predictions_sha256)
    key = record_key(
        at_version=card.at_version,
        track=drawn.entry.track,
        references_sha256=prepared.references_sha256,
        predict_key=predict_key,
        limit=None,
        model=model,
        commitment=drawn.commitment,
    )
    return Record(
        key=key,
        predict_key=predict_key,
        suites=(SUITE,),
        cell=Cell(
            task=card.id,
            task_version=card.version,
            track=drawn.entry.track,
            model=model,
            settings={},
            seed=predicted.seed,
            repeat=0,
        ),
        status="failed" if failure else "ok",
        code=failure.code if failure else None,
        message=printable(failure.message.removeprefix(f"{failure.code} ")) if failure else None,
        partial_of=None,
        floor=card.floor,
        metrics=score.metrics if score else (),
        slices=score.slices if score else (),
        reviews=(),
        exhibits_sha256=None,
        counts=score.counts if score else None,
        units_sha256=score.units_sha256 if score else None,
        protocol=Protocol(
            data_sha256=card.data.fingerprint if card.data else None,
            secret_sha256=prepared.secret_sha256,
            inputs_sha256=prepared.inputs_sha256,
            references_sha256=prepared.references_sha256,
            predictions_sha256=predicted.predictions_sha256,
            adapter=predicted.adapter,
            adapter_revision=predicted.adapter_revision,
            interface=card.interface,
            dtype=predicted.dtype,
            device_class=predicted.device_class,
            prompting=prompting_of(card, drawn.entry.track),
            unpinned=False,
            choices=dict(predicted.choices),
        ),
        cost=predicted.cost,
        environment=predicted.environment.model_copy(
            update={"sandbox": None, "isolation": None}
        ),  # nobody here has seen it
        exchange=facts,
        trust="checked",
        signature=None,
        vendor_copy=None,
        predicted_by="vendor",
        scored_by="lab",
        access=access_of(card),
        started_at=now,
    )


def _identity(model: ClaimedModel) -> ModelIdentity:
    claimed = digest_of(model.model_dump())
    digests = {name: getattr(model, name) or claimed for name in ("model_sha256", "submission_sha256")}
    return ModelIdentity(**model.model_dump() | digests)
