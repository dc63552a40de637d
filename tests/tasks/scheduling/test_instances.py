"""Job shops become rows of the scheduling interface and can be read back."""

import numpy as np
from sectorbench.harness.interfaces import scheduling_inputs
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.policies import read_job_shops
from sectorbench.tasks.scheduling.taillard import published_job_shops

SMALL = JobShopInstance("small", [[3, 2], [2, 4]], [[0, 1], [1, 0]])


def test_table_has_exactly_the_columns_of_the_interface():
    table = job_shop_table([SMALL])
    assert table.schema.equals(scheduling_inputs(time_unit="time steps"), check_metadata=True)
    table.validate(full=True)


def test_row_holds_activities_job_by_job_with_one_machine_each():
    row = job_shop_table([SMALL]).to_pylist()[0]
    assert [a["job"] for a in row["activities"]] == [0, 0, 1, 1]
    assert row["activities"][3]["modes"] == [
        {"duration": 4, "demands": [{"resource": 0, "amount": 1}], "power_kw": None}
    ]
    assert row["precedences"] == [{"before": 0, "after": 1}, {"before": 2, "after": 3}]
    assert row["capacities"] == [1, 1]
    assert (row["permutation"], row["objective"], row["tariff"], row["limit_kw"]) == (False, "makespan", [], None)


def test_shops_of_all_sizes_come_back_as_they_went_in():
    shops = published_job_shops()
    read = [shop for batch in job_shop_table(shops).to_batches(max_chunksize=7) for shop in read_job_shops(batch)]
    for wanted, got in zip(shops, read, strict=True):
        assert got.id == wanted.name
        assert np.array_equal(got.duration, wanted.duration)
        assert np.array_equal(got.machine, wanted.machine)


def test_sha256_tells_instances_apart_that_differ_in_one_duration():
    other = JobShopInstance("small", [[3, 2], [2, 3]], [[0, 1], [1, 0]])
    assert other.sha256 != SMALL.sha256
