"""What this machine can do: versions against their floors, levels of isolation and why not, devices, room and data."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from .cgroups import Controller, can_control
from .data import DataFiles
from .device import device_info, resolve_device
from .errors import WorkerError
from .isolation import LEVELS, available_level, why_not
from .landlock import abi_version
from .limits import GIB, Limits
from .seccomp import DENIED, can_filter
from .text import Text

__all__ = ["Finding", "Verdict", "examine"]

Verdict = Literal["ok", "note", "problem"]
"""``note``: something that could be had and is not; ``problem``: a floor is broken, and nothing should be run."""

FLOORS: dict[str, tuple[str, Text | None]] = {
    "torch": (
        "2.10",
        Text("GHSA-63cw-57p8-fm3p: weights_only is no wall", "GHSA-63cw-57p8-fm3p：weights_only 可被绕过"),
    ),
    "transformers": ("5.3", Text("CVE-2026-4372: a config could run code", "CVE-2026-4372：配置可执行代码")),
    "onnx": ("1.21", Text("CVE-2026-34445: external data from elsewhere", "CVE-2026-34445：可读取文件夹之外的数据")),
    "onnxruntime": ("1.22", None),
    "safetensors": ("0.5", None),
    "skops": ("0.14", None),
    "tokenizers": ("0.20", None),
    "numpy": ("2.1", None),
    "pyarrow": ("18", None),
    "scikit-learn": ("1.6", None),
}
"""Lowest versions of what reads a stranger's files, and what is wrong with those before."""

