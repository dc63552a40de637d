"""Rules for flexible shops as predictions: start and mode of each activity in the order of the activities."""

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.tasks.scheduling.flexible_shops import FlexibleInstance
from sectorbench.tasks.scheduling.policies.flexible_rules import FlexibleRule
from sectorbench.tasks.scheduling.shop_tables import shop_table
from sectorbench.tasks.scheduling.simulator.flexible import FLEXIBLE_RULES
from sectorbench.tasks.scheduling.validator import validate_schedule

SHOPS = shop_table(
    [
        FlexibleInstance("two", 2, [[[[0, 5], [1, 3]]], [[[0, 4], [1, 2]]]]).shop(),
        FlexibleInstance("ragged", 3, [[[[2, 5]], [[0, 1], [1, 9]], [[2, 7]]], [[[1, 6], [2, 6]]]]).shop(),
    ]
)


def load(rule):
    return FlexibleRule.load(LoadContext(None, {"rule": rule}, "scheduling", SHOPS.schema))


@pytest.mark.parametrize("rule", FLEXIBLE_RULES)
def test_rule_answers_every_activity_with_a_valid_schedule(rule):
    answer = load(rule).predict(SHOPS.to_batches()[0])
    assert answer.schema.equals(INTERFACES["scheduling"].answer)
    answer.validate(full=True)
    for shop, row in zip(SHOPS.to_pylist(), answer.to_pylist(), strict=True):
        assert shop["id"] == row["id"]
        assert validate_schedule(shop, row["start"], row["mode"]).problem is None


def test_starts_and_modes_stand_in_the_order_of_the_activities():
    # mwkr on "ragged": job 0 (13 left) takes machine 2 at 0, job 1 machine 1; then 0.1 in mode 0 at 5, 0.2 at 6.
    row = SHOPS.to_pylist()[1]
    answer = load("mwkr").predict(SHOPS.to_batches()[0]).to_pylist()[1]
    assert (answer["start"], answer["mode"]) == ([0, 5, 6, 0], [0, 0, 0, 0])
    order = [2, 0, 3, 1]
    row["activities"] = [row["activities"][a] for a in order]
    row["precedences"] = [{k: order.index(v) for k, v in pair.items()} for pair in row["precedences"]]
    turned = load("mwkr").predict(pa.RecordBatch.from_pylist([row], schema=SHOPS.schema)).to_pylist()[0]
    assert (turned["start"], turned["mode"]) == ([6, 0, 0, 5], [0, 0, 0, 0])
    two = load("spt").predict(SHOPS.to_batches()[0]).to_pylist()[0]
    assert (two["start"], two["mode"]) == ([0, 0], [0, 1])


def test_batch_without_rows_has_an_answer_without_rows():
    assert load("spt").predict(SHOPS.to_batches()[0].slice(0, 0)).num_rows == 0


def test_wrong_option_is_named():
    with pytest.raises(SubmissionError, match="did you mean mopnr"):
        load("mopner")


def first_mode(row, **changes):
    row["activities"][1]["modes"][0] |= changes


NOT_FLEXIBLE_SHOPS = {
    "permutation": (lambda row: row.update(permutation=True), "permutation True"),
    "power limit": (lambda row: row.update(limit_kw=5.0), "limit_kw 5.0"),
    "wide machine": (lambda row: row["capacities"].__setitem__(0, 2), "capacity 2"),
    "no mode": (lambda row: row["activities"][1].update(modes=[]), "activity 1 has no modes"),
    "no machine": (lambda row: first_mode(row, demands=[]), "activity 1 has the mode"),
    "two units": (lambda row: first_mode(row, demands=[{"resource": 0, "amount": 2}]), "activity 1 has the mode"),
    "unknown machine": (lambda row: first_mode(row, demands=[{"resource": 9, "amount": 1}]), "one of 3 machines"),
    "negative duration": (lambda row: first_mode(row, duration=-1), "'duration': -1"),
    "tie": (lambda row: row["precedences"].append({"before": 2, "after": 3}), "ties job 0 to job 1"),
    "unknown activity": (lambda row: row["precedences"].append({"before": 2, "after": 9}), "not there"),
    "branch": (lambda row: row["precedences"].append({"before": 0, "after": 2}), "job 0 branches"),
    "no order": (lambda row: row["precedences"].pop(), "job 0 has activities in no order"),
    "circle": (lambda row: row["precedences"].append({"before": 2, "after": 0}), "job 0 form a circle"),
}


@pytest.mark.parametrize(("change", "found"), NOT_FLEXIBLE_SHOPS.values(), ids=NOT_FLEXIBLE_SHOPS)
def test_other_shop_is_refused_naming_the_row_and_what_it_has(change, found):
    fine, row = SHOPS.to_pylist()
    change(row)
    with pytest.raises(InterfaceError, match="input row 'ragged' is not a flexible job shop") as caught:
        load("mwkr").predict(pa.RecordBatch.from_pylist([fine, row], schema=SHOPS.schema))
    assert found in str(caught.value)
