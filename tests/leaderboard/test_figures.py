"""The number formatter: small cases that a hand can check."""

from __future__ import annotations

import doctest
import math

import pytest
from sectorbench.leaderboard import charts, figures, safe_text
from sectorbench.leaderboard.figures import fixed, plain, significant
from sectorbench.leaderboard.safe_text import clipped, shown


@pytest.mark.parametrize("module", [figures, safe_text, charts], ids=lambda m: m.__name__)
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(19.649, 1, "19.6"), (-0.04, 1, "0.0"), (-0.06, 1, "-0.1"), (1e6, 0, "1,000,000"), (-math.inf, 2, "-∞")],
)
def test_fixed_keeps_its_decimals_and_never_writes_minus_zero(value, digits, text):
    assert fixed(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.996, "10.0"), (0.00012345, "0.000123"), (999.6, "1,000"), (-0.5, "-0.500"), (3e-7, "3.00×10⁻⁷")],
)
def test_significant_keeps_three_digits(value, text):
    assert significant(value) == text


@pytest.mark.parametrize(("value", "text"), [(16.14, "16.14"), (0.0, "0"), (100.0, "100"), (math.inf, "∞")])
def test_plain_shows_a_number_as_it_was_written(value, text):
    assert plain(value) == text


def test_characters_that_turn_or_hide_text_are_made_visible():
    assert shown("a\u202egnp.exe\x00\u2066") == "a\ufffdgnp.exe\ufffd\ufffd"
    assert shown("مضخة 🚀 泵") == "مضخة 🚀 泵"


def test_a_long_name_is_cut_by_width_not_by_letters():
    assert clipped("泵" * 20, 11) == "泵" * 5 + "…"
