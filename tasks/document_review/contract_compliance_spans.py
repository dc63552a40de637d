"""The sister cards of ``contract-compliance-*`` that ask where a document breaks a rule; interface ``extraction``.

Of the eight rules the one on a missing clause is left out: what is missing stands nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ...harness.interfaces import extraction_inputs
from ...harness.metrics import FloatArray, Metric, micro_f1_metric, share_metric
from ...harness.task import TaskCard
from ...harness.text import Text
from ...harness.validation import Answers
from .compliance.clauses import CHECKS
from .compliance.generator import Document
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_task import (
    CITATION,
    DOCUMENT,
    PRACTICE_SECRET,
    RULE_TITLES,
    SLICES,
    SPLITS,
    TRACK,
    ComplianceTask,
    document_columns,
)

__all__ = ["CHINESE", "DECIDED", "ENGLISH", "PLACED", "ComplianceSpans"]

PLACED: tuple[str, ...] = tuple(check for check in CHECKS if check != "clause")
"""The rules whose violation stands somewhere."""

DECIDED = 0.5
"""A question's first span counts as said from this probability on."""

SPANS_MAX = 20
_PLACE = pa.struct([pa.field(name, pa.int64()) for name in ("start", "end", "line_start", "line_end")])
_TITLES: Mapping[Language, Text] = {
    "en": Text("Places of contract violations, English", "合同违规定位（英文）"),
    "zh": Text("Places of contract violations, Chinese", "合同违规定位（中文）"),
}
_LANGUAGES: Mapping[Language, Text] = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}
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
    named = _LANGUAGES[language]
    return TaskCard(
        id=f"document_review/contract-compliance-{language}-spans",
        version=1,
        title=_TITLES[language],
        summary=Text(
            f"Mark where each of 300 {named.en} contracts and bids breaks each of seven rules, or nothing where it "
            "keeps them. A mark is right if it covers part of the wrong fact and does not leave its line.",
            f"在 300 份{named.zh}合同与投标文件中，标出违反七条规则之处；未违反则不标。"
            "标记覆盖错误事实的一部分且不超出该行，即为正确。",
        ),
        realism="synthetic",
        industry=None,  # no company's contracts
        region=None,
        interface="extraction",
        data=None,
        practice_secret=PRACTICE_SECRET,
        splits=SPLITS,
        unit="document",
        unit_title=DOCUMENT,
        block=None,
        tracks=(TRACK,),
        slices=SLICES,
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
        perfect=1.0,
        worst_value=0.0,
        worst_value_of=Text(
            "credit for the document: no violation is found, every kept rule is marked",
            "文件得分：违规均未检出，符合的规则均计为误标",
        ),
        on_invalid="worst",
        standings=True,
        detectable_effect=None,
        citation=CITATION,
    )


class ComplianceSpans(ComplianceTask):
    """Asked of seven rules where they are broken."""

    def __init__(self, language: Language) -> None:
        super().__init__(_card(language), language)

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per document. Of each question the first span counts, if its probability is at least ``DECIDED``.

        A broken rule with another place is a false positive and a false negative, as in all scores of spans.
        """
        known = self._known(answers, references)
        n, k = len(known), len(PLACED)
        broken = np.array([[bool(places) for places in one["places"]] for one in known], np.bool_)  # (n, k)
        marked, right = ~broken, np.zeros((n, k), np.bool_)
        for row, questions in enumerate(answers.predictions.column("spans").to_pylist()):
            if row not in answers.problems:
                for at, spans in enumerate(questions):
                    said = [span for span in spans[:1] if span["probability"] >= DECIDED]
                    marked[row, at] = bool(said)
                    right[row, at] = any(_is_at(span, place) for span in said for place in known[row]["places"][at])
        return self._units(answers, known, _statistics(broken, marked, right))

    def _questions(self, documents: Sequence[Document]) -> pa.Table:
        asked = load_wording(self.language).tree["places_question"]
        schema = extraction_inputs(language=self.language, spans_max=SPANS_MAX)
        columns: dict[str, Any] = {
            "id": document_columns(documents)["id"],
            "context": [one.text for one in documents],
            "questions": [
                [asked.format(rule=rule) for check, rule in zip(CHECKS, one.rules, strict=True) if check in PLACED]
                for one in documents
            ],
        }
        return pa.table({name: pa.array(values, schema.field(name).type) for name, values in columns.items()}, schema)

    def _answers(self, documents: Sequence[Document]) -> pa.Table:
        places = [
            [
                [
                    {"start": at.start, "end": at.end, "line_start": at.line_start, "line_end": at.line_end}
                    for at in one.places
                    if at.check == check
                ]
                for check in PLACED
            ]
            for one in documents
        ]
        column = pa.array(places, pa.list_(pa.list_(_PLACE), len(PLACED)))
        return pa.table(document_columns(documents) | {"places": column})


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
