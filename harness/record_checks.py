"""Whether a record can be what a run wrote: its digests, its figures with their intervals, and the keys it goes by.

What follows from nothing else in it is taken as it says: seconds, memory, machine, isolation, who ran it and when.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from .adapters import ADAPTERS
from .arrow_files import content_digest, read_stream
from .catalog import Catalog
from .cell_records import access_of
from .errors import RecordError
from .figure_checks import check_figures
from .keys import prediction_key, record_key, returned_key
from .records import MetricResult, Record
from .statistics.bootstrap import estimate
from .statistics.weights import WeightDraws, WeightKey
from .store import Store
from .task import TaskCard
from .units import units_among
from .validation import InvalidPredictionsError, read_predictions

__all__ = ["Check", "check_record", "rows_asked"]

Check = Literal["units", "figures", "intervals", "record_key", "prediction_key", "predictions"]
"""``units``: those beside it have its digest; ``figures``, ``intervals``: they follow from the units; ``record_key``,
``prediction_key``: they follow from task, inputs, model and settings; ``predictions``: their file has its digest."""

_SAME = 1e-6  # relative, of an interval's ends: the same draws on another machine


def check_record(card: TaskCard, record: Record, folder: Path, *, catalog: Catalog, store: Store) -> tuple[Check, ...]:
    """Makes sure of all that can be computed again about a record, and says what that was.

    Args:
        card: Of its task and version.
        record: Loaded, so its units and exhibits have the digests that it names.
        folder: Where it lies.
        catalog: Knows the classes behind builtins.
        store: Where the predictions may still be.

    Raises:
        RecordError: Something does not follow: it was edited, or it is no record of a run. The message says what.
    """
    path = folder / "record.json"
    done: list[Check] = []
    if record.units_sha256 is not None:
        check_figures(card, record, path)
        _raise_first(_other_intervals(card, record, folder), path)
        done += ["units", "figures", "intervals"]
    _raise_first(_other_facts(card, record), path)
    protocol, cell = record.protocol, record.cell
    if protocol.inputs_sha256 is None or protocol.references_sha256 is None:
        return tuple(done)
    try:
        rows_asked(record)
    except RecordError as err:
        raise _edited(path, str(err)) from err
    done.append("record_key")
    if record.exchange is not None:
        key = returned_key(
            inputs_sha256=protocol.inputs_sha256 or "", predictions_sha256=protocol.predictions_sha256 or ""
        )
        if key != record.predict_key:
            raise _edited(path, f"predict_key is {record.predict_key[:12]}, inputs and predictions give {key[:12]}")
    elif (adapter_class := _adapter_class(record, catalog)) is not None:
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
            raise _edited(path, f"predict_key is {record.predict_key[:12]}, inputs, model and settings give {key[:12]}")
        done.append("prediction_key")
    if (record.trust == "own") != (cell.settings.get("trust") == "own"):
        raise _edited(path, f"trust is {record.trust!r}, its settings say {cell.settings.get('trust', 'checked')!r}")
    if protocol.predictions_sha256 is not None and _predictions_are_there(record, store, path):
        done.append("predictions")
    return tuple(done)


def _other_facts(card: TaskCard, record: Record) -> Iterator[str]:
    """What of a record follows from its card, or from another field of it, and is not so."""
    for name, told, known in (("floor", record.floor, card.floor), ("access", record.access, access_of(card))):
        if told != known:
            yield f"{name} is {told!r}, its task says {known!r}"
    if (record.exchange is not None) != (record.predicted_by == "vendor"):
        came = "under a commitment" if record.exchange is not None else "under none"
        yield f"predicted_by is {record.predicted_by!r}, but its predictions came {came}"


def _edited(path: Path, what: str) -> RecordError:
    return RecordError(f"{path}: {what}: it was changed after it was written; run the cell again")


def _raise_first(differences: Iterator[str], path: Path) -> None:
    if (first := next(differences, None)) is not None:
        raise _edited(path, first)


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


def _other_intervals(card: TaskCard, record: Record, folder: Path) -> Iterator[str]:
    """Draws the intervals of the record's metrics again; those of its slices take the time of a run."""
    cell, units = record.cell, read_stream(folder / "units.arrow")
    key, draws = WeightKey(card.at_version, cell.track, record.protocol.inputs_sha256 or ""), WeightDraws()
    known = {metric.name: metric for metric in card.metrics}
    for said in (m for m in record.metrics if m.name in known):
        own = units_among(units, known[said.name])
        found = estimate(own, known[said.name], key, partial=record.partial_of is not None, draws=draws)
        if not _same_doubt(said, found):
            yield f"{said.name} has the interval {_text(said)}, its units give {_text(found)}"


def _same_doubt(a: MetricResult, b: MetricResult) -> bool:
    if a.interval is None or b.interval is None:
        return a.interval == b.interval and a.no_interval == b.no_interval
    size = max(abs(b.interval.high - b.interval.low), abs(b.value))
    near = all(
        math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME * size)
        for one, other in ((a.interval.low, b.interval.low), (a.interval.high, b.interval.high))
    )
    exact = ("method", "resamples", "clusters")
    return near and all(getattr(a.interval, name) == getattr(b.interval, name) for name in exact)


def _text(metric: MetricResult) -> str:
    if metric.interval is None:
        return f"none ({metric.no_interval})"
    return f"[{metric.interval.low:.6g}, {metric.interval.high:.6g}]"


def _predictions_are_there(record: Record, store: Store, path: Path) -> bool:
    """Whether the predictions still lie in the store, and are those of the record."""
    found = store.find_work(record)
    if found is None:
        return False
    prepared, predictions = found
    try:
        answers = read_predictions(predictions, prepared.inputs())
    except InvalidPredictionsError as err:
        raise _edited(path, f"the predictions that it names are not valid: {err.problems[0]}") from err
    digest = content_digest(answers.predictions.replace_schema_metadata())
    if digest != record.protocol.predictions_sha256:
        raise _edited(
            path,
            f"predictions_sha256 is {(record.protocol.predictions_sha256 or '')[:12]}, their file has {digest[:12]}",
        )
    return True
