"""The reader takes every job shop, in any order of activities, and refuses every other kind of shop by name."""

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.errors import InterfaceError
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.policies import read_job_shops

SHOPS = [
    JobShopInstance("first", [[3, 2], [2, 4]], [[0, 1], [1, 0]]),
    JobShopInstance("ragged", [[5, 1, 7], [6]], [[2, 0, 2], [1]]),  # job 0 comes to machine 2 twice
]


def batch(rows):
    schema = job_shop_table(SHOPS).schema
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def rows():
    return job_shop_table(SHOPS).to_pylist()


def test_jobs_of_unequal_length_are_padded():
    shop = read_job_shops(batch(rows()))[1]
    assert shop.duration.tolist() == [[5, 1, 7], [6, 0, 0]]
    assert shop.machine.tolist() == [[2, 0, 2], [1, -1, -1]]
    assert shop.activity.tolist() == [[0, 1, 2], [3, -1, -1]]
    assert shop.operations.tolist() == [3, 1]


def test_activities_may_stand_in_any_order_and_jobs_have_any_numbers():
    row = rows()[0]
    row["activities"] = [a | {"job": 10 + 7 * a["job"]} for a in reversed(row["activities"])]
    row["precedences"] = [{"before": 3 - p["before"], "after": 3 - p["after"]} for p in row["precedences"]]
    shop = read_job_shops(batch([row]))[0]
    assert shop.duration.tolist() == [[3, 2], [2, 4]]
    assert shop.activity.tolist() == [[3, 2], [1, 0]]


def test_slice_of_a_batch_reads_like_the_rows_alone():
    whole = batch(rows())
    part, alone = read_job_shops(whole.slice(1))[0], read_job_shops(batch(rows()[1:]))[0]
    assert all(np.array_equal(a, b) for a, b in zip(part, alone, strict=True))


def test_shop_without_activities_is_an_empty_job_shop():
    row = rows()[0] | {"activities": [], "precedences": []}
    assert read_job_shops(batch([row]))[0].duration.shape == (0, 0)


def change_mode(row, **changes):
    row["activities"][1]["modes"][0] |= changes


def add(key, value):
    return lambda row: row[key].append(value)


NOT_JOB_SHOPS = {
    "permutation": (lambda row: row.update(permutation=True), "permutation True"),
    "power limit": (lambda row: row.update(limit_kw=5.0), "limit_kw 5.0"),
    "two modes": (lambda row: row["activities"][1]["modes"].append(row["activities"][0]["modes"][0]), "2 modes"),
    "no mode": (lambda row: row["activities"][1].update(modes=[]), "activity 1 has 0 modes"),
    "no machine": (lambda row: change_mode(row, demands=[]), "activity 1 has 0 resource demands"),
    "two units": (lambda row: change_mode(row, demands=[{"resource": 0, "amount": 2}]), "needs 2 units"),
    "unknown machine": (lambda row: change_mode(row, demands=[{"resource": 9, "amount": 1}]), "resource number 9"),
    "negative duration": (lambda row: change_mode(row, duration=-1), "duration -1"),
    "null duration": (lambda row: change_mode(row, duration=None), "null in 'duration'"),
    "null modes": (lambda row: row["activities"][1].update(modes=None), "activity 1 has 0 modes"),
    "wide machine": (lambda row: row["capacities"].__setitem__(0, 2), "capacity 2"),
    "tie between jobs": (add("precedences", {"before": 1, "after": 2}), "ties job 0 to job 1"),
    "unknown activity": (add("precedences", {"before": 1, "after": 7}), "names an activity that is not there"),
    "branch": (add("precedences", {"before": 0, "after": 1}), "activity 0 of job 0 is followed by 2 activities"),
    "no order": (lambda row: row["precedences"].pop(), "job 1 has activities in no order"),
    "circle": (add("precedences", {"before": 1, "after": 0}), "the precedences of job 0 form a circle"),
}


@pytest.mark.parametrize(("change", "found"), NOT_JOB_SHOPS.values(), ids=NOT_JOB_SHOPS)
def test_other_shop_is_refused_naming_the_row_and_what_it_has(change, found):
    one, other = rows()
    change(one)
    with pytest.raises(InterfaceError, match="input row 'first' is not a job shop") as caught:
        read_job_shops(batch([other, one]))
    assert found in str(caught.value)


def test_circle_beside_a_proper_line_of_the_same_job_is_refused():
    row = job_shop_table([JobShopInstance("loop", [[1, 1, 1]], [[0, 1, 2]])]).to_pylist()[0]
    row["precedences"] = [{"before": 1, "after": 2}, {"before": 2, "after": 1}]
    with pytest.raises(InterfaceError, match="form a circle"):
        read_job_shops(batch([row]))
