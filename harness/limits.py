"""How much of the machine a worker may use: the figures, and what of them a process can impose on itself."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Limits", "die_with_parent", "limit_itself"]

GIB, MIB = 2**30, 2**20
_SHARE_OF_MEMORY = 0.9
_DATA_BYTES = 4 << 30  # of address space that is mapped but never filled: stacks of threads, libraries
_OPEN_FILES = 4096
_KEPT_CAPABILITIES = 1 << 1 | 1 << 2  # reading and writing what root may: a folder of another user's, over NFS
_CAPABILITIES_VERSION = 0x20080522
_DEATH_SIGNAL = 1


@dataclass(frozen=True)
class Limits:
    """What a worker and all that it starts may use together.

    Attributes:
        memory_gib: Resident memory; None is nine tenths of the machine's.
        processes: Processes and threads; None is 512 and 32 more per processor core.
        written_gib: Bytes that lie in its output and temporary folders; half of it in the temporary one.
        printed_mib: Text on standard output and error, events to the supervisor aside.
        cpu_s: Processor seconds per cell, of all processes; None is no other limit than the wall's.
    """

    memory_gib: float | None = None
    processes: int | None = None
    written_gib: float = 8.0
    printed_mib: float = 64.0
    cpu_s: float | None = None

    @property
    def memory_bytes(self) -> int:
        """The limit of memory on this machine."""
        if self.memory_gib is not None:
            return int(self.memory_gib * GIB)
        return int(_SHARE_OF_MEMORY * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))

    @property
    def tasks(self) -> int:
        """The limit of processes and threads on this machine."""
        return 512 + 32 * (os.cpu_count() or 1) if self.processes is None else self.processes

    @property
    def written_bytes(self) -> int:
        """The limit of what lies in both folders."""
        return int(self.written_gib * GIB)

    @property
    def printed_bytes(self) -> int:
        """The limit of what is printed."""
        return int(self.printed_mib * MIB)

    def as_json(self) -> dict[str, float | int | None]:
        """For the worker's entry, which makes the same object of it."""
        return asdict(self)


def die_with_parent(number: int) -> None:
    """Has the kernel send a signal to this process when the one that started it ends: none outlives its driver."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, number)


def limit_itself(limits: Limits, *, cells: int, device: str, own_users: bool) -> None:
    """Imposes limits on this process and all that it will start; before anything of a submission is touched.

    Done here and not between fork and exec, where a driver with threads can hang.

    Args:
        limits: Of the whole worker; what counts per process is a backstop for the supervisor, which counts them all.
        cells: How many cells the worker has to answer.
        device: Where it computes; the address space of CUDA has no sensible limit.
        own_users: Whether this user namespace is the worker's own, so that its processes can be counted by user.
    """
    with contextlib.suppress(OSError):  # the kernel's choice when memory runs out all the same
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    for kind, value in _by_kind(limits, cells=cells, device=device, own_users=own_users).items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _by_kind(limits: Limits, *, cells: int, device: str, own_users: bool) -> Mapping[int, int]:
    found = {
        resource.RLIMIT_CORE: 0,  # a core dump holds the weights
        resource.RLIMIT_FSIZE: limits.written_bytes,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    if sys.platform == "linux":
        if device == "cpu":  # twice: a file of weights is mapped beside the tensors made of it
            found[resource.RLIMIT_DATA] = 2 * limits.memory_bytes + _DATA_BYTES
        if own_users:  # elsewhere all processes of this user count, and for root none
            found[resource.RLIMIT_NPROC] = limits.tasks
    if limits.cpu_s is not None:
        found[resource.RLIMIT_CPU] = math.ceil(limits.cpu_s * cells) + 5
    return found


def drop_capabilities() -> None:
    """Gives up what root may do beyond its own files: devices, other users' processes, the network, the kernel."""
    if sys.platform != "linux" or os.geteuid():
        return
    keep = _KEPT_CAPABILITIES
    head = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(keep, keep, 0, 0, 0, 0)
    ctypes.CDLL(None).capset(ctypes.byref(head), ctypes.byref(data))
