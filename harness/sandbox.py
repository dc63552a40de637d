"""How a worker is shut in: bubblewrap where it can be had, else Landlock, else the limits that the system offers."""

from __future__ import annotations

import importlib.util
import json
import os
import site
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .adapters import import_adapter
from .isolation import available_level, can_size_folders, choose_level
from .limits import Limits
from .records import SandboxLevel
from .seccomp import can_filter

__all__ = [
    "Launch",
    "SandboxLevel",
    "available_level",
    "choose_level",
    "launch",
    "launch_command",
    "python_prefixes",
    "worker_files",
]

_PACKAGE = Path(__file__).resolve().parent.parent
_PACKAGE_NAME = __name__.split(".", maxsplit=1)[0]
_WORKER_MODULES = (
    "errors",
    "foreign_files",
    "interface_parts",
    "interfaces",
    "prompting",
    "randomness",
    "arrow_files",
    "device",
    "process_tree",
    "limits",
    "landlock",
    "seccomp",
    "entry",
    "worker",
    "solver_worker",
)
_DEVICE_FILES = ("nvidia*", "dri", "kfd")
_PASSED_ON = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS")


def worker_files(adapter_path: str, also: Sequence[str] = ()) -> list[Path]:
    """The files of our own package that a worker imports, relative to the package: nothing else is shown to it.

    An adapter of an area brings its own folder, those that it ``needs``, and the ``__init__.py`` of the folders above.

    Args:
        adapter_path: What it imports.
        also: More modules of the harness, for what runs there in a worker's place.
    """
    shown = [Path("__init__.py"), Path("harness/__init__.py"), Path("harness/adapters")]
    shown += [Path("harness", f"{name}.py") for name in (*_WORKER_MODULES, *also)]
    module = adapter_path.partition(":")[0].split(".")
    if module[0] == _PACKAGE_NAME and module[1] != "harness":
        for folder in (Path(*module[1:-1]), *map(Path, import_adapter(adapter_path).needs)):
            shown += [parent / "__init__.py" for parent in folder.parents if parent != Path()]
            shown.append(folder)
    return list(dict.fromkeys(shown))


class Launch(NamedTuple):
    """How a worker is started.

    Attributes:
        command: Its words.
        environment: The whole of it.
        counted: Folders it may write to whose content can be seen from here, to be counted.
    """

    command: list[str]
    environment: dict[str, str]
    counted: tuple[Path, ...] = ()


def launch(
    level: SandboxLevel,
    job: Path,
    *,
    box: Path,
    adapter_path: str,
    device: str,
    hidden: Sequence[Path] = (),
    limits: Limits | None = None,
    cells: int = 1,
    module: str = "worker",
    model: Mapping[str, Path] | None = None,
    also: Sequence[str] = (),
) -> Launch:
    """How to start a worker on a job folder at a level.

    The worker sees its job folder as ``/job`` (writable: ``out`` alone) under bubblewrap, and by its real path else.

    Args:
        level: How it is shut in.
        job: Its folder.
        box: An empty folder of this worker alone, removed after it: its temporary folder, and its view of our package.
        adapter_path: What it imports.
        device: Where it computes.
        hidden: Folders with data and results, which may lie below one that it has to see, such as ``/usr``.
        limits: What it may use; None is the default.
        cells: How many cells it has to answer.
        module: What of the harness runs there.
        model: Files of the model that lie elsewhere than in the job's folder ``model``, by their names there; the empty
            name is the folder itself.
        also: Modules of the harness that it imports beside a worker's.
    """
    ours = worker_files(adapter_path, also)
    limits = limits or Limits()
    job, inside = job.resolve(), level == "bubblewrap"
    policy: dict[str, Any] = {
        "level": level,
        "limits": limits.as_json(),
        "cells": cells,
        "device": device,
        "keeper": not inside and sys.platform == "linux",
        "seccomp": level != "none" and can_filter() is None,
        "rules": None,
    }
    harness = __name__.rpartition(".")[0]
    python = [sys.executable, "-s", "-P", "-m", f"{harness}.entry"]
    environment = worker_environment()
    if inside:
        words = [*python, json.dumps(policy), f"{harness}.{module}", "/job"]
        walls = [*_isolation(), *_system(device, hidden, limits), *_package(adapter_path, ours), *_job(job)]
        walls += [*_model(model or {}), *_close_roots()]
        return Launch(["bwrap", *walls, *words], environment, (job / "out",))
    view, temporary = box / "app", box / "tmp"
    temporary.mkdir()
    _link_package(view, adapter_path, ours)
    if level == "landlock":
        files = _opened_files(adapter_path, ours)
        policy["rules"] = _rules(job, view, temporary, device, hidden, [*files, *(model or {}).values()])
    roots = {"PYTHONPATH": str(view), "TMPDIR": str(temporary), "HOME": str(temporary)}
    words = [*python, json.dumps(policy), f"{harness}.{module}", str(job)]
    return Launch(words, environment | roots, (job / "out", temporary))


