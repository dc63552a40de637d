"""A receipt: the records of one model, checked again, with their digests; as a page, as text and as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..harness.catalog import Catalog
from ..harness.errors import RecordError, UsageError
from ..harness.formatting import printable
from ..harness.record_checks import Checked, check_record, rows_asked
from ..harness.records import Record
from ..harness.rescoring import Sources
from ..harness.store import KEY_SHOWN
from ..harness.text import Language
from .catalogue import phrase
from .collection import Board, Model, Result, is_builtin, model_slug
from .figures import fixed
from .loading import LoadedRecord, load_records
from .safe_text import columns, shown
from .view_model import cell_view, model_facts, model_path, run_command
from .view_results import same
from .views import Fact, Figure, ModelCell, ModelPage, SiteFacts

__all__ = ["Receipt", "make_receipt"]

_SCHEMA = "receipt/1"
_LABEL = 44  # columns of the labels in the text


@dataclass(frozen=True)
class Receipt:
    """The receipt of a model.

    Attributes:
        content: All it says, as JSON; its digest is over this, in canonical form.
        page: The same as the site's page of the model shows it, with the digests.
        facts: About all of it.
    """

    content: dict[str, Any]
    page: ModelPage
    facts: SiteFacts

    @property
    def as_json(self) -> str:
        """The content with its own digest."""
        return _canonical(self.content | {"receipt_sha256": _sha256(_canonical(self.content))})

    def as_text(self, language: Language) -> str:
        """The receipt in plain lines."""
        return "\n".join(_lines(self.page, language)) + "\n"


def make_receipt(folders: Sequence[Path], *, catalog: Catalog, sources: Sources) -> Receipt:
    """The receipt of the records in some folders, all of one model.

    Raises:
        UsageError: They are of several models, or a record's task is not known here in its version.
        RecordError: A record was edited or is no record of a run; the message lists what gave it away.
    """
    loaded = sorted(
        load_records(folders), key=lambda one: (one.record.cell.task, one.record.cell.track, one.record.key)
    )
    models = {(m.name, m.vendor, m.version, m.model_sha256) for one in loaded for m in [one.record.cell.model]}
    if len(models) > 1:
        raise UsageError(
            f"these records are of several models; type a model's digest or a record's key:\n{_listed(loaded)}"
        )
    loaded = _standing(loaded)
    results, cells, entries = [], [], []
    for one in loaded:
        result, board = _result(one, catalog)
        task = catalog.task(board.card.id)
        checked = check_record(task, one.record, one.path.parent, catalog=catalog, sources=sources)
        results.append(result)
        cells.append(_cell(board, result, one, checked))
        entries.append(_entry(board, one, checked))
    latest = max((r.record for r in results), key=lambda record: (record.started_at, record.key)).cell.model
    submissions = tuple(sorted({r.record.cell.model.submission_sha256 for r in results}))
    model = Model(results[0].slug, latest, submissions, False, tuple(results))
    content = {"schema_version": _SCHEMA, "model": latest.model_dump(mode="json"), "records": entries}
    digest = Fact("receipt_digest", (same(_sha256(_canonical(content))),), code=True)
    facts = (*model_facts(model), digest)
    about = SiteFacts(
        suites=tuple(sorted({suite for one in loaded for suite in one.record.suites})),
        package_version=__version__,
        records=fixed(len(loaded), 0),
        ignored=fixed(0, 0),
        digest=digest.values[0].en,
        practice=all(one.record.predicted_by == one.record.scored_by == "self" for one in loaded),
    )
    return Receipt(content, ModelPage(model_path(model.slug), shown(latest.name), facts, tuple(cells)), about)


def _standing(loaded: Sequence[LoadedRecord]) -> list[LoadedRecord]:
    """Without runs of a part and failed ones of a task and track that a whole one came of."""
    whole = {
        (one.record.cell.task, one.record.cell.track)
        for one in loaded
        if one.record.partial_of is None and one.record.status == "ok"
    }

    def stands(one: LoadedRecord) -> bool:
        record = one.record
        good = record.partial_of is None and record.status == "ok"
        return good or (record.cell.task, record.cell.track) not in whole

    return [one for one in loaded if stands(one)]


def _listed(loaded: Sequence[LoadedRecord]) -> str:
    """Models and their records; each line begins with what can be typed."""
    lines: dict[str, list[str]] = {}
    for one in loaded:
        model, cell = one.record.cell.model, one.record.cell
        head = f"  {model.model_sha256[:KEY_SHOWN]}  {model.name} {model.version} by {model.vendor}"
        part = "" if one.record.partial_of is None else ", a part of it"
        code = "" if one.record.status == "ok" else f", failed with {one.record.code}"
        record = f"    {one.record.key[:KEY_SHOWN]}  {cell.task}@{cell.task_version}#{cell.track}{part}{code}"
        lines.setdefault(printable(head), []).append(printable(record))
    return "\n".join(line for head, records in sorted(lines.items()) for line in (head, *records))


def _result(one: LoadedRecord, catalog: Catalog) -> tuple[Result, Board]:
    record, cell = one.record, one.record.cell
    card = catalog.task(cell.task).card if cell.task in catalog.task_ids() else None
    track = next((t for t in card.tracks if t.name == cell.track), None) if card is not None else None
    if card is None or card.version != cell.task_version or track is None:
        raise UsageError(
            f"{one.path}: {cell.task}@{cell.task_version}, track {cell.track}, is not a task of this suite; "
            f"install the one that made it (sectorbench {record.environment.suite_version})"
        )
    if record.status == "ok" and record.metrics[0].name != card.primary.name:
        raise RecordError(f"{one.path}: its first metric is not {card.primary.name!r}; run the cell again")
    exhibits = one.exhibits.exhibits if one.exhibits else ()
    control = cell.model.name in catalog.controls() and is_builtin(record)
    result = Result(record, card, model_slug(cell.model), exhibits=exhibits, is_control=control)
    return result, Board(card, track, None, (result,), ())


def _cell(board: Board, result: Result, one: LoadedRecord, checked: Checked) -> ModelCell:
    record, protocol = result.record, result.record.protocol
    facts = [Fact("receipt_task", (same(shown(f"{board.card.at_version}#{board.track.name}")),), code=True)]
    if record.partial_of is not None:
        facts.append(Fact("receipt_found", (phrase("receipt_partial", rows=fixed(record.partial_of, 0)),)))
    digests = (
        ("receipt_references", protocol.references_sha256),
        ("receipt_units", record.units_sha256),
        ("receipt_submission", record.cell.model.submission_sha256),
        ("receipt_key", record.key),
        ("receipt_record", hashlib.sha256(one.content).hexdigest()),
    )
    more = [Fact(label, (same(digest),), code=True) for label, digest in digests if digest is not None]
    more.append(Fact("receipt_checked", tuple(phrase(f"checked.{name}") for name in checked.done)))
    if checked.unchecked:
        reasons = dict.fromkeys(checked.unchecked.values())
        more.append(Fact("receipt_unchecked", tuple(phrase(f"unchecked.{reason}") for reason in reasons)))
    not_tied = phrase("receipt_not_tied", fields=", ".join(checked.not_tied))
    more.append(Fact("receipt_taken", (same(", ".join(checked.taken)), not_tied)))
    cell = cell_view(board, result, practice=False)
    return replace(cell, facts=(*facts, *cell.facts, *more), command=_command(board, record))


def _command(board: Board, record: Record) -> str:
    rows = None if record.partial_of is None else rows_asked(record)
    return run_command(board.card, record) + ("" if rows is None else f" --limit {rows}")


def _entry(board: Board, one: LoadedRecord, checked: Checked) -> dict[str, Any]:
    kept = {"key", "predict_key", "suites", "cell", "status", "code", "message", "partial_of", "metrics", "counts",
            "units_sha256", "exhibits_sha256", "protocol", "cost", "environment", "predicted_by", "scored_by", "access",
            "started_at", "trust", "signature", "vendor_copy", "exchange"}  # fmt: skip
    return one.record.model_dump(mode="json", include=kept) | {
        "record_sha256": hashlib.sha256(one.content).hexdigest(),
        "checked": list(checked.done),
        "unchecked": dict(checked.unchecked),
        "taken_as_recorded": list(checked.taken),
        "not_tied_to_model": list(checked.not_tied),
        "command": _command(board, one.record),
    }


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(page: ModelPage, language: Language) -> list[str]:
    def said(key: str, **values: object) -> str:
        return phrase(key, **values).of(language)

    lines = [said("receipt_title", model=page.name), said("receipt_lead"), "", *_facts(page.facts, language)]
    for cell in page.cells:
        result = cell.result
        lines += ["", f"== {cell.task.of(language)} · {cell.track.of(language)}"]
        if result.failure is not None:
            lines.append(_line(said("cell.failed"), f"{result.failure.code} {result.failure.meaning.of(language)}"))
            lines.append(_line(said("receipt_found"), result.failure.found or said("none")))
            lines.append(_line(said("col_remedy"), result.failure.remedy.of(language)))
        for metric, figure in zip(cell.metrics, result.figures, strict=False):
            unit = "" if metric.unit is None else f" ({metric.unit.of(language)})"
            if figure is not None:
                lines.append(_line(f"{metric.title.of(language)}{unit}", _figure(figure, language)))
        cost = result.cost
        unknown = said("not_measured")
        energy = unknown if cost.energy_reason is None else said("not_measured_because", reason=cost.energy_reason)
        lines += [
            _line(said("col_wall"), cost.wall or unknown),
            _line(said("col_speed"), cost.speed or unknown),
            _line(said("col_load"), cost.load or unknown),
            _line(said("col_memory"), cost.memory or unknown),
            _line(said("col_energy"), cost.energy or energy),
            *_facts(cell.facts, language),
            _line(said("receipt_again"), cell.command),
        ]
    return lines


def _figure(figure: Figure, language: Language) -> str:
    if figure.no_interval is not None:
        doubt = phrase(f"no_interval.{figure.no_interval}")
    else:
        doubt = phrase("interval", low=figure.low, high=figure.high)
    return f"{figure.value} {doubt.of(language)} {phrase('n', n=figure.n).of(language)}"


def _facts(facts: Sequence[Fact], language: Language) -> list[str]:
    lines = []
    for fact in facts:
        for at, value in enumerate(fact.values):
            lines.append(_line("" if at else phrase(fact.label).of(language), value.of(language)))
    return lines


def _line(label: str, text: str) -> str:
    """A label, padded by its width in a terminal, and what stands behind it."""
    return f"{label}{' ' * max(2, _LABEL - columns(label))}{text}"
