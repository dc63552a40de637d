"""The commands ``site build`` and ``site serve``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..harness.exit_codes import ExitCode
from ..harness.task import TaskCard

__all__ = ["add_site_parser"]

_RECORDS, _SITE = Path("results/records"), Path("site")
_EXAMPLES = {
    "site": "example:\n  sectorbench site build && sectorbench site serve\n",
    "build": "example:\n  sectorbench site build --records results/records /data/shared/records --to site\n",
    "serve": "example:\n  sectorbench site serve --folder site --port 8000\n",
}


def add_site_parser(
    subparsers: Any, load_cards: Callable[[], Mapping[str, TaskCard]], controls: Callable[[], frozenset[str]]
) -> None:
    """Adds ``site build`` and ``site serve``; cards and names of controls are asked for when a site is built."""
    site = _parser(subparsers, "site", "build the leaderboard from records, or look at it", "site")
    verbs = site.add_subparsers(metavar="VERB", required=True)

    build = _parser(verbs, "build", "write the static site of all records, in English and Chinese", "build")
    build.add_argument(
        "--records",
        type=Path,
        nargs="+",
        action="extend",
        metavar="DIR",
        help=f"folders that are searched for records; repeatable (default: {_RECORDS})",
    )
    build.add_argument(
        "--to",
        type=Path,
        default=_SITE,
        metavar="DIR",
        help="folder of the site; an earlier site there is replaced, anything else refused (default: %(default)s)",
    )
    build.set_defaults(func=lambda args: _build(args, load_cards(), controls()))

    serve = _parser(verbs, "serve", "show a site in the browser of this machine, at 127.0.0.1 only", "serve")
    serve.add_argument(
        "--folder", type=Path, default=_SITE, metavar="DIR", help="folder of the site (default: %(default)s)"
    )
    serve.add_argument("--port", type=int, default=8000, help="port, 0 for any free one (default: %(default)s)")
    serve.set_defaults(func=_serve)


def _parser(subparsers: Any, name: str, text: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=text,
        description=text,
        epilog=_EXAMPLES[example],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _build(args: argparse.Namespace, cards: Mapping[str, TaskCard], controls: frozenset[str]) -> int:
    from .site import build_site, ignored_line  # jinja2 and the catalogue are loaded by this command alone

    report = build_site(args.records or [_RECORDS], cards, args.to, controls=controls)
    for one in report.ignored:
        print(f"left out {one.key[:12]}  {ignored_line(one)}", file=sys.stderr)
    left_out = f", {len(report.ignored)} left out" if report.ignored else ""
    print(f"{report.pages} pages from {report.records} records{left_out}; open in a browser:", file=sys.stderr)
    print(report.folder / "index.html")
    return ExitCode.DONE


def _serve(args: argparse.Namespace) -> int:
    from .serving import serve

    def ready(port: int) -> None:
        print(f"http://127.0.0.1:{port}/ shows {args.folder}; end with Ctrl-C", file=sys.stderr)

    try:
        serve(args.folder, args.port, ready=ready)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    return ExitCode.DONE
