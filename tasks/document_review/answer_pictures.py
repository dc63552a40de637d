"""Exhibits of one question with what was answered: the head of a ranking, an option chosen, passages quoted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...harness.codes import Problem
from ...harness.data import DataSource
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable, Quantity
from ...harness.metrics import FloatArray
from ...harness.text import Text
from ..exhibit_choice import Choice

__all__ = ["HEAD", "choice_exhibit", "quote_exhibit", "ranking_exhibit", "source_of"]

HEAD = 5
"""Candidates of a ranking that are shown whatever they are worth."""

_FURTHER = 10  # right ones behind the head
_PIECE, _LONGEST, _MOST_QUOTES = 400, 4_000, 20  # characters of a piece, of a question; quotes shown

_Columns = dict[str, Sequence[int | float | str]]

_SHORTENED = Text("Long texts are shortened (“…”).", "较长的文本已截短（“…”）。")


def source_of(data: DataSource) -> Text:
    """Whose texts are shown, and under which licence, as attribution asks for."""
    return Text(
        f"Text: {data.title} ({data.citation}), {data.licence}.",
        f"文本：{data.title}（{data.citation}），{data.licence}。",
    )


def ranking_exhibit(
    unit: str,
    query: str,
    texts: Sequence[str],
    *,
    score: FloatArray,
    grade: npt.NDArray[np.int64],
    right_from: int,
    lowest: int = 0,
    grades: int | None,
    choice: Choice,
    source: Text,
    problem: Problem | None = None,
) -> Exhibit:
    """The first candidates of a ranking, and where the right ones stand that are not among them.

    Args:
        unit: Id of the query.
        query: What is looked for.
        texts: Of the candidates, m of them.
        score: Greater is nearer to the head, shape ``(m,)``; anything where there is a problem.
        grade: Of each candidate, shape ``(m,)``, >= 0.
        right_from: The least grade that counts as right.
        lowest: What the least grade is called.
        grades: What the greatest grade is called; None: there is but right and wrong, and no grade is shown.
        choice: Why this query is shown.
        source: Whose texts these are, and their licence.
        problem: The first rule of the interface that the answer breaks; then nothing is drawn.
    """
    title = Text(f"The head of one ranking ({unit})", f"一个查询的排序结果（{unit}）")
    if problem is not None:
        return _broken(unit, title, choice, problem)
    order = np.argsort(-score, kind="stable")
    right = grade >= right_from
    shown = [*order[:HEAD], *(at for at in order[HEAD:] if right[at])][: HEAD + _FURTHER]
    columns: _Columns = {
        "text": [_cut(texts[at]) for at in shown],
        "right": [int(right[at]) for at in shown],
        "given": [int(place < HEAD) for place in range(len(shown))],
        "first": [int((score > score[at]).sum()) + 1 for at in shown],
        "last": [int((score >= score[at]).sum()) for at in shown],
    }
    if grades is not None:
        columns["grade"] = [int(grade[at]) + lowest for at in shown]
    counts = {"items": len(texts), "right": int(right.sum())} | ({} if grades is None else {"grades": grades})
    hidden = int(right.sum() - right[shown].sum())
    part = _joined(source, _SHORTENED, *([_hidden(hidden)] if hidden else []))
    return _exhibit(unit, title, choice, part, query, columns, counts)


def choice_exhibit(
    unit: str,
    question: str,
    options: Sequence[str],
    *,
    probability: Sequence[float],
    right: int,
    choice: Choice,
    source: Text,
    problem: Problem | None = None,
) -> Exhibit:
    """A question with its options, the right one and the one that a model gives the greatest probability.

    Args:
        unit: Id of the question.
        question: As it is asked.
        options: Their texts.
        probability: Of each option; anything where there is a problem.
        right: Number of the right option.
        choice: Why this question is shown.
        source: Whose texts these are, and their licence.
        problem: The first rule of the interface that the answer breaks; then nothing is drawn.
    """
    title = Text(f"One question with its options ({unit})", f"一道题目及其选项（{unit}）")
    if problem is not None:
        return _broken(unit, title, choice, problem)
    given = int(np.argmax(np.asarray(probability)))
    columns: _Columns = {
        "text": [_cut(one) for one in options],
        "right": [int(at == right) for at in range(len(options))],
        "given": [int(at == given) for at in range(len(options))],
        "probability": [round(min(max(float(one), 0.0), 1.0), 6) for one in probability],
    }
    return _exhibit(unit, title, choice, source, question, columns, {})


def quote_exhibit(
    unit: str,
    question: str,
    marked: Sequence[str],
    quotes: Sequence[str],
    *,
    match: npt.NDArray[np.bool_],
    readable: bool,
    choice: Choice,
    source: Text,
    problem: Problem | None = None,
) -> Exhibit:
    """The passages that experts marked, found or missed, and the quotes of a model that match none of them.

    Args:
        unit: Id of the question.
        question: As it is asked.
        marked: Texts that experts marked, at least one.
        quotes: Of the answer.
        match: Whether a quote is right for a marked passage, shape ``(marked, quotes)``.
        readable: Whether the answer says anything.
        choice: Why this question is shown.
        source: Whose texts these are, and their licence.
        problem: The first rule of the interface that the answer breaks; then nothing is drawn.
    """
    title = Text(f"One question with what was quoted ({unit})", f"一个问题及引述的片段（{unit}）")
    if problem is not None:
        return _broken(unit, title, choice, problem)
    found = [bool(row.any()) for row in match]  # of each marked passage
    false = [one for at, one in enumerate(quotes) if not match[:, at].any()][:_MOST_QUOTES]
    columns: _Columns = {
        "text": [_cut(one) for one in (*marked, *false)],
        "right": [1] * len(marked) + [0] * len(false),
        "given": [*map(int, found), *[1] * len(false)],
    }
    part = _joined(source, _SHORTENED)
    return _exhibit(unit, title, choice, part, question, columns, {} if readable else {"unread": 1})


def _exhibit(
    unit: str,
    title: Text,
    choice: Choice,
    part: Text,
    asked: str,
    columns: _Columns,
    counts: dict[str, int],
) -> Exhibit:
    words = asked if len(asked) <= _LONGEST else asked[: _LONGEST - 1] + "…"
    pieces = tuple(words[at : at + _PIECE] for at in range(0, len(words), _PIECE))
    return Exhibit(
        kind="answer",
        unit=unit,
        role=choice.role,
        title=title,
        chosen=choice.why,
        part=part,
        quantities=tuple(Quantity(name=name, unit="none", value=value) for name, value in counts.items()),
        tables=(
            ExhibitTable(name="asked", columns=(Column(name="text", unit="none", values=pieces),)),
            ExhibitTable(
                name="items",
                columns=tuple(Column(name=name, unit="none", values=tuple(values)) for name, values in columns.items()),
            ),
        ),
    )


def _broken(unit: str, title: Text, choice: Choice, problem: Problem) -> Exhibit:
    broken = BrokenRule.of(problem)
    return Exhibit(kind="answer", unit=unit, role=choice.role, title=title, chosen=choice.why, broken=broken)


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _PIECE else plain[: _PIECE - 1] + "…"


def _hidden(n: int) -> Text:
    return Text(f"{n} more right ones stand further down.", f"另有 {n} 条正确条目更靠后，未列出。")


def _joined(*texts: Text) -> Text:
    return Text(" ".join(one.en for one in texts), "".join(one.zh for one in texts))
