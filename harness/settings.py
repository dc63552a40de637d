"""How a run is done: everything that can be said on the command line, and nothing of what is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from .limits import Limits
from .records import SandboxLevel

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """How a run is done; everything here can be said on the command line.

    Attributes:
        results: Folder for records and work files.
        suite: ``name@version`` of the suite, for the records.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``auto`` (as the manifest says), ``float32``, ``bfloat16`` or ``float16``.
        sandbox: ``auto``, ``bubblewrap``, ``landlock``, ``limits`` or ``none``.
        required_sandbox: The weakest level whose predictions of an earlier run may be scored; None takes any.
        workers: Worker processes at a time.
        timeout_s: Wall seconds a worker may take for one cell.
        limits: What a worker and all that it starts may use besides.
        batch_rows: Rows per batch; None takes the adapter's own.
        seed: For adapters that draw.
        repeats: How often each cell is done; scores come from repeat 0.
        limit: Only the first rows of each test set that has more, for a partial record; None runs all.
        keep_predictions: Whether predictions stay after scoring.
        secret: What generated test sets are drawn from; None takes the open practice secret.
        hidden: Folders with data that no model may see; the results folder is hidden in any case.
        allow_send: Whether sealed, gated and on-site inputs may be sent to an endpoint.
        allow_hosts: Hosts, as ``HOST`` or ``HOST:PORT``, that an endpoint may be at though they are not public.
        ephemeral_model: Whether the private copy of a model lies in memory or a temporary folder, never in the store.
        today: What an endpoint's results are keyed by, UTC.
    """

    results: Path
    suite: str
    device: str = "auto"
    precision: str = "auto"
    sandbox: str = "auto"
    required_sandbox: SandboxLevel | None = None
    workers: int = 1
    timeout_s: float = 3600.0
    limits: Limits = field(default_factory=Limits)
    batch_rows: int | None = None
    seed: int = 0
    repeats: int = 1
    limit: int | None = None
    keep_predictions: bool = True
    secret: str | None = None
    hidden: tuple[Path, ...] = ()
    allow_send: bool = False
    allow_hosts: tuple[str, ...] = ()
    ephemeral_model: bool = False
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
