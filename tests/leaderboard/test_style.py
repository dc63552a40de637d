"""The style sheet: contrast of every pair of colours in use, no request, print and motion rules."""

from __future__ import annotations

import re

import pytest
from sectorbench.leaderboard.rendering import ASSETS

_CSS = (ASSETS / "site.css").read_text()
_PAIRS = [
    ("ink", "paper"), ("muted", "paper"), ("accent", "paper"), ("warn", "paper"), ("good", "paper"),
    ("ink", "soft"), ("muted", "soft"), ("accent", "soft"), ("warn", "soft"), ("good", "soft"),
    ("ink", "accent-soft"), ("paper", "accent"),
    ("warn", "warn-soft"), ("ink", "warn-soft"),
    *(("on-heat", f"{kind}-{shade}") for kind in ("right", "wrong") for shade in range(1, 5)),
]  # fmt: skip


def _palettes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", _CSS, flags=re.DOTALL)
    return {
        name: dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for name, block in (("light", light), ("dark", dark))
    }


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), _PAIRS)
def test_text_stands_out_from_its_ground(palette, text, ground):
    colours = _palettes()[palette]
    light, dark = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_both_palettes_name_the_same_colours():
    assert _palettes()["light"].keys() == _palettes()["dark"].keys()


def test_the_style_sheet_asks_for_nothing():
    assert not re.search(r"url\(|@import|@font-face|https?:", _CSS)


def test_paper_is_never_dark_and_motion_is_asked_for_first():
    assert "@media screen and (prefers-color-scheme: dark)" in _CSS
    assert re.search(r"@media print \{.*display: table-header-group", _CSS, flags=re.DOTALL)
    moving = [m.start() for m in re.finditer(r"scroll-behavior|transition|animation", _CSS)]
    asked = _CSS.index("@media (prefers-reduced-motion: no-preference)")
    assert all(place > asked for place in moving)


def test_a_table_that_goes_on_shows_it_and_paper_does_not():
    """The paper-coloured layer moves with the table (local) and covers the shade (scroll) at the table's end."""
    rule = re.search(r"\.scroll, \.gantt-box \{(.*?)\}", _CSS, flags=re.DOTALL)[1]
    assert rule.index("local") < rule.index("scroll")
    assert re.search(r"@media print \{.*\.scroll, \.gantt-box \{[^}]*background: none", _CSS, flags=re.DOTALL)
