"""The catalog: tasks, builtins, shipped checkpoints and baselines by name, each loaded only when it is asked for."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from .errors import RegistryError, nearest_names, unknown_name
from .submission import Builtin, Submission, builtin_submission, open_submission
from .task import Task, TaskCard

__all__ = ["ENTRY_POINTS", "BaselineEntry", "Catalog", "ShippedModel"]

ENTRY_POINTS = "sectorbench.tasks"
"""Entry-point group for third parties: the entry's name is the task id, its value ``module:TASK``."""


class ShippedModel(NamedTuple):
    """A checkpoint that travels with the package: an ordinary submission folder with a name."""

    folder: Path
    summary: str


class BaselineEntry(NamedTuple):
    """A model that ``baselines build`` trains: a function ``(files, folder, **options)`` behind a dotted path."""

    path: str
    task: str
    summary: str
    options: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Catalog:
    """Everything that can be named on the command line.

    Attributes:
        built_in: Task id to ``module:attribute``.
        builtins: Name to builtin.
        shipped: Name to checkpoint.
        baselines: Name to baseline.
    """

    built_in: Mapping[str, str]
    builtins: Mapping[str, Builtin]
    shipped: Mapping[str, ShippedModel] = field(default_factory=dict)
    baselines: Mapping[str, BaselineEntry] = field(default_factory=dict)

    @classmethod
    def joined(cls, *parts: Catalog) -> Catalog:
        """All parts as one catalog.

        Raises:
            RegistryError: Two parts give one name to different things of one kind.
        """
        tables: dict[str, dict[str, Any]] = {entry.name: {} for entry in fields(cls)}
        for part in parts:
            for kind, table in tables.items():
                more = getattr(part, kind)
                if twice := table.keys() & more.keys():
                    raise RegistryError(f"two areas list {', '.join(sorted(twice))} among {kind}; rename one")
                table.update(more)
        return cls(**tables)

    def task_ids(self) -> list[str]:
        """Ids of all tasks, built in or brought by a third party, sorted; no task is imported for it.

        Raises:
            RegistryError: A third party claims the id of a built-in task, or two claim one.
        """
        return sorted(self._sources())

    def task(self, name: str) -> Task:
        """The task with an id.

        Raises:
            UsageError: There is none; the message names those most like it.
            RegistryError: Its module does not load or holds no task of this id.
        """
        sources = self._sources()
        if name not in sources:
            raise unknown_name("task", name, sources, hint="See: sectorbench list --tasks")
        module, _, attribute = sources[name].partition(":")
        try:
            found = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as err:
            raise RegistryError(f"task {name!r} does not load from {sources[name]!r}: {err}") from err
        if not isinstance(found, Task) or found.card.id != name:
            raise RegistryError(f"{sources[name]!r} is registered as task {name!r}, but it is {found!r}")
        return found

    def wrong_task(self, name: str) -> str | None:
        """What is wrong with ``area/task`` or ``area/task#track``; None where there is such a task and track."""
        task, _, track = name.partition("#")
        if task not in self._sources():
            near = nearest_names(task, self._sources())
            said = f"did you mean {near[0]!r}?" if near else "a third party's must be installed; see list --tasks"
            return f"{task!r} is no task here; {said}"
        tracks = [t.name for t in self.task(task).card.tracks] if track else []
        if track and track not in tracks:
            return f"{task} has no track {track!r}; it has {', '.join(tracks)}"
        return None

    def classes_of(self, name: str) -> tuple[tuple[str, ...], ...] | None:
        """Classes of each head of a task, or the options of its questions; None where rows differ or no task is."""
        if name not in self._sources():
            return None
        return self.task(name).classes or None

    def tasks(self) -> dict[str, Task]:
        """All tasks by id; a third party's task that does not load is left out, `list` says why."""
        found = {}
        for name in self.task_ids():
            try:
                found[name] = self.task(name)
            except RegistryError:
                if name in self.built_in:
                    raise
        return found

    def cards(self) -> dict[str, TaskCard]:
        """All cards by id."""
        return {name: task.card for name, task in self.tasks().items()}

    def controls(self) -> frozenset[str]:
        """Names of the builtins that look at nothing that could tell; see ``Builtin.control``."""
        return frozenset(name for name, builtin in self.builtins.items() if builtin.control)

    def model_names(self) -> list[str]:
        """What ``--model`` takes."""
        return sorted([*self.builtins, *self.shipped])

    def model(self, name: str) -> Submission:
        """A builtin or shipped checkpoint as a submission.

        Raises:
            UsageError: There is none; the message names those most like it.
        """
        if name in self.builtins:
            return builtin_submission(name, self.builtins)
        if name in self.shipped:
            return open_submission(self.shipped[name].folder, self.builtins, named=name)
        raise unknown_name(
            "model",
            name,
            self.model_names(),
            hint="See: sectorbench list --models; a folder goes with --submission PATH",
        )

    def _sources(self) -> dict[str, str]:
        sources = dict(self.built_in)
        for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
            if sources.setdefault(entry.name, entry.value) != entry.value:
                raise RegistryError(
                    f"task {entry.name!r} is already registered as {sources[entry.name]!r}; "
                    f"rename the one of {entry.value!r}"
                )
        return sources
