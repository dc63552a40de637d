"""What a document is about before anything of it is written: parties, items, money and dates."""

from __future__ import annotations

from typing import NamedTuple

from .dice import Dice
from .draft import Draft, Fact
from .numerals import Day
from .wording import Name, Wording

__all__ = ["KINDS", "Item", "Party", "Scene", "draw_scene", "shown"]

KINDS = ("supply", "service", "tender")
_MONTHS = (12, 18, 24, 36)


class Party(NamedTuple):
    """A party as the first section introduces it."""

    name: Name
    country: str
    city: str
    address: str


class Item(NamedTuple):
    """A line of Annex A; ``lots`` are the quantities of its deliveries, which add up to ``quantity``."""

    name: str
    unit_price: int
    lots: tuple[int, ...]

    @property
    def quantity(self) -> int:
        """What is ordered."""
        return sum(self.lots)


class Scene(NamedTuple):
    """Everything the clauses are written from.

    Attributes:
        wording: Of the language.
        dice: For whatever is drawn while writing.
        draft: Where lines go.
        kind: One of ``KINDS``.
        level: 1 (all in one place), 2 (scattered, with other figures around) or 3 (to be worked out).
        limits: What the rules of this document ask for, by check.
        buyer: First party.
        supplier: Second party.
        items: Of Annex A.
        currency: ISO 4217.
        start: First day of the term, the first of a month.
        months: Length of the term.
        signed: In the month before the term starts.
    """

    wording: Wording
    dice: Dice
    draft: Draft
    kind: str
    level: int
    limits: dict[str, str]
    buyer: Party
    supplier: Party
    items: tuple[Item, ...]
    currency: str
    start: Day
    months: int
    signed: Day

    @property
    def total(self) -> int:
        """The total price: a multiple of 10."""
        return sum(item.unit_price * item.quantity for item in self.items)

    @property
    def end(self) -> Day:
        """The last day of the term."""
        return self.start.later(self.months - 1).month_end()

    def figures(self, amount: int) -> str:
        """An amount in figures."""
        return self.wording.figures(amount, self.currency)

    def in_words(self, amount: int) -> str:
        """An amount in words."""
        return self.wording.in_words(amount, self.currency)


def shown(text: str, check: str, broken: bool) -> str | Fact:
    """The text, marked as evidence where the check is broken."""
    return Fact(text, check) if broken else text


def draw_scene(wording: Wording, dice: Dice, *, kind: str, level: int) -> Scene:
    """Draws parties, items, money and dates of one document."""
    kinds = wording.tree["kinds"][kind]
    roles = {"B": kinds["B"], "S": kinds["S"], "document": kinds["document"]}
    buyer, supplier = _parties(wording, dice)
    names = dice.shuffled(wording.tree["items"][kind])[: level + 1]
    lots = min(level + 1, 3)
    items = tuple(
        Item(name, 10 * dice.between(12, 480), tuple(dice.between(2, 24) for _ in range(lots))) for name in names
    )
    start = Day(dice.between(2026, 2027), dice.between(2, 12), 1)
    signed = start.later(-1)._replace(day=dice.between(2, 27))
    return Scene(
        wording=wording,
        dice=dice,
        draft=Draft(wording, dice, roles),
        kind=kind,
        level=level,
        limits={},
        buyer=buyer,
        supplier=supplier,
        items=items,
        currency=dice.pick(list(wording.tree["currencies"])),
        start=start,
        months=dice.pick(_MONTHS),
        signed=signed,
    )


def _parties(wording: Wording, dice: Dice) -> tuple[Party, Party]:
    """Two companies of different stems and trades, each in a country of its own draw."""
    names = [wording.drawn_name(dice), wording.drawn_name(dice)]
    while names[0].stem == names[1].stem or names[0].trade == names[1].trade:
        names[1] = wording.drawn_name(dice)
    parties: list[Party] = []
    for name in names:
        country = dice.pick(list(wording.tree["countries"]))
        offices = [
            office
            for office in wording.tree["countries"][country]
            if office not in [[p.city, p.address] for p in parties]
        ]
        city, address = dice.pick(offices)
        parties.append(Party(name, country, city, address))
    return parties[0], parties[1]
