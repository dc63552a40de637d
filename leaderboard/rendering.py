"""Pages from views: the templates, the two languages, and every address relative, so that a site opens from a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..harness.text import LANGUAGES, Language, Text
from .catalogue import TEXTS, phrase
from .charts import draw_chart
from .collection import Collection
from .gantt import draw_gantt, draw_operations
from .glossary import GLOSSARY
from .method import METHOD
from .plots import draw_keys, draw_plot, draw_rows
from .region_chart import draw_region_chart, draw_region_keys
from .view_model import model_page
from .view_overview import ignored_rows, overview_page, record_rows
from .view_regions import regions_page
from .view_task import task_page
from .views import IgnoredRow, ModelPage, RecordRow, SiteFacts

__all__ = ["ASSETS", "LANGUAGE_TAGS", "TEMPLATES", "render_card", "render_site"]

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parent / "assets"
LANGUAGE_TAGS: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}
_LINK = re.compile(r'<a\b[^>]*\bhref="(?!#)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


class _Page(NamedTuple):
    """One page, the same in both languages.

    Attributes:
        path: Below the folder of a language.
        template: Its template.
        title: Its heading.
        crumbs: Labels and addresses on the way to it, the overview left out.
        view: What it shows.
    """

    path: str
    template: str
    title: Text
    crumbs: tuple[tuple[Text, str | None], ...]
    view: object


@dataclass(frozen=True)
class _RecordsView:
    rows: tuple[RecordRow, ...]
    ignored: tuple[IgnoredRow, ...]


def render_site(collection: Collection, facts: SiteFacts) -> dict[str, bytes]:
    """Every file of a site by its path: pages in both languages, records with their exhibits, style sheet and icon."""
    environment = _environment()
    files = {f"assets/{path.name}": path.read_bytes() for path in sorted(ASSETS.iterdir()) if path.is_file()}
    files |= {f"records/{one.record.key}.json": one.content for one in collection.loaded}
    door = environment.get_template("door.html").render(texts=TEXTS, languages=list(LANGUAGE_TAGS.items()))
    files |= {f"exhibits/{r.record.key}.json": r.exhibits.content for r in collection.loaded if r.exhibits}
    files["index.html"] = _bytes(door)
    for page in _pages(collection, facts):
        template = environment.get_template(page.template)
        for language in LANGUAGES:
            files[f"{language}/{page.path}"] = _bytes(template.render(_context(page, language), site=facts))
    return files


def render_card(page: ModelPage, facts: SiteFacts, language: Language) -> bytes:
    """A model's score card as one file that needs no other: the site's page without its frame, style sheet inside."""
    title = phrase("receipt_title", model=page.name)
    context = _context(_Page("receipt.html", "receipt.html", title, (), page), language)
    style = Markup((ASSETS / "site.css").read_text(encoding="utf-8"))
    text = _environment().get_template("receipt.html").render(context, site=facts, style=style)
    return _bytes(_LINK.sub(r"\1", text))  # to pages of a site that is not there


def _pages(collection: Collection, facts: SiteFacts) -> Iterator[_Page]:
    practice = facts.practice
    overview = overview_page(collection, practice=practice)
    yield _Page("index.html", "overview.html", phrase("overview_title"), (), overview)
    method = phrase("method_title")
    yield _Page("method.html", "method.html", method, ((method, None),), None)
    records = phrase("records_title")
    listed = _RecordsView(record_rows(collection), ignored_rows(collection))
    yield _Page("records.html", "records.html", records, ((records, None),), listed)
    regions = regions_page(collection, practice=practice)
    title = phrase("regions_title")
    yield _Page(regions.path, "regions.html", title, ((title, None),), regions)
    for card in collection.cards:
        task = task_page(collection, card, practice=practice)
        crumbs = ((task.area, f"index.html#{task.area_anchor}"), (task.title, None))
        yield _Page(task.path, "task.html", task.title, crumbs, task)
    for one in collection.models:
        model = model_page(collection, one, practice=practice)
        name = Text(model.name, model.name)
        yield _Page(model.path, "model.html", name, ((phrase("crumb_model"), None), (name, None)), model)


def _context(page: _Page, language: Language) -> dict[str, Any]:
    other: Language = "zh" if language == "en" else "en"
    up = "../" * page.path.count("/")
    return {
        "lang": language,
        "html_lang": LANGUAGE_TAGS[language],
        "languages": list(LANGUAGE_TAGS.items()),
        "other": other,
        "other_tag": LANGUAGE_TAGS[other],
        "page": page.path,
        "here": up,
        "root": f"{up}../",
        "title": page.title.of(language),
        "crumbs": [(label.of(language), target) for label, target in page.crumbs],
        "view": page.view,
        "t": _catalogue_in(language),
        "tr": lambda text: text.of(language),
    }


def _catalogue_in(language: Language) -> Callable[..., str]:
    def t(key: str, **values: object) -> str:
        return phrase(key, **values).of(language)

    return t


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code_words"] = _code_words
    environment.globals |= {"draw_chart": draw_chart, "draw_gantt": draw_gantt, "draw_operations": draw_operations}
    environment.globals |= {"draw_keys": draw_keys, "draw_plot": draw_plot, "draw_rows": draw_rows}
    environment.globals |= {"draw_region_chart": draw_region_chart, "draw_region_keys": draw_region_keys}
    environment.globals |= {"method": METHOD, "glossary": GLOSSARY}
    return environment


def _code_words(text: str) -> Markup:
    """Escapes a text and sets its words between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def _bytes(page: str) -> bytes:
    return page.encode("utf-8")
