"""Contract extraction by text generators: they quote the passages that answer a question, or say that there are none.

A generator tells no probabilities, so there is no curve of precision over recall: what it quotes is scored as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.interface_parts import input_table
from ...harness.metrics import FloatArray, Metric, OfTotals, share_metric
from ...harness.randomness import Stream
from ...harness.references import problems_by_unit, reference_rows
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.text_inputs import generation_inputs
from ...harness.units import units_table
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row
from .answer_pictures import quote_exhibit, source_of
from .cuad_contracts import CATEGORIES, CUAD_CONTRACTS, QuestionedContract, length_band, read_contracts
from .quoted_passages import (
    asked_question,
    count_quotes,
    extraction_prompt,
    is_verbatim,
    matched_quotes,
    read_quotes,
)

__all__ = ["ASKED", "MAX_TOKENS", "TASK", "ContractExtractionText", "f_beta_metric"]

ASKED = 20
"""Questions of the 41 that each contract is asked, drawn once for all."""

MAX_TOKENS = 1_024
_TRACK = Track("default", Text("whole contract, one question", "整份合同，一个问题"))
_SIZES = {"train": 416, "test": 94}
_STATISTICS = ("found", "false", "missed")


def f_beta_metric(name: str, title: Text, *, beta: float, formula: str) -> Metric:
    """F measure of passages found, false and missed; recall counts ``beta`` times as much as precision."""
    weight = beta**2

    def value(total: FloatArray) -> FloatArray:
        found, false, missed = (total[..., at] for at in range(3))
        size = (1 + weight) * found + weight * missed + false
        return np.where(size > 0, (1 + weight) * found / np.where(size > 0, size, 1.0), 0.0)

    def gradient(total: FloatArray) -> FloatArray:
        found, false, missed = (total[..., at] for at in range(3))
        size = (1 + weight) * found + weight * missed + false
        safe = np.where(size > 0, size, 1.0) ** 2
        by_found = (1 + weight) * (weight * missed + false) / safe
        by_false = -(1 + weight) * found / safe
        parts: FloatArray = np.stack([by_found, by_false, weight * by_false], axis=-1)
        return np.where((size > 0)[..., None], parts, 0.0)

    return Metric(name, title, "1", 1.0, True, formula, _STATISTICS, OfTotals(value, gradient), (0.0, 1.0), 3)


def _share(name: str, title: Text, statistic: str, count: str, *, good: bool, formula: str) -> Metric:
    return share_metric(name, title, statistic=statistic, count=count, higher_is_better=good, formula=formula)


_CARD = TaskCard(
    id="document_review/contract-extraction-text",
    version=1,
    title=Text("Contract extraction by quoting", "合同条款抽取（引述）"),
    summary=Text(
        "Read a whole commercial contract and quote, word for word, every passage that answers a question such as "
        "'which clause limits liability', or say that there is none. 94 contracts of CUAD, twenty of 41 questions "
        "each; for text generators, which tell no probabilities.",
        "通读整份商业合同，逐字引述能够回答问题（如“哪一条款限制责任”）的全部段落，若没有则说明没有。"
        "共 94 份 CUAD 合同，每份抽取 41 个问题中的 20 个；面向不输出概率的文本生成模型。",
    ),
    realism="text_corpus",
    industry=None,  # contracts of all kinds of companies, filed in the US
    region=None,
    interface="generation",
    data=CUAD_CONTRACTS,
    practice_secret=None,
    splits=(
        Split("train", units=_SIZES["train"], rows=ASKED * _SIZES["train"], exported=True),
        Split("test", units=_SIZES["test"], rows=ASKED * _SIZES["test"], exported=False),
    ),
    unit="contract",
    unit_title=Text("contract", "合同"),
    block=None,
    tracks=(_TRACK,),
    slices=("contract_length",),
    primary=f_beta_metric(
        "f2",
        Text("F2 of passages", "段落 F2"),
        beta=2.0,
        formula="5·found / (5·found + 4·missed + false): a missed passage counts four times a false one",
    ),
    secondary=(
        f_beta_metric(
            "f1", Text("F1 of passages", "段落 F1"), beta=1.0, formula="2·found / (2·found + missed + false)"
        ),
        _share(
            "false_none_share",
            Text("Said to have no clause although there is one", "有相关条款却答“没有”的占比"),
            "false_none",
            "answerable",
            good=False,
            formula="questions with marked passages that were answered with none / questions with marked passages",
        ),
        _share(
            "right_none_share",
            Text("Rightly said to have no clause", "无相关条款且答“没有”的占比"),
            "right_none",
            "unanswerable",
            good=True,
            formula="questions without marked passages that were answered with none / those questions",
        ),
        _share(
            "unreadable_share",
            Text("Answers that quote nothing and do not say so", "既未引述也未说明的回答占比"),
            "unreadable",
            "rows",
            good=False,
            formula="answers without a quote and without 'No related clause' / answers; each counts as wrong",
        ),
        replace(
            _share(
                "verbatim_share",
                Text("Quotes that stand in the contract", "确实出自合同原文的引述占比"),
                "verbatim",
                "quotes",
                good=True,
                formula="quotes that stand in the contract, whatever the white space and the case / quotes",
            ),
            among="quotes",
        ),
        replace(
            _share(
                "truncated_share",
                Text("Answers cut off by the token limit", "因词元上限被截断的回答占比"),
                "truncated",
                "rows",
                good=False,
                formula="answers that the model says were cut off / answers",
            ),
            optional=True,
        ),
    ),
    floor="quote-nothing",
    incumbent=None,
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text(
        "credit for the question: its passages count as missed, and one false passage is added",
        "问题得分：其段落均计为漏判，并另计一个误报段落",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=7.3,  # of two made-up readers: tests/performance/detectable_effect.py
    published=(),
    caveats=(
        Text(
            "LOCAL split and a draw of twenty questions per contract: published figures of language models on CUAD are "
            "on the official test contracts and must not be set beside these.",
            "本地划分，且每份合同仅抽取二十个问题：已发表的语言模型在 CUAD 上的结果基于官方测试合同，不得与此处并列。",
        ),
    ),
    citation=CUAD_CONTRACTS.citation,
    public_since=CUAD_CONTRACTS.public_since,
)


class _Asked(NamedTuple):
    """A question about a contract."""

    id: str
    contract: QuestionedContract
    at: int


class ContractExtractionText(Task):
    """One row per contract and question; the contract stands in the prompt whole."""

    card: ClassVar[TaskCard] = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per question, ids such as ``test-001-q07``: contract and category, both from 1.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        return _prompts(self._asked(files, "test", draw))

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``contract`` (its title, the unit), ``category``, ``passages`` and ``text``."""
        return _references(self._asked(files, "test", draw))

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per contract with counts over its questions; an answer that cannot be read misses everything."""
        known = reference_rows(answers, references)
        bands = {one["contract"]: length_band(one["text"]) for one in known}
        names = sorted(bands)
        unit = np.array([names.index(one["contract"]) for one in known], np.int64)  # (n,)
        texts = answers.predictions.column("text").to_pylist()
        rows = [_counts(one, "" if row in answers.problems else texts[row]) for row, one in enumerate(known)]
        if "truncated" in answers.predictions.column_names:
            for one, cut in zip(rows, answers.predictions.column("truncated").to_pylist(), strict=True):
                one["truncated"] = float(cut)
        return units_table(
            unit=names,
            slices={"contract_length": [bands[name] for name in names]},
            statistics={
                name: np.bincount(unit, [one[name] for one in rows], len(names)).astype(np.float64) for name in rows[0]
            },
            **problems_by_unit(answers, unit, units=len(names))._asdict(),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """One question that all models show: what experts marked, and what this model quotes."""
        known = reference_rows(answers, references)
        marked = [row for row, one in enumerate(known) if one["passages"]]
        row = marked[common_row([len(known[row]["passages"]) for row in marked])]
        problem, one = answers.problems.get(row), known[row]
        said = read_quotes("" if problem else answers.predictions.column("text")[row].as_py())
        why = Text(
            "The first question with as many marked passages as the middle one has, the same for all models.",
            "标注片段数居中的第一个问题，各模型相同。",
        )
        shown = quote_exhibit(
            one["id"],
            asked_question(answers.inputs.column("messages")[row].as_py()[0]["content"]),
            one["passages"],
            said.quotes,
            match=matched_quotes(one["category"], one["passages"], said.quotes),
            readable=said.readable,
            choice=Choice("common", why),
            source=source_of(CUAD_CONTRACTS),
            problem=problem,
        )
        return (shown,)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Twenty questions of each training contract with their passages.

        Raises:
            UsageError: The split is not ``train``.
        """
        if split != "train":
            return super().examples(files, split, draw)
        asked = self._asked(files, "train", draw)
        return Examples(_prompts(asked), _references(asked))

    def _asked(self, files: DataFiles, part: Literal["train", "test"], draw: Draw) -> list[_Asked]:
        self.card.check_draw(draw)
        return [
            _Asked(f"{part}-{number:03d}-q{at + 1:02d}", contract, at)
            for number, contract in enumerate(read_contracts(files, part), 1)
            for at in _drawn_questions(contract.title)
        ]


