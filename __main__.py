"""The command line: ties the rooms' commands together."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from .harness.endings import Interrupts, OutputError, close_output, open_streams, os_error_text
from .harness.exit_codes import ExitCode
from .harness.text import printable_lines

__all__ = ["main"]

_EPILOG = """\
example:
  sectorbench run benchmarks=quickstart && sectorbench site build

exit codes: 0 done, 1 a problem was found, 2 wrong usage, 130 interrupted; `compare` also 3 inconclusive, 4 unstable
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; a user's mistake is one line on standard error, never a traceback."""
    interrupts = Interrupts()
    try:
        open_streams()
        code = _done(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        code = _told("interrupted", ExitCode.INTERRUPTED)
    except OutputError as err:
        close_output(err)
        quiet = err.errno == errno.EPIPE  # `sectorbench list | head`
        told = f"standard output cannot be written: {err.strerror}"
        code = ExitCode.DONE if quiet else _told(told, ExitCode.PROBLEM)
    except OSError as err:
        code = _told(os_error_text(err), ExitCode.PROBLEM)
    return interrupts.end(code)


def _done(words: Sequence[str]) -> int:
    """Runs the command; everything heavy is imported here, where a Ctrl-C is caught already."""
    from .harness.errors import SectorBenchError

    args = None
    try:
        parser = _parser()
        if not words:
            parser.print_help(sys.stderr)
            return ExitCode.USAGE
        args = _parsed(parser, words)
        return int(args.func(args))
    except SectorBenchError as err:
        return _told(str(err), err.exit_code)
    except OSError as err:
        if err.filename is None and not isinstance(err, OutputError):  # a failed write names no file
            given = (getattr(args, name, None) for name in ("to", "folder", "results"))
            err.filename = next((str(one) for one in given if one is not None), None)
        raise
    finally:
        for stream in (sys.stdout, sys.stderr):  # while an error can still be told
            stream.flush()


def _told(text: str, code: int) -> int:
    try:
        print(f"sectorbench: {printable_lines(text)}", file=sys.stderr, flush=True)
    except OutputError as err:
        close_output(err)
    return code


class _Help(argparse.HelpFormatter):
    """Leaves an example as it is typed: a line broken within it could not be copied."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example:") else super()._fill_text(text, width, indent)


class _Parser(argparse.ArgumentParser):
    """A parser, and those of its commands, that names the commands most like an unknown one."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"formatter_class": _Help, **more})

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        from .harness.errors import unknown_name

        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            raise unknown_name("command", str(value), action.choices, hint=f"See: {self.prog} --help")
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """Told in one line like every other mistake, without the whole usage before it."""
        from .harness.errors import UsageError

        raise UsageError(f"{message}. See: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    from . import __version__
    from .benchmarks.commands import add_run_parsers
    from .harness.check_command import add_check_parser
    from .harness.commands import add_show_parser
    from .harness.data_commands import add_data_parser
    from .harness.doctor_commands import add_doctor_parser
    from .harness.exchange.commands import add_exchange_parsers
    from .harness.regression.commands import add_compare_parser
    from .leaderboard.commands import add_site_parser
    from .leaderboard.receipt_command import add_receipt_parser
    from .leaderboard.standings_command import add_standings_parser
    from .tasks.commands import add_baselines_parser, add_list_parser
    from .tasks.registry import CATALOG
    from .tasks.templates import add_template_parser

    parser = _Parser(
        prog="sectorbench",
        description="How well does a model do the work of an industry?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sectorbench {__version__}")
    subparsers: Any = parser.add_subparsers(metavar="COMMAND", required=True)
    add_list_parser(subparsers, CATALOG, _suite_rows)
    add_run_parsers(subparsers, CATALOG)
    add_show_parser(subparsers, CATALOG)
    add_template_parser(subparsers, CATALOG)
    add_check_parser(subparsers, CATALOG)
    add_compare_parser(subparsers, CATALOG)
    add_data_parser(subparsers, CATALOG.tasks)
    add_exchange_parsers(subparsers, CATALOG)
    add_doctor_parser(subparsers)
    add_baselines_parser(subparsers, CATALOG)
    add_receipt_parser(subparsers, CATALOG)
    add_standings_parser(subparsers, CATALOG.cards, CATALOG.controls, _suite_lines)
    add_site_parser(subparsers, CATALOG.cards, CATALOG.controls)
    return parser


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parses, letting overrides stand anywhere between the options of a command that takes them."""
    args, extra = parser.parse_known_args(words)
    options = [word for word in extra if word.startswith("-")]
    if options or (extra and not hasattr(args, "overrides")):
        raise _unknown((options or extra)[0], args, parser, words)
    if extra:
        args.overrides = [*args.overrides, *extra]
    return args


def _unknown(wrong: str, args: argparse.Namespace, parser: argparse.ArgumentParser, words: Sequence[str]) -> Exception:
    """The error for a word that the command does not take: how it is spelt there, or where it belongs."""
    from .harness.errors import UsageError, nearest_names

    name, _, value = wrong.partition("=")
    at = list(words).index(wrong) if wrong in words else len(words)
    value = value or next((one for one in words[at + 1 : at + 2] if not one.startswith("-")), "VALUE")
    help_words = f"See: sectorbench {words[0]} --help"
    if hasattr(args, "overrides"):
        from .benchmarks.configuration import override_keys

        if (key := name.lstrip("-").replace("-", "_")) in override_keys():
            return UsageError(f"{wrong!r} is no option here but an override: write {key}={value}. {help_words}")
    own = {option for action in _actions_of(parser, words[0]) for option in action.option_strings}
    if f"--{name}" in own:
        return UsageError(f"{wrong!r} is no override here but an option: write --{name} {value}. {help_words}")
    if name in {option for action in _all_actions(parser) for option in action.option_strings}:
        return UsageError(f"{name!r} is an option of another command. {help_words}")
    if near := nearest_names(name, own, limit=1) if name.startswith("-") else []:
        return UsageError(f"unknown option {wrong!r}. Did you mean {near[0]}? {help_words}")
    return UsageError(f"unknown option or argument {wrong!r}. {help_words}")


def _actions_of(parser: argparse.ArgumentParser, command: str) -> list[argparse.Action]:
    """The actions of one command and of those below it."""
    named = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction) and command in a.choices]
    return [action for one in named for action in _all_actions(one.choices[command])]


def _all_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found += _all_actions(inner)
    return found


def _suite_lines(name: str) -> tuple[str, list[Any]]:
    from .benchmarks.configuration import load_suite
    from .leaderboard.standings import Line

    suite = load_suite(name)
    return suite.at_version, [Line(one.task, one.track, one.weight, one.group) for one in suite.tasks]


def _suite_rows() -> list[dict[str, Any]]:
    from .benchmarks.configuration import load_suite, suite_names

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
