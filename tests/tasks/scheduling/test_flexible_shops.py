"""The instances are read as they are, and the traps of the public copies are known."""

import json

import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, DataNotAvailableError
from sectorbench.tasks.scheduling.flexible_jobshop import BOUNDS_FILE
from sectorbench.tasks.scheduling.flexible_shops import FJSP_FILE, FlexibleInstance, read_flexible_instances
from sectorbench.tasks.scheduling.frozen_bounds import frozen_bounds

TWO = FlexibleInstance("e-la02", 3, [[[[0, 5], [2, 4]], [[1, 3]]], [[[2, 1]]]])


def test_an_instance_knows_its_family_and_whether_it_is_for_development():
    assert [TWO._replace(name=n).family for n in ("mk01", "e-la01", "r-orb10", "v-car8")] == [
        "brandimarte",
        "edata",
        "rdata",
        "vdata",
    ]
    names = ["e-la01", "r-la09", "v-la15", "v-la16", "e-la40", "mk01", "e-orb1"]
    assert [n for n in names if TWO._replace(name=n).is_development] == ["e-la01", "r-la09", "v-la15"]


def test_a_shop_has_a_mode_per_machine_in_the_order_of_the_instance():
    shop = TWO.shop()
    assert (shop.name, shop.job, shop.precedences, shop.capacities) == ("e-la02", [0, 0, 1], [(0, 1)], [1, 1, 1])
    assert [[(m.duration, m.demands) for m in modes] for modes in shop.modes] == [
        [(5, ((0, 1),)), (4, ((2, 1),))],
        [(3, ((1, 1),))],
        [(1, ((2, 1),))],
    ]


def test_missing_data_say_where_the_original_is_and_what_to_type(tmp_path):
    with pytest.raises(DataNotAvailableError) as caught:
        read_flexible_instances(DataFiles(mirror=None, cache=tmp_path))
    assert "350c28ee848aba766f58e1629235915559ba6bab" in str(caught.value)
    assert "sectorbench data import fjsp --from" in str(caught.value)


def test_a_file_with_other_counts_is_refused(monkeypatch, tmp_path):
    line = json.dumps({"name": "mk01", "machines": 1, "ops": [[[[0, 1]]]]}) + "\n"
    monkeypatch.setattr(DataFiles, "read", lambda self, file: line.encode())
    with pytest.raises(DataError, match="1 instances, expected 15 of Brandimarte and 66 each"):
        read_flexible_instances(DataFiles(mirror=None, cache=tmp_path))


def test_instances_of_the_mirror_are_those_that_the_bounds_are_of(mirror):
    instances = read_flexible_instances(DataFiles(mirror=mirror, cache=mirror))
    bounds = frozen_bounds(BOUNDS_FILE)
    assert {i.name: i.sha256 for i in instances} == {name: b.sha256 for name, b in bounds.items()}


def test_bounds_are_those_of_scheduleopt_and_not_the_conflicting_ones(mirror):
    rows = map(json.loads, DataFiles(mirror=mirror, cache=mirror).read(FJSP_FILE).decode().splitlines())
    bounds = frozen_bounds(BOUNDS_FILE)
    conflicts = []
    for row in rows:
        own = bounds[row["name"]]
        assert (own.lower_bound, own.upper_bound) == (row["lb"], row["ub"])
        if row["lb_sl"] > own.upper_bound or row["ub_sl"] < own.lower_bound:
            conflicts.append((row["name"], row["lb_sl"], row["ub_sl"]))
    assert conflicts == [("e-orb7", 275, 387), ("r-la20", 757, 757), ("r-la27", 1085, 1056)]


def test_lower_bounds_are_at_least_the_longest_job_and_the_work_over_all_machines(mirror):
    bounds = frozen_bounds(BOUNDS_FILE)
    for instance in read_flexible_instances(DataFiles(mirror=mirror, cache=mirror)):
        jobs = [sum(min(d for _, d in ways) for ways in operations) for operations in instance.ops]
        assert bounds[instance.name].lower_bound >= max(max(jobs), -(-sum(jobs) // instance.machines))


def test_the_real_traps_of_the_data_are_there(mirror):
    by_name = {i.name: i for i in read_flexible_instances(DataFiles(mirror=mirror, cache=mirror))}
    machines = {m for operations in by_name["mk10"].ops for ways in operations for m, _ in ways}
    assert min(machines) == 0 and by_name["mk10"].machines - 1 not in machines  # one that nothing is done on
    zero = {i.name for i in by_name.values() for ops in i.ops for ways in ops for _, d in ways if d == 0}
    assert zero == {"e-orb7", "r-orb7", "v-orb7"}
    assert by_name["mk01"].ops[0][0] == [[0, 5], [2, 4]]
