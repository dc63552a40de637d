"""The command ``compare``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..catalog import Catalog
from ..console import message_console, output_console
from ..exit_codes import ExitCode
from ..folders import check_writable

__all__ = ["add_compare_parser"]

_DESCRIPTION = """\
Compares the records of two checkpoints on the same test sets and says, per application area, whether the candidate
got worse: the mean of its tasks' skill in points (0 the floor, 100 perfect), paired over units.

Rules, in this order: a broken contract (a failed cell, answers that break rules, a hard floor of the policy) is a
regression; a lower bound above -margin is ok; an upper bound below 0 is a regression; everything else is inconclusive.
Bounds are one-sided, at 5 % for ok and at 5 % over the number of areas for a regression. Without a policy the margin
is what the tasks' cards say that near models must differ by, at least 1 point.
"""

_EPILOG = """\
exit codes: 0 ok (or inconclusive without --strict), 1 regression, 2 the sides cannot be compared, 3 inconclusive
  under --strict, 4 unstable: two runs of the base differ by more than the margin

example:
  sectorbench run --task scheduling/jobshop-taillard --model mwkr --results base
  sectorbench run --task scheduling/jobshop-taillard --model spt --results candidate
  sectorbench compare base candidate --base-model mwkr --junit junit.xml --summary summary.md
"""


def add_compare_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``compare``."""
    p = subparsers.add_parser(
        "compare",
        help="say whether a checkpoint got worse than another, paired over units, with a margin and an exit code",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("base", type=Path, metavar="BASE", help="result folder, or folder of one record, compared with")
    p.add_argument("cand", type=Path, metavar="CAND", help="the same of the candidate")
    p.add_argument("--base-model", metavar="NAME", help="model of BASE (default: the one beside floors and controls)")
    p.add_argument("--cand-model", metavar="NAME", help="model of CAND")
    p.add_argument(
        "--task", action="append", default=[], metavar="TASK[#TRACK]", help="compare this one alone; repeatable"
    )
    p.add_argument("--policy", type=Path, metavar="FILE", help="YAML with margins, weights and hard floors")
    p.add_argument("--show-policy", action="store_true", help="print a policy with all its fields, and end")
    p.add_argument("--strict", action="store_true", help="end with 3 where an area is inconclusive")
    p.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found")
    p.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, a case per area and task")
    p.add_argument(
        "--summary", type=Path, metavar="FILE", help="append markdown (default: $GITHUB_STEP_SUMMARY where it is set)"
    )
    p.add_argument("--badge", type=Path, metavar="FILE", help="write an SVG of the verdict")
    p.set_defaults(func=_compare, catalog=catalog)


def _compare(args: argparse.Namespace) -> int:
    from .judging import compare
    from .pairing import ComparisonError, pair, read_side
    from .policy import POLICY_EXAMPLE, read_policy

    if args.show_policy:
        print(POLICY_EXAMPLE, end="")
        return ExitCode.DONE
    policy = read_policy(args.policy)
    for path, option in ((args.json, "--json"), (args.junit, "--junit"), (args.badge, "--badge")):
        if path is not None:
            check_writable(path.parent, asked=path, remedy=f"name another file with {option}")
    base = read_side(args.base, args.base_model, option="--base-model", catalog=args.catalog)
    cand = read_side(args.cand, args.cand_model, option="--cand-model", catalog=args.catalog)
    try:
        found = compare(base, cand, pair(base, cand, args.task, catalog=args.catalog), policy)
    except ValueError as err:
        raise ComparisonError(str(err)) from err
    return _tell(found, args)


def _tell(found: Any, args: argparse.Namespace) -> int:
    from .outputs import annotation_lines, as_badge, as_json, as_junit, headline_of, write_text
    from .report import as_markdown, print_comparison

    print_comparison(output_console(), found)
    for path, make in ((args.json, as_json), (args.junit, as_junit), (args.badge, as_badge)):
        if path is not None:
            write_text(path, make(found))
            message_console().print(f"written: {path}", soft_wrap=True, markup=False, highlight=False)
    summary = args.summary or (
        Path(os.environ["GITHUB_STEP_SUMMARY"]) if os.environ.get("GITHUB_STEP_SUMMARY") else None
    )
    if summary is not None:
        summary.parent.mkdir(parents=True, exist_ok=True)
        with summary.open("a", encoding="utf-8") as handle:
            handle.write(as_markdown(found))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotation_lines(found, args.policy):
            print(line)
    output_console().print(headline_of(found), soft_wrap=True, markup=False, highlight=False)
    if found.verdict == "inconclusive":
        return ExitCode.INCONCLUSIVE if args.strict else ExitCode.DONE
    return {"ok": ExitCode.DONE, "regression": ExitCode.PROBLEM, "unstable": ExitCode.UNSTABLE}[found.verdict]
