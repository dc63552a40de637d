"""Questions of ``extraction`` as they are told to a model that writes its answer; hashed into the record.

Every question is a prompt of its own, the text first: an answer depends on no other question, what is cut off or cannot
be read costs one question, and whoever keeps the beginning of a prompt reads the text once for all of them. A text that
a model has no room for is asked about in pieces, each in a prompt of its own. Their quotes are put together: one that
lies within a quote of another piece is a part of it, cut by the piece's end, and left out.

What is written is a list of quotes (``quotes``). Their places are the spans, of which none can lie outside the text. A
span's probability is the quote's likeness: 1 but for white space, case and the like, at least 0.8 where characters
differ; spans of one probability stay as they were written. Quotes that stand nowhere are dropped and counted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from ..interfaces import get_interface, table_info
from .context_pieces import Piece, whole
from .quotes import LEAST_LIKENESS, QuotedText, read_quotes
from .span_answers import Span, span_answers

__all__ = ["Cuts", "Quoting", "SpanQuestion", "portions"]

Cuts = Sequence[Sequence[Sequence[Piece]]]
"""Per row and question the pieces of the text that are asked about; none where the question leaves no room for any."""

_HASH = 16  # digits of a digest that are shown
_PORTION_CHARACTERS = 1 << 22  # of prompts that are held at once: each question holds its whole text
_TEMPLATES: Mapping[str, str] = {
    "en": """Read the text between the dashed lines and answer the question behind it.
-----
{context}
-----
Question: {question}
Copy every passage of the text that answers the question, word for word, each on one line that begins with "- ".
If no passage answers it, write: No related passage.""",
    "zh": """请阅读两条虚线之间的文本，并回答其后的问题。
-----
{context}
-----
问题：{question}
请逐字抄录文本中回答该问题的每一处原文，每处单独一行，以“- ”开头。
如果没有任何原文回答该问题，请写：无相关原文。""",
}
_NONE_EN = r"\bno (?:(?:related|relevant|such) (?:passages?|clauses?|text)|passages?)\b"
_NONE_ZH = (
    r"(?:无|没有|不存在)(?:任何)?(?:与[^，。\n]{0,20})?"
    r"(?:(?:相关|有关|相应|对应)的?(?:原文|段落|条款|内容|文本|片段|信息)|原文|段落)"
)
_NONE: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(_NONE_EN, re.IGNORECASE),
    "zh": re.compile(f"{_NONE_ZH}|{_NONE_EN}", re.IGNORECASE),
}


def portions(questions: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Questions, each a name and a text, in parts of a bounded number of characters, in their order."""
    held: list[tuple[str, str]] = []
    size = 0
    for name, text in questions:
        if held and size + len(text) > _PORTION_CHARACTERS:
            yield held
            held, size = [], 0
        held.append((name, text))
        size += len(text)
    if held:
        yield held


class SpanQuestion(NamedTuple):
    """A question about a text, or a piece of it, in words.

    Attributes:
        name: The row's id with the question's number, and the piece's where there are several.
        text: What is told to the model.
    """

    name: str
    text: str


