"""Questions of ``extraction`` as they are told to a model that writes its answer; hashed into the record.

Every question is a prompt of its own, the text first: an answer depends on no other question, what is cut off or cannot
be read costs one question, and whoever keeps the beginning of a prompt reads the text once for all of them.

What is written is a list of quotes (``quotes``). Their places are the spans, of which none can lie outside the text. A
span's probability is the quote's likeness: 1 but for white space, case and the like, at least 0.8 where characters
differ; spans of one probability stay as they were written. Quotes that stand nowhere are dropped and counted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from ..interfaces import get_interface, table_info
from .quotes import LEAST_LIKENESS, Place, QuotedText, read_quotes
from .span_answers import Span, span_answers

__all__ = ["Quoting", "SpanQuestion"]

_HASH = 16  # digits of a digest that are shown
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


class SpanQuestion(NamedTuple):
    """A question about a text in words: the row's id with the question's number, and what is told to the model."""

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
        self._answers = self._truncated = 0

    def ways(self) -> dict[str, str]:
        """How spans came about, with the digest of the words around a question, and what was counted."""
        told = json.dumps(_TEMPLATES[self._language])
        digest = hashlib.sha256(told.encode()).hexdigest()[:_HASH]
        count = self._found
        return {
            "spans by": f"quotes put to their places in the text; prompt template sha256 {digest}",
            "quotes": f"{count['exact']:,} exact, {count['plain']:,} but for white space, case and the like, "
            f"{count['alike']:,} alike ({LEAST_LIKENESS:.0%} or more), {count['lost']:,} stand nowhere",
            "answers cut off": f"{self._truncated:,} of {self._answers:,}",
        }

    def questions(self, rows: Sequence[Mapping[str, Any]]) -> list[SpanQuestion]:
        """What rows of ``extraction`` ask, question by question; nothing of a text without characters."""
        template = _TEMPLATES[self._language]
        return [
            SpanQuestion(f"{row['id']}/{number}", template.format(context=row["context"], question=question))
            for row in rows
            if row["context"].strip()
            for number, question in enumerate(row["questions"])
        ]

    def answers(
        self, rows: pa.RecordBatch, asked: Sequence[Mapping[str, Any]], texts: Sequence[str], truncated: Sequence[bool]
    ) -> pa.RecordBatch:
        """Spans of ``extraction`` out of what a model wrote, with ``unread``: neither a quote nor that there is none.

        Args:
            rows: What was asked.
            asked: The same as dictionaries.
            texts: What was written to each of ``questions``, in order.
            truncated: Whether it was cut off. What stands there counts, as far as it stands there.
        """
        self._answers += len(texts)
        self._truncated += sum(truncated)
        written = iter(texts)
        found: list[list[list[Span]]] = []
        unread: list[list[bool]] = []
        for row in asked:
            if not row["context"].strip():
                found.append([[] for _ in row["questions"]])
                unread.append([False] * len(row["questions"]))
                continue
            context = QuotedText(row["context"])
            said = [
                read_quotes(next(written), _NONE[self._language], language=self._language) for _ in row["questions"]
            ]
            found.append([self._spans(context, one.quotes) for one in said])
            unread.append([not one.readable for one in said])
        schema = get_interface("extraction").prediction_schemas()[1]
        spans = span_answers(rows.column("id"), found).column("spans")
        columns = [rows.column("id"), spans, pa.array(unread, schema.field("unread").type)]
        return pa.record_batch(columns, schema=schema)

    def _spans(self, context: QuotedText, quotes: Sequence[str]) -> list[Span]:
        """The places of quotes, each once, the likeliest first."""
        best: dict[tuple[int, int], float] = {}
        for quote in quotes:
            place: Place | None = context.find(quote)
            self._found["lost" if place is None else place.kind] += 1
            if place is not None:
                at = (place.start, place.end)
                best[at] = max(best.get(at, 0.0), place.likeness)
        ranked = sorted(best.items(), key=lambda item: -item[1])
        return [Span(start, end, likeness) for (start, end), likeness in ranked[: self._spans_max]]
