"""The frozen bounds fit together with the instances and with our own reference rule."""

import json
from pathlib import Path

import pytest
from sectorbench.tasks.scheduling import bounds as bounds_module
from sectorbench.tasks.scheduling.bounds import EDITION, taillard_bounds
from sectorbench.tasks.scheduling.instances import job_shop_table
from sectorbench.tasks.scheduling.policies import non_delay_starts, read_job_shops
from sectorbench.tasks.scheduling.taillard import published_job_shops


def test_every_published_instance_has_bounds_in_the_right_order():
    bounds = taillard_bounds()
    assert list(bounds) == [f"ta{n:02d}" for n in range(1, 81)]
    assert all(0 < b.lower_bound <= b.upper_bound < b.reference_makespan for b in bounds.values())


def test_lower_bounds_are_at_least_the_longest_job_and_the_busiest_machine():
    bounds = taillard_bounds()
    for shop in published_job_shops():
        load = [0] * len(shop.machine[0])
        for durations, route in zip(shop.duration, shop.machine, strict=True):
            for duration, machine in zip(durations, route, strict=True):
                load[machine] += duration
        assert bounds[shop.name].lower_bound >= max(max(map(sum, shop.duration)), max(load))


def test_reference_makespans_are_those_of_our_own_rule():
    shops = read_job_shops(job_shop_table(published_job_shops()).to_batches()[0])
    ours = {
        shop.id: int((start + shop.duration).max())
        for shop, start in zip(shops, non_delay_starts(shops, "mwkr"), strict=True)
    }
    assert ours == {name: b.reference_makespan for name, b in taillard_bounds().items()}


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
    for name, b in taillard_bounds().items():
        assert (b.lower_bound, b.upper_bound) == (theirs[name]["lb"], theirs[name]["ub"])
