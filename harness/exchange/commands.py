"""The commands ``inputs``, ``predict``, ``score`` and ``reveal``: predictions instead of weights change hands."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..catalog import Catalog
from ..codes import CODES
from ..console import DEFAULT_RESULTS, message_console, output_console, typed
from ..data import DataFiles
from ..errors import ExchangeError, UsageError, WorkerError
from ..exit_codes import ExitCode
from ..folders import check_new, check_writable
from ..formatting import printable
from ..isolation import choose_level
from ..planning import Entry
from ..record_view import print_record
from ..records import AlikeReturn
from ..secret_file import new_secret, read_secret
from ..store import Store
from ..submission import open_submission
from ..validation import Answers, InvalidPredictionsError
from .files import read_exported, read_predicted, read_revealed
from .laboratory import check_drawn, check_proves, draw, export_inputs, reveal, sample_inputs
from .returned import Drawn
from .scoring import Held, hold_returned, score_returned
from .vendor import How, predict, problems_told, read_about, take_answers

__all__ = ["add_exchange_parsers"]

_REASON = 200  # characters


def add_exchange_parsers(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``inputs``, ``predict``, ``score`` and ``reveal``."""
    inputs = subparsers.add_parser(
        "inputs",
        help="hand inputs out under a commitment, without references or secret",
        description="For models whose weights may not leave their vendor: the laboratory hands inputs out, the vendor "
        "answers them, the laboratory scores, and the secret is revealed",
        epilog="example:  sectorbench inputs export predictive_maintenance/fleet-rul --new-secret secret --to asked",
    )
    verbs = inputs.add_subparsers(dest="inputs_command", metavar="VERB", required=True)
    adder = partial(_add, catalog=catalog)

    p = adder(
        verbs,
        "export",
        _export,
        "write a task's inputs and the commitment to what is right",
        "predictive_maintenance/fleet-rul --new-secret secret --to asked",
    )
    p.add_argument("task", metavar="TASK", help="task id, or task#track; see sectorbench list")
    from_secret = p.add_mutually_exclusive_group()
    _add_secret(from_secret)
    from_secret.add_argument(
        "--new-secret",
        type=Path,
        metavar="FILE",
        help="draw a secret, and keep it in this new file until it is revealed",
    )
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="a folder that is not there yet")
    _add_results(p)

    p = adder(
        verbs,
        "sample",
        _sample,
        "ask some of the inputs once more, to see whether a vendor's answers come out again",
        "--inputs asked --predictions answers --count 20 --to again",
    )
    _add_inputs(p)
    p.add_argument("--predictions", type=Path, required=True, metavar="DIR", help="what the vendor sent back")
    p.add_argument("--count", type=int, default=20, metavar="K", help="how many inputs (default: %(default)s)")
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="a folder that is not there yet")
    _add_results(p)

    p = adder(
        subparsers,
        "predict",
        _predict,
        "answer inputs that a laboratory sent, at the vendor's",
        "--inputs asked --submission my-model --to answers",
    )
    _add_inputs(p)
    own = p.add_mutually_exclusive_group(required=True)
    own.add_argument("--submission", type=Path, metavar="DIR", help="submission folder that answers")
    own.add_argument("--model", metavar="NAME", help="builtin or shipped model that answers")
    own.add_argument("--answers", type=Path, metavar="FILE", help="Arrow stream that a program of your own wrote")
    p.add_argument("--about", type=Path, metavar="FILE", help="with --answers: YAML with name, vendor, version, ...")
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="a folder that is not there yet")
    p.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    p.add_argument("--sandbox", default="auto", help="how the model is shut in, as in a run (default: %(default)s)")
    p.add_argument("--timeout-s", type=float, default=3600.0, metavar="S", help="for all inputs (default: %(default)s)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="for models that draw (default: %(default)s)")

    p = adder(
        subparsers,
        "score",
        _score,
        "score predictions that came back, by whoever holds the secret",
        "--predictions answers --secret-file secret",
    )
    p.add_argument("--predictions", type=Path, required=True, metavar="DIR", help="what the vendor sent back")
    p.add_argument("--rerun", type=Path, metavar="DIR", help="answers to a sample of the same inputs, to compare")
    scores = p.add_mutually_exclusive_group()
    scores.add_argument(
        "--again", metavar="WHY", help="score a further return of a model that has a score; the record says why"
    )
    scores.add_argument(
        "--hold", action="store_true", help="check and remember what came, without a score until the secret is out"
    )
    _add_secret(p)
    _add_results(p)
    p.add_argument("--json", action="store_true", help="print the record as JSON")

    p = adder(
        subparsers,
        "reveal",
        _reveal,
        "publish the secret of inputs that were handed out, or check one that was published",
        "predictive_maintenance/fleet-rul --secret-file secret --to revealed.json",
    )
    p.add_argument("task", nargs="?", metavar="TASK", help="task id, or task#track")
    _add_secret(p)
    p.add_argument("--to", type=Path, metavar="FILE", help="where to write it")
    p.add_argument("--check", type=Path, metavar="FILE", help="draw again from a published secret, and compare")
    _add_results(p)


def _add(
    subparsers: Any, name: str, func: Callable[[argparse.Namespace], int], text: str, example: str, *, catalog: Catalog
) -> argparse.ArgumentParser:
    prog = f"{subparsers._prog_prefix} {name}".removeprefix("__main__.py ")
    p: argparse.ArgumentParser = subparsers.add_parser(
        name, help=text, description=text, epilog=f"example:  {prog} {example}"
    )
    p.set_defaults(func=func, catalog=catalog)
    return p


def _add_inputs(p: argparse.ArgumentParser) -> None:
    p.add_argument("--inputs", type=Path, required=True, metavar="DIR", help="what `inputs export` wrote")


def _add_results(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--results",
        type=Path,
        default=DEFAULT_RESULTS,
        metavar="DIR",
        help="the laboratory's folder for records, and its memory of what it handed out (default: %(default)s)",
    )


def _add_secret(p: argparse._ActionsContainer) -> None:
    p.add_argument(
        "--secret-file",
        "--secret",
        type=Path,
        metavar="FILE",
        help="holds the secret that the test set is drawn from (default: the open practice secret)",
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _entry(name: str, catalog: Catalog) -> Entry:
    if (wrong := catalog.wrong_task(name)) is not None:
        raise UsageError(f"{wrong}. See: sectorbench list --tasks")
    task, _, track = name.partition("#")
    found = catalog.task(task)
    return Entry(found, track or found.card.tracks[0].name)


def _drawn(args: argparse.Namespace, name: str, store: Store, secret: str | None = None) -> Drawn:
    files = DataFiles.from_environment(download=False)
    if args.secret_file is not None and args.secret_file.is_file() and args.secret_file.stat().st_mode & 0o077:
        message_console().print(
            f"{typed(args.secret_file)}: others on this machine may read it. Type: chmod 600 {typed(args.secret_file)}",
            style="yellow",
            soft_wrap=True,
        )
    return draw(_entry(name, args.catalog), secret or read_secret(args.secret_file), files=files, store=store)


def _open_store(args: argparse.Namespace) -> Store:
    check_writable(args.results, asked=args.results, remedy="name another folder with --results DIR")
    return Store(args.results)


def _export(args: argparse.Namespace) -> int:
    store = _open_store(args)
    check_new(args.to)
    with store.lock():
        secret = None
        if args.new_secret is not None:  # before a secret is drawn for nothing
            card = _entry(args.task, args.catalog).task.card
            check_drawn(card)
            check_proves(card, sealed=True)
            secret = new_secret(args.new_secret)
        facts = export_inputs(_drawn(args, args.task, store, secret), args.to, store=store, now=_now())
    print(f"written: {args.to} ({facts.rows:,} inputs of {facts.task}#{facts.track}, no references, no secret)")
    print(f"commitment {facts.commitment}: publish it now, before anybody predicts")
    if args.secret_file is None and args.new_secret is None:
        card = _entry(args.task, args.catalog).task.card
        message_console().print(
            "these data are public: everybody can know what is right"
            if card.practice_secret is None
            else "drawn from the open practice secret: everybody can know what is right. For a round give --new-secret",
            style="yellow",
            soft_wrap=True,
        )
    return ExitCode.DONE


def _sample(args: argparse.Namespace) -> int:
    exported = read_exported(args.inputs)
    card, store = _entry(exported.facts.task, args.catalog).task.card, _open_store(args)
    with store.lock():
        rows = sample_inputs(exported, args.predictions, args.to, count=args.count, card=card, store=store, now=_now())
    print(f"written: {args.to} ({rows:,} of {exported.facts.rows:,} inputs). What comes back: score --rerun DIR")
    return ExitCode.DONE


def _predict(args: argparse.Namespace) -> int:
    if (args.answers is None) != (args.about is None):
        raise UsageError("--answers and --about go together: a stream of answers, and a YAML file that says whose")
    exported = read_exported(args.inputs)
    try:
        answers = _take(args, exported) if args.answers is not None else _ask(args, exported)
    except InvalidPredictionsError as err:
        raise _RefusedError(err.problems[0].code, str(err)) from err
    except WorkerError as err:
        raise _RefusedError(err.code, str(err)) from err
    for told in problems_told(answers):
        message_console().print(told, style="yellow", soft_wrap=True)
    bad, then = "", "Send the folder back"
    if answers.problems:
        bad = f"; {len(answers.problems):,} break a rule"
        then = "Mend them, or send the folder back as it is: they count as the worst value"
    print(f"written: {args.to} ({answers.inputs.num_rows:,} answers{bad}). {then}")
    return ExitCode.PROBLEM if answers.problems else ExitCode.DONE


class _RefusedError(ExchangeError):
    """Answers that cannot be sent back: the code, what was found, and what to do about it."""

    def __init__(self, code: str, found: str) -> None:
        remedy = f"\n  -> {CODES[code].remedy.en}" if code in CODES else ""
        super().__init__(f"{code} {found.removeprefix(f'{code} ')}{remedy}")


def _take(args: argparse.Namespace, exported: Any) -> Answers:
    return take_answers(exported, args.answers, read_about(args.about), args.to)


def _ask(args: argparse.Namespace, exported: Any) -> Answers:
    catalog: Catalog = args.catalog
    if args.model is not None:
        submission = catalog.model(args.model)
    else:
        submission = open_submission(args.submission, catalog.builtins, wrong_task=catalog.wrong_task)
    files = DataFiles.from_environment(download=False)
    hidden = tuple(folder for folder in (files.mirror, files.cache) if folder is not None)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=message_console(), transient=True) as progress:
        bar = progress.add_task(f"{exported.facts.task} {submission.manifest.name}", total=exported.facts.rows)
        how = How(
            device=args.device,
            sandbox=choose_level(args.sandbox),
            timeout_s=args.timeout_s,
            seed=args.seed,
            hidden=hidden,
            progress=lambda rows: progress.update(bar, completed=rows),
        )
        return predict(exported, submission, args.to, how, now=_now)


def _score(args: argparse.Namespace) -> int:
    if args.again is not None and not (args.again.strip() and args.again.isprintable() and len(args.again) <= _REASON):
        raise UsageError(f"--again: give the reason in words of one line, at most {_REASON} characters")
    if args.hold and (args.json or args.rerun is not None):
        raise UsageError("--hold makes no record: leave out --json and --rerun until the answers are scored")
    predicted = read_predicted(args.predictions)
    store, catalog = _open_store(args), args.catalog
    with store.lock():
        drawn = _drawn(args, f"{predicted.task}#{predicted.track}", store)
        how = {"store": store, "taken": catalog.model_names(), "now": _now()}
        if args.hold:
            found = hold_returned(args.predictions, drawn, **how)
            if isinstance(found, Held):
                return _tell_held(found)
            record, folder = found
        else:
            record, folder = score_returned(args.predictions, drawn, **how, rerun=args.rerun, again=args.again)
    if args.json:
        print(record.model_dump_json(indent=1))
    else:
        print_record(record, folder)
    facts = record.exchange
    again = None if facts is None else facts.rerun
    if again is not None and again.differing:
        message_console().print(
            f"{again.differing} of {again.asked} answers did not come out again", style="bold red", soft_wrap=True
        )
    if facts is not None:
        _tell_alike(facts.alike)
        if facts.exported_at is None:
            message_console().print(
                f"{typed(args.results)} handed these inputs out to nobody: when, and what was scored before, is not "
                "known. Name the laboratory's folder with --results DIR",
                style="yellow",
                soft_wrap=True,
            )
    return ExitCode.DONE if record.status == "ok" and not (again and again.differing) else ExitCode.PROBLEM


def _tell_held(held: Held) -> int:
    model, answers = held.predicted.model, held.answers
    for told in problems_told(answers):
        message_console().print(told, style="yellow", soft_wrap=True)
    _tell_alike(held.alike)
    bad = f", {len(answers.problems):,} break a rule" if answers.problems else ""
    output_console().print(
        f"held: {answers.inputs.num_rows:,} answers of {model.name} by {printable(model.vendor)}{bad}, returned "
        f"{held.returned_at:%Y-%m-%d %H:%M} UTC. No score was made; score this folder after reveal",
        soft_wrap=True,
    )
    return ExitCode.PROBLEM if answers.problems else ExitCode.DONE


def _tell_alike(alike: Sequence[AlikeReturn]) -> None:
    for one in alike:
        same = "are" if one.identical else f"are, in {one.alike:.1%} of the rows, nearly"
        message_console().print(
            f"the answers {same} those of {one.model} by {printable(one.vendor)}, which came "
            f"{one.returned_at:%Y-%m-%d %H:%M} UTC",
            style="bold yellow",
            soft_wrap=True,
        )


def _reveal(args: argparse.Namespace) -> int:
    if args.check is not None:
        return _check_revealed(args)
    if args.task is None or args.to is None:
        raise UsageError("give TASK, --secret-file and --to to write a secret down, or --check FILE to check one")
    store = _open_store(args)
    check_writable(args.to.parent, asked=args.to, remedy="name another file with --to")
    with store.lock():
        said = reveal(_drawn(args, args.task, store), args.to, store=store, now=_now())
    print(f"written: {args.to}. What had not come by now is not scored; commitment {said.commitment}")
    return ExitCode.DONE


def _check_revealed(args: argparse.Namespace) -> int:
    said = read_revealed(args.check)
    entry = _entry(f"{said.task}#{said.track}", args.catalog)
    card = entry.task.card
    if card.version != said.task_version:
        raise ExchangeError(
            f"SB162 {args.check}: is of {said.task}@{said.task_version}, this suite has version {card.version}"
        )
    secret = said.secret if said.secret != card.practice_secret else None
    store = _open_store(args)
    with store.lock():
        drawn = draw(entry, secret, files=DataFiles.from_environment(download=False), store=store)
    got = {"inputs": drawn.prepared.inputs_sha256, "references": drawn.prepared.references_sha256}
    told = {"inputs": said.inputs_sha256, "references": said.references_sha256}
    differing: Sequence[str] = [name for name in got if got[name] != told[name]]
    if differing:
        raise ExchangeError(
            f"SB163 {args.check}: its secret draws other {' and '.join(differing)} than were committed to: "
            + json.dumps({name: got[name] for name in differing})
        )
    output_console().print(
        f"commitment {said.commitment} holds: {said.task}#{said.track} drawn again from the secret has the same inputs "
        f"and references ({typed(args.check)})",
        soft_wrap=True,
    )
    return ExitCode.DONE
