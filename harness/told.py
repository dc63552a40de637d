"""What a worker told of its run, as parts of a record, and kept beside its predictions for a later record of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .adapters.endpoint_options import read_endpoint_options
from .arrow_files import write_json
from .device import DeviceInfo, device_class
from .isolation import describe_isolation
from .limits import Limits
from .planning import PlannedCell
from .records import Cost, EndpointCost, Isolation, SandboxLevel

__all__ = [
    "ShutIn",
    "cost_of",
    "cost_of_told",
    "device_of",
    "device_told",
    "earlier_told",
    "keep_told",
    "shut_in_of",
    "ways_of",
    "with_shut_in",
]

_WAYS, _WAY_NAME, _WAY = 8, 40, 200  # how many ways of a worker are kept, and characters of each
_FROM_JOURNAL = "from_journal"  # of what an endpoint took: no part of a record
_KEPT = ("ways", "endpoint")  # what is true of the predictions whoever scores them again; seconds are not
_SHUT_IN = "shut_in"  # told by the driver alone: a worker's own word for it would be taken for nothing


class ShutIn(BaseModel, frozen=True, extra="forbid"):
    """How the worker was shut in that made predictions: the level, and what it consisted of."""

    level: SandboxLevel
    isolation: Isolation


def with_shut_in(told: Mapping[str, Any], level: SandboxLevel, limits: Limits) -> dict[str, Any]:
    """What a worker told, and how it was shut in, whatever it says of that itself."""
    return {**told, _SHUT_IN: ShutIn(level=level, isolation=describe_isolation(level, limits))}


def shut_in_of(told: Mapping[str, Any]) -> ShutIn | None:
    """How the worker was shut in; None where nothing was predicted."""
    found = told.get(_SHUT_IN)
    return found if isinstance(found, ShutIn) else None


def keep_told(predictions: Path, told: Mapping[str, Any]) -> None:
    """Keeps what belongs to predictions beside their file."""
    kept: dict[str, Any] = {"ways": ways_of(told), "endpoint": told.get("endpoint")}
    if (shut_in := shut_in_of(told)) is not None:
        kept[_SHUT_IN] = shut_in.model_dump(mode="json")
    write_json(_beside(predictions), kept)


def earlier_told(predictions: Path) -> dict[str, Any]:
    """What was kept of the worker that made predictions; where nothing was, that it was shut in by nothing."""
    try:
        kept = json.loads(_beside(predictions).read_bytes())
        held = {name: kept[name] for name in _KEPT if kept.get(name)}
        return held | {_SHUT_IN: ShutIn.model_validate(kept[_SHUT_IN])}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return with_shut_in({}, "none", Limits())


def _beside(predictions: Path) -> Path:
    return predictions.with_suffix(".json")


def ways_of(told: Mapping[str, Any]) -> dict[str, str]:
    """How the worker says that it went about it: words of a process that ran a stranger's model."""
    said = told.get("ways")
    if not isinstance(said, Mapping):
        return {}
    return {str(name)[:_WAY_NAME]: str(way)[:_WAY] for name, way in list(said.items())[:_WAYS]}


def cost_of(cell: PlannedCell, told: Mapping[str, Any]) -> Cost:
    """What the worker said of its cost; a figure that covers only part of the rows is left out."""
    remote = cell.submission.adapter.remote
    endpoint = _endpoint_cost(cell, told.get("endpoint")) if remote else None
    return cost_of_told(told, rows=cell.prepared.rows, remote=remote, endpoint=endpoint)


def cost_of_told(
    told: Mapping[str, Any], *, rows: int, remote: bool = False, endpoint: EndpointCost | None = None
) -> Cost:
    """The cost of answering some rows.

    Of an endpoint, how many rows were answered now cannot be told: the server may have been asked some of a row before.
    """
    resumed = int(told.get("resumed_rows", 0))
    answered = rows - resumed
    in_part = remote and (told.get("endpoint") or {}).get(_FROM_JOURNAL, 0) > 0
    wall_s = None if in_part else told.get("wall_s")
    rate = answered / wall_s if wall_s and answered > 0 else None
    return Cost(
        wall_s=wall_s,
        load_s=told.get("load_s"),
        examples_per_s=rate,
        peak_memory_gib=None if remote else told.get("peak_memory_gib"),  # that of the process that only asks
        peak_device_memory_gib=told.get("peak_device_memory_gib"),
        energy_kwh=None,
        energy_reason="endpoint" if remote else "no_meter",
        resumed_rows=resumed,
        endpoint=endpoint,
    )


def _endpoint_cost(cell: PlannedCell, spent: Mapping[str, Any] | None) -> EndpointCost | None:
    if spent is None:
        return None
    price = read_endpoint_options(cell.submission.options).price
    read, written = spent["prompt_tokens"], spent["completion_tokens"]
    told = price is not None and read is not None and written is not None
    return EndpointCost(
        **{name: count for name, count in spent.items() if name != _FROM_JOURNAL},
        price=(read * price.input + written * price.output) / 1e6 if price is not None and told else None,
        currency=price.currency if price is not None and told else None,
    )


def device_of(cell: PlannedCell, told: Mapping[str, Any]) -> DeviceInfo:
    """Where the model ran, as the worker saw it; a server's place is not known."""
    if cell.submission.adapter.remote:
        return DeviceInfo("remote", "remote", None)
    return device_told(told, cell.device)


def device_told(told: Mapping[str, Any], promised: str) -> DeviceInfo:
    """The device as the worker saw it; the promised one where it did not say."""
    seen = told.get("device")
    if isinstance(seen, Mapping) and {"device", "name", "driver"} <= set(seen):
        return DeviceInfo(
            str(seen["device"]), str(seen["name"]), None if seen["driver"] is None else str(seen["driver"])
        )
    return DeviceInfo(promised, device_class(promised), None)
