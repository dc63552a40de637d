"""Energy rules keep limit, machines and jobs on any shop, save what they say, and refuse other rows by name."""

import copy

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import scheduling_inputs
from sectorbench.tasks.scheduling.energy import energy_of
from sectorbench.tasks.scheduling.instances import JobShopInstance, SiteEnergy, job_shop_table
from sectorbench.tasks.scheduling.policies.energy_cp_sat import cheapest_schedule, cp_sat_schedule
from sectorbench.tasks.scheduling.policies.energy_rules import ENERGY_RULES, EnergyRule
from sectorbench.tasks.scheduling.policies.energy_schedules import list_schedule, moved_anywhere, moved_right
from sectorbench.tasks.scheduling.policies.powered_shop import read_powered_shops
from sectorbench.tasks.scheduling.validator import validate_schedule


def table_of(duration, machine, power, limit, tariff):
    return job_shop_table(
        [JobShopInstance("shop", duration, machine)],
        "energy_cost",
        time_unit="minutes",
        energy=[SiteEnergy(power, limit, tariff)],
    )


def read(table):
    (batch,) = table.combine_chunks().to_batches()
    return read_powered_shops(batch)[0]


# Two jobs on two machines. With 50 kW at most, 1.0 (40 kW) cannot run beside 0.0 (20 kW); 2 minutes at 1, 10 at 4, 8 at
# 2. Most work remaining is job 0 (7 minutes against 6).
DURATION, MACHINE, POWER = [[4, 3], [2, 4]], [[0, 1], [1, 0]], [[20, 10], [40, 30]]
TARIFF = [1.0] * 2 + [4.0] * 10 + [2.0] * 8
TABLE = table_of(DURATION, MACHINE, POWER, 50, TARIFF)


def test_list_schedule_by_hand():
    # 0: 0.0 (20 kW) to 4; 1.0 needs 40 and waits. 4: 0.1 first (job 0, 3 minutes left, job 1 has 6): by work left 1.0
    # comes first and takes machine 1 to 6; then 1.1 (30 kW) and 0.1 (10 kW) run together from 6 on.
    assert list_schedule(read(TABLE)) == [0, 6, 4, 6]


def test_list_schedule_without_a_limit_starts_all_it_can():
    assert list_schedule(read(table_of(DURATION, MACHINE, POWER, 90, TARIFF))) == [0, 4, 0, 4]


def test_list_schedule_by_most_operations_goes_by_their_number():
    # At 0 job 0 (1 operation of 9) and job 1 (2 of 1) both want machine 0.
    shop = read(table_of([[9], [1, 1]], [[0], [0, 1]], [[10], [10, 10]], 50, [1.0] * 30))
    assert list_schedule(shop) == [0, 9, 10]
    assert list_schedule(shop, "mopnr") == [1, 0, 1]


def test_operations_are_moved_right_into_the_cheaper_hours():
    # 1.1 to the end (16 to 20), 1.0 to 14 to 16, 0.1 to 17 to 20? 30 + 10 kW are allowed; machine 1 is free behind 1.0.
    # 0.0 costs 20 x (2 x 1 + 2 x 4) at 0, and 20 x 4 x 2 = 160 at 12; machine 0 is free up to 16, but 12 to 16 would
    # meet 1.0 (40 kW) from 14 on: at 10 it costs 20 x (2 x 4 + 2 x 2) = 240, more than the 200 where it is.
    start = moved_right(read(TABLE), [0, 6, 4, 6])
    assert start == [0, 17, 14, 16]


def test_moved_anywhere_may_go_back_to_earlier_hours():
    shop = read(table_of([[2]], [[0]], [[10]], 10, [1.0] * 4 + [3.0] * 4))
    assert moved_anywhere(shop, [5]) == [0]
    assert moved_right(shop, [5]) == [6]  # of equal starts the latest


def all_schedules(shop):
    return {
        "list": (first := list_schedule(shop)),
        "right": (right := moved_right(shop, first)),
        "anywhere": moved_anywhere(shop, right),
        "cp-sat": cp_sat_schedule(shop, right, limit=0.01),
    }


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_every_schedule_is_valid_and_none_costs_more_than_the_one_before(data):
    jobs, machines = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    cells = st.lists(st.integers(1, 6), min_size=machines, max_size=machines)
    duration, power = (data.draw(st.lists(cells, min_size=jobs, max_size=jobs)) for _ in range(2))
    routes = [data.draw(st.permutations(range(machines))) for _ in range(jobs)]
    limit = data.draw(st.integers(max(map(max, power)), 20))
    horizon = sum(map(sum, duration)) + data.draw(st.integers(0, 10))
    tariff = data.draw(st.lists(st.sampled_from([0.2, 0.5, 1.0]), min_size=horizon, max_size=horizon))
    table = table_of(duration, [list(r) for r in routes], power, limit, tariff)
    (row,) = table.to_pylist()
    made, modes = all_schedules(read(table)), [0] * (jobs * machines)
    for start in made.values():
        assert validate_schedule(row, start, modes).problem is None
    cost = {name: energy_of(row, start, modes, steps_per_hour=60).cost for name, start in made.items()}
    slack = 1e-9
    assert cost["anywhere"] <= cost["right"] + slack <= cost["list"] + 2 * slack
    assert cost["cp-sat"] <= cost["right"] + slack


