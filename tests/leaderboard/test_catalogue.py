"""Two languages, one source: every text in both, none unused, no prose in a template."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from sectorbench import leaderboard
from sectorbench.harness.text import Text
from sectorbench.leaderboard.catalogue import FAMILIES, TEXTS, phrase
from sectorbench.leaderboard.collection import Mark
from sectorbench.leaderboard.gbt4754 import GBT_DIVISIONS, GBT_SECTIONS
from sectorbench.leaderboard.glossary import GLOSSARY
from sectorbench.leaderboard.isic import ISIC_DIVISIONS, ISIC_SECTIONS
from sectorbench.leaderboard.method import METHOD
from sectorbench.leaderboard.rendering import TEMPLATES
from sectorbench.leaderboard.vocabulary import (
    AREAS,
    AXES,
    BLOCKS,
    ENERGY_REASONS,
    INTERFACE_TITLES,
    SLICE_VALUES,
    SPLITS,
    UNITS,
    slice_title,
)
from sectorbench.tasks.document_review.compliance.scene import KINDS as DOCUMENT_KINDS
from sectorbench.tasks.document_review.legal_choice import KINDS as QUESTION_KINDS
from sectorbench.tasks.document_review.nda import KINDS as AGREEMENT_KINDS
from sectorbench.tasks.energy.load_calendar import DAY_KINDS
from sectorbench.tasks.predictive_maintenance.fleet_simulator import SITES, Machine
from sectorbench.tasks.registry import CATALOG

_HERE = Path(leaderboard.__file__).parent
_CJK = re.compile("[\u4e00-\u9fff]")
_SAME_IN_BOTH = {"site_name", "page_title", "of_total", "other_language", "other_language_hint"}


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_text_says_the_same_in_both_languages(key):
    text = TEXTS[key]
    assert text.en.strip()
    assert text.zh.strip()
    assert _places(text.en) == _places(text.zh)
    if key not in _SAME_IN_BOTH:
        words = re.sub(r"\{\w+\}", "", text.en)
        assert _CJK.search(text.zh) or not re.search("[a-z]{2}", words), "the Chinese text holds no Chinese"
        assert not _CJK.search(text.en), "the English text holds Chinese"


def _named_keys() -> set[str]:
    """Every string that stands in code or in a template of the site, the catalogue itself left out."""
    found: set[str] = set()
    for path in _HERE.glob("*.py"):
        if not path.name.startswith("catalogue"):
            found |= {
                n.value
                for n in ast.walk(ast.parse(path.read_text()))
                if isinstance(n, ast.Constant) and isinstance(n.value, str)
            }
    for path in TEMPLATES.glob("*.html"):
        found |= set(re.findall(r"'([\w.]+)'", path.read_text())) | set(re.findall(r"texts\.(\w+)", path.read_text()))
    return found


def test_no_text_is_unused():
    named = _named_keys() | {f"{family}.{value}" for family, values in FAMILIES.items() for value in values}
    named |= {f"mark_{mark}{hint}" for mark in get_args(Mark) for hint in ("", "_hint")}
    assert sorted(set(TEXTS) - named) == []


def test_every_value_of_a_closed_set_has_its_text():
    wanted = {f"{family}.{value}" for family, values in FAMILIES.items() for value in values}
    assert sorted(wanted - set(TEXTS)) == []
    assert all(FAMILIES.values())


def test_every_key_that_a_template_names_is_there():
    for path in TEMPLATES.glob("*.html"):
        for key in re.findall(r"\bt\('([\w.]+)'[,)]", path.read_text()):
            assert key in TEXTS, f"{path.name}: {key}"


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda p: p.name)
def test_a_template_holds_no_prose(path):
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    for attribute in re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', text):
        assert not re.search(r"\w", attribute)
    assert not re.search(r"\w", re.sub(r"<[^>]*>", "", text))


_TABLES = {
    "areas": AREAS, "axes": AXES, "blocks": BLOCKS, "energy": ENERGY_REASONS, "interfaces": INTERFACE_TITLES,
    "slices": SLICE_VALUES, "splits": SPLITS, "units": UNITS,
    "isic": {**ISIC_SECTIONS, **ISIC_DIVISIONS}, "gbt": {**GBT_SECTIONS, **GBT_DIVISIONS},
    "method": {s.anchor: t for s in METHOD for t in [s.title, *(b.text for b in s.blocks if b.kind != "formula")]},
    "glossary": {t.term.en: t.meaning for t in GLOSSARY}, "terms": {t.term.en: t.term for t in GLOSSARY},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(_TABLES))
def test_a_table_of_words_has_both_languages(name):
    for key, text in _TABLES[name].items():
        assert text.en.strip(), key
        assert not _CJK.search(text.en), key
        assert _CJK.search(text.zh) or name == "units", key


@pytest.mark.parametrize("task", CATALOG.task_ids())
def test_every_word_of_a_built_in_card_has_both_languages(task):
    card = CATALOG.task(task).card
    assert card.area in AREAS
    assert set(card.slices) <= set(AXES)
    assert card.block is None or card.block in BLOCKS
    assert {s.name for s in card.splits} <= set(SPLITS)
    assert {m.unit for m in card.metrics} <= {*UNITS, "1"}
    assert card.interface in INTERFACE_TITLES
    if card.industry is not None:
        assert card.industry.isic in {**ISIC_SECTIONS, **ISIC_DIVISIONS}
        assert card.industry.gbt4754 in {**GBT_SECTIONS, **GBT_DIVISIONS}


_SLICES = {
    "agreement_length": ["under 7,500 characters", "7,500 to 12,500 characters", "over 12,500 characters"],
    "agreement_source": list(AGREEMENT_KINDS.values()),
    "clause_category": ["Indemnification", "Limitation of Liability", "others"],
    "clause_length": ["under 200 characters", "200 to 300 characters", "over 300 characters"],
    "code_frequency": ["common", "rare"],
    "contract_length": ["under 20,000 characters", "20,000 to 60,000 characters", "over 60,000 characters"],
    "day_kind": ["monday to friday", "weekend", *DAY_KINDS],
    "document_kind": list(DOCUMENT_KINDS),
    "experiment": ["valve1", "valve2", "other"],
    "failed": get_args(get_type_hints(Machine)["failed"]),
    "family": [],  # dmu, swv, brandimarte, edata, rdata, vdata: names of the literature
    "level": ["level 1", "level 3"],
    "machine": ["machine 01", "machine 19"],
    "optimum": ["proven", "not proven"],
    "product_type": ["low quality (L)", "medium quality (M)", "high quality (H)"],
    "question_kind": list(QUESTION_KINDS.values()),
    "region": [],  # AEP, R01, zone-1: names
    "remaining_life": [],  # <=50, 51-125, >125
    "resource_strength": [],  # 0.2 to 1.0
    "rig_state": ["settled", "not settled"],
    "site": [site.name for site in SITES],
    "size": [],  # 15x15
}


def test_every_value_of_a_slice_that_is_a_word_has_both_languages():
    assert set(_SLICES) == {axis for card in CATALOG.cards().values() for axis in card.slices} == set(AXES)
    for value in (one for values in _SLICES.values() for one in values):
        title = slice_title(value)
        assert not _CJK.search(title.en), value
        assert _CJK.search(title.zh), value


def test_a_value_of_a_slice_that_nobody_knows_stands_for_itself():
    assert slice_title("15x15") == Text("15x15", "15x15")
    assert slice_title("north\u202e") == Text("north\ufffd", "north\ufffd")


def test_industry_codes_are_complete_and_under_their_sections():
    # ISIC Rev. 4 has 21 sections and 88 divisions, GB/T 4754-2017 has 20 and 97.
    assert (len(ISIC_SECTIONS), len(ISIC_DIVISIONS), len(GBT_SECTIONS), len(GBT_DIVISIONS)) == (21, 88, 20, 97)
    assert {c[0] for c in ISIC_DIVISIONS} == set(ISIC_SECTIONS)
    assert {c[0] for c in GBT_DIVISIONS} == set(GBT_SECTIONS)
    assert [c[1:] for c in GBT_DIVISIONS] == [f"{i:02d}" for i in range(1, 98)]


def test_a_value_that_is_a_text_is_taken_in_its_language():
    assert phrase("chart_reference", name=Text("floor", "底线"), value="1") == Text("floor 1", "底线 1")


def test_the_method_page_names_the_numbers_that_the_code_uses():
    text = " ".join(b.text.en for s in METHOD for b in s.blocks)
    for said in (
        "95 %",
        "B = 2,000",
        "under 10 units",
        "w = 4 · U · cos²(2πV)",
        "clip( (x − floor) / (perfect − floor), −1, 1 )",
    ):
        assert said in text
