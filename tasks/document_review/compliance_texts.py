"""Generated contracts as a language model learns from them: what is asked behind them, and lines left out.

A text is read once for several questions, none of which sees another. Letters: n = texts of a batch, t = tokens of the
longest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ...harness.adapters.span_prompts import Quoting
from ...harness.text_inputs import extraction_inputs
from .compliance.clauses import CHECKS
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_examples import SHOWN, RuledDocument, read_lines
from .contract_compliance import PROMPT
from .contract_compliance_spans import SPANS_MAX
from .text_folders import token_ids

__all__ = ["Asks", "Packed", "Question", "RuleText", "RuleTexts", "asked_places", "asked_rules", "packed"]

_PARTIES = 4  # lines from the title on that name the parties
_CONTEXT = "\x00"  # in no document
_NONE = {"en": " No related passage.", "zh": "\n无相关原文。"}


class Question(NamedTuple):
    """What stands around a document, and what is to be written.

    Attributes:
        rule: Number of the rule.
        before: The document.
        behind: The document: the question.
        answer: Behind that.
        ends: Whether the end token follows.
    """

    rule: int
    before: str
    behind: str
    answer: str
    ends: bool


Asks: TypeAlias = Callable[[RuledDocument, Language], list[Question]]


def asked_rules(document: RuledDocument, language: Language) -> list[Question]:
    """The questions whether rules are kept, as the adapter of causal language models puts them, and the options."""
    prompt, options = PROMPT[language], load_wording(language).tree["options"]
    said = [prompt["option"] + options["no" if broken else "yes"] for broken in document.broken]
    asked = zip(document.questions, said, strict=True)
    return [Question(at, prompt["context"], prompt["question"] + q, a, False) for at, (q, a) in enumerate(asked)]


def asked_places(document: RuledDocument, language: Language) -> list[Question]:
    """The questions for places as that adapter puts them; the answer quotes the first line that shows the violation."""
    found = []
    for rule in SHOWN:
        before, behind = _quoting(language, document.asked_places[rule])
        places = document.places[rule]
        lines = [document.text[a:b] for a, b in document.lines[rule] if places and a <= places[0][0] < b]
        found.append(Question(rule, before, behind, f"\n- {lines[0]}" if lines else _NONE[language], True))
    return found


@cache
def _quoting(language: Language, question: str) -> tuple[str, str]:
    asked = Quoting(extraction_inputs(language=language, spans_max=SPANS_MAX))
    told = next(iter(asked.questions([{"id": "", "context": _CONTEXT, "questions": [question]}]))).text
    before, behind = f"user: {told}\n\nassistant:".split(_CONTEXT)
    return before, behind


class RuleText(NamedTuple):
    """A text with its questions, each with the right option behind it.

    Attributes:
        ids: Of the document and what stands before it, and of every question with its answer, one behind the other.
        positions: Of each token: a question goes on where the document ends.
        part: Number of the question that a token belongs to, -1 for the document.
        learned: Whether a token is a part of an answer.
    """

    ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]
    learned: npt.NDArray[np.bool_]


class RuleTexts:
    """Draws texts, line by line tokenised before."""

    def __init__(self, documents: Sequence[RuledDocument], language: Language, tokenizer: Any, asks: Asks) -> None:
        """Tokenises documents and questions.

        Args:
            documents: To draw from.
            language: Of the documents.
            tokenizer: Of the model.
            asks: What is asked of a document.
        """
        known: dict[str, list[int]] = {}

        def ids(text: str) -> list[int]:
            if text not in known:
                known[text] = token_ids(tokenizer, text)
            return known[text]

        self._documents = documents
        self._lines = [read_lines(one.text) for one in documents]
        self._ids: list[list[list[int]]] = []
        self._asked: list[dict[int, tuple[list[int], list[int]]]] = []
        for one, lines in zip(documents, self._lines, strict=True):
            borders = [0, *(start for start, _ in lines[1:]), len(one.text)]
            self._ids.append([ids(one.text[a:b]) for a, b in pairwise(borders)])
            asked, end = asks(one, language), [tokenizer.eos_token_id]
            self._before = [tokenizer.bos_token_id, *ids(asked[0].before)]
            self._asked.append({q.rule: (ids(q.behind), ids(q.answer) + end * q.ends) for q in asked})
        self._with = {
            (rule, broken): [at for at, one in enumerate(documents) if one.broken[rule] is broken]
            for rule in SHOWN
            for broken in (False, True)
        }

    def draw(self, rng: np.random.Generator, *, others: float | None = None) -> RuleText:
        """A document with all its rules, or lines of one with one rule, broken as often as kept.

        Args:
            rng: To draw by.
            others: Greatest share of the lines that the rule does not need; None: the whole document.
        """
        if others is None:
            number, rules = int(rng.integers(len(self._documents))), sorted(self._asked[0])
            kept = np.ones(len(self._lines[number]), np.bool_)
        else:
            rule, broken = int(rng.choice(SHOWN)), bool(rng.uniform() < 0.5)
            number, rules = int(rng.choice(self._with[rule, broken])), [rule]
            document, lines = self._documents[number], self._lines[number]
            needed = set(document.lines[rule])
            if CHECKS[rule] == "liability" and document.level > 1:
                needed |= set(document.lines[CHECKS.index("amounts")])  # the total price
            kept = rng.uniform(size=len(lines)) < rng.uniform(0.0, others)
            kept |= np.array([line in needed for line in lines])
            if CHECKS[rule] == "names" or (CHECKS[rule] == "law" and document.level > 2):
                kept[:_PARTIES] = True
        context = [*self._before, *(x for own, keep in zip(self._ids[number], kept, strict=True) if keep for x in own)]
        ids, part, learned = [context], [-1] * len(context), [False] * len(context)
        positions = list(range(len(context)))
        for at in rules:
            question, answer = self._asked[number][at]
            ids.append(question + answer)
            positions += range(len(context), len(context) + len(question) + len(answer))
            part += [at] * (len(question) + len(answer))
            learned += [False] * len(question) + [True] * len(answer)
        return RuleText(
            np.array([x for own in ids for x in own], np.int64),
            np.array(positions, np.int64),
            np.array(part, np.int64),
            np.array(learned, np.bool_),
        )


class Packed(NamedTuple):
    """Texts as arrays, padded on the right.

    Attributes:
        ids: Tokens, shape ``(n, t)``.
        positions: Shape ``(n, t)``.
        mask: What is added to attention, shape ``(n, 1, t, t)``: a token sees those before it of the document and of
            its own question.
        answers: Whether a token is a part of an answer, shape ``(n, t)``.
        text: Whether it is one of the document, behind the begin token, shape ``(n, t)``.
    """

    ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    mask: npt.NDArray[np.float32]
    answers: npt.NDArray[np.bool_]
    text: npt.NDArray[np.bool_]


def packed(texts: Sequence[RuleText]) -> Packed:
    """Texts as a batch."""
    longest = max(len(one.ids) for one in texts)
    ids, positions = np.zeros((2, len(texts), longest), np.int64)
    answers, own_text = np.zeros((2, len(texts), longest), np.bool_)
    mask = np.full((len(texts), 1, longest, longest), np.finfo(np.float32).min, np.float32)
    before = np.tri(longest, dtype=np.bool_)
    for row, one in enumerate(texts):
        size = len(one.ids)
        ids[row, :size], positions[row, :size], answers[row, :size] = one.ids, one.positions, one.learned
        own_text[row, 1:size] = one.part[1:] == -1
        sees = (one.part[None, :] == -1) | (one.part[None, :] == one.part[:, None])
        mask[row, 0, :size, :size][sees & before[:size, :size]] = 0.0
        mask[row, 0, np.arange(size, longest), np.arange(size, longest)] = 0.0  # padding sees itself
    return Packed(ids, positions, mask, answers, own_text)
