"""Levels of isolation: which of them this machine can give, why not the others, and what a level consists of."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from typing import get_args

from .cgroups import Controller, can_control
from .errors import UsageError
from .landlock import abi_version
from .limits import Limits
from .records import Isolation, IsolationMeans, Record, SandboxLevel
from .seccomp import can_filter

__all__ = [
    "LEVELS",
    "available_level",
    "can_size_folders",
    "check_recorded",
    "choose_level",
    "describe_isolation",
    "is_weaker",
    "require_level",
    "why_not",
]

LEVELS: tuple[SandboxLevel, ...] = get_args(SandboxLevel)
"""The strongest first."""


@cache
def why_not(level: SandboxLevel) -> str | None:
    """Why a level cannot be had here, with what to do; None where it can. Found out by trying it once."""
    if level == "none":
        return None
    if level == "limits":
        return None if sys.platform != "win32" else "Windows has no limits of processes: run in WSL"
    if sys.platform != "linux":
        return "only Linux has it"
    if level == "landlock":
        if not abi_version():
            return "this kernel has no Landlock: use Linux 5.13 or newer, started with 'landlock' in lsm="
        reason = can_filter()
        return None if reason is None else f"{reason}, and without seccomp UDP would stay open"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed: apt-get install bubblewrap"
    probe = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    said = " ".join(done.stderr.split())[:200] or f"status {done.returncode}"
    return f"bubblewrap cannot be used ({said}): allow user namespaces, or a /proc of its own in a container"


@cache
def can_size_folders() -> bool:
    """Whether this bubblewrap can limit the size of a temporary folder; that of Debian 12 can."""
    shown = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    return "--size" in shown.stdout + shown.stderr


def available_level() -> SandboxLevel:
    """The strongest level that this machine can give."""
    return next(level for level in LEVELS if why_not(level) is None)


def choose_level(asked: str) -> SandboxLevel:
    """The level behind ``auto``, or the asked one.

    Raises:
        UsageError: The asked level cannot be had here.
    """
    if asked == "auto":
        return available_level()
    level = next((one for one in LEVELS if one == asked), None)
    if level is None:
        raise UsageError(f"sandbox level {asked!r} is unknown; choose auto, {', '.join(LEVELS)}")
    if (reason := why_not(level)) is not None:
        raise UsageError(
            f"sandbox={level} cannot be had here: {reason}. Or run with sandbox=auto. See: sectorbench doctor"
        )
    return level


def is_weaker(level: SandboxLevel, than: SandboxLevel) -> bool:
    """Whether a level isolates less than another."""
    return LEVELS.index(level) > LEVELS.index(than)


def require_level(asked: str, required: SandboxLevel | None) -> None:
    """Makes sure that a run with the asked level is isolated at least as much as is required.

    Raises:
        UsageError: It would not be; the message says what would have to change.
    """
    if required is None or not is_weaker(level := choose_level(asked), required):
        return
    reason = why_not(required)
    remedy = (
        f"leave sandbox={asked} out, or ask for sandbox={required}"
        if reason is None
        else f"{required} cannot be had here: {reason}. See: sectorbench doctor"
    )
    raise UsageError(f"--require-sandbox {required}: sandbox={asked} gives {level!r} here, which is weaker; {remedy}")


def check_recorded(records: Iterable[Record | None], required: SandboxLevel | None) -> None:
    """Makes sure that no result of an earlier run would be taken that was isolated less than is required.

    Raises:
        UsageError: One would; the message counts them and says what to do.
    """
    weaker = [
        one
        for one in records
        if one is not None and required and is_weaker(one.environment.sandbox or "none", than=required)
    ]
    if weaker:
        first = weaker[0]
        raise UsageError(
            f"--require-sandbox {required}: {len(weaker)} of these cells were run before at a weaker level "
            f"({first.cell.model.name} on {first.cell.task}: {first.environment.sandbox}); "
            "name another result folder with --results DIR, or remove those records"
        )


_CGROUP_MEANS: tuple[tuple[Controller, IsolationMeans], ...] = (("memory", "cgroup_memory"), ("pids", "cgroup_pids"))


def describe_isolation(level: SandboxLevel, limits: Limits) -> Isolation:
    """What a level consists of on this machine, for the record."""
    means: list[IsolationMeans] = []
    if level == "bubblewrap":
        means.append("namespaces")
    if level == "landlock":
        means.append("landlock")
    if level != "none":
        means += ["seccomp"] if can_filter() is None else []
        means += [name for controller, name in _CGROUP_MEANS if not isinstance(can_control(controller), str)]
        means.append("rlimits")
    return Isolation(
        means=(*means, "supervisor"),
        landlock_abi=abi_version() if level == "landlock" else None,
        memory_gib=None if level == "none" else round(limits.memory_bytes / 2**30, 1),
        tasks=None if level == "none" else limits.tasks,
        written_gib=None if level == "none" else limits.written_gib,
    )
