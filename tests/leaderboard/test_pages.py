"""Every page of a site with every case on it: well-formed, accessible, self-contained, in two languages."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from sectorbench.leaderboard.loading import load_records
from site_records import CARDS, CHINESE, GEARS, HOSTILE, LONG, PUMPS, UNMEASURED

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Page(HTMLParser):
    """Reads a page: complains about tags that do not close, keeps elements, ids, links and text."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.text: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == [], f"{path}: left open {self.open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{self.path}: an attribute stands twice in <{tag}>"
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open, f"{self.path}: </{tag}> closes nothing"
        assert self.open[-1] == tag, f"{self.path}: </{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)

    def all(self, *tags):
        return [(attrs, parents) for tag, attrs, parents in self.elements if tag in tags]


@pytest.fixture(scope="module")
def pages(built) -> dict[str, _Page]:
    """All pages by their path below the site."""
    folder = built[0]
    return {p.relative_to(folder).as_posix(): _Page(p) for p in sorted(folder.rglob("*.html"))}


def _task(card, language="en"):
    return f"{language}/tasks/{card.area}/{card.name}.html"


def test_every_card_and_every_model_has_a_page_in_both_languages(pages, synthetic):
    for language in ("en", "zh"):
        assert all(_task(card, language) in pages for card in CARDS.values())
        assert sum(p.startswith(f"{language}/models/") for p in pages) == 11
        assert {f"{language}/{p}.html" for p in ("index", "method", "records")} <= set(pages)
    assert {p[3:] for p in pages if p.startswith("en/")} == {p[3:] for p in pages if p.startswith("zh/")}


def test_every_page_names_its_language_title_and_counterpart(pages):
    for path, page in pages.items():
        ((attrs, _),) = page.all("html")
        assert attrs["lang"] == ("zh-Hans" if path.startswith("zh/") else "en")
        assert len([1 for _, parents in page.all("title") if "svg" not in parents]) == 1
        alternates = {a["hreflang"]: a["href"] for a, _ in page.all("link") if a.get("rel") == "alternate"}
        assert set(alternates) == {"en", "zh-Hans"}
        if path != "index.html":
            (switch,) = [a for a, _ in page.all("a") if a.get("class") == "language"]
            other = ("en" if path.startswith("zh/") else "zh") + path[2:]
            assert (page.path.parent / switch["href"]).resolve() == (
                page.path.parents[path.count("/")] / other
            ).resolve()


def test_both_languages_have_the_same_structure(pages):
    for path in (p for p in pages if p.startswith("en/")):
        here, there = (
            [(t, a.get("class"), a.get("id")) for t, a, _ in pages[p].elements] for p in (path, f"zh{path[2:]}")
        )
        assert here == there, path


def test_every_header_cell_has_a_scope_and_every_table_a_caption(pages):
    for path, page in pages.items():
        assert all(a.get("scope") in ("col", "row") for a, _ in page.all("th")), path
        assert len(page.all("caption")) == len(page.all("table")), path
        assert all("div" in parents for _, parents in page.all("table")), path


def test_every_drawing_has_a_title_and_ids_are_unique(pages):
    for path, page in pages.items():
        ids = [a["id"] for _, a, _ in page.elements if "id" in a]
        assert len(ids) == len(set(ids)), path
        for attrs, _ in page.all("svg"):
            if attrs.get("aria-hidden") == "true":  # machines' names beside a chart that says them itself
                continue
            assert attrs["role"] == "img"
            assert set((attrs["aria-labelledby"] or "").split()) <= set(ids)


def test_headings_never_skip_a_level(pages):
    for path, page in pages.items():
        levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1, path
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), (path, levels)


def test_nothing_is_asked_of_the_network(pages):
    for path, page in pages.items():
        assert not page.all("script", "iframe", "object", "embed", "form"), path
        for _, attrs, _ in page.elements:
            assert not [name for name in attrs if name.startswith("on")], path
            assert not re.match("https?:|//", attrs.get("src") or "")
        assert all(not re.match("[a-z]+:|/", a["href"] or "") for a, _ in page.all("link")), path


def test_every_link_leads_somewhere(pages, built):
    folder = built[0].resolve()
    ids = {p.path.resolve(): {a["id"] for _, a, _ in p.elements if "id" in a} for p in pages.values()}
    for path, page in pages.items():
        for attrs, _ in page.all("a", "link"):
            href = attrs["href"] or ""
            if href.startswith("https://example.org/"):
                continue  # homepage of a data source, from its card
            address, _, anchor = href.partition("#")
            target = (page.path.parent / unquote(address)).resolve() if address else page.path.resolve()
            assert target.is_relative_to(folder), (path, href)
            assert target.is_file(), (path, href)
            assert not anchor or anchor in ids[target], (path, href)


