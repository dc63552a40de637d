"""What a record says of the machine: enough to repeat a run, nothing that names a person, a host or a path."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from functools import cache
from pathlib import Path

from .device import DeviceInfo
from .records import Environment, Isolation, SandboxLevel

__all__ = ["describe_environment", "suite_version", "unknown_environment"]

_PACKAGES = ("numpy", "pyarrow", "safetensors", "scikit-learn", "scipy", "skops", "tokenizers", "torch", "transformers")


@cache
def suite_version() -> str:
    """The package's own version."""
    from .. import __version__

    return __version__


def describe_environment(device: DeviceInfo, sandbox: SandboxLevel, isolation: Isolation) -> Environment:
    """The environment of a cell; ``device`` is what the worker saw."""
    return Environment(
        suite_version=suite_version(),
        commit=_commit(),
        packages=dict(_packages()),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        device=device.device,
        device_name=device.name,
        driver=device.driver,
        sandbox=sandbox,
        isolation=isolation,
    )


def unknown_environment() -> Environment:
    """The environment of predictions that another program made somewhere; only the suite that took them is known."""
    return Environment(
        suite_version=suite_version(),
        commit=None,
        packages={},
        python=None,
        system=None,
        processor=None,
        cores=None,
        memory_gib=None,
        device=None,
        device_name=None,
        driver=None,
        sandbox=None,
        isolation=None,
    )


@cache
def _packages() -> tuple[tuple[str, str], ...]:
    found = []
    for name in _PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


@cache
def _processor() -> str:
    path = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*:\s*(.+)$", path.read_text(), re.MULTILINE) if path.is_file() else []
    return names[0].strip() if names else platform.processor() or platform.machine()


@cache
def _commit() -> str | None:
    """The commit of a checkout that this package is run from; None for an installed package.

    Read from the package's own folder: the working directory may be anybody's repository.
    """
    git = Path(__file__).resolve().parent.parent / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).is_file():
            return (git / name).read_text().strip()
        packed = (git / "packed-refs").read_text()
        found = re.search(rf"^([0-9a-f]{{40}}) {re.escape(name)}$", packed, re.MULTILINE)
        return found.group(1) if found else None
    except OSError:
        return None