_SEEN_PROC = ("self", "cpuinfo", "meminfo", "stat", "loadavg", "version", "filesystems", "driver")
_SEEN_DEVICES = ("null", "zero", "full", "random", "urandom")


def _rules(
    job: Path,
    view: Path,
    temporary: Path,
    device: str,
    hidden: Sequence[Path],
    files: Sequence[Path],
) -> Mapping[str, Sequence[str]]:
    """What a worker may do with files under Landlock; the same as bubblewrap shows, by real paths."""
    shown = [*_LIBRARIES, *python_prefixes(), "/sys/devices/system/cpu", "/proc/sys/vm", "/proc/sys/kernel"]
    shown += [f"/proc/{name}" for name in _SEEN_PROC]
    devices = [f"/dev/{name}" for name in _SEEN_DEVICES]
    if device != "cpu":
        shown += ["/sys", "/proc/devices", "/proc/modules"]
        devices += [str(found) for pattern in _DEVICE_FILES for found in Path("/dev").glob(pattern)]
    covered = [_PACKAGE, Path.home().resolve(), *(folder.resolve() for folder in hidden)]
    own = {str(Path(path).resolve()) for path in shown if path != "/proc/self"}
    return {
        "read": [*sorted(own), "/proc/self", str(view), str(job), *map(str, files)],
        "write": [str(job / "out"), str(temporary)],
        "devices": devices,
        "hidden": [str(one) for one in covered if str(one) not in own],
    }


def _opened_files(adapter_path: str, ours: Sequence[Path]) -> list[Path]:
    """By their real paths what the links of a worker's view lead to."""
    files = [_PACKAGE / name for name in ours]
    files += [compiled for name in files if (compiled := _compiled(name)) is not None]
    outside = _outside_module(adapter_path)
    return files if outside is None else [*files, outside]


def _link_package(view: Path, adapter_path: str, ours: Sequence[Path]) -> None:
    """Makes a folder in which a worker finds of our package what it imports, and nothing else."""
    for name in ours:
        for real in (_PACKAGE / name, _compiled(_PACKAGE / name)):
            if real is not None:
                link = view / _PACKAGE_NAME / real.relative_to(_PACKAGE)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(real)
    outside = _outside_module(adapter_path)
    if outside is not None:
        (view / outside.name).symlink_to(outside)


def _compiled(module: Path) -> Path | None:
    """A module's compiled form, where there is one: compiling ours anew costs each worker a tenth of a second."""
    found = Path(importlib.util.cache_from_source(str(module))) if module.suffix else None
    return found if found is not None and found.is_file() else None


def launch_command(words: Sequence[str], shown: Sequence[Path], hidden: Sequence[Path] = ()) -> Launch:
    """How to start an operator's program under bubblewrap: it sees the system, Python and what is ``shown``.

    Args:
        words: The program by its whole path, and its arguments.
        shown: Files and folders that it may read, at their own paths.
        hidden: Folders that it must not see, whatever else it does.
    """
    bound = [*_isolation(), *_system("cpu", hidden, Limits())]
    for path in shown:
        bound += ["--ro-bind", str(path), str(path)]
    for name, value in worker_environment().items():
        bound += ["--setenv", name, value]
    return Launch(["bwrap", *bound, *_close_roots(), "--chdir", "/tmp", *words], worker_environment())


