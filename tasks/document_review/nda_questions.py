"""Questions about non-disclosure agreements: what the tasks that ask all hypotheses of an agreement have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.interface_parts import input_table
from ...harness.metrics import FloatArray
from ...harness.references import reference_rows
from ...harness.task import Draw, Examples, PublishedScore, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.text_inputs import choice_inputs
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from ..confusion_pictures import NOTHING, confusion_exhibit
from .choice_reading import cut_rows, cut_share_metric, unread_questions
from .nda import ANSWERS, CONTRACT_NLI, HANDED_OUT_COUNTS, HYPOTHESES, KINDS, Agreement, Part, read_agreements
from .nli_scoring import NLI_METRICS, chosen, nli_statistics

__all__ = [
    "NDA_CAVEATS",
    "NDA_SPLITS",
    "NDA_UNIT_TITLE",
    "NdaQuestions",
    "Wording",
    "agreement_slices",
    "nda_card",
]

NDA_SPLITS = (
    Split("train", units=50, rows=50, exported=True),
    Split("dev", units=61, rows=61, exported=True),
    Split("test", units=123, rows=123, exported=False),
)
NDA_UNIT_TITLE = Text("agreement", "协议")
_ANSWER_TITLES = (Text("Entailment", "蕴含"), Text("Contradiction", "矛盾"), Text("NotMentioned", "未提及"))
NDA_CAVEATS = (
    Text(
        "All agreements are asked the same 17 hypotheses, so a classifier per hypothesis need not read them.",
        "所有协议都使用相同的 17 条假设，因此为每条假设单独训练的分类器无需阅读假设本身。",
    ),
    Text(
        "Two of the 123 test agreements are one form, word for word, with the same answers; the official set is kept.",
        "123 份测试协议中有两份为同一格式文本，逐字相同、答案相同；此处保留官方测试集原样。",
    ),
)
_SHORT_CHARACTERS, _LONG_CHARACTERS = 7_500, 12_500
_BANDS = ("under 7,500 characters", "7,500 to 12,500 characters", "over 12,500 characters")
_EXPORTED: dict[str, Part] = {"train": "train", "dev": "dev"}


class Wording(NamedTuple):
    """How the hypotheses are put.

    Attributes:
        language: Of the questions.
        hypotheses: Their texts in the order of ``HYPOTHESES``; None: as the data has them.
        options: What ``ANSWERS`` are called.
        prompt: The parts that a language model reads around context, question and option.
    """

    language: str
    hypotheses: tuple[str, ...] | None
    options: tuple[str, str, str]
    prompt: dict[str, str]


def nda_card(
    *,
    name: str,
    title: Text,
    summary: Text,
    track: Track,
    detectable_effect: float,
    published: tuple[PublishedScore, ...] = (),
    caveats: Sequence[Text] = (),
) -> TaskCard:
    """The card of a task that asks all hypotheses of an agreement; what differs is given."""
    return TaskCard(
        id=f"document_review/{name}",
        version=1,
        title=title,
        summary=summary,
        realism="text_corpus",
        industry=None,  # agreements of all kinds of organisations
        region=None,
        interface="choice",
        data=CONTRACT_NLI,
        practice_secret=None,
        splits=NDA_SPLITS,
        unit="agreement",
        unit_title=NDA_UNIT_TITLE,
        block=None,
        tracks=(track,),
        slices=("agreement_source", "agreement_length"),
        primary=NLI_METRICS[0],
        secondary=(
            *NLI_METRICS[1:],
            cut_share_metric(
                Text("Agreements whose beginning a language model did not read", "语言模型未读到开头的协议占比"),
                formula="agreements longer than the model's window, so that their first tokens were left out / "
                "agreements",
            ),
        ),
        floor="majority-class",
        incumbent=None,
        perfect=1.0,
        worst_value=0.0,
        worst_value_of=Text(
            "share of the 17 hypotheses answered rightly for the agreement", "该协议 17 条假设中判断正确的占比"
        ),
        on_invalid="worst",
        standings=True,
        detectable_effect=detectable_effect,
        published=published,
        caveats=(*NDA_CAVEATS, *caveats),
        citation=CONTRACT_NLI.citation,
        public_since=CONTRACT_NLI.public_since,
    )


class NdaQuestions(Task):
    """One row per agreement with one question per hypothesis, and three options each."""

    card: ClassVar[TaskCard]
    wording: ClassVar[Wording]

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """The three answers."""
        return (self.wording.options,)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test agreement, ids ``test-001`` to ``test-123``.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        return self._asked(files, "test", draw)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``answers`` (one of ``ANSWERS`` per question) and ``source``."""
        self.card.check_draw(draw)
        _, agreements = read_agreements(files, "test")
        columns = {
            "answers": pa.array([list(one.answers) for one in agreements], pa.list_(pa.string())),
            "source": pa.array([KINDS[one.kind] for one in agreements]),
        }
        return pa.table({"id": _ids("test", len(agreements))} | columns)

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per agreement; see ``nli_scoring`` for its statistics."""
        known = reference_rows(answers, references)
        n = len(known)
        said = _said(answers, known)
        cut = cut_rows(answers)
        statistics = nli_statistics(said.truth, said.probability, said.read)
        return units_table(
            unit=[one["id"] for one in known],
            slices=agreement_slices(
                [one["source"] for one in known], list(map(len, answers.inputs.column("context").to_pylist()))
            ),
            statistics=statistics if cut is None else statistics | {"cut": cut.astype(np.float64)},
            rows=[1] * n,
            **problem_columns([answers.problems.get(row) for row in range(n)]),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Which answer is taken for which, over all hypotheses of all agreements."""
        said = _said(answers, reference_rows(answers, references))
        confusion = confusion_exhibit(
            said.truth.ravel(),
            np.where(said.read, chosen(said.probability), NOTHING).ravel(),
            classes=_ANSWER_TITLES,
            title=Text("Which answer is taken for which", "三种判断的混淆情况"),
            asked=Text("hypotheses about agreements", "条协议假设"),
            problems=answers.problems,
            by_count=False,
        )
        return (confusion,)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """One row per agreement, ids ``train-001`` to ``train-050`` or ``dev-001`` to ``dev-061``.

        Targets: ``label``, one of the options per question, and ``source``, where the agreement was found.

        Raises:
            UsageError: The split is neither ``train`` nor ``dev``.
        """
        if split not in _EXPORTED:
            return super().examples(files, split, draw)
        part = _EXPORTED[split]
        inputs = self._asked(files, part, draw)
        agreements = read_agreements(files, part).agreements
        option = dict(zip(ANSWERS, self.wording.options, strict=True))
        columns = {
            "label": pa.array([[option[a] for a in one.answers] for one in agreements], pa.list_(pa.string())),
            "source": pa.array([KINDS[one.kind] for one in agreements]),
        }
        return Examples(inputs, pa.table({"id": _ids(part, len(agreements))} | columns))

    def _asked(self, files: DataFiles, part: Part, draw: Draw) -> pa.Table:
        self.card.check_draw(draw)
        worded, agreements = read_agreements(files, part)
        return _questions(agreements, part, self.wording.hypotheses or worded, self.wording)


