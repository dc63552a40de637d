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
from ...harness.manifest import MANIFEST_NAME
from ...harness.template_marks import MARK
from .endpoints import URL
from .kinds import SEED, TEMPLATES, template_of
from .writing import board_name, breaks_rules, run_words, write_template

__all__ = ["add_template_parser"]

_ENDPOINT = "endpoint"
_EPILOG = """\
adapters and their interfaces, the first of each where none is named:
{listed}

endpoint holds no model but names a server: of texts with the chat API for generation, choice and extraction, of Arrow
batches for the others. With --server FILE the submission asks for Arrow batches whatever the interface is, and FILE
is a server in torch that answers them.

The name on the board is made from DIR's; change it and what is marked REPLACE in DIR/submission.yaml.

examples:
  sectorbench template onnx my-model
  sectorbench template onnx my-classifier --interface classification
  sectorbench template endpoint my-service --interface regression --server server.py
"""


def add_template_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``template``."""
    text = "write a submission folder with untrained weights that passes check and runs, to put your own files into"
    listed = "\n".join(f"  {name:<20} {', '.join(served)}" for name, served in TEMPLATES.items())
    p = subparsers.add_parser(
        "template",
        help=text,
        description=text,
        epilog=_EPILOG.format(listed=listed),
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
    name = _name(args.folder, args.catalog)
    make = None if server is None else "endpoints:arrow"
    write_template(args.folder, args.adapter, interface, make=make, name=name)
    console = message_console()
    what = "names a server" if args.adapter == _ENDPOINT else f"untrained weights, seed {SEED}"
    console.print(f"{typed(args.folder)}: {args.adapter}, {interface}; {what}", soft_wrap=True)
    mend = f"change it and fill in what is marked {MARK} in {typed(args.folder / MANIFEST_NAME)}"
    console.print(f"its name is {name}, after the folder; {mend}", soft_wrap=True)
    if server is not None:
        from .servers import server_text

        server.parent.mkdir(parents=True, exist_ok=True)
        server.write_text(server_text(interface), encoding="utf-8")
        console.print(f"{typed(server)}: start it with: python {typed(server)}", soft_wrap=True)
    console.print(f"next: sectorbench check {typed(args.folder)}", soft_wrap=True)
    console.print(f"      {run_words(args.folder, template)}", soft_wrap=True)
    if args.adapter == _ENDPOINT:
        console.print(f"      which needs your server at options.url of {MANIFEST_NAME}, here {URL}", soft_wrap=True)
    if breaks_rules(args.adapter, interface):
        told = "which ends with 1 until the model is trained: what it writes at random breaks rules (SB322, SB411)"
        console.print(f"      {told}", soft_wrap=True)
    data = args.catalog.task(template.task.partition("#")[0]).card.data
    if data is not None:
        console.print(f"      which needs data: sectorbench data fetch {data.name}", soft_wrap=True)
    return ExitCode.DONE


def _name(folder: Path, catalog: Catalog) -> str:
    """The name of the model; no builtin's, which would be refused."""
    name = board_name(folder)
    return f"{name}-model" if name in catalog.builtins else name


def _check_server(adapter: str, folder: Path, server: Path) -> None:
    if adapter != _ENDPOINT:
        raise UsageError(f"--server belongs to {_ENDPOINT}; {adapter} runs the files of its folder itself")
    if server.exists():
        raise UsageError(f"{server}: is there already; name another file with --server")
    if server.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{server}: lies in the submission, which holds no code; name a file beside {folder}")
    check_writable(server.parent, asked=server, remedy="name another file with --server")