PYTHON_FLOOR = (3, 11)
_ROOM_GIB = 5.0  # a run with its predictions and a checkpoint's copy


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: what was looked at, what was found and what to do about it."""

    area: str
    name: str
    found: str
    verdict: Verdict
    advice: Text | None = None


def examine(results: Path, files: DataFiles) -> list[Finding]:
    """Looks at everything; starts small programs and writes nothing that stays.

    Args:
        results: The folder that runs would write to, for the free space of its disk.
        files: Where data is looked for.
    """
    parts: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _kernel,
        _levels,
        _devices,
        lambda: _room(results),
        lambda: _data(files),
    )
    return [finding for part in parts for finding in part()]


def _python() -> Iterator[Finding]:
    good = sys.version_info >= PYTHON_FLOOR
    floor = ".".join(map(str, PYTHON_FLOOR))
    advice = None if good else Text(f"install Python {floor} or newer", f"请安装 Python {floor} 或更新版本")
    yield Finding("python", "python", platform.python_version(), "ok" if good else "problem", advice)


def _packages() -> Iterator[Finding]:
    for name, (floor, why) in FLOORS.items():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            advice = Text(f"install it: pip install '{name}>={floor}'", f"请安装：pip install '{name}>={floor}'")
            yield Finding("packages", name, f"not installed (at least {floor})", "problem", advice)
            continue
        if _order(version) >= _order(floor):
            yield Finding("packages", name, f"{version} (at least {floor})", "ok")
            continue
        told = Text("", "") if why is None else Text(f"{why.en}; ", f"{why.zh}；")
        remedy = f"pip install --upgrade '{name}>={floor}'"
        advice = Text(f"{told.en}upgrade it: {remedy}", f"{told.zh}请升级：{remedy}")
        yield Finding("packages", name, f"{version} (at least {floor})", "problem", advice)
    try:
        importlib.metadata.version("kernels")
    except importlib.metadata.PackageNotFoundError:
        return
    advice = Text(
        "remove it: a config may have transformers fetch and run code through it", "请卸载：配置可借助它获取并运行代码"
    )
    yield Finding("packages", "kernels", "installed", "problem", advice)


def _order(version: str) -> tuple[tuple[int, ...], bool]:
    """What versions are compared by: four numbers, and whether it is a release and none that comes before it.

    >>> _order("2.10.1+cpu") > _order("2.9"), _order("5.3.0rc1") < _order("5.3")
    (True, True)
    """
    found = re.match(r"(\d+(?:\.\d+)*)\.?([a-z]*)", version)
    if found is None:
        return (0, 0, 0, 0), False
    numbers = [*map(int, found.group(1).split(".")), 0, 0, 0, 0]
    return tuple(numbers[:4]), found.group(2) in ("", "post")


def _kernel() -> Iterator[Finding]:
    yield Finding("kernel", "system", f"{platform.system()} {platform.release()} {platform.machine()}", "ok")
    abi = abi_version()
    if abi >= 6:
        yield Finding("kernel", "landlock", f"version {abi}: files, TCP, signals, abstract sockets", "ok")
    elif abi:
        covers = "files and TCP" if abi >= 4 else "files"
        advice = Text("signals are covered from Linux 6.12 on", "自 Linux 6.12 起可限制信号")
        yield Finding("kernel", "landlock", f"version {abi}: {covers}", "note", advice)
    else:
        advice = Text(
            "use Linux 5.13 or newer, started with 'landlock' in lsm=",
            "请使用 Linux 5.13 或更新版本，并在 lsm= 中启用 landlock",
        )
        yield Finding("kernel", "landlock", "not in this kernel", "note", advice)
    reason = can_filter()
    yield Finding("kernel", "seccomp", reason or f"{len(DENIED)} calls refused", "ok" if reason is None else "note")
    yield _user_namespaces()
    for controller in get_args(Controller):
        place = can_control(controller)
        if not isinstance(place, str):
            yield Finding("kernel", f"cgroup {controller}", f"version {place.version}, can be set", "ok")
            continue
        advice = Text(
            "the supervisor counts instead; for limits kept by the kernel start the run in a delegated group: "
            "systemd-run --user --scope -p Delegate=yes sectorbench run ...",
            "改由监督程序计数；如需内核限额，请在委派的控制组中运行："
            "systemd-run --user --scope -p Delegate=yes sectorbench run ...",
        )
        yield Finding("kernel", f"cgroup {controller}", place, "note", advice)


def _user_namespaces() -> Finding:
    if shutil.which("unshare") is None:
        return Finding("kernel", "user namespaces", "not known: there is no program unshare", "note")
    done = subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Finding("kernel", "user namespaces", "can be made", "ok")
    advice = Text(
        "allow them: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, or an AppArmor profile",
        "请允许：sysctl user.max_user_namespaces、kernel.unprivileged_userns_clone=1，或设置 AppArmor 配置",
    )
    return Finding("kernel", "user namespaces", " ".join(done.stderr.split())[:120], "note", advice)


def _levels() -> Iterator[Finding]:
    version = _said(["bwrap", "--version"]) if shutil.which("bwrap") else "not installed"
    advice = None if shutil.which("bwrap") else Text("apt-get install bubblewrap", "apt-get install bubblewrap")
    yield Finding("isolation", "bwrap", version, "ok" if advice is None else "note", advice)
    taken = available_level()
    for level in LEVELS:
        reason = why_not(level)
        if reason is None:
            yield Finding("isolation", level, "can be had" + (", taken by auto" if level == taken else ""), "ok")
        else:
            yield Finding("isolation", level, f"cannot be had: {reason}", "note")
    yield Finding("isolation", "check", f"libraries look at a stranger's files in {taken}", "ok")
    limits = Limits()
    told = f"{limits.memory_bytes / GIB:.1f} GiB of memory, {limits.tasks} processes and threads"
    yield Finding("isolation", "default limits", f"{told}, {limits.written_gib:g} GiB written", "ok")


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return " ".join((done.stdout or done.stderr).split())[:120]


def _devices() -> Iterator[Finding]:
    try:
        device = resolve_device("auto", accelerated=True)
        info = device_info(device)
    except (ImportError, RuntimeError, WorkerError) as err:
        advice = Text("choose device=cpu, or repair the driver", "请选择 device=cpu，或修复驱动")
        yield Finding("devices", "accelerator", str(err).splitlines()[0][:120], "note", advice)
        return
    if device == "cpu":
        yield Finding("devices", "accelerator", "none; models run on the processor", "ok")
    else:
        driver = "" if info.driver is None else f", driver {info.driver}"
        yield Finding("devices", "accelerator", f"{device}: {info.name}{driver}", "ok")


def _room(results: Path) -> Iterator[Finding]:
    place = next(p for p in (results.absolute(), *results.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free / GIB
    advice = Text("free space, or name another folder with --results", "请清理空间，或用 --results 指定其他文件夹")
    low = free < _ROOM_GIB
    yield Finding("room", "disk", f"{free:.1f} GiB free for results", "note" if low else "ok", advice if low else None)
    memory = _available_gib()
    if memory is not None:
        yield Finding("room", "memory", f"{memory:.1f} GiB free", "ok")


def _available_gib() -> float | None:
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found.group(1)) / 2**20 if found else None


def _data(files: DataFiles) -> Iterator[Finding]:
    if files.mirror is None:
        advice = Text(
            "set SECTORBENCH_DATA to a mirror, or let 'sectorbench data fetch' download what a task needs",
            "请将 SECTORBENCH_DATA 指向镜像，或用 sectorbench data fetch 下载所需数据",
        )
        yield Finding("data", "mirror", "none", "note", advice)
    elif not files.mirror.is_dir():
        advice = Text("correct SECTORBENCH_DATA", "请更正 SECTORBENCH_DATA")
        yield Finding("data", "mirror", f"{files.mirror} is not a folder", "note", advice)
    else:
        yield Finding("data", "mirror", str(files.mirror), "ok")
    yield Finding("data", "cache", f"{files.cache}{'' if files.cache.is_dir() else ' (empty)'}", "ok")
