"""Ends the workers of a run from outside, all at once."""

from __future__ import annotations

import threading

from .confined import Confined

__all__ = ["JobStoppedError", "Stopper"]


class JobStoppedError(Exception):
    """The job was stopped from outside before its end; what is finished stays."""


class Stopper:
    """Ends all running workers at once, and lets no further one start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Confined] = set()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopped

    def add(self, worker: Confined) -> None:
        """Takes a worker into its keeping; ends it at once if all were stopped already."""
        with self._lock:
            self._running.add(worker)
            if self._stopped:
                worker.end()

    def remove(self, worker: Confined) -> None:
        """Forgets a worker that has ended."""
        with self._lock:
            self._running.discard(worker)

    def stop(self) -> None:
        """Ends all workers."""
        with self._lock:
            self._stopped = True
            for worker in self._running:
                worker.end()
