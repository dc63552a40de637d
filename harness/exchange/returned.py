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

__all__ = ["SUITE", "Drawn", "exchange_facts", "returned_record", "with_rerun"]

SUITE = "prediction-exchange@1"
"""What records of returned predictions name where others name their suite."""


class Drawn(NamedTuple):
    """A test set as the laboratory draws it again whenever it needs it."""

    entry: Entry
    secret: str | None
    prepared: Prepared

    @property
    def commitment(self) -> str:
        """To secret, inputs and references."""
        return commitment_of(self.secret, self.prepared.inputs_sha256, self.prepared.references_sha256)


def exchange_facts(ledger: Ledger | None, predicted: Predicted, drawn: Drawn, now: datetime) -> ExchangeFacts:
    """When inputs went out and these predictions came, by the laboratory's own memory."""
    own = (predicted.model.vendor, predicted.model.name)
    times = [] if ledger is None else [one for one in ledger.returns if (one.vendor, one.model) == own]
    this = next((one for one in times if one.predictions_sha256 == predicted.predictions_sha256), None)
    return ExchangeFacts(
        rerun=None,
        commitment=drawn.commitment,
        exported_at=None if ledger is None else ledger.exchange.exported_at,
        returned_at=now if this is None else this.returned_at,
        returns=None if ledger is None else len(times),
        predicted_at=predicted.predicted_at,
    )


def with_rerun(record: Record, card: TaskCard, store: Store) -> Record:
    """The record; where it says nothing of answers that were asked again, with what an earlier one of it says."""
    try:
        earlier = store.find_record(card, record.cell.model.name, record.key)
    except RecordError:
        return record  # damaged: written anew
    known = earlier.exchange.rerun if earlier is not None and earlier.exchange is not None else None
    if record.exchange is None or record.exchange.rerun is not None or known is None:
        return record
    return record.model_copy(update={"exchange": record.exchange.model_copy(update={"rerun": known})})


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
            update={"sandbox": "none", "isolation": None}
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
