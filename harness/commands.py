"""The command ``show``: looking at a record after a run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.text import Text as RichText

from .catalog import Catalog
from .console import DEFAULT_RESULTS, message_console, output_console
from .errors import InterfaceError, RecordError, SectorBenchError, UsageError, nearest_names
from .exit_codes import ExitCode
from .metrics import Metric
from .record_checks import check_record
from .record_finding import find_record
from .record_view import print_mapping, print_record, print_units
from .records import Record
from .rescoring import Sources
from .store import Store, load_record
from .task import TaskCard
from .text import printable, printable_json, printable_lines
from .units import read_units
from .validation import InvalidPredictionsError, read_predictions

__all__ = ["add_show_parser"]


def add_show_parser(subparsers: Any, catalog: Catalog) -> None:
    """Adds ``show``."""
    text = "print a record, or one of its units with input, prediction and reference"
    p = subparsers.add_parser(
        "show",
        help=text,
        description=text,
        epilog="example:  sectorbench show results/records/scheduling/jobshop-taillard/mwkr-* --unit ta01",
    )
    p.add_argument("record", metavar="RECORD", help="folder of a record, its record.json, or the beginning of its key")
    p.add_argument("--unit", metavar="ID", help="one unit: what was asked, what was answered, what was right")
    p.add_argument("--units", action="store_true", help="list the units, worst first")
    p.add_argument(
        "--results", type=Path, default=DEFAULT_RESULTS, metavar="DIR", help="result folder (default: %(default)s)"
    )
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(func=_show, catalog=catalog)


def _show(args: argparse.Namespace) -> int:
    store = Store(args.results)
    folder = find_record(args.record, store)
    record = load_record(folder)
    if args.unit is not None:
        return _show_unit(args, record, folder)
    if args.json:
        print(printable_json(record.model_dump(mode="json"), indent=1))
    elif args.units:
        print_units(_units(record, folder), _primary(record, args.catalog))
    else:
        print_record(record, folder)
    return _compare(record, folder, args.catalog, store)


def _compare(record: Record, folder: Path, catalog: Catalog, store: Store) -> ExitCode:
    """Says on standard error where a record is not what a run writes, or why nobody looked.

    Its test set is not drawn again: ``receipt`` does that.
    """
    if _card(record, catalog) is None:
        told = printable(f"{record.cell.task}@{record.cell.task_version} is not a task of this suite")
        message_console().print(f"figures are not checked against their units: {told}", soft_wrap=True)
        return ExitCode.DONE
    try:
        check_record(catalog.task(record.cell.task), record, folder, catalog=catalog, sources=Sources(store))
    except SectorBenchError as err:
        message_console().print(
            f"DO NOT BELIEVE THIS RECORD. {printable_lines(str(err))}", style="bold red", soft_wrap=True
        )
        return ExitCode.PROBLEM
    return ExitCode.DONE


def _units(record: Record, folder: Path) -> pa.Table:
    if record.units_sha256 is None:
        raise RecordError(f"{folder}: this record has no units: {record.code} {record.message}")
    return read_units(folder)


def _primary(record: Record, catalog: Catalog) -> Metric | None:
    """The metric that units are ordered by; None where the record's task is not known here in its version."""
    card = _card(record, catalog)
    return None if card is None else card.primary


def _card(record: Record, catalog: Catalog) -> TaskCard | None:
    """The card of a record's task; None where it is not known here in its version."""
    if record.cell.task not in catalog.task_ids():
        return None
    card = catalog.task(record.cell.task).card
    return card if card.version == record.cell.task_version else None


def _show_unit(args: argparse.Namespace, record: Record, folder: Path) -> int:
    if record.access != "public":
        raise UsageError(f"units of {record.cell.task} are not shown: access is {record.access}")
    units = _units(record, folder)
    names = units.column("unit").to_pylist()
    if args.unit not in names:
        near = nearest_names(args.unit, names)
        said = f"Did you mean {', '.join(near)}?" if near else f"The first are {', '.join(names[:5])}."
        raise UsageError(f"{record.cell.task} has no unit {args.unit!r} in this record. {said} See: --units")
    shown = {"unit": units.filter(pc.equal(units.column("unit"), args.unit)).to_pylist()[0]}
    shown |= {"rows": _rows_of_unit(args, record)}
    if args.json:
        print(printable_json(shown, indent=1))
        return ExitCode.DONE
    console = output_console()
    console.print(
        RichText(
            printable(f"unit {args.unit} of {record.cell.task}, answered by {record.cell.model.name}"), style="bold"
        )
    )
    print_mapping(console, "statistics", shown["unit"])
    for row in shown["rows"]:
        for part, values in row.items():
            print_mapping(console, part, values)
    return ExitCode.DONE


def _rows_of_unit(args: argparse.Namespace, record: Record) -> list[dict[str, Any]]:
    """Input, prediction and reference of each row of a unit, from the work files of the run."""
    found = Store(args.results).find_work(record)
    if found is None:
        raise UsageError(
            f"the inputs and predictions of this record are no longer below {args.results}; run the cell again there "
            "with keep=predictions to see single units"
        )
    prepared, predictions = found
    inputs, references = prepared.inputs(), prepared.references()
    unit = args.catalog.task(record.cell.task).card.unit
    owner = references.column(unit if unit in references.column_names else "id").to_pylist()
    try:
        answers = read_predictions(predictions, inputs)
    except (InvalidPredictionsError, InterfaceError) as err:
        raise RecordError(f"{predictions}: {err}") from err
    rows = []
    for at in (i for i, name in enumerate(owner) if name == args.unit):
        problem = answers.problems.get(at)
        rows.append(
            {
                "input": inputs.slice(at, 1).to_pylist()[0],
                "prediction": answers.predictions.slice(at, 1).to_pylist()[0],
                "reference": references.slice(at, 1).to_pylist()[0],
                "problem": {} if problem is None else {"code": problem.code, "found": problem.found},
            }
        )
    return rows