def _drawn_questions(title: str) -> list[int]:
    """Numbers of the questions that a contract is asked, rising: those with the least draws."""
    draws = Stream(_CARD.at_version, title).raw(len(CATEGORIES))
    return sorted(np.argsort(draws, kind="stable")[:ASKED].tolist())


def _prompts(asked: Sequence[_Asked]) -> pa.Table:
    schema = generation_inputs(language="en")
    columns: dict[str, list[Any]] = {
        "id": [one.id for one in asked],
        "messages": [
            [{"role": "user", "content": extraction_prompt(one.contract.text, one.contract.questions[one.at])}]
            for one in asked
        ],
        "stop": [[] for _ in asked],
        "max_tokens": [MAX_TOKENS] * len(asked),
    }
    return input_table(schema, columns)


def _references(asked: Sequence[_Asked]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array([one.id for one in asked], pa.string()),
            "contract": pa.array([one.contract.title for one in asked], pa.string()),
            "category": pa.array([CATEGORIES[one.at] for one in asked], pa.string()),
            "passages": pa.array(
                [[passage.text for passage in one.contract.passages[one.at]] for one in asked], pa.list_(pa.string())
            ),
            "text": pa.array([one.contract.text for one in asked], pa.string()),
        }
    )


def _counts(reference: Mapping[str, Any], answer: str) -> dict[str, float]:
    """What one answer adds to its contract's unit."""
    said, marked = read_quotes(answer), reference["passages"]
    counts = count_quotes(reference["category"], marked, said.quotes)
    return {
        "found": float(counts.found),
        "missed": float(counts.missed),
        "false": float(counts.false + (not said.readable)),
        "answerable": float(bool(marked)),
        "unanswerable": float(not marked),
        "false_none": float(bool(marked) and said.none),
        "right_none": float(not marked and said.none),
        "unreadable": float(not said.readable),
        "quotes": float(len(said.quotes)),
        "verbatim": float(sum(is_verbatim(one, reference["text"]) for one in said.quotes)),
    }


TASK = ContractExtractionText()
