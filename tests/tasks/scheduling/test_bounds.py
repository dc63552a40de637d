"""The frozen bounds fit together with the instances and with our own reference rule."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from sectorbench.harness.errors import DataError
from sectorbench.tasks.scheduling import bounds as bounds_module
from sectorbench.tasks.scheduling.bounds import EDITION, published, published_bounds, taillard_bounds
from sectorbench.tasks.scheduling.instances import JobShopInstance
from sectorbench.tasks.scheduling.job_shop_task import reference_starts
from sectorbench.tasks.scheduling.lower_bounds import makespan_bound
from sectorbench.tasks.scheduling.taillard import published_job_shops

FAMILIES = {"ta": 80, "dmu": 80, "swv": 20, "ft": 3, "la": 40, "abz": 5, "orb": 10, "yn": 4, "bel": 20}


def family(name):
    return re.match("[a-z]+", name)[0]


@pytest.fixture(scope="module")
def library(mirror):
    """All published instances but ta, from the mirror, by name, with the bounds that stand beside them there."""
    folder = mirror / "scheduling" / "jsp"
    found = {}
    for name in ("jsplib162", "dmu80", "bel20_reentrant"):
        path = folder / f"{name}.jsonl.gz"
        if not path.is_file():
            pytest.skip(f"the mirror has no scheduling/jsp/{path.name}")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                duration = row.get("duration") or [[d for _, d in job] for job in row["ops"]]
                machine = row.get("machine") or [[m for m, _ in job] for job in row["ops"]]
                found[row["name"]] = (JobShopInstance(row["name"], duration, machine), row["lb"], row["ub"])
    return found


def test_every_family_is_whole_and_its_bounds_are_in_the_right_order():
    assert Counter(map(family, published())) == FAMILIES
    for name, one in published().items():
        lower, upper, reference = one.bounds
        assert 0 < lower <= upper <= reference, name
        assert re.fullmatch("[0-9a-f]{64}", one.sha256)
    assert len({one.sha256 for one in published().values()}) == sum(FAMILIES.values())


def test_every_instance_names_source_and_date():
    assert {(one.source, one.date) for one in published().values()} == {
        ("ScheduleOpt/benchmarks@79f0edc", "2026-08-19")
    }


def test_reference_is_worse_than_the_best_known_where_shops_are_random():
    assert list(taillard_bounds()) == [f"ta{n:02d}" for n in range(1, 81)]
    assert all(b.upper_bound < b.reference_makespan for b in taillard_bounds().values())


def test_abz8_has_the_optimum_and_not_the_wrong_bound_of_other_lists():
    assert published()["abz8"].bounds[:2] == (667, 667)


def test_lower_bounds_are_at_least_the_longest_job_and_the_busiest_machine():
    bounds = taillard_bounds()
    for shop in published_job_shops():
        load = [0] * len(shop.machine[0])
        for durations, route in zip(shop.duration, shop.machine, strict=True):
            for duration, machine in zip(durations, route, strict=True):
                load[machine] += duration
        assert bounds[shop.name].lower_bound >= max(max(map(sum, shop.duration)), max(load))


def test_simple_bounds_never_exceed_the_best_known_makespan_of_any_published_shop(library):
    shops = {shop.name: shop for shop, _, _ in library.values()}
    for name, one in published().items():
        assert makespan_bound(shops[name]) <= one.bounds.lower_bound, name


def test_reference_makespans_are_those_of_our_own_rule():
    shops = published_job_shops()
    ours = {shop.id: int((start + shop.duration).max()) for shop, start in reference_starts(shops)}
    assert ours == {name: b.reference_makespan for name, b in taillard_bounds().items()}


def test_identities_reference_makespans_and_bounds_are_those_of_the_public_files(library):
    shops = [library[name][0] for name in published()]
    for shop, (read, start) in zip(shops, reference_starts(shops), strict=True):
        one = published()[shop.name]
        makespan = int((start + read.duration).max())
        assert (one.sha256, one.bounds.reference_makespan) == (shop.sha256, makespan), shop.name
        assert one.bounds[:2] == library[shop.name][1:], shop.name
    assert published_bounds(shops) == [one.bounds for one in published().values()]


def test_shop_that_is_not_the_one_of_its_name_is_refused():
    first, second = published_job_shops()[:2]
    with pytest.raises(DataError, match=f"SB202 ta01: the instance has sha256 {second.sha256}, bounds-2026.11 is for"):
        published_bounds([second._replace(name="ta01")])
    with pytest.raises(DataError, match="the name is not known"):
        published_bounds([first._replace(name="ta99")])


def test_bounds_file_names_its_edition_source_and_licence():
    path = Path(bounds_module.__file__).with_name(f"bounds-{EDITION}.json")
    table = json.loads(path.read_text(encoding="utf-8"))
    assert table["edition"] == EDITION
    assert table["licence"] == "CC-BY-SA-4.0"
    assert "ScheduleOpt/benchmarks" in table["source"] and "79f0edc" in table["source"]


def test_bounds_equal_those_of_the_mirror(mirror):
    path = mirror / "scheduling" / "jsp" / "bounds.json"
    if not path.is_file():
        pytest.skip("the mirror has no scheduling/jsp/bounds.json")
    theirs = json.loads(path.read_text(encoding="utf-8"))
    assert theirs.keys() == published().keys() - {f"bel{n:02d}" for n in range(20)}
    for name, both in theirs.items():
        assert published()[name].bounds[:2] == (both["lb"], both["ub"])
