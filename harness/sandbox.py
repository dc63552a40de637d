"""How a worker is shut in: bubblewrap where it can be had, else the limits that the system offers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from .adapters import import_adapter
from .errors import UsageError

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

SandboxLevel = Literal["bubblewrap", "limits", "none"]

_PACKAGE = Path(__file__).resolve().parent.parent
_PACKAGE_NAME = __name__.split(".", maxsplit=1)[0]
_WORKER_MODULES = (
    "errors",
    "interface_parts",
    "interfaces",
    "prompting",
    "randomness",
    "arrow_files",
    "device",
    "worker",
    "solver_worker",
)
_DEVICE_FILES = ("nvidia*", "dri", "kfd")
_PASSED_ON = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS")


@cache
def available_level() -> SandboxLevel:
    """The strongest level that this machine can give, found out by starting it once."""
    if shutil.which("bwrap") is not None:
        probe = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return "bubblewrap"
    return "limits" if sys.platform != "win32" else "none"


def choose_level(asked: str) -> SandboxLevel:
    """The level behind ``auto``, or the asked one.

    Raises:
        UsageError: The asked level cannot be had here.
    """
    if asked == "auto":
        return available_level()
    if asked == "bubblewrap" and available_level() != "bubblewrap":
        raise UsageError(
            "sandbox=bubblewrap cannot be had here: install it (apt-get install bubblewrap) and allow user namespaces, "
            "or run with sandbox=auto"
        )
    if asked not in ("bubblewrap", "limits", "none"):
        raise UsageError(f"sandbox level {asked!r} is unknown; choose auto, bubblewrap, limits or none")
    return asked  # type: ignore[return-value]


def worker_files(adapter_path: str) -> list[Path]:
    """The files of our own package that a worker imports, relative to the package: nothing else is shown to it.

    An adapter of an area brings its own folder, those that it ``needs``, and the ``__init__.py`` of the folders above.
    """
    shown = [Path("__init__.py"), Path("harness/__init__.py"), Path("harness/adapters")]
    shown += [Path("harness", f"{name}.py") for name in _WORKER_MODULES]
    module = adapter_path.partition(":")[0].split(".")
    if module[0] == _PACKAGE_NAME and module[1] != "harness":
        for folder in (Path(*module[1:-1]), *map(Path, import_adapter(adapter_path).needs)):
            shown += [parent / "__init__.py" for parent in folder.parents if parent != Path()]
            shown.append(folder)
    return list(dict.fromkeys(shown))


class Launch(NamedTuple):
    """How a worker is started: its command and its whole environment."""

    command: list[str]
    environment: dict[str, str]


def launch(
    level: SandboxLevel,
    job: Path,
    *,
    adapter_path: str,
    device: str,
    hidden: Sequence[Path] = (),
    module: str = "worker",
    model: Mapping[str, Path] | None = None,
) -> Launch:
    """How to start a worker on a job folder at a level.

    The worker sees its job folder as ``/job`` (writable: ``out`` alone) under bubblewrap, and by its real path else.

    Args:
        level: How it is shut in.
        job: Its folder.
        adapter_path: What it imports.
        device: Where it computes.
        hidden: Folders with data and results, which may lie below one that it has to see, such as ``/usr``.
        module: What of the harness runs there.
        model: Files of the model that lie elsewhere than in the job's folder ``model``, by their names there; the empty
            name is the folder itself.
    """
    python = [sys.executable, "-s", "-P", "-m", f"{__name__.rpartition('.')[0]}.{module}"]
    environment = worker_environment()
    if level != "bubblewrap":
        outside = _outside_module(adapter_path)
        roots = {} if outside is None else {"PYTHONPATH": str(outside.parent)}
        return Launch([*python, str(job)], environment | roots)
    wrapped = ["bwrap", *_isolation(), *_system(device, hidden), *_package(adapter_path)]
    wrapped += [*_job(job), *_model(model or {}), *python, "/job"]
    return Launch(wrapped, environment)


def launch_command(words: Sequence[str], shown: Sequence[Path], hidden: Sequence[Path] = ()) -> Launch:
    """How to start an operator's program under bubblewrap: it sees the system, Python and what is ``shown``.

    Args:
        words: The program by its whole path, and its arguments.
        shown: Files and folders that it may read, at their own paths.
        hidden: Folders that it must not see, whatever else it does.
    """
    bound = [*_isolation(), *_system("cpu", hidden)]
    for path in shown:
        bound += ["--ro-bind", str(path), str(path)]
    for name, value in worker_environment().items():
        bound += ["--setenv", name, value]
    return Launch(["bwrap", *bound, "--chdir", "/tmp", *words], worker_environment())


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


def _system(device: str, hidden: Sequence[Path]) -> list[str]:
    bound = ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    shown = list(dict.fromkeys([*_LIBRARIES, *python_prefixes()]))
    mounts = {path: _show(path) for path in shown}
    for folder in (_PACKAGE, Path.home(), *hidden):
        path = folder.resolve()
        if path.is_dir() and str(path) not in shown and any(path.is_relative_to(Path(s).resolve()) for s in shown):
            mounts[str(path)] = ["--tmpfs", str(path)]
    # From the outside in: a virtual environment inside a hidden checkout is shown again.
    for place in sorted(mounts, key=lambda p: len(Path(p).parts)):
        bound += mounts[place]
    if device != "cpu":
        bound += _show("/sys")
        for pattern in _DEVICE_FILES:
            for found in sorted(Path("/dev").glob(pattern)):
                bound += ["--dev-bind", str(found), str(found)]
    return bound


def _show(path: str) -> list[str]:
    source = Path(path)
    if source.is_symlink():
        return ["--symlink", str(source.readlink()), path]
    return ["--ro-bind", path, path] if source.exists() else []


def _package(adapter_path: str) -> list[str]:
    bound = []
    for folder in _site_folders():
        installed = Path(folder, _PACKAGE_NAME)
        if installed.is_dir():
            bound += ["--tmpfs", str(installed)]
    for name in worker_files(adapter_path):
        bound += ["--ro-bind", str(_PACKAGE / name), f"/app/{_PACKAGE_NAME}/{name}"]
        compiled = Path(importlib.util.cache_from_source(str(_PACKAGE / name))) if name.suffix else _PACKAGE
        if compiled.is_file():  # compiling our files anew costs each worker a tenth of a second
            bound += ["--ro-bind", str(compiled), f"/app/{_PACKAGE_NAME}/{compiled.relative_to(_PACKAGE)}"]
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
