"""The record of a cell that was run here: what the plan, the worker and the score stage say, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from .device import device_class
from .environment import describe_environment
from .evaluation import Score
from .executors.job import CellFailure
from .formatting import printable
from .isolation import describe_isolation
from .planning import PlannedCell, identity_of, why_not_open
from .prompting import PROMPTED
from .records import Cell, PromptProtocol, Protocol, Record, SandboxLevel, VendorCopy
from .settings import Settings
from .task import TaskCard
from .told import ShutIn, cost_of, device_of, shut_in_of, ways_of

__all__ = ["access_of", "cell_record", "prompting_of"]


def cell_record(
    cell: PlannedCell,
    told: Mapping[str, Any],
    *,
    settings: Settings,
    level: SandboxLevel,
    score: Score | None,
    failure: CellFailure | None,
    predictions_sha256: str | None,
    started_at: datetime,
    copied: VendorCopy | None,
) -> Record:
    """A cell's record.

    Args:
        cell: What was run.
        told: What the worker said of itself.
        settings: How it was run.
        level: Of isolation, as obtained by this run; what was predicted earlier tells its own.
        score: None for a failed cell.
        failure: Why it failed; None where it did not.
        predictions_sha256: Digest of the answers, where there are some.
        started_at: When its job began, UTC.
        copied: Where the private copy of the model was; None where there was none.
    """
    card = cell.entry.task.card
    shut_in = shut_in_of(told) or ShutIn(level=level, isolation=describe_isolation(level, settings.limits))
    return Record(
        key=cell.key,
        predict_key=cell.predict_key,
        suites=(settings.suite,),
        cell=Cell(
            task=card.id,
            task_version=card.version,
            track=cell.entry.track,
            model=identity_of(cell.submission),
            settings=cell.settings,
            seed=cell.seed,
            repeat=cell.repeat,
        ),
        status="ok" if failure is None else "failed",
        code=failure.code if failure else None,
        message=printable(failure.message.removeprefix(f"{failure.code} ")) if failure else None,
        partial_of=None if cell.limit is None else _test_rows(cell),
        floor=card.floor,
        metrics=score.metrics if score else (),
        slices=score.slices if score else (),
        counts=score.counts if score else None,
        units_sha256=score.units_sha256 if score else None,
        reviews=score.reviews if score and why_not_open(card, settings.secret) is None else (),
        exhibits_sha256=score.exhibits.sha256 if score and score.exhibits else None,
        protocol=_protocol(cell, predictions_sha256, told),
        cost=cost_of(cell, told),
        environment=describe_environment(device_of(cell, told), shut_in.level, shut_in.isolation),
        exchange=None,
        predicted_by="self",
        scored_by="self",
        access=access_of(card),
        started_at=started_at,
        trust=cell.submission.trust,
        signature=cell.submission.signature,
        vendor_copy=copied,
    )


def _protocol(cell: PlannedCell, predictions_sha256: str | None, told: Mapping[str, Any]) -> Protocol:
    card = cell.entry.task.card
    return Protocol(
        data_sha256=card.data.fingerprint if card.data else None,
        secret_sha256=cell.prepared.secret_sha256,
        inputs_sha256=cell.prepared.inputs_sha256,
        references_sha256=cell.prepared.references_sha256,
        predictions_sha256=predictions_sha256,
        adapter=cell.submission.manifest.adapter,
        adapter_revision=cell.submission.adapter.revision,
        interface=card.interface,
        dtype=cell.dtype,
        device_class="remote" if cell.submission.adapter.remote else device_class(cell.device),
        prompting=prompting_of(card, cell.entry.track),
        unpinned=cell.submission.adapter.remote,
        choices=_choices(cell) | ways_of(told),
    )


def prompting_of(card: TaskCard, track: str) -> PromptProtocol | None:
    """What a track puts around every input; None where no language model is prompted."""
    return PromptProtocol(**asdict(card.track(track).prompting)) if card.interface in PROMPTED else None


def access_of(card: TaskCard) -> Literal["public", "gated", "on-site"]:
    """Who may see a task's data; what is generated, everybody."""
    return card.data.access if card.data else "public"


def _choices(cell: PlannedCell) -> dict[str, str]:
    """What the model chose that a reader must know; files of a refused submission are not read for it."""
    submission = cell.submission
    return {} if submission.problems else dict(submission.adapter.choices(submission.folder, submission.options))


def _test_rows(cell: PlannedCell) -> int:
    """Rows of the whole test set, from the card: a partial run never made the rest."""
    return cell.entry.task.card.test.rows
