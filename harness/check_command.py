"""The command ``check``: looking at a submission before a run, and the list of all codes."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .catalog import Catalog
from .code_tables import codes_table
from .codes import CODES, Problem
from .console import message_console
from .errors import UsageError
from .exit_codes import ExitCode
from .file_hints import hint_of
from .formatting import printable
from .inspection.file_list import MOST_BYTES
from .inspection.folder import Terms
from .isolation import available_level
from .manifest import MANIFEST_NAME
from .own_checkpoint import OwnCheckpoint, add_trust_option, own_checkpoint
from .record_view import signature_text
from .signatures import add_signature_options, verify_asked
from .submission import Inspection, inspect_closely, no_such_folder
from .template_marks import unreplaced_note
from .text import LANGUAGES, Language, Text

__all__ = ["add_check_parser"]

_SHOWN_FROM = 256 << 20  # bytes of weights from which progress is shown: below, a look takes less than a second
_PROBLEMS = Text("{folder}: {n} problem(s)", "{folder}：{n} 个问题")
_SOUND = Text(
    "{name} {version} by {vendor}: adapter {adapter}, no problems found",
    "{name} {version}（{vendor}）：适配器 {adapter}，未发现问题",
)
_EPILOG = """\
exit codes: 0 no problem found, 1 a problem was found, 2 there is no such folder

--json prints {"ok": true|false, "problems": [{"code", "where", "found", "meaning": {"en", "zh"},
  "remedy": {"en", "zh"}, "hint": null or {"en", "zh"}}, ...], "notes": [...], "looked_at_in": LEVEL},
  the level of isolation of what libraries looked at, and for a sound folder "submission_sha256", "model_sha256" and
  "signature" beside

example:
  sectorbench check my-model/ --lang zh
"""


def add_check_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``check``."""
    text = "inspect a submission folder without loading the model; every problem at once, with what to do"
    p = subparsers.add_parser(
        "check", help=text, description=text, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "submission", type=Path, nargs="?", metavar="FOLDER", help="holds submission.yaml and the model's files"
    )
    p.add_argument("--json", action="store_true", help="print the findings, or the codes, as JSON")
    p.add_argument(
        "--lang", choices=LANGUAGES, default="en", help="language of what to do; findings are English (default: en)"
    )
    p.add_argument(
        "--max-gib",
        type=float,
        default=MOST_BYTES / 2**30,
        metavar="N",
        help="refuse larger folders, in GiB (default: %(default)g)",
    )
    add_trust_option(p)
    add_signature_options(p)
    p.add_argument("--codes", action="store_true", help="list all codes, what they mean and what to do, and stop")
    p.set_defaults(func=_check, catalog=catalog)


def _check(args: argparse.Namespace) -> int:
    if args.codes:
        _print_codes(args.lang, as_json=args.json)
        return ExitCode.DONE
    if args.submission is None:
        raise UsageError("check: name a FOLDER, or ask for the table of codes with --codes")
    if not args.submission.exists():
        raise no_such_folder(args.submission)
    if not args.max_gib > 0:
        raise UsageError(f"--max-gib {args.max_gib:g}: give a number of GiB above 0")
    inspection, notes = _looked_at(args)
    inspection = _with_signature(inspection, args)
    notes = (*notes, *_unreplaced(inspection, "en" if args.json else args.lang))
    if args.json:
        print(json.dumps(_as_json(inspection, notes, args.submission), ensure_ascii=False, indent=1))
    else:
        _print(inspection, notes, args.submission, args.lang)
    return ExitCode.DONE if inspection.submission is not None else ExitCode.PROBLEM


def _looked_at(args: argparse.Namespace) -> OwnCheckpoint:
    """What inspection says, or of one's own checkpoint what its adapter does."""
    if args.trust == "own":
        return own_checkpoint(args.submission, args.catalog.builtins, args.catalog.wrong_task)
    with _progress() as told:
        terms = Terms(
            args.catalog.builtins,
            args.catalog.wrong_task,
            args.catalog.classes_of,
            thorough=True,
            most_bytes=int(args.max_gib * 2**30),
            told=told,
        )
        return OwnCheckpoint(inspect_closely(args.submission, terms), ())


def _unreplaced(inspection: Inspection, language: Language) -> tuple[str, ...]:
    """What a vendor has not filled in yet."""
    one = inspection.submission
    if one is None or one.folder is None or MANIFEST_NAME not in one.digests:
        return ()
    note = unreplaced_note(one.folder, one.manifest, language)
    return () if note is None else (note,)


def _with_signature(inspection: Inspection, args: argparse.Namespace) -> Inspection:
    """What was found, the vendor's signature included where its verification is asked for."""
    one = inspection.submission
    verified = None if one is None else verify_asked(one, args)
    if one is None or verified is None:
        return inspection
    if verified.signature is None:
        return Inspection(None, verified.problems)
    return Inspection(dataclasses.replace(one, signature=verified.signature), ())


def _print(inspection: Inspection, notes: Sequence[str], folder: Path, language: Language) -> None:
    one = inspection.submission
    if one is None:
        for problem in inspection.problems:
            print(f"{printable(str(problem))}\n       -> {CODES[problem.code].remedy.of(language)}")
            if (hint := hint_of(problem, folder)) is not None:
                print(f"       -> {printable(hint.of(language))}")
        print(_PROBLEMS.of(language).format(folder=folder, n=len(inspection.problems)))
        return
    print(_SOUND.of(language).format_map(one.manifest.model_dump()))
    print(f"submission {one.submission_sha256}\nmodel      {one.model_sha256}")
    print(f"signature  {signature_text(one.signature)}")
    for note in notes:
        print(f"note       {note}")


def _as_json(inspection: Inspection, notes: Sequence[str], folder: Path) -> dict[str, Any]:
    one = inspection.submission
    told = {
        "ok": one is not None,
        "problems": [_problem_as_json(problem, folder) for problem in inspection.problems],
        "notes": list(notes),
        "looked_at_in": available_level(),
    }
    if one is None:
        return told
    signature = one.signature.model_dump() if one.signature else None
    return told | {
        "submission_sha256": one.submission_sha256,
        "model_sha256": one.model_sha256,
        "signature": signature,
    }


def _problem_as_json(problem: Problem, folder: Path) -> dict[str, Any]:
    code, hint = CODES[problem.code], hint_of(problem, folder)
    return {
        "code": problem.code,
        "where": printable(problem.where),
        "found": printable(problem.found),
        "meaning": code.meaning._asdict(),
        "remedy": code.remedy._asdict(),
        "hint": None if hint is None else {language: printable(hint.of(language)) for language in LANGUAGES},
    }


def _print_codes(language: Language, *, as_json: bool) -> None:
    if as_json:
        listed = {name: {"meaning": c.meaning._asdict(), "remedy": c.remedy._asdict()} for name, c in CODES.items()}
        print(json.dumps(listed, ensure_ascii=False, indent=1))
    else:
        print(codes_table(language), end="")


@contextmanager
def _progress() -> Iterator[Any]:
    """Something to tell how many bytes of weights were read: a bar in a terminal for large files, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("weights"), BarColumn(), DownloadColumn(binary_units=True), TimeRemainingColumn())
    with Progress(*columns, console=message_console(), transient=True) as bar:
        task = bar.add_task("weights", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=total >= _SHOWN_FROM)
