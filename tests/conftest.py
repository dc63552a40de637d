"""What all tests share: a toy task with toy models, small enough to check every number by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.planning import Plan
from sectorbench.harness.run import Outcome, Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Submission, builtin_submission

TOY_FOLDER = Path(__file__).parent / "toy"
sys.path.insert(0, str(TOY_FOLDER))  # an adapter outside the package, as a third party's checkout would have it

from toy_catalog import TOY_MODELS  # noqa: E402
from toy_runs import TOY_TASK, toy_plan  # noqa: E402

_LONG = ("test_detectable_effect.py", "test_readme.py", "test_scripts.py", "test_forecast_throughput.py")
"""Files that take minutes: where several processes share the tests, these begin first, so that none waits for them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long files first."""
    items.sort(key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG))


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The mirror of the real data; a test that needs it is skipped elsewhere."""
    folder = os.environ.get("SECTORBENCH_DATA")
    if not folder:
        pytest.skip("needs the real data: set SECTORBENCH_DATA to a mirror folder")
    return Path(folder).resolve()


@pytest.fixture
def toy_catalog() -> Catalog:
    """A catalog with the toy task and its models."""
    return Catalog(built_in={TOY_TASK: "toy_tasks:TASK"}, builtins=TOY_MODELS)


@pytest.fixture
def toy_model() -> Callable[[str], Submission]:
    """A toy model by name."""
    return lambda name: builtin_submission(name, TOY_MODELS)


@pytest.fixture
def toy_run(tmp_path: Path, toy_catalog: Catalog) -> Callable[..., tuple[Plan, Outcome, Store]]:
    """Runs toy models, by name or as submissions, on the toy task; keyword arguments go to the settings."""

    def run(
        *models: str | Submission,
        watcher: Watcher | None = None,
        results: Path | None = None,
        told: Callable[[str], None] = lambda text: None,
        tracks: Sequence[str] = ("default",),
        **settings: object,
    ):
        store = Store(results or tmp_path / "results")
        chosen = Settings(**({"results": store.folder, "suite": "toy@1"} | settings))  # type: ignore[arg-type]
        plan = toy_plan(
            toy_catalog, models, store=store, settings=chosen, cache=tmp_path / "cache", tracks=tracks, told=told
        )
        return plan, execute(plan, store=store, settings=chosen, watcher=watcher or Watcher()), store

    return run


@pytest.fixture
def write_submission(tmp_path: Path) -> Callable[..., Path]:
    """Writes a submission folder; fields replace those of a good manifest, None removes one."""

    def write(folder_name: str = "my-model", /, *, files: dict[str, bytes] | None = None, **fields: object) -> Path:
        folder = tmp_path / folder_name
        folder.mkdir(parents=True)
        manifest = {
            "schema_version": "submission/1",
            "name": "my-model",
            "vendor": "Example",
            "version": "1",
            "adapter": "builtin",
            "interfaces": ["regression"],
            "trained_on": [],
            "options": {"name": "mean-life"},
        } | fields
        kept = {key: value for key, value in manifest.items() if value is not None}
        (folder / "submission.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")
        for file, content in (files or {}).items():
            (folder / file).write_bytes(content)
        return folder

    return write
