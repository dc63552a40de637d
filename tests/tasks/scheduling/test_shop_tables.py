"""Rows hold what the shops say, and a job shop written either way is one row."""

from sectorbench.harness.interfaces import scheduling_inputs
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.shop_tables import Mode, Shop, shop_table


def test_every_mode_demand_precedence_and_capacity_stands_in_the_row():
    shop = Shop(
        "mixed",
        [0, 0, 3],
        [[Mode(3, ((0, 1),)), Mode(2, ((1, 2), (0, 1)))], [Mode(0, ())], [Mode(4, ((1, 1),))]],
        [(0, 1), (2, 1)],
        [1, 5],
    )
    table = shop_table([shop, Shop("empty", [], [], [], [])])
    assert table.schema.equals(scheduling_inputs(time_unit="time steps"), check_metadata=True)
    row, empty = table.to_pylist()
    assert [a["job"] for a in row["activities"]] == [0, 0, 3]
    assert [
        [(m["duration"], [(d["resource"], d["amount"]) for d in m["demands"]]) for m in a["modes"]]
        for a in row["activities"]
    ] == [[(3, [(0, 1)]), (2, [(1, 2), (0, 1)])], [(0, [])], [(4, [(1, 1)])]]
    assert row["precedences"] == [{"before": 0, "after": 1}, {"before": 2, "after": 1}]
    assert (row["capacities"], row["permutation"], row["objective"], row["limit_kw"]) == (
        [1, 5],
        False,
        "makespan",
        None,
    )
    assert (empty["activities"], empty["precedences"], empty["capacities"]) == ([], [], [])


def test_job_shop_makes_the_same_row_as_the_job_shop_table():
    instance = JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [1, 0]])
    modes = [
        [Mode(d, ((m, 1),))]
        for ds, ms in zip(instance.duration, instance.machine, strict=True)
        for d, m in zip(ds, ms, strict=True)
    ]
    assert shop_table([Shop("two", [0, 0, 1, 1], modes, [(0, 1), (2, 3)], [1, 1])]).equals(job_shop_table([instance]))