def agreement_slices(sources: Sequence[str], characters: Sequence[int]) -> dict[str, list[str]]:
    """Values of both slice axes, from where each agreement was found and from how long it is."""
    bands = [_BANDS[(n >= _SHORT_CHARACTERS) + (n > _LONG_CHARACTERS)] for n in characters]
    return {"agreement_source": list(sources), "agreement_length": bands}


def _ids(part: str, n: int) -> list[str]:
    return [f"{part}-{number:03d}" for number in range(1, n + 1)]


def _questions(agreements: Sequence[Agreement], part: str, hypotheses: Sequence[str], wording: Wording) -> pa.Table:
    shares = {
        text: {option: count / sum(counts) for option, count in zip(wording.options, counts, strict=True)}
        for text, counts in zip(hypotheses, HANDED_OUT_COUNTS.values(), strict=True)
    }
    schema = choice_inputs(language=wording.language, train_share={}, question_share=shares)
    n = len(agreements)
    columns = {
        "id": _ids(part, n),
        "context": [one.text for one in agreements],
        "questions": [list(hypotheses)] * n,
        "options": [[list(wording.options)] * len(HYPOTHESES)] * n,
        "prompt": [wording.prompt] * n,
    }
    return input_table(schema, columns)


class _Said(NamedTuple):
    """Answers beside the right ones.

    Attributes:
        truth: Numbers in ``ANSWERS``, shape ``(n, h)``.
        probability: Of each answer, shape ``(n, h, o)``; 0 where a row is not usable.
        read: Whether there is a usable answer, shape ``(n, h)``.
    """

    truth: npt.NDArray[np.int64]
    probability: FloatArray
    read: npt.NDArray[np.bool_]


def _said(answers: Answers, known: Sequence[Mapping[str, Any]]) -> _Said:
    truth = np.array([[ANSWERS.index(a) for a in one["answers"]] for one in known], np.int64)
    usable = ~np.isin(np.arange(len(known)), list(answers.problems))  # (n,)
    probability = np.zeros((len(known), len(HYPOTHESES), len(ANSWERS)))
    column = answers.predictions.column("probability")
    for row in np.flatnonzero(usable):
        probability[row] = column[int(row)].as_py()
    return _Said(truth.reshape(len(known), -1), probability, usable[:, None] & ~unread_questions(answers))