def test_hostile_names_are_shown_and_not_obeyed(pages, built):
    raw = "".join(p.path.read_text() for p in pages.values())
    assert "<script" not in raw
    assert "<img" not in raw
    assert "\u202e" not in raw
    overview = "".join(pages["en/index.html"].text)
    assert all(name in overview for name in (HOSTILE, CHINESE, LONG, '"><img src=x onerror=alert(1)>'))


def test_a_value_stands_with_unit_interval_and_n(pages, synthetic):
    text = re.sub(r"\s+", " ", "".join(pages["en/index.html"].text))
    result = synthetic[1]["good"].metrics[0]
    assert f"15.0 [{result.interval.low:.1f}, {result.interval.high:.1f}] n = 12" in text
    assert "cycles ↓ lower is better" in text


@pytest.mark.parametrize(
    ("language", "mark", "why"),
    [
        ("en", "not a model", "It answers what is right, rounded & capped."),
        ("zh", "非模型", "直接回答取整并截断的真值。"),
    ],
)
def test_a_yardstick_is_a_marked_row_without_record_or_interval(pages, language, mark, why):
    page = pages[_task(PUMPS, language)]
    rows = [a for a, _ in page.all("tr") if a.get("class") == "yardstick"]
    assert len(rows) == 2  # one per track
    text = re.sub(r"\s+", " ", "".join(page.text))
    assert f"{'oracle' if language == 'en' else '先知'} <b> {mark}" in text
    assert why in text
    assert all("oracle" not in p for p in pages)  # no page of its own: it is no model


@pytest.mark.parametrize(
    ("language", "mark", "meaning"),
    [("en", "control", "Looks at nothing that could tell"), ("zh", "对照", "无需模型即可达到的水平")],
)
def test_a_control_is_marked_beside_its_name_and_the_mark_is_explained(pages, language, mark, meaning):
    (own,) = [p for p in pages if p.startswith(f"{language}/models/mean-life-")]
    for path in (_task(PUMPS, language), f"{language}/index.html", own):
        text = re.sub(r"\s+", " ", "".join(pages[path].text))
        assert "mark control" in {a.get("class") for a, _ in pages[path].all("span")}, path
        assert f" {mark} " in text, path
        assert text.count(meaning) >= 1, path
    (other,) = [p for p in pages if p.startswith(f"{language}/models/crasher-")]
    assert meaning not in "".join(pages[other].text)


def test_a_licence_note_is_marked_as_english_on_a_chinese_page(pages):
    page = pages[_task(PUMPS, "zh")].path.read_text()
    assert '说明（英文原文）： <span lang="en">read on the owner&#39;s page</span>' in page


def test_a_value_without_interval_says_why(pages):
    assert "no interval: too few units" in "".join(pages["en/index.html"].text)
    assert "无区间：单元过少" in "".join(pages["zh/index.html"].text)


def test_a_failed_cell_shows_its_code_meaning_and_message(pages):
    text = "".join(pages[_task(PUMPS)].text)
    for part in ("SB206", "the model raised an error on an input", f"column 'series': {HOSTILE}"):
        assert part in text
    assert "模型处理输入时出错" in "".join(pages["zh/index.html"].text)


def test_missing_cells_are_typed_and_explained(pages):
    text = "".join(pages["en/index.html"].text)
    assert "not run" in text
    assert "no record of this model on this task was given to the site" in text
    assert UNMEASURED.title.en in text
    assert "No record of this task was given to the site." in "".join(pages[_task(UNMEASURED)].text)


def test_chart_and_table_show_the_same_numbers(pages):
    page = pages[_task(PUMPS)].path.read_text()
    for value in re.findall(r'class="value" x="100%"[^>]*>([\d.]+) \[([\d.]+), ([\d.]+)\]', page):
        assert f'<span class="value">{value[0]}</span>' in page
        assert f'<span class="interval">[{value[1]}, {value[2]}]</span>' in page


def test_a_task_page_shows_the_facts_of_its_card(pages):
    english, chinese = ("".join(pages[_task(PUMPS, lang)].text) for lang in ("en", "zh"))
    for fact in (
        "predictive_maintenance/pump-life@1", "recorded in an operating plant", "CN-TJ (ISO 3166-2)",
        "ISIC Rev. 4 E36: Water collection, treatment and supply", "GB/T 4754-2017 D46: Production and supply of water",
        "CC-BY-4.0", "Pumps of a water works", "sqrt(mean((y - p)²))", "0 to ∞", "125 (error in cycles)",
        "count as the worst value; they are never left out", "2.5 skill points", "LSTM (2017) <i>", "labels capped",
        "none named: no readiness is claimed", "2 of 12", "SB306 a value that is not finite: 2",
    ):  # fmt: skip
        assert fact in english, fact
    for fact in ("集水、水处理与水供应", "水的生产和供应业", "来自实际运行的工厂", "标签截断", "主指标"):
        assert fact in chinese, fact


