"""The clauses that the checklist asks about, each written so that its rule is kept or broken, at three levels.

Level 1 says a fact in one place. Level 2 says its parts in different places, among other figures of the same sort.
Level 3 says it so that it must be worked out: in weeks, by reference, as the lower of two, or changed by an amendment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .draft import Fact, Ref, Value
from .numerals import Day, date_text
from .scene import Party, Scene, shown
from .wording import Name

__all__ = ["CHECKS", "WRITERS"]

_DAY_LIMITS = (30, 45, 60)
_SHARE_LIMITS = (50, 100, 150, 200)  # % of the total price


def _altered(amount: int, scene: Scene) -> int:
    """Another amount of as many digits: one digit behind the first is changed, or two neighbours are swapped."""
    digits = list(str(amount))
    at = scene.dice.between(1, len(digits) - 2)
    if scene.dice.chance(1, 2) and digits[at] != digits[at + 1]:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        digits[at] = scene.dice.pick([d for d in "0123456789" if d != digits[at]])
    return int("".join(digits))


def _amounts(scene: Scene, broken: bool) -> None:
    """The total price and, from level 2, a bond, in figures and in words; at level 3 the total's words stand apart."""
    bond = scene.level > 1
    wrong = scene.dice.pick(["total", "bond"] if bond else ["total"]) if broken else ""
    total = scene.total
    said = _altered(total, scene) if wrong == "total" else total
    values: dict[str, Value] = {
        "figures": shown(scene.figures(total), "amounts", wrong == "total"),
        "words": shown(scene.in_words(said), "amounts", wrong == "total"),
    }
    if scene.level == 3:
        scene.draft.add("price", "price", "total_figures", figures=values["figures"])
        scene.draft.add("signatures", "signature", "total", words=values["words"])
    else:
        scene.draft.add("price", "price", "total", **values)
    if bond:
        amount = 500 * max(4, total // 5_000 + scene.dice.between(0, 3)) + 10 * scene.dice.between(1, 9)
        said = _altered(amount, scene) if wrong == "bond" else amount
        figures = shown(scene.figures(amount), "amounts", wrong == "bond")
        scene.draft.add(
            "price", "price", "bond", figures=figures, words=shown(scene.in_words(said), "amounts", wrong == "bond")
        )
    scene.draft.add("price", "price", "fixed")


def _payment(scene: Scene, broken: bool) -> None:
    """The time for payment, in days, weeks, with an extension or amended."""
    dice, limit = scene.dice, scene.dice.pick(_DAY_LIMITS)
    scene.limits["payment"] = str(limit)
    over, under = limit + dice.pick([5, 10, 15, 30, 45]), dice.pick([d for d in (10, 14, 20, 30, 45, 60) if d <= limit])

    def fact(number: int) -> str | Fact:
        return shown(str(number), "payment", broken)

    way = dice.pick(["weeks", "extended", "amended"]) if scene.level == 3 else "days"
    if way == "weeks":
        most = limit // 7
        weeks = dice.between(most + 1, most + 5) if broken else dice.between(2, most)
        scene.draft.add("payment", "payment", "weeks", weeks=fact(weeks))
    elif way == "extended":
        days = dice.pick([10, 14, 20, 30])
        more = limit - days + dice.pick([5, 10, 20, 30]) if broken else dice.between(1, max(1, (limit - days) // 5)) * 5
        if not broken and days + more > limit:
            days = limit - more
        scene.draft.add("payment", "payment", "extended", days=fact(days), more=fact(more))
    elif way == "amended":
        old, new = (under, over) if broken else (over, under)
        scene.draft.add("payment", "payment", "days", days=str(old))
        scene.draft.add("amendments", "amendments", "payment", clause=Ref("payment"), old=str(old), new=fact(new))
    else:
        scene.draft.add("payment", "payment", "days", days=fact(over if broken else under))
    if scene.level > 1:
        scene.draft.add("payment", "payment", "retention", retention=str(dice.pick([7, 10, 14, 90, 120])))
        scene.draft.add("payment", "payment", "interest")


def _liability(scene: Scene, broken: bool) -> None:
    """The cap on liability, in percent, as an amount, as the lower or higher of two, or amended."""
    dice, limit = scene.dice, scene.dice.pick(_SHARE_LIMITS)
    scene.limits["liability"] = str(limit)
    low, high = limit - dice.pick([10, 20, 30]), limit + dice.pick([0, 10, 20, 50, 100])

    def percent(share: int) -> str | Fact:
        return shown(str(share), "liability", broken)

    def amount(share: int) -> str | Fact:
        return shown(scene.figures(scene.total // 10 * share // 10), "liability", broken)

    way = {1: "percent", 2: "amount"}.get(scene.level) or dice.pick(["lower", "higher", "amended"])
    own = low if broken else high
    if way == "percent":
        scene.draft.add("liability", "liability", "percent", percent=percent(own))
    elif way == "amount":
        scene.draft.add("liability", "liability", "amount", figures=amount(own))
    elif way == "amended":
        old = str(high if broken else low)
        scene.draft.add("liability", "liability", "percent", percent=old)
        scene.draft.add("amendments", "amendments", "liability", clause=Ref("liability"), old=old, new=percent(own))
    else:
        other = {("lower", True): high, ("lower", False): high + 10, ("higher", True): low - 10, ("higher", False): low}
        shares = dice.shuffled([own, other[way, broken]])
        scene.draft.add("liability", "liability", way, figures=amount(shares[0]), percent=percent(shares[1]))
    if scene.level > 1:
        scene.draft.add("liability", "liability", "indirect")
        scene.draft.add("delivery", "delivery", "damages", percent=str(dice.pick(["0.5", "1"])))


def _law(scene: Scene, broken: bool) -> None:
    """The governing law, named, or by where a party has its registered office; from level 2 with another country."""
    dice, countries = scene.dice, list(scene.wording.tree["countries"])
    if scene.level == 3:
        role, party = dice.pick([("B", scene.buyer), ("S", scene.supplier)])
        asked = dice.pick([c for c in countries if c != party.country]) if broken else party.country
        named = shown(scene.draft.roles[role], "law", broken)
        scene.draft.add("law", "law", "office", role=named)
    else:
        asked = dice.pick(countries)
        country = dice.pick([c for c in countries if c != asked]) if broken else asked
        scene.draft.add("law", "law", "direct", country=shown(country, "law", broken))
    scene.limits["law"] = asked
    if scene.level > 1:
        near = [asked, dice.pick(countries)]
        scene.draft.add("law", "law", dice.pick(["seat", "court"]), seat=dice.pick(near))


def _dates(scene: Scene, broken: bool) -> None:
    """Start, length and end of the term; at level 3 the start follows from the day of signature."""
    shift = scene.dice.pick([s for s in (-12, -6, -3, -2, -1, 1, 2, 3, 6, 12) if scene.months + s >= 6])
    end = scene.start.later(scene.months - 1 + shift).month_end() if broken else scene.end
    language = scene.wording.language
    values: dict[str, Value] = {
        "start": shown(date_text(scene.start, language), "dates", broken),
        "months": shown(str(scene.months), "dates", broken),
        "end": shown(date_text(end, language), "dates", broken),
    }
    if scene.level == 1:
        scene.draft.add("term", "term", "together", **values)
    else:
        scene.draft.add("term", "term", "start" if scene.level == 2 else "start_signed", **values)
        scene.draft.add("general", "term", "end", end=values["end"])
    day = date_text(scene.signed, language)
    scene.draft.add("signatures", "signature", "day", day=shown(day, "dates", broken and scene.level == 3))


def _names(scene: Scene, broken: bool) -> None:
    """The parties' names: in the parties' section, under the document and, from level 2, in two clauses."""
    dice = scene.dice
    mentions: dict[str, Party] = {"buyer": scene.buyer, "supplier": scene.supplier}
    if scene.level > 1:
        mentions |= {"bank": scene.supplier, "notices": scene.buyer}
    wrong = dice.pick(list(mentions)) if broken else ""
    written: dict[str, str | Fact] = {}
    for where, party in mentions.items():
        name = _misspelt(scene, party.name) if where == wrong else party.name
        written[where] = shown(scene.wording.name(name), "names", where == wrong)
    for role, party in (("buyer", scene.buyer), ("supplier", scene.supplier)):
        scene.draft.add(
            "parties",
            "parties",
            role,
            **{role: scene.wording.name(party.name)},
            address=party.address,
            city=party.city,
            country=party.country,
        )
        scene.draft.add("signatures", "signature", role, **{role: written[role]})
    if scene.level > 1:
        scene.draft.add("parties", "parties", "affiliate", affiliate=scene.wording.affiliate(scene.supplier.name, dice))
        scene.draft.add("payment", "bank", supplier=written["bank"])
        scene.draft.add("general", "notices", buyer=written["notices"])


def _misspelt(scene: Scene, name: Name) -> Name:
    """The name with another legal form, trade or stem; the higher the level, the nearer to the right one."""
    ways = {1: ["form", "trade"], 2: ["form", "trade", "stem"], 3: ["form", "stem"]}[scene.level]
    way = scene.dice.pick(ways)
    if way == "form":
        forms = len(scene.wording.tree["names"]["forms"])
        return name._replace(form=scene.dice.pick([f for f in range(forms) if f != name.form]))
    return name._replace(trade_spelling=1) if way == "trade" else name._replace(stem_spelling=1)


def _quantities(scene: Scene, broken: bool) -> None:
    """Annex A with quantities and prices, Annex B with lots that add up to them, at level 3 one lot in a clause."""
    items, dice = scene.items, scene.dice
    wrong = dice.below(len(items)) if broken else -1
    delivered = [list(item.lots) for item in items]
    if broken:
        lot = dice.below(len(delivered[wrong]))
        old = delivered[wrong][lot]
        delivered[wrong][lot] = dice.pick([n for n in range(max(1, old - 6), old + 7) if n != old])
    scene.draft.add("annex_a", "annex_a", "columns")
    for at, item in enumerate(items):
        scene.draft.add(
            "annex_a",
            "annex_a",
            "line",
            item=str(at + 1),
            name=item.name,
            quantity=shown(str(item.quantity), "quantities", at == wrong),
            unit_price=scene.figures(item.unit_price),
            price=scene.figures(item.unit_price * item.quantity),
        )
    scene.draft.add("annex_a", "annex_a", "total", figures=scene.figures(scene.total))
    apart = dice.below(len(items)) if scene.level == 3 else -1
    _write_lots(scene, delivered, wrong=wrong, apart=apart)


def _write_lots(scene: Scene, delivered: list[list[int]], *, wrong: int, apart: int) -> None:
    """Annex B, and the last lot of the item ``apart`` in a clause of its own."""
    tree = scene.wording.tree["annex_b"]
    lots = len(delivered[0])
    scene.draft.add("annex_b", "annex_b", "columns")
    for lot in range(lots):
        day = date_text(_delivery_day(scene, lot, lots), scene.wording.language)
        parts: list[Value] = []
        for at, quantity in enumerate(row[lot] for row in delivered):
            text = tree["delivery"].format(item=at + 1, quantity=quantity)
            if at == apart and lot == lots - 1:
                number = shown(str(quantity), "quantities", at == wrong)
                scene.draft.add("delivery", "delivery", "side", quantity=number, item=str(at + 1), day=day)
                continue
            parts += [tree["separator"]] if parts else []
            parts.append(shown(text, "quantities", at == wrong))
        scene.draft.add("annex_b", "annex_b", "line", lot=str(lot + 1), day=day, deliveries=parts)


def _delivery_day(scene: Scene, lot: int, lots: int) -> Day:
    return scene.start.later(1 + lot * (scene.months - 2) // lots)._replace(day=15)


def _clause(scene: Scene, broken: bool) -> None:
    """Six topics, of which the rule asks for one: under a heading of its own, at level 3 also without one.

    Where it is missing, a mention elsewhere or, at level 3, a bare heading may make believe that it is there.
    """
    dice, topics = scene.dice, scene.wording.tree["topics"]
    asked = dice.pick(list(topics))
    scene.limits["clause"] = topics[asked]["title"]
    for topic in topics:
        scene.draft.head(topic, topics[topic]["heading"])
        if topic != asked and dice.chance(2, 3):
            scene.draft.add(topic, "topics", topic, "clause")
    mention = scene.level == 2 and dice.chance(1, 2)
    if not broken and scene.level == 3 and dice.chance(1, 2):
        scene.draft.add("general", "topics", asked, "hidden")
    elif not broken:
        scene.draft.add(asked, "topics", asked, "clause")
    elif scene.level == 3 and dice.chance(1, 2):
        scene.draft.add(asked, "reserved")
    else:
        mention = scene.level > 1
    if mention:
        scene.draft.add("general", "survival", topic=topics[asked]["title"])


WRITERS: Mapping[str, Callable[[Scene, bool], None]] = {
    "amounts": _amounts,
    "payment": _payment,
    "clause": _clause,
    "names": _names,
    "dates": _dates,
    "liability": _liability,
    "law": _law,
    "quantities": _quantities,
}
"""A check to what writes its clauses; the second argument says whether the rule is broken."""

CHECKS: tuple[str, ...] = tuple(WRITERS)
"""The checklist in its order."""
