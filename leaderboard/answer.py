"""One question on a page with what was answered: the head of a ranking, the options of a choice, quoted passages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import fixed
from .safe_text import shown

__all__ = ["AnswerItem", "AnswerView", "answer_view", "language_tag"]

_CHINESE = re.compile("[\u4e00-\u9fff]")
_GOOD = frozenset({"11"})
_BAD = frozenset({"10", "01"})


@dataclass(frozen=True)
class AnswerItem:
    """Something that could be or was given as the answer.

    Attributes:
        text: What it says.
        said: What came of it.
        verdict: The class it is shown in: ``found``, ``missed`` or none.
        cells: What stands beside it, in the order of the view's columns.
    """

    text: str
    said: Text
    verdict: str
    cells: tuple[Text, ...]


@dataclass(frozen=True)
class AnswerView:
    """A question and an answer, ready to be shown.

    Attributes:
        anchor: Unique on its page.
        title: What is seen and of whom.
        tag: Language of the texts, as HTML names it.
        asked: What was asked, line by line.
        columns: Keys of the column heads between the verdict and the text.
        items: From the top.
        further: Right ones of a ranking behind those.
        facts: What stands beside the title.
        keys: How it is read.
    """

    anchor: str
    title: Text
    tag: str
    asked: tuple[str, ...]
    columns: tuple[str, ...]
    items: tuple[AnswerItem, ...]
    further: tuple[AnswerItem, ...]
    facts: tuple[Text, ...]
    keys: tuple[Text, ...]


def answer_view(exhibit: Exhibit, *, anchor: str, model: str) -> AnswerView:
    """The view of an exhibit of kind ``answer``."""
    table, way = exhibit.table("items"), _way(exhibit)
    texts, right, given = (table.column(name) for name in ("text", "right", "given"))
    asked = "".join(exhibit.table("asked").column("text"))
    columns = [(head, cells) for head, cells in _columns(exhibit) if cells]
    items = [
        _item(way, shown(text), f"{int(r)}{int(g)}", tuple(cells[at] for _, cells in columns))
        for at, (text, r, g) in enumerate(zip(texts, right, given, strict=True))
    ]
    return AnswerView(
        anchor=anchor,
        title=phrase("exhibit_title", title=Text(shown(exhibit.title.en), shown(exhibit.title.zh)), model=model),
        tag=language_tag(asked + "".join(texts)),
        asked=tuple(shown(line) for line in asked.split("\n")),
        columns=tuple(head for head, _ in columns),
        items=tuple(one for one, g in zip(items, given, strict=True) if g or way != "ranked"),
        further=tuple(one for one, g in zip(items, given, strict=True) if not g and way == "ranked"),
        facts=_facts(exhibit, way),
        keys=(phrase(f"answer_key.{way}"),),
    )


def language_tag(text: str) -> str:
    """Chinese where a text has a Chinese character, else English, as HTML names it."""
    return "zh-Hans" if _CHINESE.search(text) else "en"


def _way(exhibit: Exhibit) -> Literal["ranked", "chosen", "quoted"]:
    """How an answer is given."""
    items = exhibit.table("items")
    if items.column("first"):
        return "ranked"
    return "chosen" if items.column("probability") else "quoted"


def _item(way: str, text: str, came: str, cells: tuple[Text, ...]) -> AnswerItem:
    verdict = "found" if came in _GOOD else "missed" if came in _BAD else ""
    return AnswerItem(text, phrase(f"answer_{way}_said.{came}"), verdict, cells)


def _columns(exhibit: Exhibit) -> tuple[tuple[str, list[Text]], ...]:
    """Heads and cells of what stands beside the items; no cells where the exhibit does not tell."""
    table = exhibit.table("items")
    places = _places(exhibit)
    grades = [phrase("answer_grade", grade=one, grades=exhibit.value("grades")) for one in table.column("grade")]
    probabilities = [_same(fixed(one, 2)) for one in table.column("probability")]
    return ("col_place", places), ("col_grade", grades), ("col_probability", probabilities)


def _places(exhibit: Exhibit) -> list[Text]:
    """The place of each item in a ranking, a range where equal scores share some; none where nothing is ranked."""
    table = exhibit.table("items")
    return [
        _same(fixed(first, 0)) if first == last else phrase("answer_places", first=fixed(first, 0), last=fixed(last, 0))
        for first, last in zip(table.column("first"), table.column("last"), strict=True)
    ]


def _same(text: str) -> Text:
    return Text(text, text)


def _facts(exhibit: Exhibit, way: str) -> tuple[Text, ...]:
    table = exhibit.table("items")
    came = list(zip(table.column("right"), table.column("given"), strict=True))
    both = came.count((1, 1))
    if way == "ranked":
        right, items = fixed(exhibit.value("right") or 0, 0), fixed(exhibit.value("items") or 0, 0)
        head = sum(given for _, given in came)
        places = [place for place, (is_right, _) in zip(_places(exhibit), came, strict=True) if is_right]
        listed = Text(", ".join(one.en for one in places), "、".join(one.zh for one in places))
        told = phrase("answer_ranked_all", right=right, items=items, places=listed)
        return phrase("answer_ranked", found=both, n=head), told
    if way == "chosen":
        return (phrase(f"answer_chosen.{int(both > 0)}"),)
    marked = sum(right for right, _ in came)
    said = phrase("answer_quoted", found=both, right=marked, wrong=came.count((0, 1)))
    return said, *([phrase("answer_unread")] if exhibit.value("unread") else [])