def test_energy_is_never_zero_when_it_was_not_measured(pages):
    text = "".join(pages[_task(PUMPS)].text)
    assert "not measured" in text
    assert "Energy was not measured: this version has no energy meter." in text


def test_repeats_and_resumed_rows_are_shown(pages):
    text = "".join(pages[_task(PUMPS)].text)
    assert "Further runs of the same cells" in text
    assert "7 rows were answered by an earlier, interrupted worker" in text


def test_a_model_page_gives_the_command_that_repeats_it(pages):
    commands = {
        p: re.findall(r"<code>(sectorbench run [^<]*)</code>", page.path.read_text()) for p, page in pages.items()
    }
    floor = next(c for p, c in commands.items() if "/mean-life-" in p)
    other = next(c for p, c in commands.items() if "/patchtst-tiny-" in p)
    assert f"sectorbench run --task {PUMPS.id} --model mean-life" in floor
    assert f"sectorbench run --task {PUMPS.id} --submission PATH" in other
    assert not any("benchmarks=" in one for one in (*floor, *other))


def test_a_site_of_self_scored_records_says_so_once(pages):
    assert "Practice edition" in "".join(pages["en/index.html"].text)
    assert "self-scored" not in "".join(pages["en/index.html"].text)


def test_every_shown_record_can_be_downloaded_and_read_again(built, synthetic):
    files = {p.stem: json.loads(p.read_text()) for p in (built[0] / "records").glob("*.json")}
    assert len(files) == built[1].records
    record = synthetic[1]["good"]
    assert files[record.key] == record.model_dump(mode="json")


def test_the_data_of_every_picture_can_be_downloaded(built, synthetic, regional):
    records = [*synthetic[1].values(), *(one.record for one in load_records([regional]))]
    named = {r.key: r.exhibits_sha256 for r in records if r.exhibits_sha256}
    found = {p.stem: p.read_bytes() for p in (built[0] / "exhibits").glob("*.json")}
    assert {key: hashlib.sha256(content).hexdigest() for key, content in found.items()} == named


def test_an_answer_that_breaks_a_rule_is_told_and_not_drawn(pages, synthetic):
    record = synthetic[1]["invalid"]
    (page,) = [p for path, p in pages.items() if path.startswith("en/models/") and CHINESE in p.text]
    text = " ".join("".join(page.text).split())
    assert "Not drawn, for this answer breaks a rule: SB403 a schedule uses a machine for two operations" in text
    assert f"machine 0 does two things at once {HOSTILE}" in text
    assert not [a for a, _ in page.all("svg") if "gantt" in a.get("class", "")]
    assert record.exhibits_sha256


def test_a_schedule_has_a_table_beside_it_with_the_same_operations(pages):
    page = pages[_task(PUMPS)]
    tables = [a for a, _ in page.all("table") if a.get("class") == "operations"]
    drawn = [a for a, parents in page.all("svg") if a.get("class") == "gantt plot"]
    assert len(tables) == len(drawn) == 2  # the third of the group breaks a rule
    assert all("details" in parents for a, parents in page.all("table") if a.get("class") == "operations")
    hints = [parents for _, parents in page.all("title") if "g" in parents]
    rows = [a for a, parents in page.all("tr") if {"details", "tbody"} <= set(parents)]
    assert len(hints) == len(rows) == 2 * 4


@pytest.mark.parametrize(
    ("language", "words"), [("en", "the machine fails before it is expected to"), ("zh", "先于预期失效")]
)
def test_every_kind_of_plot_stands_on_the_task_page_with_its_table_and_its_words(pages, language, words):
    page = pages[_task(GEARS, language)]
    drawn = [a["class"].split()[-1] for a, _ in page.all("svg") if (a.get("class") or "").startswith("plot plane")]
    assert sorted(drawn) == ["course"] * 4 + ["curve"] * 2 + ["scatter"] * 2  # of a life, and of a score
    assert len([a for a, _ in page.all("table") if a.get("class") == "operations"]) == 8
    assert words in "".join(page.text)


def test_answers_that_break_a_rule_are_told_in_the_place_of_every_plot(pages):
    text = " ".join("".join(pages[_task(GEARS)].text).split())
    assert text.count("Not drawn, for this answer breaks a rule: SB306") == 6


def test_a_record_without_exhibits_has_no_pictures_and_no_empty_section(pages):
    (page,) = [page for path, page in pages.items() if path.startswith("en/models/tfidf-svm")]
    assert "Answers seen" not in "".join(page.text)
    assert not [a for a, _ in page.all("figure") if a.get("class") == "exhibit"]
    assert not [a for a, _ in page.all("p") if a.get("class") == "exhibit-name"]
