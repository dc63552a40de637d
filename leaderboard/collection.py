"""Sorts records into what a site is made of: boards of comparable results, models, and what was left out and why."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..harness.errors import RecordError
from ..harness.exhibits import Exhibit
from ..harness.figure_checks import check_figures
from ..harness.record_checks import check_facts, check_primary
from ..harness.records import ModelIdentity, Record
from ..harness.statistics.weights import WeightDraws
from ..harness.task import TaskCard, Track
from .loading import LoadedRecord

__all__ = [
    "Board",
    "Collection",
    "Ignored",
    "IgnoredReason",
    "Mark",
    "Model",
    "Result",
    "collect",
    "is_builtin",
    "is_sealed",
    "model_slug",
]

Mark = Literal["floor", "incumbent", "control", "unpinned", "own", "returned", "self", "yardstick"]
IgnoredReason = Literal["partial", "no_card", "other_version", "no_track", "superseded"]


@dataclass(frozen=True)
class Ignored:
    """A record that the site does not show: which one, and why."""

    key: str
    task: str
    model: str
    reason: IgnoredReason
    found: str


@dataclass(frozen=True)
class Result:
    """A record with the card it belongs to, the page of its model, and what tells it from its neighbours.

    Attributes:
        record: What was measured.
        card: Its task.
        slug: File name of its model's page.
        variant: Where a board has several results of one model: the fields that differ, name to value.
        exhibits: Data of its pictures.
        is_control: Whether this is a builtin that looks at nothing that could tell.
    """

    record: Record
    card: TaskCard
    slug: str
    variant: tuple[tuple[str, str], ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    is_control: bool = False

    @property
    def is_floor(self) -> bool:
        """Whether this is the trivial method that marks skill 0: by the card's name, and run as a builtin."""
        return self.record.cell.model.name == self.card.floor and is_builtin(self.record)

    @property
    def is_incumbent(self) -> bool:
        """Whether this is the named practice that a model must beat to count as ready."""
        return self.record.cell.model.name == self.card.incumbent and is_builtin(self.record)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What the model is on this board, whoever scored it."""
        found: list[Mark] = []
        if self.is_floor:
            found.append("floor")
        if self.is_incumbent:
            found.append("incumbent")
        if self.is_control:
            found.append("control")
        if self.record.protocol.unpinned:
            found.append("unpinned")
        if self.record.trust == "own":
            found.append("own")
        if self.record.predicted_by == "vendor":
            found.append("returned")
        return tuple(found)


@dataclass(frozen=True)
class Board:
    """Results that may be compared: one task at one version, one track, one test set.

    Attributes:
        card: The task.
        track: The track.
        test_set: First digits of the inputs' digest where one track has results on several test sets, else None.
        results: One per model and settings, from the lowest repeat, sorted by model name.
        repeats: Further repeats of the same cells.
        own: Results of checkpoints that nobody inspected but who made them; no order, chart or comparison has them.
    """

    card: TaskCard
    track: Track
    test_set: str | None
    results: tuple[Result, ...]
    repeats: tuple[Result, ...]
    own: tuple[Result, ...] = ()

    @property
    def everything(self) -> tuple[Result, ...]:
        """All results of the board, those outside of its order too."""
        return (*self.results, *self.repeats, *self.own)

    @property
    def anchor(self) -> str:
        """Where the board stands on its task's page."""
        return f"track-{self.track.name}" + (f"-{self.test_set}" if self.test_set else "")

    @property
    def sealed(self) -> bool:
        """Whether the test set was drawn from another secret than the open one of practice."""
        return any(is_sealed(result.record, self.card) for result in self.everything)

    @property
    def floor(self) -> Result | None:
        """The result of the trivial method, if it is there and did not fail."""
        return next((r for r in self.results if r.is_floor and r.record.status == "ok"), None)


def is_sealed(record: Record, card: TaskCard) -> bool:
    """Whether a record's test set was drawn from another secret than the open one of practice."""
    drawn = record.protocol.secret_sha256
    return drawn is not None and drawn != hashlib.sha256(str(card.practice_secret).encode()).hexdigest()


@dataclass(frozen=True)
class Model:
    """A model with everything that was measured of it.

    Attributes:
        slug: File name of its page.
        identity: As its latest record gives it.
        submissions: Digests of the submissions it came in.
        namesake: Whether another model has the same name, vendor and version, so that a digest must tell them apart.
        results: Sorted by task, track and key; repeats included.
    """

    slug: str
    identity: ModelIdentity
    submissions: tuple[str, ...]
    namesake: bool
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Collection:
    """Everything that the pages are made from.

    Attributes:
        cards: All cards, sorted by id.
        boards: Sorted by task, track and test set.
        models: Sorted by name.
        loaded: The records that are shown, sorted by key.
        ignored: The records that are not.
        suites: ``suite@version`` of all records that are shown.
        digest: sha256 over all records that are shown.
    """

    cards: tuple[TaskCard, ...]
    boards: tuple[Board, ...]
    models: tuple[Model, ...]
    loaded: tuple[LoadedRecord, ...]
    ignored: tuple[Ignored, ...]
    suites: tuple[str, ...]
    digest: str


