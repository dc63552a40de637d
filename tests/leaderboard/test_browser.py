"""The site in a real browser, opened from files: every page, both languages, wide and narrow."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ARGUMENTS = [
    "--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    if _CHROMIUM is None:
        pytest.skip("needs a chromium on PATH")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield chromium
        chromium.close()


def _walk(browser, folder: Path, width: int, scheme: str):
    """Opens every page and yields it with what the console said and what was asked of the network."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for path in sorted(folder.rglob("*.html")):
        page.goto(path.as_uri())
        yield path.relative_to(folder).as_posix(), page, said, asked
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_page_fits_and_asks_nothing_of_the_network(browser, built, width, scheme):
    for path, page, said, asked in _walk(browser, built[0], width, scheme):
        assert said == [], path
        assert [url for url in asked if not url.startswith("file://")] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui"), path


def test_a_wide_table_scrolls_inside_its_own_frame_on_a_phone(browser, built):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((built[0] / "zh" / "index.html").as_uri())
    frame = page.locator("#predictive_maintenance .scroll")
    assert frame.evaluate("e => e.scrollWidth > e.clientWidth")
    frame.evaluate("e => { e.scrollLeft = 200 }")
    head = page.locator("#predictive_maintenance tbody th").first
    assert head.evaluate("e => e.getBoundingClientRect().left") >= 0
    page.close()


