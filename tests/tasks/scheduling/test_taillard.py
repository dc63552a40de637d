"""Taillard's generator gives the published instances, to the byte."""

import gzip
import json
from itertools import islice

import pytest
from sectorbench.tasks.scheduling.taillard import (
    SIZES,
    lehmer_states,
    published_job_shops,
    published_seeds,
    taillard_job_shop,
)


def test_states_equal_schrages_32_bit_code():
    def schrage(x):
        x = 16_807 * (x % 127_773) - 2_836 * (x // 127_773)
        return x + 2_147_483_647 if x < 0 else x

    x, wanted = 840_612_802, []
    for _ in range(1_000):
        x = schrage(x)
        wanted.append(x)
    assert list(islice(lehmer_states(840_612_802), 1_000)) == wanted


def test_state_after_ten_thousand_steps_from_one_is_the_published_check_value():
    # Park and Miller, CACM 31 (1988): the 10,000th state from seed 1 is 1043618065.
    assert next(islice(lehmer_states(1), 9_999, None)) == 1_043_618_065


@pytest.mark.parametrize("seed", published_seeds(), ids=lambda s: s.name)
def test_instance_made_from_its_seeds_has_the_published_sha256(seed):
    shop = taillard_job_shop(
        seed.name, jobs=seed.jobs, machines=seed.machines, time_seed=seed.time_seed, machine_seed=seed.machine_seed
    )
    assert shop.sha256 == seed.sha256
    assert shop.size == f"{seed.jobs}x{seed.machines}"


def test_published_instances_are_ta01_to_ta80_ten_of_each_size_in_order():
    seeds = published_seeds()
    assert [s.name for s in seeds] == [f"ta{n:02d}" for n in range(1, 81)]
    assert [(s.jobs, s.machines) for s in seeds] == [size for size in SIZES for _ in range(10)]


def test_each_job_visits_each_machine_once_and_durations_reach_both_ends():
    shops = published_job_shops()
    assert all(sorted(route) == list(range(len(route))) for shop in shops for route in shop.machine)
    assert {d for shop in shops for row in shop.duration for d in row} == set(range(1, 100))


def test_all_instances_equal_those_of_the_public_library(mirror):
    path = mirror / "scheduling" / "jsp" / "jsplib162.jsonl.gz"
    if not path.is_file():
        pytest.skip("the mirror has no scheduling/jsp/jsplib162.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        library = {row["name"]: row for row in map(json.loads, lines)}
    for shop in published_job_shops():
        assert (shop.duration, shop.machine) == (library[shop.name]["duration"], library[shop.name]["machine"])
