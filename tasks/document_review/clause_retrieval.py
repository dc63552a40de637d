"""Clause retrieval: which clauses of other contracts serve somebody who drafts one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.metrics import Metric, share_metric
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track, Yardstick
from ...harness.text import Text
from ...harness.text_inputs import candidate_lists, ranking_inputs
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row, worst_unit
from .acord import ACORD, Judged, Part, Query, read_judged
from .answer_pictures import ranking_exhibit, source_of
from .retrieval_scoring import ndcg, precision

__all__ = ["STARS", "TASK", "ClauseRetrieval"]

STARS = (3, 4, 5)
"""Stars from which on a clause counts as right, each with a figure of its own; a grade is its stars less one."""

_HEAD, _LONG_HEAD = 5, 10
_TRACK = Track("default", Text("judged clauses", "已评分条款"))
_FEW_QUERIES = 10  # categories with fewer share a slice: they would have no interval
_EXPORTED: dict[str, Part] = {"train": "train", "dev": "dev"}


def _gain(k: int, title: Text) -> Metric:
    return share_metric(
        f"ndcg_{k}",
        title,
        statistic=f"ndcg_{k}",
        higher_is_better=True,
        formula=f"mean over queries of: sum over the first {k} of grade / log2(place + 1), grades 0 to 4, divided by "
        "that of the best order; equal scores share their places",
    )


def _starred(stars: int) -> Metric:
    return share_metric(
        f"precision_{_HEAD}_stars_{stars}",
        Text(f"Clauses of at least {stars} stars among the first {_HEAD}", f"前 {_HEAD} 条中不低于 {stars} 星的占比"),
        statistic=f"precision_{_HEAD}_stars_{stars}",
        higher_is_better=True,
        formula=f"mean over queries of: clauses of at least {stars} stars among the first {_HEAD} / {_HEAD}",
    )


_CARD = TaskCard(
    id="document_review/clause-retrieval",
    version=1,
    title=Text("Clauses to draft from", "合同起草条款检索（ACORD）"),
    summary=Text(
        "Given what somebody who drafts a contract looks for, such as a mutual cap on liability, put the clauses of "
        "other contracts in order, the most useful first. Lawyers gave each of some 1,088 clauses per query one to "
        "five stars.",
        "给定合同起草者的检索需求（例如双方对等的责任上限），对其他合同中的条款排序，最有用的排在最前。"
        "律师为每个查询约 1,088 条候选条款各打一至五星。",
    ),
    realism="text_corpus",
    industry=None,  # contracts of all kinds of companies
    region=None,
    interface="ranking",
    data=ACORD,
    practice_secret=None,
    splits=(
        Split("train", units=51, rows=51, exported=True),
        Split("dev", units=6, rows=6, exported=True),
        Split("test", units=57, rows=57, exported=False),
    ),
    unit="query",
    unit_title=Text("query", "查询"),
    block=None,
    tracks=(_TRACK,),
    slices=("clause_category",),
    primary=_gain(_HEAD, Text(f"NDCG of the first {_HEAD}", f"前 {_HEAD} 条的 NDCG")),
    secondary=(
        _gain(_LONG_HEAD, Text(f"NDCG of the first {_LONG_HEAD}", f"前 {_LONG_HEAD} 条的 NDCG")),
        *(_starred(stars) for stars in STARS),
    ),
    floor="random-ranking",
    incumbent=None,
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text("every figure of the query", "该查询的各项指标"),
    on_invalid="worst",
    standings=True,
    detectable_effect=7.2,
    caveats=(
        Text(
            "Only clauses that were judged for a query are candidates, and 97 of 100 of them are of no use for it.",
            "候选仅限对该查询评过分的条款，其中每 100 条约有 97 条对该查询无用。",
        ),
        Text(
            "Queries of training and test differ, clauses do not: 136 of the 475 clauses with at least three stars in "
            "the test set have as many for a training query.",
            "训练集与测试集的查询不同，但条款有重叠：测试集中不低于三星的 475 条条款里，有 136 条在训练查询中"
            "同样不低于三星。",
        ),
    ),
    yardsticks=(
        Yardstick(
            Text("the best order", "最优排序"),
            Text(
                "What the grades themselves come to: few queries have five clauses of five stars.",
                "按评分本身排序所得的值：很少有查询拥有五条五星条款。",
            ),
            {
                "ndcg_5": 1.0,
                "ndcg_10": 1.0,
                "precision_5_stars_3": 284 / 285,
                "precision_5_stars_4": 265 / 285,
                "precision_5_stars_5": 52 / 285,
            },
        ),
    ),
    citation=ACORD.citation,
    public_since=ACORD.public_since,
)


class ClauseRetrieval(Task):
    """One row per query, candidates being the clauses that were judged for it, in the order of their texts."""

    card: ClassVar[TaskCard] = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test query, ids ``test-01`` to ``test-57``.

        Raises:
            DataNotAvailableError: A file is in no known place.
            DataError: A file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        self.card.check_draw(draw)
        return _asked(read_judged(files, "test"), "test")

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``grades`` (of each candidate, 0 to 4) and ``category``."""
        self.card.check_draw(draw)
        return _graded(read_judged(files, "test").queries, "test")

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per query with the figures of its list; all are 0 where there is no usable answer."""
        known = reference_rows(answers, references)
        statistics = {m.statistics[0]: np.zeros(len(known)) for m in self.card.metrics}
        scores = answers.predictions.column("score")
        for row, one in enumerate(known):
            if row in answers.problems:
                continue
            grade = np.array(one["grades"], np.float64)
            score = scores[row].values.to_numpy(zero_copy_only=False)
            for k in (_HEAD, _LONG_HEAD):
                statistics[f"ndcg_{k}"][row] = ndcg(grade, score, k)
            for stars in STARS:
                statistics[f"precision_{_HEAD}_stars_{stars}"][row] = precision(grade >= stars - 1, score, _HEAD)
        return units_table(
            unit=[one["id"] for one in known],
            slices={"clause_category": [one["category"] for one in known]},
            statistics=statistics,
            rows=[1] * len(known),
            **problem_columns([answers.problems.get(row) for row in range(len(known))]),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """The head of the ranking of a query that all models show, and of the one on which this model did worst."""
        known = reference_rows(answers, references)
        useful = [sum(grade >= STARS[0] - 1 for grade in one["grades"]) for one in known]
        why = Text(
            "The first query with the middle number of clauses of three stars and more, the same for all models.",
            "不低于三星的条款数居中的第一个查询，各模型相同。",
        )
        shown = [self._head(answers, known, common_row(useful), Choice("common", why))]
        if (worst := worst_unit(units, f"ndcg_{_HEAD}")) is not None:
            why = Text(
                f"The first query with this model's lowest NDCG of the first {_HEAD}: {worst[1]:.3f}.",
                f"该模型前 {_HEAD} 条 NDCG 最低的第一个查询：{worst[1]:.3f}。",
            )
            row = [one["id"] for one in known].index(worst[0])
            shown.append(self._head(answers, known, row, Choice("worst", why)))
        return tuple(shown)

    def _head(self, answers: Answers, known: Sequence[dict[str, Any]], row: int, choice: Choice) -> Exhibit:
        grade = np.array(known[row]["grades"], np.int64)
        return ranking_exhibit(
            known[row]["id"],
            answers.inputs.column("query")[row].as_py(),
            answers.inputs.column("candidates")[row].as_py(),
            score=np.asarray(answers.predictions.column("score")[row].as_py() or np.zeros(len(grade)), np.float64),
            grade=grade,
            right_from=STARS[0] - 1,
            lowest=1,
            grades=STARS[-1],
            choice=choice,
            source=source_of(ACORD),
            problem=answers.problems.get(row),
        )

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """One row per query, ids ``train-01`` to ``train-51`` or ``dev-01`` to ``dev-06``.

        Targets: ``grades`` of the candidates, 0 to 4 for one to five stars, and ``category``.

        Raises:
            UsageError: The split is neither ``train`` nor ``dev``.
        """
        if split not in _EXPORTED:
            return super().examples(files, split, draw)
        self.card.check_draw(draw)
        found = read_judged(files, _EXPORTED[split])
        return Examples(_asked(found, split), _graded(found.queries, split))


def _ids(part: str, n: int) -> list[str]:
    return [f"{part}-{number:02d}" for number in range(1, n + 1)]


def _asked(found: Judged, part: str) -> pa.Table:
    columns = [
        pa.array(_ids(part, len(found.queries))),
        pa.array([query.text for query in found.queries]),
        candidate_lists(found.corpus, [query.clauses for query in found.queries]),
    ]
    return pa.table(columns, schema=ranking_inputs(language="en"))


def _graded(queries: Sequence[Query], part: str) -> pa.Table:
    counts = {query.category: sum(one.category == query.category for one in queries) for query in queries}
    columns = {
        "id": pa.array(_ids(part, len(queries))),
        "grades": pa.array([list(query.grades) for query in queries], pa.list_(pa.int8())),
        "category": pa.array([q.category if counts[q.category] >= _FEW_QUERIES else "others" for q in queries]),
    }
    return pa.table(columns)


TASK = ClauseRetrieval()
