"""Finds the records of two sides, and pairs those that may be compared: same task, version, data and protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..catalog import Catalog
from ..errors import RecordError, SectorBenchError, nearest_names
from ..formatting import printable
from ..record_checks import check_record
from ..records import Record
from ..rescoring import Sources
from ..store import Store, load_cell
from ..task import TaskCard
from ..units import read_units, units_among

__all__ = ["ComparisonError", "Done", "Pairs", "Paired", "Side", "name_of", "pair", "read_side"]


class ComparisonError(SectorBenchError):
    """Two sides that cannot be compared; the message says what differs and what to do."""

    exit_code = 2


@dataclass(frozen=True)
class Done:
    """A record with the folder that its units lie in."""

    record: Record
    folder: Path

    def units(self) -> pa.Table:
        """Its units; those that ``load_cell`` found whole."""
        return read_units(self.folder)


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        model: Name of the model.
        version: Its version, and the first digits of its digest.
        cells: By task and track: its records, the lowest repeat first.
        floors: By task and track: records of the floor.
        path: Where they were found.
    """

    model: str
    version: str
    cells: dict[str, list[Done]]
    floors: dict[str, list[Done]]
    path: Path


@dataclass(frozen=True)
class Paired:
    """One task and track of both sides.

    Attributes:
        card: Of the task.
        base: The base's records, the lowest repeat first.
        cand: The candidate's.
        floor: The floor's.
    """

    card: TaskCard
    base: tuple[Done, ...]
    cand: tuple[Done, ...]
    floor: Done

    @property
    def name(self) -> str:
        """Task and track, as commands take them."""
        return name_of(self.base[0].record)


@dataclass(frozen=True)
class Pairs:
    """What can be compared, and what only the candidate has."""

    paired: tuple[Paired, ...]
    only_cand: tuple[str, ...]


def name_of(record: Record) -> str:
    """Task and track, as commands take them: ``scheduling/jobshop-taillard#default``."""
    return f"{record.cell.task}#{record.cell.track}"


def read_side(path: Path, model: str | None, *, option: str | None, catalog: Catalog) -> Side:
    """The records of one model below a folder.

    Args:
        path: Result folder, folder of records, or the folder of one record.
        model: Name of the model; None: the one that is there beside floors and controls.
        option: What names a model on the command line, for messages; None where nothing does.
        catalog: Knows the floors.

    Raises:
        ComparisonError: No record, several models, or a record that is not whole.
    """
    found = list(_records(path))
    if not found:
        raise ComparisonError(f"{path}: no record is there; `sectorbench run --results DIR` writes them")
    names = sorted({done.record.cell.model.name for done in found})
    if model is None:
        helpers = {done.record.floor for done in found} | catalog.controls()
        own = [name for name in names if name not in helpers] or names
        if len(own) > 1:
            what = "keep each in a folder of its own" if option is None else f"name one with {option}"
            raise ComparisonError(f"{path}: records of several models; {what}: {', '.join(own)}")
        model = own[0]
    elif model not in names:
        near = nearest_names(model, names)
        said = f"Did you mean {', '.join(near)}?" if near else f"It has {', '.join(names)}."
        raise ComparisonError(f"{path}: no record of a model {model!r}. {said}")
    cells: dict[str, list[Done]] = {}
    for done in sorted(found, key=lambda d: (d.record.cell.repeat, d.record.cell.seed, d.record.key)):
        if done.record.cell.model.name == model:
            cells.setdefault(name_of(done.record), []).append(done)
    cells = {name: _standing(many) for name, many in cells.items()}
    identities = {one.record.cell.model.model_sha256: one.record.cell.model for many in cells.values() for one in many}
    if len(identities) > 1:
        told = ", ".join(f"{m.version} ({digest[:8]})" for digest, m in sorted(identities.items()))
        raise ComparisonError(
            f"{path}: {len(identities)} checkpoints named {model!r}: {told}; keep the results of each in a folder of "
            "its own (run --results DIR)"
        )
    floors: dict[str, list[Done]] = {}
    for done in found:
        if done.record.cell.model.name == done.record.floor:
            floors.setdefault(name_of(done.record), []).append(done)
    ((digest, identity),) = identities.items()
    return Side(model, f"{identity.version} ({digest[:8]})", cells, floors, path)


def _standing(many: list[Done]) -> list[Done]:
    """The runs of a cell that stand: whole ones before parts; of a repeat and seed a good one before a failed one."""
    whole = [done for done in many if done.record.partial_of is None] or many
    stands: dict[tuple[int, int], Done] = {}
    for done in sorted(whole, key=lambda d: (d.record.status == "ok", d.record.started_at)):
        stands[(done.record.cell.repeat, done.record.cell.seed)] = done
    return [stands[at] for at in sorted(stands)]


def _records(path: Path) -> Iterator[Done]:
    if not path.is_dir():
        raise ComparisonError(f"{path}: there is no such folder; give a result folder or the folder of a record")
    within = path / "records" if (path / "records").is_dir() else path
    for file in sorted(within.rglob("record.json")):
        try:
            yield Done(load_cell(file.parent).record, file.parent)
        except RecordError as err:
            raise ComparisonError(str(err)) from err


