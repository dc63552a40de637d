"""The house: what is packaged, which way imports run, how long modules are, how quickly the package starts."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from sectorbench.harness.adapters import ADAPTERS
from sectorbench.tasks.registry import CATALOG

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("benchmarks", "configs", "harness", "leaderboard", "tasks")
MODULES = sorted(p.relative_to(ROOT) for room in ROOMS for p in (ROOT / room).rglob("*.py"))
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def test_every_package_on_disk_is_listed():
    on_disk = {"sectorbench"} | {
        "sectorbench." + ".".join(p.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for p in (ROOT / room).rglob("__init__.py")
    }
    assert set(SETUP["packages"]) == on_disk


def test_every_data_file_in_the_rooms_is_packaged():
    patterns = [
        str(Path(*package.split(".")[1:], pattern))
        for package, found in SETUP["package-data"].items()
        for pattern in found
    ]
    packaged = {p for pattern in patterns for p in ROOT.glob(pattern)}
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.suffix not in (".py", ".md", ".png"):
            assert path in packaged, f"{name} would be missing from the wheel"


def imports_of(path: Path) -> set[str]:
    """The rooms that a module imports, from its relative imports."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parent.parts[: len(path.parent.parts) - node.level + 1]
            target = [*base, *(node.module or "").split(".")]
            found.add(target[0])
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            assert not any(n.split(".")[0] in ("sectorbench", *ROOMS) for n in names), (
                f"{path} imports {names} absolutely"
            )
    return found & set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_run_one_way(path):
    allowed = {path.parts[0], "harness"}
    assert imports_of(path) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_is_short_and_says_what_it_holds(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text)), f"{path} has no first sentence"
    assert path.stem not in ("utils", "helpers", "common", "misc")


def test_the_package_starts_without_torch_and_quickly():
    """The figures (0.3 s, no torch) are printed by tests/performance/start_up.py; a test only compares."""
    heavy = ("torch", "transformers", "sklearn", "hydra", "pandas")
    code = f"import sys, sectorbench, sectorbench.__main__; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "adapter",
    sorted({b.path for b in CATALOG.builtins.values()} | {entry.path for entry in ADAPTERS.values()}),
    ids=lambda a: a.split(":")[1],
)
def test_the_worker_finds_all_it_imports_among_its_files(adapter):
    """What the sandbox shows of our package is all that the worker side imports."""
    from sectorbench.harness.sandbox import worker_files

    shown = worker_files(adapter)
    files = {p for name in shown for p in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*.py"))}
    relative = {p.relative_to(ROOT) for p in files}
    assert not [p for p in relative if p.parts[0] == "tests" or p.suffix == ".json"]
    own = Path(*adapter.partition(":")[0].split(".")[1:]).with_suffix(".py")
    reached, todo = set(), {own, Path("harness/worker.py")}
    while todo:
        path = todo.pop()
        reached.add(path)
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = list(path.parent.parts[: len(path.parent.parts) - node.level + 1])
                target = Path(*base, *(node.module or "").split("."))
                candidates = {
                    target.with_suffix(".py"),
                    target / "__init__.py",
                    *(target / f"{a.name}.py" for a in node.names),
                }
                assert candidates & relative, f"{path} imports {target}, which no worker sees"
                todo |= (candidates & relative) - reached
        todo |= {parent / "__init__.py" for parent in path.parents} - reached
