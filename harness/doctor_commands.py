"""The command ``doctor``: what this machine can do, and what to do about the rest."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .console import DEFAULT_RESULTS, output_console
from .data import DataFiles
from .doctor import Finding, examine
from .exit_codes import ExitCode
from .tables import Column, print_table
from .text import LANGUAGES, Language, Text

__all__ = ["add_doctor_parser"]


def add_doctor_parser(subparsers: Any) -> None:
    """Adds ``doctor``."""
    text = "say what this machine can do: versions and their floors, levels of isolation, devices, room, data"
    p = subparsers.add_parser(
        "doctor",
        help=text,
        description=f"{text}; exit code 1 where a version is below its floor",
        epilog="example:  sectorbench doctor --lang zh",
    )
    p.add_argument(
        "--results", type=Path, default=DEFAULT_RESULTS, metavar="DIR", help="result folder (default: %(default)s)"
    )
    p.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the advice (default: %(default)s)")
    p.add_argument("--json", action="store_true", help="print the findings as JSON")
    p.set_defaults(func=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    findings = examine(args.results, DataFiles.from_environment(download=False))
    broken = [one for one in findings if one.verdict == "problem"]
    if args.json:
        told = [asdict(one) | {"advice": one.advice and one.advice._asdict()} for one in findings]
        print(json.dumps({"ok": not broken, "findings": told}, ensure_ascii=False, indent=1))
    else:
        _print(findings, args.lang)
    return ExitCode.PROBLEM if broken else ExitCode.DONE


_HEADINGS = (Text("what", "项目"), Text("found", "结果"), Text("state", "状态"), Text("what to do", "建议"))
_AREAS = {
    "python": Text("Python", "Python"),
    "packages": Text("Packages", "软件包"),
    "kernel": Text("Kernel", "内核"),
    "isolation": Text("Isolation", "隔离"),
    "devices": Text("Devices", "设备"),
    "room": Text("Room", "空间"),
    "data": Text("Data", "数据"),
}
_VERDICTS = {"ok": Text("ok", "正常"), "note": Text("note", "提示"), "problem": Text("problem", "问题")}


def _print(findings: list[Finding], language: Language) -> None:
    what, found, state, advice = (heading.of(language) for heading in _HEADINGS)
    columns = [Column(what), Column(found, wraps=True), Column(state), Column(advice, wraps=True)]
    for area in dict.fromkeys(one.area for one in findings):
        rows = [
            [
                one.name,
                one.found,
                _VERDICTS[one.verdict].of(language),
                "" if one.advice is None else one.advice.of(language),
            ]
            for one in findings
            if one.area == area
        ]
        print_table(output_console(), columns, rows, together=len(columns), title=_AREAS[area].of(language))
