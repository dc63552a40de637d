"""The sister cards of ``contract-compliance-*`` that ask where a document breaks a rule; interface ``extraction``.

Of the eight rules the one on a missing clause is left out: what is missing stands nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ...harness.interface_parts import input_table
from ...harness.metrics import FloatArray, Metric, micro_f1_metric, share_metric
from ...harness.references import reference_rows
from ...harness.task import TaskCard
from ...harness.text import Text
from ...harness.text_inputs import extraction_inputs
from ...harness.validation import Answers
from .choice_reading import unread_questions
from .compliance.clauses import CHECKS
from .compliance.generator import Document
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_task import LANGUAGES, RULE_TITLES, ComplianceTask, compliance_card, document_ids
from .document_pictures import CheckedRule

__all__ = ["CHINESE", "DECIDED", "ENGLISH", "PLACED", "ComplianceSpans"]

PLACED: tuple[str, ...] = tuple(check for check in CHECKS if check != "clause")
"""The rules whose violation stands somewhere."""

DECIDED = 0.5
"""A question's first span counts as said from this probability on."""

SPANS_MAX = 20
_AT = [CHECKS.index(check) for check in PLACED]
_TITLES: Mapping[Language, Text] = {
    "en": Text("Places of contract violations, English", "合同违规定位（英文）"),
    "zh": Text("Places of contract violations, Chinese", "合同违规定位（中文）"),
}
_F1 = "2·tp / (2·tp + fp + fn); tp: a broken rule with the right place, fp: another place or a kept rule, fn: the rest"


def _of_rule(at: int, name: str) -> Metric:
    title = RULE_TITLES[name]
    return micro_f1_metric(
        f"place_f1_{name}",
        Text(f"Rule: {title.en}", f"规则：{title.zh}"),
        formula=f"the same, of the rule on {title.en} alone",
        statistics=(f"tp_{name}", f"fp_{name}", f"fn_{name}"),
    )


def _card(language: Language) -> TaskCard:
    named = LANGUAGES[language]
    return compliance_card(
        f"contract-compliance-{language}-spans",
        version=1,
        title=_TITLES[language],
        summary=Text(
            f"Mark where each of 300 {named.en} contracts and bids breaks each of seven rules, or nothing where it "
            "keeps them. A mark is right if it covers part of the wrong fact and does not leave its line.",
            f"在 300 份{named.zh}合同与投标文件中，标出违反七条规则之处；未违反则不标。"
            "标记覆盖错误事实的一部分且不超出该行，即为正确。",
        ),
        interface="extraction",
        primary=micro_f1_metric("place_f1", Text("F1 of places", "定位 F1"), formula=_F1),
        secondary=(
            share_metric(
                "placed_share",
                Text("Violations found at the right place", "在正确位置检出的违规占比"),
                statistic="placed",
                count="violations",
                higher_is_better=True,
                formula="broken rules with the right place / broken rules",
            ),
            share_metric(
                "false_mark_share",
                Text("Kept rules with a mark", "符合的规则被标记的占比"),
                statistic="false_marks",
                count="kept",
                higher_is_better=False,
                formula="kept rules with a span of probability 0.5 or more / kept rules",
            ),
            *(_of_rule(at, name) for at, name in enumerate(PLACED)),
        ),
        floor="nothing-found",
        incumbent="checklist-places",
        worst_value_of=Text(
            "credit for the document: no violation is found, every kept rule is marked",
            "文件得分：违规均未检出，符合的规则均计为误标",
        ),
        detectable_effect=4.4,  # tests/performance/detectable_effect.py
    )


class ComplianceSpans(ComplianceTask):
    """Asked of seven rules where they are broken."""

    def __init__(self, language: Language) -> None:
        super().__init__(_card(language), language)

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per document. Of each question the first span counts, if its probability is at least ``DECIDED``.

        One answer that cannot be read has its own rule judged wrongly.
        A broken rule with another place is a false positive and a false negative, as in all scores of spans.
        """
        known = reference_rows(answers, references)
        n, k = len(known), len(PLACED)
        broken = np.array([[one["broken"][at] for at in _AT] for one in known], np.bool_)  # (n, k)
        marked, right, unread = ~broken, np.zeros((n, k), np.bool_), unread_questions(answers)
        for row, questions in enumerate(answers.predictions.column("spans").to_pylist()):
            if row not in answers.problems:
                called, right[row] = np.array(_marks(questions, known[row])).T
                marked[row] = np.where(unread[row], marked[row], called)
        return self._units(answers, known, _statistics(broken, marked, right))

    def _rules(self, answers: Answers, known: Mapping[str, Any], row: int) -> list[CheckedRule]:
        questions = answers.predictions.column("spans")[row].as_py()
        return [
            CheckedRule(
                known["rules"][at],
                known["broken"][at],
                called,
                planted=[(one["start"], one["end"]) for one in known["places"][at]],
                found=[(one["start"], one["end"]) for one in spans[:1] if called],
                placed=right,
            )
            for at, spans, (called, right) in zip(_AT, questions, _marks(questions, known), strict=True)
        ]

    def _questions(self, documents: Sequence[Document]) -> pa.Table:
        asked = load_wording(self.language).tree["places_question"]
        schema = extraction_inputs(language=self.language, spans_max=SPANS_MAX)
        columns: dict[str, Any] = {
            "id": document_ids(len(documents)),
            "context": [one.text for one in documents],
            "questions": [
                [asked.format(rule=rule) for check, rule in zip(CHECKS, one.rules, strict=True) if check in PLACED]
                for one in documents
            ],
        }
        return input_table(schema, columns)


def _marks(questions: Sequence[Sequence[Mapping[str, Any]]], known: Mapping[str, Any]) -> list[tuple[bool, bool]]:
    """Of every question whether its first span says something, and whether it is at the right place."""
    said = [[span for span in spans[:1] if span["probability"] >= DECIDED] for spans in questions]
    places = [known["places"][at] for at in _AT]
    return [
        (bool(spans), any(_is_at(span, place) for span in spans for place in some))
        for spans, some in zip(said, places, strict=True)
    ]


def _is_at(span: Mapping[str, Any], place: Mapping[str, int]) -> bool:
    """Whether a span covers part of a fact and stays within its line."""
    inside = place["line_start"] <= span["start"] and span["end"] <= place["line_end"]
    return bool(inside and span["start"] < place["end"] and place["start"] < span["end"])


def _statistics(broken: np.ndarray, marked: np.ndarray, right: np.ndarray) -> dict[str, FloatArray]:
    """Counts per document and rule, shape ``(n, k)`` and, per rule, ``(n,)``."""
    parts = {"tp": right, "fp": marked & ~right, "fn": broken & ~right}
    found = {name: part.astype(np.float64) for name, part in parts.items()}
    return (
        found
        | {f"{name}_{rule}": part[:, at] for name, part in found.items() for at, rule in enumerate(PLACED)}
        | {
            "placed": found["tp"].sum(axis=1),
            "violations": broken.sum(axis=1).astype(np.float64),
            "false_marks": (marked & ~broken).sum(axis=1).astype(np.float64),
            "kept": (~broken).sum(axis=1).astype(np.float64),
        }
    )


ENGLISH, CHINESE = ComplianceSpans("en"), ComplianceSpans("zh")
