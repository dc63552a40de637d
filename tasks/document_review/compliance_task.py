"""What the cards on generated contracts share: their documents, splits, slices and words for people."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row, worst_unit
from .compliance.clauses import CHECKS
from .compliance.generator import Document, draw_documents
from .compliance.numerals import Language
from .document_pictures import CheckedRule, document_exhibit

__all__ = [
    "LANGUAGES",
    "PRACTICE_SECRET",
    "RULE_TITLES",
    "ComplianceTask",
    "compliance_card",
    "document_ids",
    "open_documents",
]

PRACTICE_SECRET = "contract-compliance practice 2026"
_TRAIN_SECRET = "contract-compliance train"
_GENERATOR = "document_review/contract-compliance@1"
_DOCUMENTS, _TRAIN_DOCUMENTS = 300, 600
_SPLITS = (
    Split("train", units=_TRAIN_DOCUMENTS, rows=_TRAIN_DOCUMENTS, exported=True, drawn=False),
    Split("practice", units=_DOCUMENTS, rows=_DOCUMENTS, exported=True, drawn=False),
)
_DOCUMENT = Text("document", "文件")
_TRACK = Track("default", Text("document and rules", "文件与规则"))
_SLICES = ("level", "document_kind")
_CITATION = "SectorBench, tasks/document_review/compliance: a generator of contracts with planted violations"

_PLACE = pa.struct([pa.field(name, pa.int64()) for name in ("start", "end", "line_start", "line_end")])

RULE_TITLES: Mapping[str, Text] = {
    "amounts": Text("amounts in figures and words", "数字金额与大写金额"),
    "payment": Text("time for payment", "付款期限"),
    "clause": Text("required clause", "必备条款"),
    "names": Text("names of the parties", "当事人名称"),
    "dates": Text("dates of the term", "期限日期"),
    "liability": Text("cap on liability", "责任上限"),
    "law": Text("governing law", "适用法律"),
    "quantities": Text("quantities across annexes", "附件间数量"),
}
"""The rules of the checklist, for people."""


LANGUAGES: Mapping[Language, Text] = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}


def compliance_card(name: str, **own: Any) -> TaskCard:
    """A card of this area's generated documents; ``own`` is what it has for itself."""
    common: dict[str, Any] = {
        "realism": "synthetic",
        "industry": None,  # no company's contracts
        "region": None,
        "data": None,
        "practice_secret": PRACTICE_SECRET,
        "splits": _SPLITS,
        "unit": "document",
        "unit_title": _DOCUMENT,
        "block": None,
        "tracks": (_TRACK,),
        "slices": _SLICES,
        "perfect": 1.0,
        "worst_value": 0.0,
        "on_invalid": "worst",
        "standings": True,
        "citation": _CITATION,
    }
    return TaskCard(id=f"document_review/{name}", **(common | own))


class ComplianceTask(Task):
    """Documents of one language; a row holds one document with rules as questions."""

    card: TaskCard  # type: ignore[misc]  # each instance is one task

    def __init__(self, card: TaskCard, language: Language) -> None:
        self.card, self.language = card, language

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per document, ids ``document-001`` to ``document-300``; levels and kinds take turns.

        Raises:
            UsageError: ``draw`` names a track that the task does not have.
        """
        return self._questions(self._documents(draw))

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``level``, ``document_kind`` and, per rule, ``rules``, ``broken`` and ``places``."""
        return _references(self._documents(draw))

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Documents with their answers: 600 of an open seed (``train``), or the practice set.

        Raises:
            UsageError: There is no such split.
        """
        if split != "train":
            return super().examples(files, split, draw)
        documents = open_documents(self.language, _TRAIN_DOCUMENTS)
        return Examples(self._questions(documents), _references(documents))

    @abstractmethod
    def _questions(self, documents: Sequence[Document]) -> pa.Table:
        """Inputs in the schema of the card's interface."""

    def _documents(self, draw: Draw) -> list[Document]:
        self.card.check_draw(draw)
        return self._drawn(_DOCUMENTS, PRACTICE_SECRET if draw.secret is None else draw.secret)

    def _drawn(self, n: int, secret: str) -> list[Document]:
        return list(draw_documents(self.language, n, secret, _GENERATOR))

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """The document that all models show, and the one on which this model judged most rules wrongly."""
        known = reference_rows(answers, references)
        common = common_row([sum(one["broken"]) for one in known])
        why = Text(
            "The first document with as many violations as the middle one has, the same for all models.",
            "违规数居中的第一份文件，各模型相同。",
        )
        shown = [self._exhibit(answers, known, common, Choice("common", why))]
        mistakes = [-float(sum(one["fp"]) + sum(one["fn"])) for one in units.select(["fp", "fn"]).to_pylist()]
        judged = pa.table({"unit": units["unit"], "score": mistakes})
        if (worst := worst_unit(judged, "score")) is not None:
            row = [one["id"] for one in known].index(worst[0])
            wrong = round(-worst[1])
            why = Text(
                f"The first document with the most mistakes of this model: {wrong}.",
                f"该模型失误最多的第一份文件：{wrong} 处。",
            )
            shown.append(self._exhibit(answers, known, row, Choice("worst", why)))
        return tuple(shown)

    @abstractmethod
    def _rules(self, answers: Answers, known: Mapping[str, Any], row: int) -> list[CheckedRule]:
        """What came of every rule of a document with a usable answer."""

    def _exhibit(self, answers: Answers, known: Sequence[Mapping[str, Any]], row: int, choice: Choice) -> Exhibit:
        problem = answers.problems.get(row)
        rules = [] if problem else self._rules(answers, known[row], row)
        text = answers.inputs.column("context")[row].as_py()
        return document_exhibit(known[row]["id"], text, rules, choice=choice, problem=problem)

    def _units(self, answers: Answers, known: Sequence[Mapping[str, Any]], statistics: Mapping[str, Any]) -> pa.Table:
        """One unit per document."""
        return units_table(
            unit=[one["id"] for one in known],
            slices={name: [one[name] for one in known] for name in _SLICES},
            statistics=statistics,
            rows=[1] * len(known),
            **problem_columns([answers.problems.get(row) for row in range(len(known))]),
        )


def open_documents(language: Language, n: int) -> list[Document]:
    """Documents of the open seed: the first 600 are the split ``train``, those behind them come from the same draw."""
    return list(draw_documents(language, n, _TRAIN_SECRET, _GENERATOR))


def document_ids(n: int) -> list[str]:
    """The ids of ``n`` documents."""
    return [f"document-{number:03d}" for number in range(1, n + 1)]


def _references(documents: Sequence[Document]) -> pa.Table:
    places = [
        [[(at.start, at.end, at.line_start, at.line_end) for at in one.places if at.check == check] for check in CHECKS]
        for one in documents
    ]
    k = len(CHECKS)
    return pa.table(
        {
            "id": pa.array(document_ids(len(documents)), pa.string()),
            "level": pa.array([f"level {one.level}" for one in documents], pa.string()),
            "document_kind": pa.array([one.kind for one in documents], pa.string()),
            "rules": pa.array([one.rules for one in documents], pa.list_(pa.string(), k)),
            "broken": pa.array([one.broken for one in documents], pa.list_(pa.bool_(), k)),
            "places": pa.array(places, pa.list_(pa.list_(_PLACE), k)),
        }
    )
