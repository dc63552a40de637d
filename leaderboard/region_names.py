"""How regions are called on the site, and where their results stand."""

from __future__ import annotations

from collections.abc import Sequence

from ..harness.task import Region, TaskCard
from ..harness.text import Text
from .catalogue import phrase
from .collection import Board
from .safe_text import shown

__all__ = ["REGIONS_PATH", "area_anchor", "region_address", "region_anchor", "region_code", "region_lines"]

REGIONS_PATH = "regions.html"


def area_anchor(card: TaskCard) -> str:
    """Where a card's column stands on the first page: simulated regions have a table of their own."""
    return f"{card.area}-simulated" if card.regions and card.simulated else card.area


def region_anchor(board: Board) -> str:
    """Where a board stands on the page of regions."""
    return f"{board.card.area}-{board.card.name}-{board.anchor}"


def region_address(boards: Sequence[Board]) -> str | None:
    """The first of some boards on the page of regions; None where none of them has regions."""
    first = next((board for board in boards if board.card.regions), None)
    return None if first is None else f"{REGIONS_PATH}#{region_anchor(first)}"


def region_code(region: Region) -> str | None:
    """ISO 3166-2, or the country where a region lies in several subdivisions; None for a simulated one."""
    return region.code or region.country


def region_lines(card: TaskCard) -> tuple[Text, ...]:
    """The regions of a card, one line each."""
    lines = []
    for region in card.regions:
        code = region_code(region)
        facts = {"value": shown(region.value), "title": region.title, "code": code}
        lines.append(phrase("card_region_coded" if code else "card_region_line", **facts))
    return tuple(lines)
