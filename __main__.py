"""The command line: ties the rooms' commands together."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

from . import __version__
from .benchmarks.commands import add_run_parsers
from .benchmarks.configuration import load_suite, suite_names
from .harness.commands import add_check_parser, add_show_parser
from .harness.data_commands import add_data_parser
from .harness.errors import SectorBenchError, UsageError, nearest_names
from .harness.exit_codes import ExitCode
from .leaderboard.commands import add_site_parser
from .tasks.commands import add_baselines_parser, add_list_parser
from .tasks.registry import CATALOG

__all__ = ["main"]

_EPILOG = """\
example:
  sectorbench run benchmarks=quickstart && sectorbench site build

exit codes: 0 done, 1 a problem was found, 2 wrong usage, 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; a user's mistake is one line on standard error, never a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    args = None
    try:
        args = _parsed(parser, words)
        return int(args.func(args))
    except SectorBenchError as err:
        print(f"sectorbench: {err}", file=sys.stderr)
        return err.exit_code
    except KeyboardInterrupt:
        print("sectorbench: interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # `sectorbench list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except OSError as err:  # a full disk, a folder that may not be written
        print(f"sectorbench: {_where(err, args)}: {err.strerror or err}; {_file_remedy(err)}", file=sys.stderr)
        return ExitCode.PROBLEM


def _where(err: OSError, args: argparse.Namespace | None) -> str:
    """The file that could not be used; a failed write names none, so the folder that the command was given."""
    if err.filename is not None:
        return os.fsdecode(err.filename)
    given = (getattr(args, name, None) for name in ("to", "folder", "results"))
    return str(next((one for one in given if one is not None), "a file"))


def _file_remedy(err: OSError) -> str:
    full = err.errno in (errno.ENOSPC, errno.EDQUOT)
    return "free space there or name another folder" + ("; finished work stays" if full else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sectorbench",
        description="How well does a model do the work of an industry?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sectorbench {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    add_list_parser(subparsers, CATALOG, _suite_rows)
    add_run_parsers(subparsers, CATALOG)
    add_show_parser(subparsers, CATALOG)
    add_check_parser(subparsers, CATALOG)
    add_data_parser(subparsers, CATALOG.tasks)
    add_baselines_parser(subparsers, CATALOG)
    add_site_parser(subparsers, CATALOG.cards)
    return parser


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parses, letting overrides stand anywhere between the options of a command that takes them."""
    args, extra = parser.parse_known_args(words)
    options = [word for word in extra if word.startswith("-")]
    if options or (extra and not hasattr(args, "overrides")):
        wrong = (options or extra)[0]
        known = {o for a in _all_actions(parser) for o in a.option_strings}
        near = nearest_names(wrong.partition("=")[0], known)
        said = f"Did you mean {', '.join(near)}?" if near else "See: sectorbench --help"
        raise UsageError(f"unknown option or argument {wrong!r}. {said}")
    if extra:
        args.overrides = [*args.overrides, *extra]
    return args


def _all_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found += _all_actions(inner)
    return found


def _suite_rows() -> list[dict[str, Any]]:
    suites = [load_suite(name) for name in suite_names()]
    return [
        {
            "suite": s.at_version,
            "purpose": s.purpose.en,
            "minutes": f"{s.minutes:g}",
            "sees": s.sees.en,
            "tasks": len(s.tasks),
        }
        for s in suites
    ]


if __name__ == "__main__":
    sys.exit(main())
