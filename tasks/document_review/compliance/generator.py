"""Draws contracts and bids with planted violations of a checklist: text, rules, answers and evidence by construction.

Every document is drawn from streams named by the secret, the language, the part and its number, so none depends on
another one. Each of the eight rules is broken in three of ten documents, independently of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .clauses import CHECKS, WRITERS
from .dice import Dice
from .draft import Place
from .numerals import Language
from .scene import KINDS, Scene, draw_scene
from .wording import load_wording

__all__ = ["LEVELS", "Document", "draw_documents"]

LEVELS = (1, 2, 3)
_BROKEN, _OF = 3, 10
_GENERAL_LINES = {1: 2, 2: 4, 3: 6}
_FILLERS = {1: 0, 2: 1, 3: 2}
_FIRST = ("subject", "term", "price", "payment", "delivery")
_LAST = ("law", "general", "amendments")
_WARRANTY_MONTHS = (12, 18, 24, 36)


class Document(NamedTuple):
    """One document with its checklist.

    Attributes:
        text: Of the document.
        kind: Supply agreement, service agreement or bid.
        level: How hidden facts are, 1 to 3.
        rules: One per check, in the order of ``CHECKS``, as this document's reviewer words them.
        broken: One per check: whether the document breaks the rule.
        places: Where that shows; none for a missing clause.
    """

    text: str
    kind: str
    level: int
    rules: tuple[str, ...]
    broken: tuple[bool, ...]
    places: tuple[Place, ...]


def draw_documents(language: Language, n: int, *words: str) -> Iterator[Document]:
    """``n`` documents, their kinds and levels in turn.

    Args:
        language: Of the text.
        n: How many.
        words: What names the draw: secret, task and part.
    """
    for number in range(n):
        level, kind = LEVELS[number % len(LEVELS)], KINDS[number // len(LEVELS) % len(KINDS)]
        yield _document(language, Dice(*words, language, number), kind=kind, level=level)


def _document(language: Language, dice: Dice, *, kind: str, level: int) -> Document:
    wording = load_wording(language)
    broken = tuple(dice.chance(_BROKEN, _OF) for _ in CHECKS)
    scene = draw_scene(wording, dice, kind=kind, level=level)
    for section, heading in wording.tree["headings"].items():
        scene.draft.head(section, heading)
    scene.draft.add("subject", "subject", kind)
    scene.draft.add("delivery", "delivery", "terms")
    for check, is_broken in zip(CHECKS, broken, strict=True):
        WRITERS[check](scene, is_broken)
    _fill(scene)
    middle = dice.shuffled(["warranty", "liability", *wording.tree["topics"]])
    title = wording.tree["kinds"][kind]["title"].format(number=f"{scene.signed.year}-{dice.between(1000, 9899)}")
    text, places = scene.draft.write(
        title,
        numbered=[*_FIRST, *middle, *_LAST],
        before=["parties"],
        after=["signatures", "annex_a", "annex_b"],
    )
    return Document(text, kind, level, _rules(scene), broken, tuple(places))


def _fill(scene: Scene) -> None:
    """What no check asks about; lines then stand in a drawn order, but for the first of a section."""
    draft, dice = scene.draft, scene.dice
    draft.add("warranty", "warranty", warranty=str(dice.pick(_WARRANTY_MONTHS)))
    if scene.level > 1:
        draft.add("delivery", "delivery", "inspection")
    for way in dice.shuffled(scene.wording.ways("general"))[: _GENERAL_LINES[scene.level]]:
        draft.add_way("general", way)
    for section, ways in scene.wording.tree["filler"].items():
        for way in dice.shuffled(ways)[: _FILLERS[scene.level]]:
            draft.add_way(section, way)
    for section in ("subject", "price", "payment", "delivery", "warranty", "liability", "law"):
        draft.mix(section, keep=1)
    draft.mix("general", keep=0)


def _rules(scene: Scene) -> tuple[str, ...]:
    rules, roles = scene.wording.tree["rules"], scene.draft.roles
    words = {"payment": "limit", "liability": "limit", "clause": "topic", "law": "country"}
    return tuple(
        str(rules[check]).format(**roles, **({words[check]: scene.limits[check]} if check in words else {}))
        for check in CHECKS
    )
