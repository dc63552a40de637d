"""What must be true of every card, every task and every builtin; a new entry is covered by being registered."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from sectorbench.harness.adapters import import_adapter
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import RegistryError, UsageError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.harness.task import Draw, Split
from sectorbench.tasks.registry import CATALOG

CARDS = CATALOG.cards()
every_card = pytest.mark.parametrize("card", CARDS.values(), ids=lambda c: c.id)


@every_card
def test_a_card_speaks_both_languages(card):
    texts = [card.title, card.summary, card.unit_title, card.worst_value_of]
    texts += [t.title for t in card.tracks] + [m.title for m in card.metrics] + [p.protocol for p in card.published]
    texts += [text for one in card.yardsticks for text in (one.name, one.why)]
    for text in texts:
        assert text.en.strip() and text.zh.strip()
        assert re.search(r"[\u4e00-\u9fff]", text.zh), f"{text.zh!r} holds no Chinese"


@every_card
def test_a_card_names_things_that_exist(card):
    assert re.fullmatch(r"(predictive_maintenance|scheduling|document_review|energy)/[a-z0-9-]+", card.id)
    assert card.interface in INTERFACES
    assert card.floor in CATALOG.model_names()
    assert CATALOG.model(card.floor).manifest.serves(card.interface, card.id, card.tracks[0].name)
    assert card.incumbent is None or card.incumbent in CATALOG.model_names()
    known = {m.name for m in card.metrics}
    assert {p.metric for p in card.published} <= known
    assert all(one.values and set(one.values) <= known for one in card.yardsticks)
    assert card.test.rows > 0
    assert card.citation


@every_card
def test_a_cards_metrics_agree_with_themselves(card):
    assert len({m.name for m in card.metrics}) == len(card.metrics)
    for metric in card.metrics:
        low, high = metric.limits
        assert low <= metric.best <= high
        assert metric.formula
    assert card.primary.limits[0] <= card.perfect <= card.primary.limits[1]
    named = {alarm.metric for alarm in card.alarms} | set(card.band)
    assert named <= {m.name for m in card.metrics}
    assert len(card.band) in (0, 3)


@every_card
def test_a_card_says_the_industry_only_in_the_standards_form(card):
    if card.industry is not None:
        assert re.fullmatch(r"[A-U]\d{2}", card.industry.isic)
        assert re.fullmatch(r"[A-T]\d{2}", card.industry.gbt4754)
    assert card.region is None or re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", card.region)


@every_card
def test_a_card_says_which_regions_its_units_are_of(card):
    assert bool(card.regions) == ("region" in card.slices)
    assert len({one.value for one in card.regions}) == len(card.regions)
    for one in card.regions:
        assert one.value and one.title.en.strip() and re.search(r"[\u4e00-\u9fff]", one.title.zh)


@every_card
def test_a_simulated_region_has_no_place_and_a_real_one_has(card):
    for one in card.regions:
        assert one.simulated == card.simulated, f"{card.id} is {card.realism}"
        if one.simulated:
            assert one.country is None and one.code is None
        else:
            assert re.fullmatch(r"[A-Z]{2}", one.country)
            assert one.code is None or re.fullmatch(rf"{one.country}-[A-Z0-9]{{1,3}}", one.code)


@every_card
def test_a_card_in_the_standings_can_see_a_difference_of_ten_points(card):
    if card.standings and card.detectable_effect is not None:
        assert card.detectable_effect <= 10


@every_card
def test_every_public_source_names_its_licence_and_its_hashes(card):
    if card.data is None:
        return
    assert card.data.licence and card.data.homepage.startswith("http") and card.data.public_since
    for file in card.data.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size_bytes > 0
        assert file.origins or card.data.importer


@pytest.mark.parametrize("name", sorted(CATALOG.builtins))
def test_every_builtin_loads_its_class_and_serves_what_it_says(name):
    builtin = CATALOG.builtins[name]
    assert builtin.interface in import_adapter(builtin.path).serves


@pytest.mark.parametrize("name", sorted(CATALOG.shipped))
def test_every_shipped_checkpoint_passes_the_check_and_is_small(name):
    submission = CATALOG.model(name)
    folder = CATALOG.shipped[name].folder
    assert submission.manifest.name == name
    assert sum((folder / file).stat().st_size for file in submission.files) < 1_000_000


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(UsageError, match="scheduling/jobshop-taillard"):
        CATALOG.task("scheduling/jobshop-taillrad")


def test_a_task_that_does_not_load_says_where_it_should_come_from():
    broken = Catalog(built_in={"scheduling/lost": "sectorbench.tasks.nowhere:TASK"}, builtins={})
    with pytest.raises(RegistryError, match=r"sectorbench\.tasks\.nowhere"):
        broken.task("scheduling/lost")


def test_a_module_that_holds_another_task_is_refused():
    source = CATALOG.built_in["scheduling/jobshop-taillard"]
    with pytest.raises(RegistryError, match="is registered as"):
        Catalog(built_in={"scheduling/other": source}, builtins={}).task("scheduling/other")


def test_third_parties_add_tasks_by_an_entry_point_and_cannot_take_a_name(monkeypatch):
    from importlib.metadata import EntryPoint

    source = "toy_tasks:TASK"
    entries = [EntryPoint("toy_area/toy-life", source, "sectorbench.tasks")]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    assert CATALOG.task("toy_area/toy-life").card.unit == "machine"
    entries.append(EntryPoint("scheduling/jobshop-taillard", source, "sectorbench.tasks"))
    with pytest.raises(RegistryError, match="already registered"):
        CATALOG.task_ids()


DRAWN_SPLITS = [
    (task, split)
    for task in CATALOG.tasks().values()
    for split in task.card.splits
    if task.card.data is None and split.exported
]


@pytest.mark.parametrize(("task", "split"), DRAWN_SPLITS, ids=lambda v: v.name if isinstance(v, Split) else v.card.id)
def test_a_split_is_another_for_another_secret_where_the_card_says_so(task, split, tmp_path):
    files = DataFiles(mirror=None, cache=tmp_path)
    one, other = (task.examples(files, split.name, Draw(task.card.tracks[0].name, f"seed-{n}")) for n in (1, 2))
    assert (_ends_digest(one.inputs) != _ends_digest(other.inputs)) is split.drawn
    assert (_ends_digest(one.targets) != _ends_digest(other.targets)) is split.drawn


def _ends_digest(table: pa.Table) -> str:
    """Of the first and the last rows: those of a training split may be hundreds of MB."""
    return content_digest(pa.concat_tables([table.slice(0, 500), table.slice(max(0, table.num_rows - 500))]))


def test_controls_are_the_builtins_that_are_random_constant_or_a_clock():
    constant = {"mean-life", "class-shares", "most-frequent-class", "rarest-class", "majority-class", "always-alarm"}
    constant |= {"history-mean"}
    blind = {"run-clock", "text-job-order", "flow-index", "nothing-found", "longest-option", "quote-nothing"}
    chance = {name for name in CATALOG.builtins if "random" in name}
    assert CATALOG.controls() == constant | blind | chance


@every_card
def test_the_floor_of_a_task_that_learns_from_data_is_a_control(card):
    if card.area == "predictive_maintenance":
        assert card.floor in CATALOG.controls()
