"""The commands ``run`` and ``plan``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text as RichText

from ..harness.catalog import Catalog
from ..harness.console import DEFAULT_RESULTS, message_console, output_console, typed, whole_number
from ..harness.data import DataFiles
from ..harness.errors import SubmissionError, UsageError, unknown_name
from ..harness.executors.command import command_submission
from ..harness.executors.endpoint_hosts import allowed_hosts
from ..harness.exit_codes import ExitCode
from ..harness.folders import check_writable
from ..harness.formatting import repeat_text, size_text
from ..harness.isolation import LEVELS, check_recorded, require_level
from ..harness.limits import Limits
from ..harness.own_checkpoint import add_trust_option, open_own
from ..harness.planning import Entry, Plan, make_plan
from ..harness.run import execute
from ..harness.secret_file import read_secret
from ..harness.settings import Settings
from ..harness.signatures import add_signature_options, verify_asked
from ..harness.store import Store
from ..harness.submission import MANIFEST_NAME, Submission, inspect, no_such_folder, told_problems
from ..harness.tables import Column, print_table
from .bare_words import check_words
from .configuration import RunConfig, compose, to_yaml
from .estimate import PlanEstimate, estimate_plan, span_text
from .progress import RunProgress
from .results import print_results, receipt_lines, results_as_json, task_name, why_unserved

__all__ = ["add_run_parsers"]

_EPILOG = """\
overrides (Hydra): benchmarks=SUITE device=auto|cpu|cuda precision=auto|float32|bfloat16|float16
  sandbox=auto|bubblewrap|landlock|limits|none sandbox.memory_gib=N sandbox.processes=N sandbox.written_gib=N
  sandbox.printed_mib=N sandbox.cpu_s=SECONDS executor.workers=N executor.timeout_s=SECONDS seed=N repeats=N
  batch_rows=N keep=predictions|nothing download=true|false

examples:
  sectorbench {verb} benchmarks=quickstart --model mwkr --model spt
  sectorbench {verb} --task predictive_maintenance/fleet-rul --submission my-model device=cpu
"""


def add_run_parsers(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``run`` and ``plan``; both take the same words."""
    for verb, text, command in (
        ("run", "evaluate models on a suite and write their records", _run),
        ("plan", "say what a run would do, how long and how large, before anything starts", _plan),
    ):
        p = subparsers.add_parser(
            verb,
            help=text,
            description=text,
            epilog=_EPILOG.format(verb=verb),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        p.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="Hydra overrides, see below")
        p.add_argument(
            "--model",
            action="append",
            default=[],
            metavar="NAME",
            help="builtin or shipped model; repeatable (default: those of the suite)",
        )
        p.add_argument(
            "--submission",
            action="append",
            default=[],
            type=Path,
            metavar="PATH",
            help="submission folder, or a folder of such folders; repeatable",
        )
        p.add_argument(
            "--command",
            action="append",
            default=[],
            metavar="NAME=PROGRAM",
            dest="commands",
            help="a solver of your own for tasks by the clock, arguments in quotes; under bubblewrap only; repeatable",
        )
        p.add_argument(
            "--task",
            action="append",
            default=[],
            metavar="ID",
            help="only this task, or another one than the suite's; area/task or area/task#track; repeatable",
        )
        p.add_argument(
            "--results",
            type=Path,
            default=DEFAULT_RESULTS,
            metavar="DIR",
            help="folder for records and work files (default: %(default)s)",
        )
        p.add_argument(
            "--secret-file",
            type=Path,
            metavar="FILE",
            help="draw generated test sets from the secret in this file instead of the open practice secret",
        )
        p.add_argument(
            "--allow-send",
            action="store_true",
            help="send sealed, gated and on-site inputs to endpoints too; without, only public ones are sent",
        )
        p.add_argument(
            "--allow-host",
            action="append",
            default=[],
            metavar="HOST[:PORT]",
            help="an endpoint may be here though it is no public host; without PORT at all its ports; repeatable",
        )
        p.add_argument(
            "--require-sandbox",
            choices=LEVELS[:-1],
            metavar="LEVEL",
            help="refuse to run where models are isolated less than this: bubblewrap, landlock or limits",
        )
        p.add_argument(
            "--limit",
            type=whole_number,
            metavar="N",
            help="only the first N rows of each test set: a partial record, never published",
        )
        p.add_argument(
            "--ephemeral-model",
            action="store_true",
            help="keep the private copy of a model in memory, else in a temporary folder, never below --results",
        )
        add_trust_option(p)
        add_signature_options(p)
        p.add_argument("--cfg", choices=["job"], help="print the composed configuration and stop")
        p.add_argument("--json", action="store_true", help="print the result as JSON on standard output")
        p.add_argument("--quiet", action="store_true", help="no progress, and a line only for cells with a problem")
        p.set_defaults(func=_composed, command=command, catalog=catalog, verb=verb)


def _composed(args: argparse.Namespace) -> int:
    """Composes the configuration, then shows it or goes on with the command."""
    config = _config(args)
    require_level(config.sandbox.level, args.require_sandbox)
    if args.cfg:
        print(to_yaml(config, _options(args)), end="")
        return ExitCode.DONE
    return int(args.command(args, config))


