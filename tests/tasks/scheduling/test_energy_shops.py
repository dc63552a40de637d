"""Fresh shops with powers: the same from the same secret, and every one with a schedule that keeps all its rules."""

import hashlib
from collections import Counter
from itertools import pairwise

import pytest
from sectorbench.harness.arrow_files import content_digest
from sectorbench.tasks.scheduling.energy import energy_of
from sectorbench.tasks.scheduling.energy_references import PRACTICE_SECRET
from sectorbench.tasks.scheduling.energy_shops import ENERGY_SIZES, energy_shop_table, energy_shops
from sectorbench.tasks.scheduling.taillard import published_seeds
from sectorbench.tasks.scheduling.tariffs import load_tariff
from sectorbench.tasks.scheduling.validator import validate_schedule


@pytest.fixture(scope="module")
def shops():
    return energy_shops(PRACTICE_SECRET)


@pytest.mark.parametrize("secret", [PRACTICE_SECRET, "sealed", "another"])
def test_every_certificate_keeps_limit_and_tariff(secret):
    drawn = energy_shops(secret)
    for shop, row in zip(drawn, energy_shop_table(drawn).to_pylist(), strict=True):
        problem, makespan = validate_schedule(row, shop.certificate, [0] * len(shop.certificate))
        assert problem is None
        assert len(row["tariff"]) == 120 * makespan // 100
        peak_kw = energy_of(row, shop.certificate, [0] * len(shop.certificate), steps_per_hour=60).peak_kw
        assert peak_kw <= row["limit_kw"]
        broken, _ = validate_schedule(row | {"limit_kw": peak_kw - 1}, shop.certificate, [0] * len(shop.certificate))
        assert broken.code == "SB408"  # the rule is looked at


def test_the_limit_binds(shops):
    """Without it the list schedule's peak is a third more; all machines at once would draw far more."""
    for shop in shops:
        power = [p for row in shop.energy.power_kw for p in row]
        largest = Counter()
        for route, powers in zip(shop.job_shop.machine, shop.energy.power_kw, strict=True):
            for machine, power_kw in zip(route, powers, strict=True):
                largest[machine] = max(largest[machine], power_kw)
        assert max(power) <= shop.energy.limit_kw <= 0.75 * sum(largest.values()) + 1


def test_practice_shops_are_the_same_on_every_machine(shops):
    identities = "".join(shop.sha256 for shop in shops)
    assert (
        hashlib.sha256(identities.encode()).hexdigest()
        == "08c23a6d186c525f68dc89a63eff579ee67926b8308cb9fed086988e8d307065"
    )
    assert (
        content_digest(energy_shop_table(shops)) == "73d7adf6c39844b7cd4cd975901b64ade7a9c234d68a109e7d08bd26d9b6cbd9"
    )


def test_there_are_ten_shops_of_each_size_and_none_is_a_published_one(shops):
    assert Counter(shop.job_shop.size for shop in shops) == {f"{j}x{m}": 10 for j, m in ENERGY_SIZES}
    assert len({s.job_shop.sha256 for s in shops} | {seed.sha256 for seed in published_seeds()}) == 50 + 80


def test_powers_are_within_what_is_said_and_hours_differ(shops):
    for shop in shops:
        by_machine = {}
        for route, powers in zip(shop.job_shop.machine, shop.energy.power_kw, strict=True):
            for machine, power_kw in zip(route, powers, strict=True):
                by_machine.setdefault(machine, []).append(power_kw)
        assert all(min(own) >= 10 and max(own) <= 120 and max(own) <= 2 * min(own) + 1 for own in by_machine.values())
    changes = [next(t for t, (a, b) in enumerate(pairwise(s.energy.tariff)) if a != b) for s in shops]
    assert len(set(changes)) > 4  # time 0 is not one hour of the day
    assert {p for s in shops for p in s.energy.tariff} == set(load_tariff().prices_per_kwh.values())


def test_another_secret_gives_other_shops_of_the_same_names(shops):
    sealed = energy_shops("sealed")
    assert [s.job_shop.name for s in sealed] == [s.job_shop.name for s in shops]
    assert not {s.sha256 for s in sealed} & {s.sha256 for s in shops}
    assert not {s.job_shop.sha256 for s in sealed} & {s.job_shop.sha256 for s in shops}


def test_identity_covers_powers_limit_and_tariff(shops):
    one = shops[0]
    for change in ({"limit_kw": 1}, {"tariff": [0.0]}, {"power_kw": [[1]]}):
        assert one._replace(energy=one.energy._replace(**change)).sha256 != one.sha256
