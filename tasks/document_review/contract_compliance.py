"""Generated contracts and bids with planted violations: which of the eight rules of a checklist a document breaks.

``contract-compliance-en`` and ``contract-compliance-zh`` draw their documents from a secret (``compliance``), each in
its language and independently: neither is a translation of the other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ...harness.interface_parts import input_table
from ...harness.references import reference_rows
from ...harness.task import TaskCard
from ...harness.text import Text
from ...harness.text_inputs import choice_inputs
from ...harness.validation import Answers
from .checklist_costs import load_checklist_costs
from .checklist_scoring import checklist_metrics, checklist_statistics
from .choice_reading import unread_questions
from .compliance.clauses import CHECKS
from .compliance.generator import Document
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_task import LANGUAGES, RULE_TITLES, ComplianceTask, compliance_card, document_ids
from .document_pictures import CheckedRule

__all__ = ["CHINESE", "ENGLISH", "PROMPT", "ContractCompliance"]

_BROKEN_SHARE = 0.3
PROMPT: Mapping[Language, Mapping[str, str]] = {
    "en": {"context": "", "question": "\n", "option": " "},
    "zh": {"context": "", "question": "\n", "option": ""},
}
_COSTS = load_checklist_costs()
_METRICS = checklist_metrics(
    [(name, Text(f"Rule: {RULE_TITLES[name].en}", f"规则：{RULE_TITLES[name].zh}")) for name in CHECKS]
)
_TITLES: Mapping[Language, Text] = {
    "en": Text("Contract compliance, English", "合同合规审查（英文）"),
    "zh": Text("Contract compliance, Chinese", "合同合规审查（中文）"),
}


def _card(language: Language) -> TaskCard:
    named = LANGUAGES[language]
    return compliance_card(
        f"contract-compliance-{language}",
        version=1,
        title=_TITLES[language],
        summary=Text(
            f"Read 300 {named.en} supply agreements, service agreements and bids and say of each of eight rules "
            "whether the document keeps it: amounts in figures and words, time for payment, a required clause, names, "
            "dates, cap on liability, governing law, quantities across annexes. Documents are generated and "
            "violations planted, so answers are exact.",
            f"审阅 300 份{named.zh}采购合同、服务合同与投标文件，逐条判断其是否符合八条规则：数字与大写金额、付款期限、"
            "必备条款、当事人名称、期限日期、责任上限、适用法律、附件间数量。文件由程序生成，违规为人工植入，答案精确。",
        ),
        interface="choice",
        primary=_METRICS.primary,
        secondary=_METRICS.secondary,
        floor="majority-class",
        incumbent="checklist-rules",
        worst_value_of=Text(
            "credit for the document: all eight rules count as misjudged", "文件得分：八条规则均计为误判"
        ),
        detectable_effect={"en": 5.9, "zh": 6.1}[language],  # tests/performance/detectable_effect.py
        caveats=(
            Text(
                "The wording is made up and small: a reader by patterns that was written for it (checklist-rules) "
                "makes no mistake at levels 1 and 2. Level 3 asks to work things out and is where models differ.",
                "文本措辞为虚构且变化有限：专为其编写的模式匹配程序（checklist-rules）在第 1、2 级上无误；"
                "第 3 级需要推算，模型差异主要体现于此。",
            ),
            Text(
                f"Hours and costs are illustrative ({_COSTS.name} {_COSTS.version}, {_COSTS.currency}): nobody's "
                "books. The reviewer looks at what the model calls broken; checking all by hand is taken to miss "
                "nothing, which flatters people.",
                f"工时与费用为示意值（{_COSTS.name} {_COSTS.version}，{_COSTS.currency}），不代表任何企业的账目。"
                "审阅者仅核对模型判为违反的规则；并假定人工全部核对时无漏检，这对人工有利。",
            ),
        ),
        band=_METRICS.band,
    )


class ContractCompliance(ComplianceTask):
    """Asked of every rule whether it is kept; interface ``choice`` with two options."""

    def __init__(self, language: Language) -> None:
        super().__init__(_card(language), language)

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """That a rule is kept, and that it is broken."""
        options = load_wording(self.language).tree["options"]
        return ((options["yes"], options["no"]),)

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per document. A rule counts as called broken where the second option has the greater probability.

        A document without a usable answer has every rule judged wrongly, one answer that cannot be read its own rule.
        """
        known = reference_rows(answers, references)
        broken = np.array([one["broken"] for one in known], np.bool_)  # (n, k)
        called, unread = ~broken, unread_questions(answers)
        for row, probability in enumerate(answers.predictions.column("probability").to_pylist()):
            if row not in answers.problems:
                called[row] = np.where(unread[row], called[row], _called(probability))
        return self._units(answers, known, checklist_statistics(called, broken))

    def _rules(self, answers: Answers, known: Mapping[str, Any], row: int) -> list[CheckedRule]:
        called = _called(answers.predictions.column("probability")[row].as_py())
        return [
            CheckedRule(rule, broken, said, planted=[(at["start"], at["end"]) for at in places])
            for rule, broken, said, places in zip(known["rules"], known["broken"], called, known["places"], strict=True)
        ]

    def _questions(self, documents: Sequence[Document]) -> pa.Table:
        tree = load_wording(self.language).tree
        keeps, breaks = tree["options"]["yes"], tree["options"]["no"]
        shares = {keeps: 1 - _BROKEN_SHARE, breaks: _BROKEN_SHARE}
        schema = choice_inputs(language=self.language, train_share=shares)
        columns: dict[str, Any] = {
            "id": document_ids(len(documents)),
            "context": [one.text for one in documents],
            "questions": [[tree["question"].format(rule=rule) for rule in one.rules] for one in documents],
            "options": [[[keeps, breaks]] * len(CHECKS)] * len(documents),
            "prompt": [PROMPT[self.language]] * len(documents),
        }
        return input_table(schema, columns)


def _called(probability: Sequence[Sequence[float]]) -> list[bool]:
    """Of every rule whether the second option, that it is broken, has the greater probability."""
    return [keeps < breaks for keeps, breaks in probability]


ENGLISH, CHINESE = ContractCompliance("en"), ContractCompliance("zh")