@pytest.fixture(scope="module")
def larger():
    rng = np.random.Generator(np.random.Philox(7))
    duration = rng.integers(1, 60, (8, 6)).tolist()
    power = rng.integers(10, 90, (8, 6)).tolist()
    routes = [rng.permutation(6).tolist() for _ in range(8)]
    return table_of(duration, routes, power, 200, [0.9] * 200 + [0.3] * 250 + [0.6] * 350)


def test_cp_sat_frees_parts_of_a_larger_shop_and_is_the_same_again(larger):
    shop = read(larger)
    assert len(shop.duration) == 48  # more than are free at once
    simple = cheapest_schedule(shop)
    found = cp_sat_schedule(shop, simple, limit=0.2)
    assert found == cp_sat_schedule(shop, simple, limit=0.2)
    (row,) = larger.to_pylist()
    assert validate_schedule(row, found, [0] * 48).problem is None
    cost = [energy_of(row, start, [0] * 48, steps_per_hour=60).cost for start in (found, simple, list_schedule(shop))]
    assert cost[0] < cost[1] < cost[2]


def test_cp_sat_finds_the_cheapest_of_all_schedules_of_a_tiny_shop():
    shop = read(TABLE)
    (row,) = TABLE.to_pylist()
    found = cp_sat_schedule(shop, list_schedule(shop), limit=1.0)
    starts = np.stack(np.meshgrid(*[np.arange(20)] * 4, indexing="ij"), -1).reshape(-1, 4)
    d = np.array([4, 3, 2, 4])
    fits = (starts + d <= 20).all(1) & (starts[:, 0] + 4 <= starts[:, 1]) & (starts[:, 2] + 2 <= starts[:, 3])
    best = min(
        energy_of(row, start, [0] * 4, steps_per_hour=60).cost
        for start in starts[fits].tolist()
        if validate_schedule(row, start, [0] * 4).problem is None
    )
    assert energy_of(row, found, [0] * 4, steps_per_hour=60).cost == pytest.approx(best)


def context(schema, **options):
    return LoadContext(None, options, "scheduling", schema)


@pytest.mark.parametrize("rule", ENERGY_RULES)
def test_adapter_answers_every_row_whatever_the_batches(rule):
    adapter = EnergyRule.load(context(TABLE.schema, rule=rule))
    both = pa.concat_tables([TABLE, table_of([[2]], [[0]], [[10]], 10, [1.0] * 4)])
    apart = [row for batch in both.to_batches() for row in adapter.predict(batch).to_pylist()]
    assert adapter.predict(both.combine_chunks().to_batches()[0]).to_pylist() == apart
    for row, answer in zip(both.to_pylist(), apart, strict=True):
        assert validate_schedule(row, answer["start"], answer["mode"]).problem is None


@pytest.mark.parametrize("rule", ENERGY_RULES)
def test_tariff_too_short_for_the_list_schedule_is_answered_and_left_to_the_validator(rule):
    table = table_of(DURATION, MACHINE, POWER, 50, TARIFF[:9])
    adapter = EnergyRule.load(context(table.schema, rule=rule))
    (answer,) = adapter.predict(table.to_batches()[0]).to_pylist()
    assert validate_schedule(table.to_pylist()[0], answer["start"], answer["mode"]).problem.code == "SB409"


def test_unknown_rule_is_refused_with_those_there_are():
    with pytest.raises(SubmissionError, match="mwkr-shifted"):
        EnergyRule.load(context(TABLE.schema, rule="mwkr-shifte"))


REFUSED = {
    "no tariff": (lambda row: row.update(tariff=[]), "tariff has 0 prices"),
    "negative price": (lambda row: row.update(tariff=[-1.0] * 20), "tariff has 20 prices"),
    "no power": (lambda row: row["activities"][2]["modes"][0].update(power_kw=None), "activity 2 draws None kW"),
    "over the limit": (lambda row: row.update(limit_kw=39.0), "an operation draws 40.0 kW alone, the limit is 39.0"),
    "permutation": (lambda row: row.update(permutation=True), "permutation"),
    "two modes": (lambda row: row["activities"][1].update(modes=row["activities"][1]["modes"] * 2), "2 modes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_row_that_energy_rules_cannot_answer_is_refused_by_name(name):
    spoil, found = REFUSED[name]
    (row,) = copy.deepcopy(TABLE.to_pylist())
    spoil(row)
    table = pa.Table.from_pylist([row], schema=scheduling_inputs(time_unit="minutes"))
    with pytest.raises(InterfaceError, match="'shop'") as caught:
        read_powered_shops(table.to_batches()[0])
    assert found in str(caught.value)


def test_powers_are_rounded_up_and_the_limit_down():
    table = table_of(DURATION, MACHINE, POWER, 50, TARIFF)
    (row,) = table.to_pylist()
    row["limit_kw"] = 60.0009
    row["activities"][0]["modes"][0]["power_kw"] = 20.0001
    shop = read(pa.Table.from_pylist([row], schema=table.schema))
    assert (shop.power, shop.limit) == ([20_001, 10_000, 40_000, 30_000], 60_000)


def test_row_without_a_limit_is_scheduled_without_one():
    (row,) = TABLE.to_pylist()
    row["limit_kw"] = None
    shop = read(pa.Table.from_pylist([row], schema=TABLE.schema))
    assert shop.limit is None
    assert list_schedule(shop) == [0, 4, 0, 4]
    for start in all_schedules(shop).values():
        assert validate_schedule(row, start, [0] * 4).problem is None
