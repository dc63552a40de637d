"""The commands ``list`` and ``baselines``: what there is, and the baselines that are trained before they are run."""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path
from typing import Any

from rich.text import Text as RichText

from ..harness.catalog import Catalog
from ..harness.console import message_console, output_console, typed
from ..harness.data import DataFiles
from ..harness.errors import DataError, DataNotAvailableError, RegistryError, UsageError, unknown_name
from ..harness.exit_codes import ExitCode
from ..harness.folders import check_writable
from ..harness.formatting import seconds_text
from ..harness.interfaces import INTERFACES
from ..harness.tables import Column, print_table
from ..harness.task import TaskCard

__all__ = ["add_baselines_parser", "add_list_parser"]

_SENTENCES = ("title", "what it is", "question and answer", "purpose", "sees", "tracks", "serves")
_FEW_TASKS = 4  # that are named one by one in a command
_KINDS = ("tasks", "models", "suites", "baselines", "interfaces")


def add_list_parser(subparsers: Any, catalog: Catalog, suites: Any) -> None:
    """Adds ``list``; ``suites`` is called for the rows of the suites: name, purpose, minutes, tasks."""
    text = "list tasks, models, suites, baselines and interfaces"
    p = subparsers.add_parser("list", help=text, description=text, epilog="example:  sectorbench list --tasks --json")
    for kind in _KINDS:
        p.add_argument(f"--{kind}", action="store_true", help=f"only {kind}")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(func=_list, catalog=catalog, suite_rows=suites)


def _list(args: argparse.Namespace) -> int:
    chosen = [kind for kind in _KINDS if getattr(args, kind)] or list(_KINDS)
    rows = {kind: _ROWS[kind](args) for kind in chosen}
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return ExitCode.DONE
    console = output_console()
    for kind, found in rows.items():
        if not found:
            continue
        columns = [Column(name, wraps=name in _SENTENCES) for name in found[0]]
        print_table(
            console, columns, [list(map(str, row.values())) for row in found], together=len(columns), title=kind
        )
    return ExitCode.DONE


def _tasks(args: argparse.Namespace) -> list[dict[str, Any]]:
    catalog: Catalog = args.catalog
    rows = []
    for name in catalog.task_ids():
        try:
            rows.append(_task_row(catalog.task(name).card))
        except RegistryError as err:  # a third party's broken task hides no other
            rows.append({"task": name, "title": f"does not load: {err}"} | dict.fromkeys(_TASK_COLUMNS[2:], "-"))
    return rows


_TASK_COLUMNS = ("task", "title", "interface", "tracks", "test rows", "data", "floor")


def _task_row(card: TaskCard) -> dict[str, Any]:
    values = (
        f"{card.id}@{card.version}",
        card.title.en,
        card.interface,
        ", ".join(t.name for t in card.tracks),
        card.test.rows,
        card.data.name if card.data else "none needed",
        card.floor,
    )
    return dict(zip(_TASK_COLUMNS, values, strict=True))


def _models(args: argparse.Namespace) -> list[dict[str, Any]]:
    catalog: Catalog = args.catalog
    found = [
        {
            "model": name,
            "kind": f"builtin{', control' * builtin.control}",
            "serves": builtin.interface,
            "what it is": builtin.summary,
        }
        for name, builtin in sorted(catalog.builtins.items())
    ]
    for name, shipped in sorted(catalog.shipped.items()):
        serves = ", ".join(catalog.model(name).manifest.interfaces)
        found.append({"model": name, "kind": "checkpoint", "serves": serves, "what it is": shipped.summary})
    return found


def _baselines(args: argparse.Namespace) -> list[dict[str, Any]]:
    return [
        {"baseline": name, "task": entry.task, "what it is": entry.summary}
        for name, entry in sorted(args.catalog.baselines.items())
    ]


def _interfaces(args: argparse.Namespace) -> list[dict[str, Any]]:
    return [{"interface": one.name, "question and answer": one.summary} for one in INTERFACES.values()]


_ROWS = {
    "tasks": _tasks,
    "models": _models,
    "suites": lambda args: args.suite_rows(),
    "baselines": _baselines,
    "interfaces": _interfaces,
}


_BUILD_EXAMPLE = "example:  sectorbench baselines build --area predictive_maintenance"
_BUILD_EPILOG = f"""\
exit codes: 0 all that were asked for are built, or of all and of an area those whose data can be had; 1 one that was
asked for by --only or --task is not built, a data file is damaged, or nothing could be built

{_BUILD_EXAMPLE}
"""


