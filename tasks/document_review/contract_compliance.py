"""Generated contracts and bids with planted violations: which of the eight rules of a checklist a document breaks.

``contract-compliance-en`` and ``contract-compliance-zh`` draw their documents from a secret (``compliance``), each in
its language and independently: neither is a translation of the other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import ScoringError, UsageError
from ...harness.interfaces import choice_inputs
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .checklist_scoring import checklist_metrics, checklist_statistics
from .compliance.clauses import CHECKS
from .compliance.generator import Document, draw_documents
from .compliance.numerals import Language
from .compliance.wording import load_wording

__all__ = [
    "DOCUMENT",
    "CHINESE",
    "ENGLISH",
    "PRACTICE_SECRET",
    "RULE_TITLES",
    "SPLITS",
    "TRAIN_DOCUMENTS",
    "ContractCompliance",
    "documents_of",
]

PRACTICE_SECRET = "contract-compliance practice 2026"
DOCUMENTS, TRAIN_DOCUMENTS = 300, 600
SPLITS = (
    Split("train", units=TRAIN_DOCUMENTS, rows=TRAIN_DOCUMENTS, exported=True, drawn=False),
    Split("practice", units=DOCUMENTS, rows=DOCUMENTS, exported=True, drawn=True),
)
_TRAIN_SECRET = "contract-compliance train"
_GENERATOR = "document_review/contract-compliance@1"
_BROKEN_SHARE = 0.3
_PROMPT = {"context": "", "question": "\n", "option": " "}
_PROMPT_ZH = {"context": "", "question": "\n", "option": ""}
DOCUMENT = Text("document", "文件")
_TRACK = Track("default", Text("document and rules", "文件与规则"))

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

_METRICS = checklist_metrics(
    [(name, Text(f"Rule: {RULE_TITLES[name].en}", f"规则：{RULE_TITLES[name].zh}")) for name in CHECKS]
)
_SUMMARIES: Mapping[Language, Text] = {
    "en": Text(
        "Read 300 English supply agreements, service agreements and bids and say of each of eight rules whether the "
        "document keeps it: amounts in figures and words, time for payment, a required clause, names, dates, cap on "
        "liability, governing law, quantities across annexes. Violations are planted, so answers are exact.",
        "审阅 300 份英文采购合同、服务合同与投标文件，逐条判断其是否符合八条规则：数字与大写金额、付款期限、必备条款、"
        "当事人名称、期限日期、责任上限、适用法律、附件间数量。违规均为人工植入，答案精确。",
    ),
    "zh": Text(
        "Read 300 Chinese supply agreements, service agreements and bids and say of each of eight rules whether the "
        "document keeps it: amounts in figures and capital numerals, time for payment, a required clause, names, "
        "dates, cap on liability, governing law, quantities across annexes. Violations are planted, so answers are "
        "exact.",
        "审阅 300 份中文采购合同、服务合同与投标文件，逐条判断其是否符合八条规则：数字与大写金额、付款期限、必备条款、"
        "当事人名称、期限日期、责任上限、适用法律、附件间数量。违规均为人工植入，答案精确。",
    ),
}
_TITLES: Mapping[Language, Text] = {
    "en": Text("Contract compliance, English", "合同合规审查（英文）"),
    "zh": Text("Contract compliance, Chinese", "合同合规审查（中文）"),
}


def _card(language: Language) -> TaskCard:
    return TaskCard(
        id=f"document_review/contract-compliance-{language}",
        version=1,
        title=_TITLES[language],
        summary=_SUMMARIES[language],
        realism="synthetic",
        industry=None,  # no company's contracts
        region=None,
        interface="choice",
        data=None,
        practice_secret=PRACTICE_SECRET,
        splits=SPLITS,
        unit="document",
        unit_title=DOCUMENT,
        block=None,
        tracks=(_TRACK,),
        slices=("level", "document_kind"),
        primary=_METRICS.primary,
        secondary=_METRICS.secondary,
        floor="majority-class",
        incumbent="checklist-rules",
        perfect=1.0,
        worst_value=0.0,
        worst_value_of=Text(
            "credit for the document: all eight rules count as misjudged", "文件得分：八条规则均计为误判"
        ),
        on_invalid="worst",
        standings=True,
        detectable_effect=None,
        citation="SectorBench, tasks/document_review/compliance: a generator of contracts with planted violations",
    )


class ContractCompliance(Task):
    """Documents of one language; a row holds one document with the eight rules as questions."""

    card: TaskCard  # type: ignore[misc]  # each instance is one task

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.card = _card(language)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per document, ids ``document-001`` to ``document-300``; levels and kinds take turns.

        Raises:
            UsageError: ``draw`` names a track that the task does not have.
        """
        return _questions(self._documents(draw), self.language)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``broken`` (per rule whether the document breaks it), ``level`` and ``document_kind``."""
        return _answers(self._documents(draw))

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per document. A rule counts as called broken where the second option has the greater probability.

        A document without a usable answer has every rule judged wrongly.
        """
        known = {row["id"]: row for row in references.to_pylist()}
        ids = answers.inputs.column("id").to_pylist()
        if missing := [one for one in ids if one not in known]:
            raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
        broken = np.array([known[one]["broken"] for one in ids], np.bool_)  # (n, k)
        called = ~broken
        for row, probability in enumerate(answers.predictions.column("probability").to_pylist()):
            if row not in answers.problems:
                called[row] = [keeps < breaks for keeps, breaks in probability]
        return units_table(
            unit=ids,
            slices={name: [known[one][name] for one in ids] for name in ("level", "document_kind")},
            statistics=checklist_statistics(called, broken),
            rows=[1] * len(ids),
            invalid=[int(row in answers.problems) for row in range(len(ids))],
            code=[answers.problems[row].code if row in answers.problems else "" for row in range(len(ids))],
        )

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Documents with their answers: 600 of an open seed (``train``), or the practice set.

        Raises:
            UsageError: There is no such split.
        """
        if split != "train":
            return super().examples(files, split, draw)
        documents = documents_of(self.language, TRAIN_DOCUMENTS, _TRAIN_SECRET)
        return Examples(_questions(documents, self.language), _answers(documents))

    def _documents(self, draw: Draw) -> list[Document]:
        if draw.track != _TRACK.name:
            raise UsageError(f"{self.card.id} has no track {draw.track!r}; its only track is {_TRACK.name!r}")
        return documents_of(self.language, DOCUMENTS, PRACTICE_SECRET if draw.secret is None else draw.secret)


def documents_of(language: Language, n: int, secret: str) -> list[Document]:
    """The documents of a secret; also what the cards that ask for places are drawn from."""
    return list(draw_documents(language, n, secret, _GENERATOR))


def _ids(n: int) -> list[str]:
    return [f"document-{number:03d}" for number in range(1, n + 1)]


def _questions(documents: Sequence[Document], language: Language) -> pa.Table:
    tree = load_wording(language).tree
    keeps, breaks = tree["options"]["yes"], tree["options"]["no"]
    schema = choice_inputs(language=language, train_share={keeps: 1 - _BROKEN_SHARE, breaks: _BROKEN_SHARE})
    columns: dict[str, list[Any]] = {
        "id": _ids(len(documents)),
        "context": [one.text for one in documents],
        "questions": [[tree["question"].format(rule=rule) for rule in one.rules] for one in documents],
        "options": [[[keeps, breaks]] * len(CHECKS)] * len(documents),
        "prompt": [_PROMPT_ZH if language == "zh" else _PROMPT] * len(documents),
    }
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in columns.items()}, schema)


def _answers(documents: Sequence[Document]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(_ids(len(documents)), pa.string()),
            "broken": pa.array([one.broken for one in documents], pa.list_(pa.bool_(), len(CHECKS))),
            "level": pa.array([f"level {one.level}" for one in documents], pa.string()),
            "document_kind": pa.array([one.kind for one in documents], pa.string()),
        }
    )


ENGLISH, CHINESE = ContractCompliance("en"), ContractCompliance("zh")
