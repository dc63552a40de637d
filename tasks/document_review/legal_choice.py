"""Chinese legal questions on contracts and tenders with four or five options, from LexEval; one is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.interface_parts import input_table
from ...harness.metrics import share_metric
from ...harness.prompting import Prompting
from ...harness.references import reference_rows
from ...harness.task import Draw, PublishedScore, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.text_inputs import choice_inputs
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row, worst_unit
from .answer_pictures import choice_exhibit, source_of
from .choice_reading import cut_rows, cut_share_metric
from .lexeval import COUNTS, LEXEVAL, Item, read_items

__all__ = ["KINDS", "LETTERS", "QUESTION", "TASK", "LegalContractChoice"]

LETTERS = "ABCDE"
QUESTION = "答案："
_ASKED = {"chat": "请只回答一个选项字母。", "reasoning": "以上哪一项正确？"}
"""Name of a track that holds conversations to what it asks instead of ``QUESTION``."""

_SYSTEM = "你是一名熟悉合同与招投标业务的中国律师。"
_PROMPT = {"context": "", "question": "\n", "option": ""}
_ITEMS = sum(COUNTS.values())

KINDS: Mapping[str, str] = {
    "1_1": "concepts",
    "1_2": "rules",
    "1_3": "evolution",
    "2_1": "elements",
    "2_3": "reading",
    "3_1": "causes",
    "3_2": "articles",
    "3_3": "penalties",
    "3_4": "several steps",
    "3_5": "calculation",
    "3_6": "arguments",
}
"""LexEval's number of a task to what it asks for."""

_LETTERED = Track("letters", Text("options listed, a letter is chosen", "列出选项，选择字母"))
_TEXTS = Track("texts", Text("options not listed, their texts are compared", "不列选项，比较各选项文本"))
_CHAT = Track(
    "chat",
    Text("options listed, a letter is chosen in a conversation", "对话形式，列出选项，选择字母"),
    prompting=Prompting(system=_SYSTEM, chat_template=True),
)
_REASONING = Track(
    "reasoning",
    Text("options listed, answered in words after reasoning", "列出选项，先推理再以文字作答"),
    prompting=Prompting(system=_SYSTEM, reasoning_tokens=2048),
)
_SOURCE = "answers that LexEval released (revision 044c695), read with the extractor that it released"
_PROTOCOL = Text(
    "zero-shot generation, 1,212 items of nearly this choice whose released answers could be matched; not likelihoods",
    "零样本生成；与本任务选题基本相同且能匹配到已公布回答的 1,212 题；并非似然选择",
)

_CARD = TaskCard(
    id="document_review/legal-contract-choice-zh",
    version=1,
    title=Text("Legal questions on contracts and tenders, Chinese", "合同与招投标法律选择题（中文）"),
    summary=Text(
        f"Answer {_ITEMS:,} Chinese legal questions that name a contract, a tender, a bid or procurement, with four or "
        "five options of which one is right: statutes, causes of action, reading, arguments, calculation.",
        f"回答 {_ITEMS:,} 道涉及合同、招标、投标或采购的中文法律单项选择题（四或五个选项）：法条、案由、阅读理解、"
        "论辩、计算等。",
    ),
    realism="text_corpus",
    industry=None,  # examinations and judgments
    region=None,
    interface="choice",
    data=LEXEVAL,
    practice_secret=None,
    splits=(Split("test", units=_ITEMS, rows=_ITEMS, exported=False),),
    unit="question",
    unit_title=Text("question", "题目"),
    block=None,
    tracks=(_LETTERED, _TEXTS, _CHAT, _REASONING),
    slices=("question_kind",),
    primary=share_metric(
        "accuracy",
        Text("Accuracy", "准确率"),
        statistic="right",
        higher_is_better=True,
        formula="questions whose right option has the greatest probability, the first one of equals / questions",
    ),
    secondary=(
        cut_share_metric(
            Text("Questions whose beginning a language model did not read", "语言模型未读到开头的题目占比"),
            formula="questions longer than the model's window / questions",
        ),
    ),
    floor="majority-class",
    incumbent=None,
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text("credit for the question", "题目得分"),
    on_invalid="worst",
    standings=True,
    detectable_effect=6.4,  # of two blind rules: tests/performance/detectable_effect.py
    published=tuple(
        PublishedScore(name, "accuracy", value, _SOURCE, _PROTOCOL)
        for name, value in (("Qwen-14B-chat", 0.539), ("Qwen-7B-chat", 0.518), ("GPT-4", 0.515), ("ChatGLM3-6B", 0.473))
    ),
    caveats=(
        Text(
            "The option whose pairs of characters stand most often in the question is right in 43.8 % of all cases "
            "(overlap-option): a model that reads must be well above it.",
            "仅取与题干双字重合最多的选项，正确率即达 43.8%（overlap-option）：真正理解题意的模型应明显高于此值。",
        ),
        Text(
            "More than half of the questions ask for the cause or the article of a judgment that names a contract; "
            "the slices tell them apart. Judgments and statutes have been public for years: a model may know them by "
            "heart.",
            "半数以上的题目询问涉及合同的判决的案由或法条，分项结果可加以区分。判决与法条公开多年，模型可能已经记住。",
        ),
    ),
    citation=LEXEVAL.citation,
    public_since=LEXEVAL.public_since,
)


