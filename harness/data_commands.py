"""The ``sectorbench data`` commands: list, fetch, verify, import and export."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .data import DataFiles, DataSource
from .data_import import import_source
from .errors import DataError, RegistryError, UsageError, unknown_name
from .task import Draw, Task

__all__ = ["add_data_parser", "data_export", "data_fetch", "data_import", "data_list", "data_verify", "known_sources"]

LoadTasks = Callable[[], Mapping[str, Task]]
_MIB = 1 << 20
_PIPE_COLUMNS = 10_000  # a pipe has no width: nothing is wrapped or cut there


def add_data_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], load_tasks: LoadTasks
) -> argparse.ArgumentParser:
    """Adds ``data`` with its five verbs; each sets ``func``, which takes the arguments and returns an exit code.

    Args:
        subparsers: Of the program's parser.
        load_tasks: All tasks by id, called only when a command runs.
    """
    parser = subparsers.add_parser(
        "data",
        help="see, get, check and export the data that tasks read",
        description="Data is looked for in the mirror folder $SECTORBENCH_DATA, then in the cache $SECTORBENCH_CACHE "
        "(default: the user's cache folder), then at public URLs. Every file is verified by its sha256",
        epilog="example: sectorbench data list",
    )
    verbs = parser.add_subparsers(dest="data_command", metavar="VERB", required=True)

    def verb(name: str, func: Callable[..., int], summary: str, example: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(
            name, help=summary, description=summary, epilog=f"example: sectorbench data {name} {example}".rstrip()
        )
        one.set_defaults(func=partial(func, load_tasks=load_tasks))
        return one

    p = verb("list", data_list, "show every data source: licence, access, size in MiB and where it was found", "--json")
    p.add_argument("--json", action="store_true", help="write JSON to stdout instead of a table")

    p = verb("fetch", data_fetch, "download what is missing into the cache and verify it", "cmapss")
    p.add_argument("names", nargs="*", metavar="NAME", help="data source or task id (default: all public sources)")

    p = verb("verify", data_verify, "read every file and compare its sha256", "cuad_clauses --json")
    p.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="data source or task id; a missing file then counts as a problem (default: all that is there)",
    )
    p.add_argument("--json", action="store_true", help="write JSON to stdout instead of a table")

    p = verb(
        "import",
        data_import,
        "make a source's files from originals that you have; they are kept only if every sha256 is right",
        "cuad_clauses --from CUAD_v1.zip",
    )
    p.add_argument("name", metavar="NAME", help="data source")
    p.add_argument(
        "--from", dest="originals", type=Path, required=True, metavar="PATH", help="the originals: a file or a folder"
    )

    p = verb(
        "export",
        data_export,
        "write inputs and targets as Parquet with a data set card, for datasets.load_dataset",
        "document_review/contract-clauses --split train --to clauses",
    )
    p.add_argument("task", metavar="TASK", help="task id; see sectorbench list")
    p.add_argument("--split", required=True, metavar="NAME", help="train, or practice for generated tasks")
    p.add_argument("--track", metavar="NAME", help="whose inputs (default: the card's first track)")
    own = p.add_mutually_exclusive_group()
    own.add_argument("--seed", type=int, metavar="N", help="draw a set of your own (generated tasks only)")
    own.add_argument("--secret", metavar="TEXT", help="the same from a text, such as a round's revealed secret")
    p.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a folder that is not there yet")
    return parser


def known_sources(tasks: Mapping[str, Task]) -> dict[str, tuple[DataSource, list[str]]]:
    """Source name to the source and the ids of the tasks that read it, sorted by name.

    Raises:
        RegistryError: Two different sources have one name.
    """
    found: dict[str, tuple[DataSource, list[str]]] = {}
    for task_id in sorted(tasks):
        source = tasks[task_id].card.data
        if source is not None:
            known, users = found.setdefault(source.name, (source, []))
            if known != source:
                raise RegistryError(f"data source {source.name!r} is two things: for {users[0]} and for {task_id}")
            users.append(task_id)
    return dict(sorted(found.items()))


def data_list(args: argparse.Namespace, *, load_tasks: LoadTasks) -> int:
    """Prints every source: a table, or JSON with the files."""
    tasks = load_tasks()
    files = DataFiles.from_environment(download=False)
    rows = [_described(source, users, files) for source, users in known_sources(tasks).values()]
    if args.json:
        _write_json(rows)
        return 0
    _print_table(
        ("source", "licence", "access", "since", "files", "MiB", "found", "tasks"),
        [
            (
                row["name"],
                row["licence"],
                row["access"],
                row["public_since"],
                str(len(row["files"])),
                f"{row['size_bytes'] / _MIB:.1f}",
                _summed_up([f["where"] for f in row["files"]]),
                ", ".join(row["tasks"]),
            )
            for row in rows
        ],
    )
    generated = sorted(t for t, task in tasks.items() if task.card.data is None)
    if generated:
        _say(f"generated, nothing to get: {', '.join(generated)}")
    _say(f"mirror: {files.mirror or 'none (set SECTORBENCH_DATA)'}; cache: {files.cache}")
    return 0


def data_fetch(args: argparse.Namespace, *, load_tasks: LoadTasks) -> int:
    """Downloads what is missing; goes on after a failure and tells all of them."""
    files = DataFiles.from_environment(download=True)
    failed = 0
    for source in _chosen(args.names, load_tasks()):
        if source.access != "public" and not args.names:
            continue
        for file in source.files:
            try:
                if source.access != "public" and files.find(file) is None:
                    raise DataError(f"SB201 {file.path}: {files.check(file).detail}")
                found = files.fetch(file)
                _say(f"ok      {source.name}: {file.path} ({found.place} {found.path})")
            except DataError as err:
                failed += 1
                _say(f"failed  {source.name}: {err}")
    return 1 if failed else 0


def data_verify(args: argparse.Namespace, *, load_tasks: LoadTasks) -> int:
    """Reads every file. 1 where one is damaged, or where one that was asked for by name is missing."""
    files = DataFiles.from_environment(download=False)
    rows = []
    for source in _chosen(args.names, load_tasks()):
        for file in source.files:
            state, found, detail = files.check(file)
            rows.append(
                {
                    "source": source.name,
                    "file": file.path,
                    "state": state,
                    "where": found.place if found else None,
                    "detail": detail,
                }
            )
    if args.json:
        _write_json(rows)
    else:
        _print_table(("source", "file", "state"), [(str(r["source"]), str(r["file"]), str(r["state"])) for r in rows])
        for row in rows:
            if row["state"] == "damaged" or (row["state"] == "missing" and args.names):
                _say(f"{row['state']}: {row['detail']}")
    bad = {"damaged", "missing"} if args.names else {"damaged"}
    return 1 if any(r["state"] in bad for r in rows) else 0


def data_import(args: argparse.Namespace, *, load_tasks: LoadTasks) -> int:
    """Makes a source's files from the user's originals."""
    chosen = _chosen([args.name], load_tasks())
    if not chosen:
        raise UsageError(f"{args.name}: reads no data, so there is nothing to import")
    source = chosen[0]
    for path in import_source(source, args.originals, DataFiles.from_environment(download=False)):
        _say(f"ok      {source.name}: {path}")
    return 0


def data_export(args: argparse.Namespace, *, load_tasks: LoadTasks) -> int:
    """Writes a split of a task for training."""
    from .data_export import export_split  # Parquet and YAML cost a tenth of a second that other verbs need not pay

    tasks = load_tasks()
    if args.task not in tasks:
        task, _, track = args.task.partition("#")
        if task in tasks and track:
            raise UsageError(f"{args.task!r}: a track is named apart here: {task} --track {track}")
        raise unknown_name("task", args.task, tasks, hint="See: sectorbench list")
    task = tasks[args.task]
    draw, drawn_from = _draw(task, args)
    files = DataFiles.from_environment(download=True)
    done = export_split(task, files, split=args.split, draw=draw, drawn_from=drawn_from, to=args.to)
    if done.rows is None:
        _say(f"written: {done.folder / 'README.md'}. The licence allows no derived rows; it holds the recipe")
    else:
        _say(f"written: {done.folder} ({done.rows:,} rows). Read it with datasets.load_dataset")
    return 0


def _draw(task: Task, args: argparse.Namespace) -> tuple[Draw, str | None]:
    card = task.card
    tracks = [t.name for t in card.tracks]
    track = args.track or tracks[0]
    if track not in tracks:
        raise unknown_name("track", track, tracks, hint=f"{card.id} has: {', '.join(tracks)}")
    if card.data is not None:
        if args.seed is not None or args.secret is not None:
            raise UsageError(f"{card.id} is real data, not drawn from a seed: leave out --seed and --secret")
        return Draw(track), None
    split = next((s for s in card.splits if s.name == args.split), None)  # an unknown one is told by the export
    if split is not None and not split.drawn:
        if args.seed is not None or args.secret is not None:
            raise UsageError(
                f"split {split.name!r} of {card.id} is the same for every seed: leave out --seed and --secret"
            )
        return Draw(track), "drawn from the open stream in the task's source, the same for every seed"
    if args.secret is not None:
        digest = hashlib.sha256(args.secret.encode()).hexdigest()
        return Draw(track, args.secret), f"drawn from a secret with sha256 {digest}"
    if args.seed is not None:
        return Draw(track, f"seed-{args.seed}"), f"drawn from the secret 'seed-{args.seed}' (--seed {args.seed})"
    if card.practice_secret is None:
        return Draw(track), "drawn from the seeds in the task's source"
    return Draw(track, card.practice_secret), f"drawn from the open practice secret {card.practice_secret!r}"


def _chosen(names: Sequence[str], tasks: Mapping[str, Task]) -> list[DataSource]:
    sources = {name: source for name, (source, _) in known_sources(tasks).items()}
    if not names:
        return list(sources.values())
    chosen: dict[str, DataSource] = {}
    for name in names:
        if name in sources:
            chosen[name] = sources[name]
        elif name in tasks:
            source = tasks[name].card.data
            if source is None:
                _say(f"{name}: generated, nothing to get")
            else:
                chosen[source.name] = source
        else:
            raise unknown_name("data source", name, [*sources, *tasks], hint="See: sectorbench data list")
    return list(chosen.values())


def _described(source: DataSource, users: Sequence[str], files: DataFiles) -> dict[str, Any]:
    listed = []
    for file in source.files:
        found = files.find(file)
        listed.append(
            {
                "path": file.path,
                "sha256": file.sha256,
                "size_bytes": file.size_bytes,
                "where": found.place if found else "missing",
                "origins": [{"url": o.url, "members": list(o.members)} for o in file.origins],
            }
        )
    return {
        "name": source.name,
        "title": source.title,
        "licence": source.licence,
        "licence_note": source.licence_note,
        "access": source.access,
        "public_since": source.public_since,
        "derivatives": source.derivatives,
        "rebuilt": source.importer is not None,
        "homepage": source.homepage,
        "citation": source.citation,
        "fingerprint": source.fingerprint,
        "size_bytes": source.size_bytes,
        "tasks": list(users),
        "files": listed,
    }


def _summed_up(places: Sequence[str]) -> str:
    kinds = sorted(set(places))
    return kinds[0] if len(kinds) == 1 else ", ".join(f"{k} {places.count(k)}" for k in kinds)


def _write_json(rows: list[dict[str, Any]]) -> None:
    sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if sys.stdout.isatty():
        from .tables import Column, print_table

        print_table(Console(highlight=False), [Column(name) for name in columns], rows, together=len(columns))
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=_PIPE_COLUMNS).print(table)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