def test_the_first_tab_stop_leads_to_the_content(browser, built):
    page = browser.new_page()
    page.goto((built[0] / "en" / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.close()


def test_the_language_switch_leads_to_the_same_page(browser, built):
    page = browser.new_page()
    page.goto((built[0] / "en" / "tasks" / "predictive_maintenance" / "pump-life.html").as_uri())
    page.click("a.language")
    assert page.url.endswith("/zh/tasks/predictive_maintenance/pump-life.html")
    assert page.inner_text("h1") == "泵的剩余寿命"
    page.close()


def test_paper_is_white_and_nothing_is_cut_off_on_a4(browser, built):
    page = browser.new_page(viewport={"width": 703, "height": 1000}, color_scheme="dark")  # A4 without its margins
    page.emulate_media(media="print")
    for path in sorted((built[0] / "en").rglob("*.html")):
        page.goto(path.as_uri())
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth") <= 703, path.name
    page.close()


@pytest.mark.parametrize("columns", [9, 14, 19])
def test_a_table_of_many_columns_is_not_cut_off_on_a4(browser, built, columns):
    page = browser.new_page(viewport={"width": 703, "height": 1000})
    page.emulate_media(media="print")
    page.goto((built[0] / "en" / "tasks" / "predictive_maintenance" / "pump-life.html").as_uri())
    table = page.locator("#results table").first
    table.evaluate(
        "(t, n) => { for (const row of t.rows) while (row.cells.length < n) row.append(row.cells[1].cloneNode(true)) }",
        columns,
    )
    assert table.evaluate("t => t.getBoundingClientRect().right") <= 703
    page.close()


def test_the_edge_of_a_cut_table_is_darker_until_it_is_scrolled_to_its_end(browser, built):
    page = browser.new_page(viewport={"width": 390, "height": 900}, color_scheme="light")
    page.goto((built[0] / "en" / "index.html").as_uri())
    frame = page.locator("#predictive_maintenance .scroll")

    def edge() -> int:
        """Mean darkness, 0 to 255, of the frame's last three columns of pixels without its words."""
        page.add_style_tag(content=".scroll table { visibility: hidden }")
        box = frame.bounding_box()
        clip = {"x": box["x"] + box["width"] - 3, "y": box["y"] + 10, "width": 3, "height": box["height"] - 20}
        encoded = base64.b64encode(page.screenshot(clip=clip, full_page=True)).decode()
        return page.evaluate(_DARKNESS, encoded)

    assert edge() > 40
    frame.evaluate("e => { e.scrollLeft = e.scrollWidth }")
    assert edge() < 5
    page.close()


_DARKNESS = """async encoded => {
  const bytes = Uint8Array.from(atob(encoded), c => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const data = canvas.getImageData(0, 0, image.width, image.height).data;
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += 255 - data[i];
  return 4 * sum / data.length;
}"""


def test_published_scores_are_not_taller_than_their_words_need(browser, built):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((built[0] / "en" / "tasks" / "predictive_maintenance" / "pump-life.html").as_uri())
    heights = page.eval_on_selector_all("#published tbody tr", "rows => rows.map(r => r.offsetHeight)")
    assert heights and max(heights) < 160
    page.close()


def test_the_overview_uses_the_width_of_a_wide_screen(browser, built):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto((built[0] / "en" / "index.html").as_uri())
    main = page.locator("main").bounding_box()
    for frame in page.locator("main .scroll").all():
        assert frame.bounding_box()["width"] > 0.9 * main["width"]
    page.close()


@pytest.mark.parametrize(("language", "width"), [("en", 390), ("zh", 390), ("en", 1280)])
def test_no_word_of_a_plot_is_cut_off_and_dots_stand_on_their_ground(browser, built, language, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((built[0] / language / "tasks" / "predictive_maintenance" / "gear-life.html").as_uri())
    plots = page.evaluate(_PLOTS)
    assert len(plots) == 8
    for (left, right), dots, words in plots:
        assert 200 < right - left <= 54 * 16
        assert all(left - 1 <= a <= b <= right + 1 for a, b in dots)
        assert all(0 <= a <= b <= width for a, b in words)
    page.close()


_PLOTS = """() => [...document.querySelectorAll(".plot-box")].map(box => {
  const sides = query =>
    [...box.querySelectorAll(query)].map(e => e.getBoundingClientRect()).map(r => [r.left, r.right]);
  return [sides("rect.ground")[0], sides("circle"), sides("text")];
})"""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_matrix_of_38_classes_fits_a_screen_and_paper_and_scrolls_on_a_phone(browser, built, language):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((built[0] / language / "tasks" / "document_review" / "clauses.html").as_uri())
    frame = page.locator(".scroll:has(> table.confusion)").first
    wide = "[...e.querySelectorAll('td')].some(c => c.scrollWidth > c.clientWidth)"
    cut = f"e => [e.scrollWidth > e.clientWidth, {wide}]"
    assert frame.evaluate(cut) == [False, False]
    page.set_viewport_size({"width": 390, "height": 900})
    assert frame.evaluate(cut) == [True, False]
    frame.evaluate("e => { e.scrollLeft = 200 }")
    name = frame.locator("tbody th").first.bounding_box()
    assert name["x"] >= 0 and name["width"] < 180  # names stay, and leave room
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    assert frame.evaluate("e => e.querySelector('table').getBoundingClientRect().right") <= 703
    assert frame.evaluate("e => getComputedStyle(e.querySelector('td.r4')).printColorAdjust") == "exact"
    page.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_are_read_on_a_phone_without_scrolling_sideways(browser, built, language):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((built[0] / language / "tasks" / "document_review" / "clauses.html").as_uri())
    frames = page.locator(".scroll:has(> table.answers)").all()
    assert len(frames) == 4  # a ranking's head and what is further down, options, quotes
    for frame in frames:
        assert frame.evaluate("e => e.scrollWidth <= e.clientWidth")
    page.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_word_of_a_table_of_confusions_is_broken_on_a_phone(browser, built, language):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((built[0] / language / "tasks" / "document_review" / "clauses.html").as_uri())
    head = page.locator("table.pairs tbody th").first
    longest = "e => { e.textContent = 'Irrevocable'; return e.getClientRects()[0].height }"
    short = "e => { e.textContent = 'I'; return e.getClientRects()[0].height }"
    assert head.evaluate(longest) == head.evaluate(short)
    page.close()