def is_builtin(record: Record) -> bool:
    """Whether the model is one of the suite's own, which a command line asks for by name."""
    return record.protocol.adapter.split(":")[0].split("/")[0] == "builtin"


def collect(
    loaded: Sequence[LoadedRecord], cards: Mapping[str, TaskCard], controls: frozenset[str] = frozenset()
) -> Collection:
    """Sorts records by what they can be compared with.

    Args:
        loaded: The records.
        cards: Of all tasks, by id.
        controls: Names of the builtins that look at nothing that could tell.

    Raises:
        RecordError: A record and its card do not fit together (the primary metric or a unit differs), or what it
            says does not follow from its units, from its card or from its other fields.
    """
    kept, ignored, results = [], [], []
    draws = WeightDraws()
    for one in sorted(loaded, key=lambda r: r.record.key):
        record = one.record
        reason = _why_ignored(record, cards)
        if reason is not None:
            ignored.append(Ignored(record.key, record.cell.task, record.cell.model.name, *reason))
            continue
        card = cards[record.cell.task]
        _check_against_card(one, card)
        check_facts(card, record, one.path)
        check_figures(card, record, one.path)
        check_primary(card, record, one.path, draws)
        kept.append(one)
        exhibits = one.exhibits.exhibits if one.exhibits else ()
        control = record.cell.model.name in controls and is_builtin(record)
        results.append(Result(record, card, model_slug(record.cell.model), exhibits=exhibits, is_control=control))
    latest = _latest(results)
    for one in [r for r in kept if r.record.key not in latest]:
        kept.remove(one)
        cell = one.record.cell
        ignored.append(Ignored(one.record.key, cell.task, cell.model.name, "superseded", cell.model.version))
    ignored.sort(key=lambda i: i.key)
    results = sorted((r for r in results if r.record.key in latest), key=_by_name)
    boards = tuple(board for card in _sorted(cards) for track in card.tracks for board in _boards(card, track, results))
    lines = "".join(f"{r.record.key} {hashlib.sha256(r.content).hexdigest()}\n" for r in kept)
    return Collection(
        cards=_sorted(cards),
        boards=boards,
        models=_models(boards),
        loaded=tuple(kept),
        ignored=tuple(ignored),
        suites=tuple(sorted({suite for r in kept for suite in r.record.suites})),
        digest=hashlib.sha256(lines.encode()).hexdigest(),
    )


def _sorted(cards: Mapping[str, TaskCard]) -> tuple[TaskCard, ...]:
    return tuple(cards[name] for name in sorted(cards))


def _why_ignored(record: Record, cards: Mapping[str, TaskCard]) -> tuple[IgnoredReason, str] | None:
    cell = record.cell
    if record.partial_of is not None:
        return "partial", str(record.partial_of)
    if cell.task not in cards:
        return "no_card", cell.task
    card = cards[cell.task]
    if cell.task_version != card.version:
        return "other_version", f"{cell.task_version} / {card.version}"
    if cell.track not in [t.name for t in card.tracks]:
        return "no_track", cell.track
    return None


def _check_against_card(loaded: LoadedRecord, card: TaskCard) -> None:
    record, known = loaded.record, {m.name: m for m in card.metrics}
    if loaded.exhibits is not None and card.data is not None and card.data.access != "public":
        raise RecordError(
            f"{loaded.path}: exhibits_sha256: the data of {card.at_version} are {card.data.access}, so no single "
            "answer is shown; run the cell again"
        )
    if record.status == "ok" and record.metrics[0].name != card.primary.name:
        raise RecordError(
            f"{loaded.path}: its first metric is {record.metrics[0].name!r}, the card of {card.at_version} has the "
            f"primary metric {card.primary.name!r}; run the cell again"
        )
    known_regions = {region.value for region in card.regions}
    for part in record.slices:
        if card.regions and part.axis == "region" and part.value not in known_regions:
            raise RecordError(
                f"{loaded.path}: slices: region {part.value!r}; the card of {card.at_version} knows "
                f"{', '.join(sorted(known_regions))}; run the cell again"
            )
    for metric in (*record.metrics, *(m for s in record.slices for m in s.metrics)):
        if metric.name not in known or known[metric.name].unit != metric.unit:
            expected = f"in {known[metric.name].unit}" if metric.name in known else f"one of {', '.join(known)}"
            raise RecordError(
                f"{loaded.path}: metric {metric.name!r} in {metric.unit!r}; the card of {card.at_version} expects "
                f"{expected}; run the cell again"
            )