class LegalContractChoice(Task):
    """One row and one question per item; there is no training split."""

    card: ClassVar[TaskCard] = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per item, ids ``question-0001`` on.

        In the track ``texts`` the options are their texts; in the others they are listed behind the question and are
        letters themselves. ``chat`` and ``reasoning`` hold conversations with a system prompt.

        Raises:
            DataNotAvailableError: A file is in no known place.
            DataError: A file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        items = self._items(files, draw)
        track, lettered = self.card.track(draw.track), draw.track != _TEXTS.name
        columns: dict[str, Any] = {
            "id": _ids(len(items)),
            "context": [_listed(item) if lettered else item.question for item in items],
            "questions": [[_ASKED.get(draw.track, QUESTION)]] * len(items),
            "options": [[list(LETTERS[: len(i.options)]) if lettered else list(i.options)] for i in items],
            "prompt": [_PROMPT] * len(items),
        }
        schema = choice_inputs(language="zh", train_share={}, prompting=track.prompting)
        return input_table(schema, columns)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``right`` (number of the right option) and ``question_kind``."""
        items = self._items(files, draw)
        return pa.table(
            {
                "id": pa.array(_ids(len(items)), pa.string()),
                "right": pa.array([item.right for item in items], pa.int64()),
                "question_kind": pa.array([KINDS[item.task] for item in items], pa.string()),
            }
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per question with ``right``, 0 or 1; a question without a usable answer is wrong."""
        known = reference_rows(answers, references)
        right = np.zeros(len(known))
        for row, probability in enumerate(answers.predictions.column("probability").to_pylist()):
            if row not in answers.problems:
                right[row] = float(int(np.argmax(probability[0])) == known[row]["right"])
        cut = cut_rows(answers)
        return units_table(
            unit=[one["id"] for one in known],
            slices={"question_kind": [one["question_kind"] for one in known]},
            statistics={"right": right} | ({} if cut is None else {"cut": cut.astype(np.float64)}),
            rows=[1] * len(known),
            **problem_columns([answers.problems.get(row) for row in range(len(known))]),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """A question that all models show, and the first one that this model answers wrongly."""
        known = reference_rows(answers, references)
        common = common_row([len(text) for text in answers.inputs.column("context").to_pylist()])
        why = Text(
            "The first question of the middle length, the same for all models.", "长度居中的第一题，各模型相同。"
        )
        shown = [self._exhibit(answers, known, common, Choice("common", why))]
        worst = worst_unit(units, "right")
        if worst is not None and worst[0] != known[common]["id"]:
            why = Text("The first question that this model answers wrongly.", "该模型答错的第一题。")
            row = [one["id"] for one in known].index(worst[0])
            shown.append(self._exhibit(answers, known, row, Choice("worst", why)))
        return tuple(shown)

    def _exhibit(self, answers: Answers, known: Sequence[dict[str, Any]], row: int, choice: Choice) -> Exhibit:
        problem = answers.problems.get(row)
        options = answers.inputs.column("options")[row].as_py()[0]
        return choice_exhibit(
            known[row]["id"],
            answers.inputs.column("context")[row].as_py(),
            options,
            probability=[] if problem else answers.predictions.column("probability")[row].as_py()[0],
            right=known[row]["right"],
            choice=choice,
            source=source_of(LEXEVAL),
            problem=problem,
        )

    def _items(self, files: DataFiles, draw: Draw) -> list[Item]:
        self.card.check_draw(draw)
        return read_items(files)


def _ids(n: int) -> Sequence[str]:
    return [f"question-{number:04d}" for number in range(1, n + 1)]


def _listed(item: Item) -> str:
    options = (f"{letter}. {text}" for letter, text in zip(LETTERS, item.options, strict=False))
    return "\n".join([item.question, *options])


TASK = LegalContractChoice()