class Quoting:
    """Asks for quotes and reads them; counts what became of them."""

    def __init__(self, inputs_schema: pa.Schema) -> None:
        info = table_info(inputs_schema)
        language = str(info.get("language", "en"))
        self._language = language if language in _TEMPLATES else "en"
        self._spans_max = int(info["spans_max"])
        self.begins()

    def begins(self) -> None:
        """Counts from nothing again."""
        self._found: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()

    def ways(self) -> dict[str, str]:
        """How spans came about, with the digest of the words around a question, and what was counted."""
        told = json.dumps(_TEMPLATES[self._language])
        digest = hashlib.sha256(told.encode()).hexdigest()[:_HASH]
        count, asked = self._found, self._asked
        in_pieces = (
            f"{asked['in pieces']:,} of {asked['questions']:,} questions, in {asked['pieces']:,} pieces of texts"
        )
        return {
            "spans by": f"quotes put to their places in the text; prompt template sha256 {digest}",
            "quotes": f"{count['exact']:,} exact, {count['plain']:,} but for white space, case and the like, "
            f"{count['alike']:,} alike ({LEAST_LIKENESS:.0%} or more), {count['lost']:,} stand nowhere",
        } | ({"longer than the window": f"{in_pieces} that overlap by half"} if asked["in pieces"] else {})

    def question(self, context: str, question: str) -> str:
        """A question about a text as it is told to the model."""
        return _TEMPLATES[self._language].format(context=context, question=question)

    def questions(self, rows: Sequence[Mapping[str, Any]], cuts: Cuts | None = None) -> Iterator[SpanQuestion]:
        """What rows of ``extraction`` ask, question by question; nothing of a text without characters.

        Args:
            rows: As dictionaries.
            cuts: The pieces that are asked about; None: every text is whole.
        """
        for row, questions in zip(rows, cuts or _whole(rows), strict=True):
            for number, pieces in enumerate(questions):
                for part, (start, end) in enumerate(pieces):
                    name = f"{row['id']}/{number}" + (f"/{part}" if len(pieces) > 1 else "")
                    yield SpanQuestion(name, self.question(row["context"][start:end], row["questions"][number]))

    def answers(
        self,
        rows: pa.RecordBatch,
        asked: Sequence[Mapping[str, Any]],
        texts: Sequence[str],
        truncated: Sequence[bool],
        cuts: Cuts | None = None,
    ) -> pa.RecordBatch:
        """Spans of ``extraction`` out of what a model wrote, with ``unread`` and ``truncated``.

        Unread is a question where no answer, to whatever piece, holds a quote or that there is none; and one that
        could not be asked.

        Args:
            rows: What was asked.
            asked: The same as dictionaries.
            texts: What was written to each of ``questions``, in order.
            truncated: Whether it was cut off. What stands there counts, as far as it stands there.
            cuts: As ``questions`` had them.
        """
        written = zip(texts, truncated, strict=True)
        found: list[list[list[Span]]] = []
        unread: list[list[bool]] = []
        cut: list[list[bool]] = []
        for row, questions in zip(asked, cuts or _whole(asked), strict=True):
            folded: dict[Piece, QuotedText] = {}
            blank = not row["context"].strip()
            found.append([])
            unread.append([])
            cut.append([])
            for pieces in questions:
                self._asked.update({"questions": 1, "in pieces": len(pieces) > 1})
                self._asked["pieces"] += len(pieces) if len(pieces) > 1 else 0
                places, readable, ended = [], blank, False
                for piece in pieces:
                    text, was_cut = next(written)
                    if piece not in folded:
                        folded[piece] = QuotedText(row["context"][piece.start : piece.end])
                    said = read_quotes(text, _NONE[self._language], language=self._language)
                    places.append(self._places(folded[piece], said.quotes, piece.start))
                    readable, ended = readable or said.readable, ended or was_cut
                found[-1].append(_merged(places)[: self._spans_max])
                unread[-1].append(not readable)
                cut[-1].append(ended)
        schema = get_interface("extraction").prediction_schemas()[1]
        spans = span_answers(rows.column("id"), found).column("spans")
        told = [pa.array(values, pa.list_(pa.bool_())) for values in (unread, cut)]
        columns = [rows.column("id"), spans, *told]
        return pa.record_batch(columns, schema=schema)

    def _places(self, text: QuotedText, quotes: Sequence[str], begins: int) -> dict[tuple[int, int], float]:
        """The places of quotes in a whole text of which a piece begins at ``begins``, each once, with likenesses."""
        best: dict[tuple[int, int], float] = {}
        for place in text.find_all(quotes):
            self._found["lost" if place is None else place.kind] += 1
            if place is not None:
                at = (begins + place.start, begins + place.end)
                best[at] = max(best.get(at, 0.0), place.likeness)
        return best


def _whole(rows: Sequence[Mapping[str, Any]]) -> Cuts:
    return [[whole(row["context"])] * len(row["questions"]) for row in rows]


def _merged(found: Sequence[Mapping[tuple[int, int], float]]) -> list[Span]:
    """The places of all pieces, each once, the likeliest first, without those within one of another piece."""
    best: dict[tuple[int, int], float] = {}
    for number, places in enumerate(found):
        others = [at for one in (*found[:number], *found[number + 1 :]) for at in one]
        for at, likeness in places.items():
            if not any(other != at and other[0] <= at[0] and at[1] <= other[1] for other in others):
                best[at] = max(best.get(at, 0.0), likeness)
    ranked = sorted(best.items(), key=lambda item: -item[1])
    return [Span(start, end, likeness) for (start, end), likeness in ranked]