def _outside_module(adapter_path: str) -> Path | None:
    """The file or folder of a third party's adapter that is neither ours nor installed beside us."""
    top = adapter_path.partition(":")[0].split(".")[0]
    spec = None if top == _PACKAGE_NAME else importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin).resolve()
    found = origin.parent if spec.submodule_search_locations else origin
    installed = (Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())
    return None if any(found.is_relative_to(prefix) for prefix in installed) else found


def _isolation() -> list[str]:
    return ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]


_LIBRARIES = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/alternatives")


def python_prefixes() -> list[str]:
    """The folders of the Python that runs: by their real paths, and by the one it goes by."""
    real = (str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix))
    return list(dict.fromkeys([*real, sys.prefix]))


def _system(device: str, hidden: Sequence[Path], limits: Limits) -> list[str]:
    bound = ["--dev", "/dev", *_folder("/dev/shm", limits), "--proc", "/proc", *_folder("/tmp", limits)]
    shown = list(dict.fromkeys([*_LIBRARIES, *python_prefixes()]))
    mounts = {path: _show(path) for path in shown}
    for folder in (_PACKAGE, Path.home(), *hidden):
        path = folder.resolve()
        if path.is_dir() and str(path) not in shown and any(path.is_relative_to(Path(s).resolve()) for s in shown):
            mounts[str(path)] = ["--tmpfs", str(path)]
    # From the outside in: a virtual environment inside a hidden checkout is shown again.
    for place in sorted(mounts, key=lambda p: len(Path(p).parts)):
        bound += mounts[place]
    for place, how in mounts.items():
        bound += ["--remount-ro", place] if how[:1] == ["--tmpfs"] else []
    if device != "cpu":
        bound += _show("/sys")
        for pattern in _DEVICE_FILES:
            for found in sorted(Path("/dev").glob(pattern)):
                bound += ["--dev-bind", str(found), str(found)]
    return bound


def _folder(place: str, limits: Limits) -> list[str]:
    """A private folder in memory, a quarter as large as all that may be written."""
    size = ["--size", str(limits.written_bytes // 4)] if can_size_folders() else []
    return [*size, "--tmpfs", place]


def _close_roots() -> list[str]:
    """Makes what bubblewrap builds views from read-only: it lies in memory, and nobody counts what is written there."""
    return ["--remount-ro", "/dev", "--remount-ro", "/"]


def _show(path: str) -> list[str]:
    source = Path(path)
    if source.is_symlink():
        return ["--symlink", str(source.readlink()), path]
    return ["--ro-bind", path, path] if source.exists() else []


def _package(adapter_path: str, ours: Sequence[Path]) -> list[str]:
    bound = []
    for folder in _site_folders():
        installed = Path(folder, _PACKAGE_NAME)
        if installed.is_dir():
            bound += ["--tmpfs", str(installed), "--remount-ro", str(installed)]
    for name in ours:
        for real in (_PACKAGE / name, _compiled(_PACKAGE / name)):
            if real is not None:
                bound += ["--ro-bind", str(real), f"/app/{_PACKAGE_NAME}/{real.relative_to(_PACKAGE)}"]
    outside = _outside_module(adapter_path)
    if outside is not None:
        bound += ["--ro-bind", str(outside), f"/app/{outside.name}"]
    return [*bound, "--setenv", "PYTHONPATH", "/app"]


def _site_folders() -> Sequence[str]:
    return [folder for folder in site.getsitepackages() if Path(folder).is_dir()]


def _job(job: Path) -> list[str]:
    bound = ["--ro-bind", str(job), "/job", "--bind", str(job / "out"), "/job/out", "--chdir", "/job/out"]
    for name, value in worker_environment().items():
        bound += ["--setenv", name, value]
    return bound


def _model(model: Mapping[str, Path]) -> list[str]:
    if not model:
        return []
    bound = [] if "" in model else ["--tmpfs", "/job/model"]
    for name, path in model.items():
        bound += ["--ro-bind", str(path), f"/job/model/{name}".rstrip("/")]
    return [*bound, "--remount-ro", "/job/model"]


def worker_environment() -> dict[str, str]:
    """The whole environment of a worker: no secrets, no proxies, no hubs; of the caller's only where its GPU is."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    }
