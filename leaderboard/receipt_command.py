"""The command ``receipt``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..harness.catalog import Catalog
from ..harness.console import DEFAULT_RESULTS, message_console
from ..harness.errors import UsageError
from ..harness.exit_codes import ExitCode
from ..harness.folders import check_writable
from ..harness.secret_file import read_secret

__all__ = ["add_receipt_parser"]

_EPILOG = """\
example:
  sectorbench receipt my-model --lang zh --html card.html
"""


def add_receipt_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``receipt``."""
    text = "say what was run, with what result, at what cost and how to repeat it, with every digest"
    p = subparsers.add_parser(
        "receipt",
        help=text,
        description=f"{text}. Before that the test set is drawn again, predictions that are kept are scored, and "
        "figures, intervals and keys made anew: an edited record has no receipt (exit code 1, each field with what was "
        "found), and what could not be looked at is named",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument(
        "record",
        metavar="RECORD|MODEL",
        help="folder of a record, beginning of its key, name of a model, or beginning of its digest",
    )
    p.add_argument(
        "--results", type=Path, default=DEFAULT_RESULTS, metavar="DIR", help="result folder (default: %(default)s)"
    )
    p.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="score these, the record's own, instead of those kept below DIR; a stream, or the folder that came back",
    )
    p.add_argument(
        "--secret-file",
        "--secret",
        type=Path,
        metavar="FILE",
        help="holds the secret of a sealed test set, to draw it again (default: the open practice secret)",
    )
    p.add_argument("--lang", choices=["en", "zh"], default="en", help="language (default: %(default)s)")
    p.add_argument("--json", action="store_true", help="the receipt as JSON, with its own digest")
    p.add_argument("--to", type=Path, metavar="FILE", help="write it there (default: standard output)")
    p.add_argument("--html", type=Path, metavar="FILE", help="write the score card too, as one HTML page")
    p.set_defaults(func=_receipt, catalog=catalog)


def _receipt(args: argparse.Namespace) -> int:
    from ..harness.data import DataFiles
    from ..harness.record_finding import find_records, records_listed
    from ..harness.rescoring import Sources
    from ..harness.store import Store
    from .view_receipt import make_receipt  # jinja2 and the catalogue are loaded by this command alone

    store = Store(args.results)
    for path, option in ((args.to, "--to"), (args.html, "--html")):
        if path is not None:
            check_writable(path.parent, asked=path, remedy=f"name another file with {option}")
    folders = find_records(args.record, store)
    if args.predictions is not None and len(folders) > 1:
        several = f"{args.record!r} names several; name one by its key:\n{records_listed(folders)}"
        raise UsageError(f"--predictions are those of one record, and {several}")
    sources = Sources(
        store,
        files=DataFiles.from_environment(download=False),
        secret=read_secret(args.secret_file),
        predictions=args.predictions,
    )
    receipt = make_receipt(folders, catalog=args.catalog, sources=sources)
    text = f"{receipt.as_json}\n" if args.json else receipt.as_text(args.lang)
    if args.to is None:
        print(text, end="")
    else:
        _write(args.to, text.encode())
    if args.html is not None:
        from .rendering import render_card

        _write(args.html, render_card(receipt.page, receipt.facts, args.lang))
    return ExitCode.DONE


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    message_console().print(f"written: {path}", soft_wrap=True)