def pair(base: Side, cand: Side, tasks: Sequence[str], *, catalog: Catalog) -> Pairs:
    """Pairs the cells of both sides.

    Args:
        base: What is compared with.
        cand: What is judged.
        tasks: Names of tasks, with or without track, to compare alone; empty: all that the base has.
        catalog: Knows the cards.

    Raises:
        ComparisonError: The candidate lacks a cell, or two cells differ in what they were measured on; all are told.
    """
    asked = {name for name in base.cells if not tasks or name in tasks or name.split("#")[0] in tasks}
    for task in tasks:
        if not any(task in (name, name.split("#")[0]) for name in base.cells):
            raise ComparisonError(f"{base.path}: no record of task {task!r}; it has {', '.join(sorted(base.cells))}")
    missing = sorted(asked - set(cand.cells))
    if missing:
        raise ComparisonError(
            f"{cand.path}: no record of {', '.join(missing)}, which {base.path} has; run them, or compare the others "
            "alone with --task"
        )
    problems: list[str] = []
    paired = []
    for name in sorted(asked):
        one, other = base.cells[name], cand.cells[name]
        card = _card(one[0].record, catalog)
        problems += [f"{name}: {said}" for said in _differing(one[0].record, other[0].record)]
        floors = [*cand.floors.get(name, []), *base.floors.get(name, [])]
        alike = [
            done for done in floors if done.record.status == "ok" and not [*_differing(one[0].record, done.record)]
        ]
        floor = next(iter([*alike, *floors]), None)
        if floor is None:
            problems.append(
                f"{name}: no record of its floor {one[0].record.floor!r} on either side; a run adds it by itself"
            )
            continue
        problems += [f"{name}: floor: {said}" for said in _differing(one[0].record, floor.record)]
        paired.append(Paired(card, tuple(one), tuple(other), floor))
    if problems:
        raise ComparisonError("\n".join(["these sides cannot be compared:", *problems]))
    for one_pair in paired:
        _check(one_pair, catalog)
    return Pairs(tuple(paired), tuple(sorted(set(cand.cells) - set(base.cells))))


def _card(record: Record, catalog: Catalog) -> TaskCard:
    card = catalog.task(record.cell.task).card
    if card.version != record.cell.task_version:
        raise ComparisonError(
            f"{name_of(record)}: record of version {record.cell.task_version} of the task, this installation has "
            f"version {card.version}; run both sides with one of them"
        )
    return card


def _differing(one: Record, other: Record) -> Iterator[str]:
    """What two records were not measured alike on, with what to do."""
    for what, mine, theirs, remedy in (
        ("task version", one.cell.task_version, other.cell.task_version, "run both with one version of sectorbench"),
        ("data", one.protocol.data_sha256, other.protocol.data_sha256, "run both on the same files"),
        ("secret", one.protocol.secret_sha256, other.protocol.secret_sha256, "run both with the same --secret-file"),
        ("inputs", one.protocol.inputs_sha256, other.protocol.inputs_sha256, "run both on the same test set"),
        ("references", one.protocol.references_sha256, other.protocol.references_sha256, "run both on the same data"),
        ("interface", one.protocol.interface, other.protocol.interface, "run both with one version of sectorbench"),
        ("part", one.partial_of is not None, other.partial_of is not None, "run both with the same --limit"),
    ):
        if mine != theirs and not (what in ("inputs", "references") and None in (mine, theirs)):
            yield f"{what} differs: {_shown(mine)} and {_shown(theirs)}; {remedy}"


def _shown(value: object) -> str:
    return value[:12] if isinstance(value, str) and len(value) == 64 else str(value)


def _check(paired: Paired, catalog: Catalog) -> None:
    """Raises where a figure does not follow from its units, a cell of the base failed, or unit ids differ."""
    card, task = paired.card, catalog.task(paired.card.id)
    for done in (*paired.base, *paired.cand, paired.floor):
        try:
            check_record(
                task, done.record, done.folder, catalog=catalog, sources=Sources(Store(done.folder.parent.parent))
            )
        except RecordError as err:
            raise ComparisonError(str(err)) from err
    for who, done in (("base", paired.base[0]), ("floor", paired.floor)):
        if done.record.status != "ok":
            why = printable(f"{done.record.code}: {done.record.message}")
            raise ComparisonError(f"{paired.name}: the {who}'s record failed ({why}); run it again")
    held = None
    for done in (*paired.base, *paired.cand, paired.floor):
        if done.record.status != "ok":
            continue
        if done.record.units_sha256 is None:
            raise ComparisonError(f"{done.folder}: units that stayed with their owner are never paired")
        units = units_among(done.units(), card.primary)
        ids = (units.column("unit").to_pylist(), units.column("block").to_pylist())
        if held is None:
            held = ids
        elif ids != held:
            gone, more = sorted(set(held[0]) - set(ids[0])), sorted(set(ids[0]) - set(held[0]))
            said = f"missing {', '.join(gone[:3])}" if gone else f"unknown {', '.join(more[:3])}" if more else "blocks"
            raise ComparisonError(
                f"{paired.name}: units differ between {paired.base[0].folder} and {done.folder}: {said} "
                f"({len(held[0]):,} and {len(ids[0]):,}); run both sides on the same test set"
            )