def _run(args: argparse.Namespace, config: RunConfig) -> int:
    console = message_console()
    store = Store(args.results)
    check_writable(args.results, asked=args.results, remedy="name another folder with --results DIR")
    with store.lock():
        plan, settings = _make(args, config, store, console)
        try:
            with RunProgress(plan.cells, console, quiet=args.quiet, results=args.results) as progress:
                outcome = execute(plan, store=store, settings=settings, watcher=progress.watcher)
        except KeyboardInterrupt:
            console.print("interrupted: finished batches are kept; the same command goes on from there", style="yellow")
            return ExitCode.INTERRUPTED
    _say_missing(plan, console)
    if args.json:
        print(json.dumps(results_as_json(plan, outcome, store), ensure_ascii=False, indent=1))
    else:
        print_results(plan, outcome)
        for line in receipt_lines(plan, args.results):
            console.print(line, soft_wrap=True)
        console.print(
            f"records: {typed(store.records)}   next: sectorbench site build --records {typed(store.records)}",
            soft_wrap=True,
        )
    wrong = outcome.failed or outcome.with_invalid_answers or plan.missing or plan.unserved
    return ExitCode.PROBLEM if wrong else ExitCode.DONE


def _plan(args: argparse.Namespace, config: RunConfig) -> int:
    console = message_console()
    store = Store(args.results)
    plan, _ = _make(args, config, store, console, write=False)  # and no lock: a run may be going on there
    estimate = estimate_plan(plan, store)
    _say_missing(plan, console)
    if args.json:
        print(json.dumps(estimate.as_json(), ensure_ascii=False, indent=1))
    else:
        _print_plan(plan, estimate, f"{config.benchmarks.at_version}: {len(plan.cells)} cells")
        free = shutil.disk_usage(args.results if args.results.exists() else Path()).free
        print(
            f"to do: {estimate.to_do} of {len(plan.cells)} cells, {estimate.rows:,} rows, "
            f"{span_text(estimate.seconds)}, {size_text(estimate.disk_bytes)} on disk ({size_text(free)} free)"
        )
    return ExitCode.PROBLEM if plan.missing or plan.unserved else ExitCode.DONE


def _print_plan(plan: Plan, estimate: PlanEstimate, title: str) -> None:
    """Prints one table per task, so that neither ids nor names are cut in a narrow terminal."""
    console = output_console()
    console.print(title)
    lines = list(zip(plan.cells, estimate.cells, strict=True))
    columns = [
        Column("model", folds=True),
        Column("device"),
        Column("rows", right=True),
        Column("seconds", right=True),
        Column("state", wraps=True),
    ]
    for name in dict.fromkeys(task_name(cell) for cell in plan.cells):
        rows = [
            [
                cell.submission.manifest.name + repeat_text(cell.repeat),
                cell.device,
                f"{cell.prepared.rows:,}",
                span_text(line.seconds),
                line.state,
            ]
            for cell, line in lines
            if task_name(cell) == name
        ]
        print_table(console, columns, rows, together=len(columns), title=name)


def _config(args: argparse.Namespace) -> RunConfig:
    overrides = list(args.overrides)
    check_words(overrides, args.catalog, verb=args.verb)
    if args.limit is not None:
        overrides.append(f"limit={args.limit}")
    return compose(overrides)


def _options(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "models": args.model,
        "submissions": [str(p) for p in args.submission],
        "commands": args.commands,
        "tasks": args.task,
        "results": str(args.results),
    }


def _make(
    args: argparse.Namespace, config: RunConfig, store: Store, console: Console, *, write: bool = True
) -> tuple[Plan, Settings]:
    catalog: Catalog = args.catalog
    entries = _entries(args.task, config, catalog)
    told = (lambda text: None) if args.quiet else (lambda text: console.print(text, style="dim", soft_wrap=True))
    submissions, unnamed = _submissions(args, config, catalog, console, told)
    if args.task and not (args.model or args.submission or args.commands):  # the suite's models may fit none of them
        named = {one.manifest.name for one in submissions}
        floors = dict.fromkeys(entry.task.card.floor for entry in entries)
        submissions = [*submissions, *(catalog.model(floor) for floor in floors if floor not in named)]
    files = DataFiles.from_environment(download=config.download)
    settings = Settings(
        results=args.results,
        suite=config.benchmarks.at_version,
        device=config.device.name,
        precision=config.precision.name,
        sandbox=config.sandbox.level,
        required_sandbox=args.require_sandbox,
        workers=config.executor.workers,
        timeout_s=config.executor.timeout_s,
        limits=Limits(**config.sandbox.model_dump(exclude={"level"})),
        batch_rows=config.batch_rows,
        seed=config.seed,
        repeats=config.repeats,
        limit=config.limit,
        keep_predictions=config.keep == "predictions",
        secret=read_secret(args.secret_file),
        hidden=tuple(folder for folder in (files.mirror, files.cache) if folder is not None),
        allow_send=args.allow_send,
        allow_hosts=allowed_hosts(args.allow_host),
        ephemeral_model=args.ephemeral_model,
    )
    plan = make_plan(
        entries, submissions, floor=catalog.model, files=files, store=store, settings=settings, told=told, write=write
    )
    check_recorded((c.record for c in plan.cells if c.is_done), args.require_sandbox)
    plan = dataclasses.replace(plan, unserved=(*_unserved(plan, submissions, args), *unnamed))
    for one in (s for s in submissions if s.manifest.name in plan.unserved):
        console.print(f"{one.manifest.name}: {why_unserved(one)}", style="yellow", soft_wrap=True)
    if not plan.cells and not plan.missing:
        asked = ", ".join(e.task.card.id for e in entries)
        raise UsageError(f"nothing to run: none of the models fits {asked}. See: sectorbench list")
    return plan, settings


