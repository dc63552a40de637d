"""The flow shops made here are the published ones."""

import json
from pathlib import Path

import pytest
from sectorbench.harness.errors import DataError
from sectorbench.tasks.scheduling import taillard_flow
from sectorbench.tasks.scheduling.taillard_flow import (
    FlowShopInstance,
    flow_shop_seeds,
    published_flow_shops,
    taillard_flow_shop,
)


def test_all_120_are_made_from_their_seeds_with_the_published_hashes():
    shops = published_flow_shops()  # refuses an instance with another hash
    assert [shop.name for shop in shops] == [f"ta{n:03d}" for n in range(1, 121)]
    sizes = [shop.size for shop in shops]
    assert sizes[::10] == [f"{n}x{m}" for n in (20, 50, 100) for m in (5, 10, 20)] + ["200x10", "200x20", "500x20"]


def test_first_durations_of_ta001_are_those_in_taillards_file():
    shop = taillard_flow_shop("ta001", jobs=20, machines=5, time_seed=873654221)
    assert [row[0] for row in shop.duration][:8] == [54, 83, 15, 71, 77, 36, 53, 38]
    assert {d for row in published_flow_shops()[110].duration for d in row} == set(range(1, 100))


def test_an_instance_with_another_hash_is_refused(monkeypatch):
    wrong = flow_shop_seeds()[0]._replace(time_seed=1)
    monkeypatch.setattr(taillard_flow, "flow_shop_seeds", lambda: (wrong,))
    with pytest.raises(DataError, match=r"ta001: the flow shop made from its seed has sha256 .* expected 3fa854ee"):
        published_flow_shops()


def test_shop_of_an_instance_has_a_line_of_machines_per_job():
    shop = FlowShopInstance("two", [[3, 1, 2], [4, 5, 6]]).shop()
    assert shop.job == [0, 0, 0, 1, 1, 1]
    assert [(modes[0].duration, modes[0].demands) for modes in shop.modes] == [
        (3, ((0, 1),)),
        (1, ((1, 1),)),
        (2, ((2, 1),)),
        (4, ((0, 1),)),
        (5, ((1, 1),)),
        (6, ((2, 1),)),
    ]
    assert shop.precedences == [(0, 1), (1, 2), (3, 4), (4, 5)]
    assert (shop.capacities, shop.permutation) == ([1, 1, 1], True)


def test_seeds_equal_those_of_the_mirror(mirror):
    path = mirror / "scheduling" / "pfsp" / "taillard120_bounds.json"
    if not path.is_file():
        pytest.skip("the mirror has no scheduling/pfsp/taillard120_bounds.json")
    theirs = json.loads(path.read_text(encoding="utf-8"))
    assert [(s.name, s.jobs, s.machines, s.time_seed, s.sha256) for s in flow_shop_seeds()] == [
        (t["ta"], t["jobs"], t["machines"], t["time_seed"], t["sha256"]) for t in theirs
    ]


def test_seeds_file_names_its_source():
    path = Path(taillard_flow.__file__).with_name("taillard_flow_seeds.json")
    assert "EJOR" in taillard_flow_shop.__doc__ and "1993" in json.loads(path.read_text(encoding="utf-8"))["source"]