def _by_name(result: Result) -> tuple[str, ...]:
    model = result.record.cell.model
    return (model.name.casefold(), model.name, model.vendor, model.version, result.slug, *_variation(result).values(),
            f"{result.record.cell.repeat:06d}", result.record.key)  # fmt: skip


def _variation(result: Result) -> dict[str, str]:
    """What can differ between two results of one model on one board."""
    cell, protocol = result.record.cell, result.record.protocol
    return {
        "settings": json.dumps(cell.settings, sort_keys=True, ensure_ascii=False),
        "seed": str(cell.seed),
        "device": protocol.device_class,
        "dtype": protocol.dtype,
        "adapter": f"{protocol.adapter} r{protocol.adapter_revision}",
    }


def _latest(results: Sequence[Result]) -> set[str]:
    """Keys of the results that stand: of one cell under several (corrected) manifests, the latest finished one."""
    stands: dict[tuple[object, ...], Result] = {}
    for result in sorted(results, key=lambda r: (r.record.status == "ok", r.record.started_at, r.record.key)):
        cell, protocol = result.record.cell, result.record.protocol
        asked = (cell.task, cell.track, protocol.inputs_sha256, protocol.references_sha256, cell.repeat)
        stands[(*asked, result.slug, *_variation(result).values())] = result
    return {result.record.key for result in stands.values()}


def _boards(card: TaskCard, track: Track, results: Sequence[Result]) -> list[Board]:
    mine = [r for r in results if r.card is card and r.record.cell.track == track.name]
    known = sorted({r.record.protocol.inputs_sha256 or "" for r in mine} - {""})
    boards = []
    for digest in known or [""] if mine else []:
        # A cell that failed before it had inputs stands with the first test set.
        here = [r for r in mine if (r.record.protocol.inputs_sha256 or [*known, ""][0]) == digest]
        own = tuple(r for r in here if r.record.trust == "own")
        scores, repeats = _split_repeats([r for r in here if r.record.trust != "own"])
        boards.append(Board(card, track, digest[:8] if len(known) > 1 else None, _told_apart(scores), repeats, own))
    return boards


def _split_repeats(results: Sequence[Result]) -> tuple[list[Result], tuple[Result, ...]]:
    scores: dict[tuple[str, ...], Result] = {}
    repeats = []
    for result in results:  # sorted: the lowest repeat of a cell comes first
        same = (result.slug, *_variation(result).values())
        if scores.setdefault(same, result) is not result:
            repeats.append(result)
    return list(scores.values()), tuple(repeats)


def _told_apart(results: Sequence[Result]) -> tuple[Result, ...]:
    """The results with what tells those of one model apart; one that failed puts no words on those with a value."""
    variations = [_variation(r) for r in results]

    def rivals(of: Result) -> list[dict[str, str]]:
        failed = of.record.status != "ok"
        mine = zip(results, variations, strict=True)
        return [v for r, v in mine if r.slug == of.slug and (failed or r.record.status == "ok")]

    return tuple(
        replace(r, variant=tuple((k, v) for k, v in own.items() if len({o[k] for o in rivals(r)}) > 1))
        for r, own in zip(results, variations, strict=True)
    )


def _models(boards: Sequence[Board]) -> tuple[Model, ...]:
    by_slug: dict[str, list[Result]] = {}
    for board in boards:
        for result in board.everything:
            by_slug.setdefault(result.slug, []).append(result)
    names = [_shown_as(found[0].record.cell.model) for found in by_slug.values()]
    models = []
    for slug, found in by_slug.items():
        identity = max(found, key=lambda r: (r.record.started_at, r.record.key)).record.cell.model
        submissions = tuple(sorted({r.record.cell.model.submission_sha256 for r in found}))
        models.append(Model(slug, identity, submissions, names.count(_shown_as(identity)) > 1, tuple(found)))
    return tuple(sorted(models, key=lambda m: (m.identity.name.casefold(), *_shown_as(m.identity), m.slug)))


def _shown_as(model: ModelIdentity) -> tuple[str, str, str]:
    return model.name, model.vendor, model.version


def model_slug(model: ModelIdentity) -> str:
    """A file name that depends on the model alone, so that an address stays when other models come."""
    ascii_name = unicodedata.normalize("NFKD", model.name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9.]+", "-", ascii_name).strip("-.")[:48].strip("-.")
    digest = hashlib.sha256("\x1f".join((*_shown_as(model), model.model_sha256)).encode()).hexdigest()
    return f"{words or 'model'}-{digest[:8]}"
