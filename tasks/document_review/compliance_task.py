"""What the cards on generated contracts share: their documents, splits, slices and words for people."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import ScoringError, UsageError
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .compliance.generator import Document, draw_documents
from .compliance.numerals import Language

__all__ = [
    "CITATION",
    "DOCUMENT",
    "PRACTICE_SECRET",
    "RULE_TITLES",
    "SLICES",
    "SPLITS",
    "TRACK",
    "ComplianceTask",
    "document_columns",
]

PRACTICE_SECRET = "contract-compliance practice 2026"
_TRAIN_SECRET = "contract-compliance train"
_GENERATOR = "document_review/contract-compliance@1"
_DOCUMENTS, _TRAIN_DOCUMENTS = 300, 600
SPLITS = (
    Split("train", units=_TRAIN_DOCUMENTS, rows=_TRAIN_DOCUMENTS, exported=True, drawn=False),
    Split("practice", units=_DOCUMENTS, rows=_DOCUMENTS, exported=True, drawn=True),
)
DOCUMENT = Text("document", "文件")
TRACK = Track("default", Text("document and rules", "文件与规则"))
SLICES = ("level", "document_kind")
CITATION = "SectorBench, tasks/document_review/compliance: a generator of contracts with planted violations"

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
        """Columns ``id``, ``level`` and ``document_kind``, then what is right per rule."""
        return self._answers(self._documents(draw))

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Documents with their answers: 600 of an open seed (``train``), or the practice set.

        Raises:
            UsageError: There is no such split.
        """
        if split != "train":
            return super().examples(files, split, draw)
        documents = self._drawn(_TRAIN_DOCUMENTS, _TRAIN_SECRET)
        return Examples(self._questions(documents), self._answers(documents))

    @abstractmethod
    def _questions(self, documents: Sequence[Document]) -> pa.Table:
        """Inputs in the schema of the card's interface."""

    @abstractmethod
    def _answers(self, documents: Sequence[Document]) -> pa.Table:
        """References."""

    def _documents(self, draw: Draw) -> list[Document]:
        if draw.track != TRACK.name:
            raise UsageError(f"{self.card.id} has no track {draw.track!r}; its only track is {TRACK.name!r}")
        return self._drawn(_DOCUMENTS, PRACTICE_SECRET if draw.secret is None else draw.secret)

    def _drawn(self, n: int, secret: str) -> list[Document]:
        return list(draw_documents(self.language, n, secret, _GENERATOR))

    def _known(self, answers: Answers, references: pa.Table) -> list[dict[str, Any]]:
        """The reference of every input, in the order of the inputs."""
        known = {row["id"]: row for row in references.to_pylist()}
        ids = answers.inputs.column("id").to_pylist()
        if missing := [one for one in ids if one not in known]:
            raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
        return [known[one] for one in ids]

    def _units(self, answers: Answers, known: Sequence[Mapping[str, Any]], statistics: Mapping[str, Any]) -> pa.Table:
        """One unit per document."""
        problems = [answers.problems.get(row) for row in range(len(known))]
        return units_table(
            unit=[one["id"] for one in known],
            slices={name: [one[name] for one in known] for name in SLICES},
            statistics=statistics,
            rows=[1] * len(known),
            invalid=[int(one is not None) for one in problems],
            code=["" if one is None else one.code for one in problems],
        )


def document_columns(documents: Iterable[Document]) -> dict[str, pa.Array]:
    """The columns that all references begin with."""
    listed = list(documents)
    return {
        "id": pa.array([f"document-{number:03d}" for number in range(1, len(listed) + 1)], pa.string()),
        "level": pa.array([f"level {one.level}" for one in listed], pa.string()),
        "document_kind": pa.array([one.kind for one in listed], pa.string()),
    }