def _unserved(plan: Plan, submissions: Sequence[Submission], args: argparse.Namespace) -> tuple[str, ...]:
    """Models that fit no task though the user named them; those that came with a suite or a folder may fit others."""
    named = {*args.model, *(s.manifest.name for s in submissions if s.folder in args.submission)}
    named |= {s.manifest.name for s in submissions if s.is_command}
    return tuple(name for name in plan.unserved if name in named)


def _entries(asked: Sequence[str], config: RunConfig, catalog: Catalog) -> list[Entry]:
    if not asked:
        return [_entry(catalog, line.task, line.track) for line in config.benchmarks.tasks]
    entries = []
    for name in asked:
        task, _, track = name.partition("#")
        in_suite = [line.track for line in config.benchmarks.tasks if line.task == task]
        default = in_suite or [catalog.task(task).card.tracks[0].name]
        entries += [_entry(catalog, task, one) for one in ([track] if track else default)]
    return list(dict.fromkeys(entries))


def _entry(catalog: Catalog, name: str, track: str) -> Entry:
    task = catalog.task(name)
    tracks = [t.name for t in task.card.tracks]
    if track not in tracks:
        raise unknown_name(f"track of {name}", track, tracks, hint=f"Ask for it as --task {name}#TRACK")
    return Entry(task, track)


def _submissions(
    args: argparse.Namespace, config: RunConfig, catalog: Catalog, console: Console, told: Callable[[str], None]
) -> tuple[list[Submission], list[str]]:
    """The models that were asked for; and the folders that are none and do not even say whose, which get no records.

    A folder that is refused stands among the models, with its problems: its cells fail, the others are run.

    Raises:
        SubmissionError: Nothing is left to run, or a signature does not hold.
        UsageError: A folder or model is not there, or two have one name.
    """
    names = args.model or ([] if args.submission or args.commands else list(config.benchmarks.models))
    found = [catalog.model(name) for name in dict.fromkeys(names)]
    wrong: dict[Path, str] = {}
    unnamed: list[str] = []
    for path in args.submission:
        for folder in _folders(path):
            if args.trust == "own":
                found.append(open_own(folder, catalog.builtins, wrong_task=catalog.wrong_task, told=told))
                continue
            inspection = inspect(folder, catalog.builtins, catalog.wrong_task)
            if inspection.problems:
                wrong[folder] = told_problems(folder, inspection.problems)
            if inspection.submission:
                found.append(_signed(inspection.submission, args))
            elif inspection.refused:
                found.append(inspection.refused)
            else:
                unnamed.append(folder.name)
    found += [command_submission(asked, catalog.model_names()) for asked in args.commands]
    if not found and wrong:
        raise SubmissionError("\n".join(wrong.values()))
    for listed in wrong.values():
        console.print(f"refused: {listed}", style="yellow", soft_wrap=True)
    by_name: dict[str, Submission] = {}
    for one in found:
        other = by_name.setdefault(one.manifest.name, one)
        if other is not one:
            raise UsageError(
                f"two models are called {one.manifest.name!r} ({other.given_as} and {one.given_as}); "
                f"change 'name' in one {MANIFEST_NAME}"
            )
    return found, unnamed


def _signed(submission: Submission, args: argparse.Namespace) -> Submission:
    """The submission with the vendor's signature, verified where the options ask for it."""
    verified = verify_asked(submission, args)
    if verified is None:
        return submission
    if verified.signature is None:
        listed = "\n".join(f"  {problem}" for problem in verified.problems)
        raise SubmissionError(f"{submission.folder}: the signature does not hold, so nothing was run\n{listed}")
    return dataclasses.replace(submission, signature=verified.signature)


def _folders(path: Path) -> list[Path]:
    if path.is_dir() and not (path / MANIFEST_NAME).exists():
        inner = sorted(p.parent for p in path.glob(f"*/{MANIFEST_NAME}"))
        if inner:
            return inner
    if not path.exists():
        raise no_such_folder(path)
    return [path]


def _say_missing(plan: Plan, console: Console) -> None:
    for missing in plan.missing:
        line = RichText(f"{missing.entry.task.card.id}: not run. {missing.message}", style="yellow")
        console.print(line, soft_wrap=True)
