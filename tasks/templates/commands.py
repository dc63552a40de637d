"""The command ``template``: a submission folder to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ...harness.catalog import Catalog
from ...harness.console import message_console, typed
from ...harness.errors import UsageError
from ...harness.exit_codes import ExitCode
from ...harness.folders import check_writable
from .kinds import SEED, TEMPLATES, template_of
from .writing import run_words, write_template

__all__ = ["add_template_parser"]

_ENDPOINT = "endpoint"


def add_template_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``template``."""
    text = "write a submission folder with untrained weights that passes check and runs, to put your own files into"
    listed = "\n".join(f"  {name:<20} {', '.join(served)}" for name, served in TEMPLATES.items())
    p = subparsers.add_parser(
        "template",
        help=text,
        description=text,
        epilog=f"adapters and their interfaces:\n{listed}\n\nexample:  sectorbench template onnx my-model",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("adapter", metavar="ADAPTER", help="what runs the files, see below")
    p.add_argument("folder", type=Path, metavar="DIR", help="folder to write; must not be there, or be empty")
    p.add_argument(
        "--interface", metavar="NAME", help="what the model is asked (default: the adapter's first, see below)"
    )
    p.add_argument(
        "--server",
        type=Path,
        metavar="FILE",
        help="of endpoint: also write a server in torch that answers Arrow batches; never inside DIR",
    )
    p.set_defaults(func=_template, catalog=catalog)


def _template(args: argparse.Namespace) -> int:
    interface, template = template_of(args.adapter, args.interface)
    check_writable(args.folder, asked=args.folder, remedy="name another folder")
    server: Path | None = args.server
    if server is not None:
        _check_server(args.adapter, args.folder, server)
    write_template(args.folder, args.adapter, interface, make=None if server is None else "endpoints:arrow")
    console = message_console()
    what = "names a server" if args.adapter == _ENDPOINT else f"untrained weights, seed {SEED}"
    console.print(f"{typed(args.folder)}: {args.adapter}, {interface}; {what}", soft_wrap=True)
    if server is not None:
        from .servers import server_text

        server.parent.mkdir(parents=True, exist_ok=True)
        server.write_text(server_text(interface), encoding="utf-8")
        console.print(f"{typed(server)}: start it with: python {typed(server)}", soft_wrap=True)
    console.print(f"next: sectorbench check {typed(args.folder)}", soft_wrap=True)
    console.print(f"      {run_words(args.folder, template)}", soft_wrap=True)
    data = args.catalog.task(template.task.partition("#")[0]).card.data
    if data is not None:
        console.print(f"      which needs data: sectorbench data fetch {data.name}", soft_wrap=True)
    return ExitCode.DONE


def _check_server(adapter: str, folder: Path, server: Path) -> None:
    if adapter != _ENDPOINT:
        raise UsageError(f"--server belongs to {_ENDPOINT}; {adapter} runs the files of its folder itself")
    if server.exists():
        raise UsageError(f"{server}: is there already; name another file with --server")
    if server.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{server}: lies in the submission, which holds no code; name a file beside {folder}")
    check_writable(server.parent, asked=server, remedy="name another file with --server")