def add_baselines_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``baselines build``."""
    text = "train real baselines on the official training splits and write them as submission folders"
    raw = argparse.RawDescriptionHelpFormatter
    p = subparsers.add_parser("baselines", help=text, description=text, epilog=_BUILD_EXAMPLE)
    inner = p.add_subparsers(metavar="COMMAND", required=True)
    build = inner.add_parser("build", help=text, description=text, epilog=_BUILD_EPILOG, formatter_class=raw)
    build.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("baselines"),
        metavar="DIR",
        help="each baseline becomes a folder in it (default: %(default)s)",
    )
    chosen = build.add_mutually_exclusive_group()
    for option, metavar, what in (
        ("--only", "NAME", "one baseline"),
        ("--task", "TASK", "the baselines of one task"),
        ("--area", "AREA", "the baselines of one area, such as predictive_maintenance"),
    ):
        chosen.add_argument(
            option, action="append", default=[], metavar=metavar, help=f"{what}; repeatable (default: all)"
        )
    build.add_argument("--no-download", action="store_true", help="use the mirror and the cache only")
    build.set_defaults(func=_build, catalog=catalog)


def _build(args: argparse.Namespace) -> int:
    catalog: Catalog = args.catalog
    names = _chosen_baselines(catalog, only=args.only, tasks=args.task, areas=args.area)
    if args.folder.exists() and not args.folder.is_dir():
        raise UsageError(f"{args.folder}: is a file; name a folder for the baselines")
    check_writable(args.folder, asked=args.folder, remedy="name another folder for the baselines")
    console = message_console()
    files = DataFiles.from_environment(download=not args.no_download)
    built: list[str] = []
    left: list[str] = []
    damaged = False
    for name in names:
        entry = catalog.baselines[name]
        module, _, function = entry.path.partition(":")
        began = time.perf_counter()
        try:
            with console.status(f"training {name}"):
                getattr(importlib.import_module(module), function)(files, args.folder / name, **entry.options)
        except DataError as err:
            console.print(RichText(f"{name}: not built. {err}", style="yellow"), soft_wrap=True)
            left.append(name)
            damaged |= not isinstance(err, DataNotAvailableError)
            continue
        built.append(entry.task)
        console.print(
            f"{name}: {typed(args.folder / name)}  {seconds_text(time.perf_counter() - began)}", soft_wrap=True
        )
    if built:
        asked = _asked_of(list(dict.fromkeys(built)))
        console.print(f"next: sectorbench run {asked} --submission {typed(args.folder)}", soft_wrap=True)
    if left:
        told = f"built {len(built)} of {len(names)}; left for want of data: {', '.join(left)}"
        again = " ".join(f"--only {name}" for name in left)
        console.print(f"{told}. With it: sectorbench baselines build {typed(args.folder)} {again}", soft_wrap=True)
    wrong = left and (args.only or args.task or damaged or not built)
    return ExitCode.PROBLEM if wrong else ExitCode.DONE


def _asked_of(tasks: list[str]) -> str:
    """What to run the baselines of these tasks on: the tasks, where they are few, else a suite that holds many."""
    if len(tasks) <= _FEW_TASKS:
        return " ".join(f"--task {task}" for task in tasks)
    areas = {task.split("/")[0] for task in tasks}
    return f"benchmarks={areas.pop().replace('_', '-') if len(areas) == 1 else 'industry-core'}"


def _chosen_baselines(catalog: Catalog, *, only: list[str], tasks: list[str], areas: list[str]) -> list[str]:
    """Names of the baselines to build, all where nothing is asked for.

    Raises:
        UsageError: A name is none of the baselines, or no baseline is of the task or area; those most like it are told.
    """
    task_of = {name: entry.task for name, entry in catalog.baselines.items()}
    area_of = {name: task.partition("/")[0] for name, task in task_of.items()}
    for what, asked, known in (
        ("baseline", only, set(task_of)),
        ("task with baselines", tasks, set(task_of.values())),
        ("area with baselines", areas, set(area_of.values())),
    ):
        for name in asked:
            if name not in known:
                raise unknown_name(what, name, sorted(known), hint="See: sectorbench list --baselines")
    if only:
        return only
    wanted = sorted(task_of)
    if tasks or areas:
        wanted = [name for name in wanted if task_of[name] in tasks or area_of[name] in areas]
    return wanted
