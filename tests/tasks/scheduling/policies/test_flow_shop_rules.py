"""Job orders as predictions: valid permutation schedules; a shop that is no flow shop is refused."""

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.tasks.scheduling.policies.flow_shop_rules import FLOW_RULES, FlowShopRule
from sectorbench.tasks.scheduling.shop_tables import shop_table
from sectorbench.tasks.scheduling.taillard_flow import FlowShopInstance
from sectorbench.tasks.scheduling.validator import validate_schedule

SHOPS = shop_table(
    [
        FlowShopInstance("first", [[1, 4], [4, 1], [3, 3]]).shop(),
        FlowShopInstance("longer", np.random.default_rng(0).integers(1, 20, (12, 4)).tolist()).shop(),
    ]
)


def load(rule, seed=0):
    return FlowShopRule.load(LoadContext(None, {"rule": rule}, "scheduling", SHOPS.schema, seed=seed))


def starts(rule, table=SHOPS, seed=0):
    return load(rule, seed).predict(table.to_batches()[0]).column("start").to_pylist()


@pytest.mark.parametrize("rule", FLOW_RULES)
def test_order_answers_every_activity_with_a_valid_permutation_schedule(rule):
    answer = load(rule).predict(SHOPS.to_batches()[0])
    assert answer.schema.equals(INTERFACES["scheduling"].answer)
    answer.validate(full=True)
    for shop, row in zip(SHOPS.to_pylist(), answer.to_pylist(), strict=True):
        assert shop["id"] == row["id"] and shop["permutation"]
        assert validate_schedule(shop, row["start"], row["mode"]).problem is None


def test_starts_by_hand():
    # Totals 5, 5, 6. Slopes -1 * first + 1 * last: 3, -3, 0.
    assert starts("index")[0] == [0, 1, 1, 5, 5, 8]
    assert starts("lpt")[0] == [3, 6, 4, 10, 0, 3]  # 2, 0, 1
    assert starts("palmer")[0] == starts("neh")[0] == [0, 1, 4, 8, 1, 5]  # 0, 2, 1


def test_random_is_keyed_by_seed_and_id_and_takes_each_order():
    assert starts("random") == starts("random") != starts("random", seed=1)
    alone = starts("random", SHOPS.slice(1).combine_chunks())
    assert alone == starts("random")[1:]
    seen = {tuple(starts("random", SHOPS.slice(0, 1), seed=s)[0]) for s in range(60)}
    assert len(seen) == 6  # three jobs have six orders, and here each has starts of its own


def test_activities_may_stand_in_any_order():
    row = SHOPS.to_pylist()[0]
    row["activities"].reverse()
    row["precedences"] = [{"before": 5 - p["after"] + 1, "after": 5 - p["after"]} for p in row["precedences"]]
    turned = pa.Table.from_pylist([row], schema=SHOPS.schema)
    assert starts("neh", turned)[0] == starts("neh")[0][::-1]


def other_route(row):
    for a, b in ((0, 1), (1, 0)):
        row["activities"][a]["modes"][0]["demands"][0]["resource"] = b


def same_machine_twice(row):
    for activity in row["activities"]:
        activity["modes"][0]["demands"][0]["resource"] = 0


@pytest.mark.parametrize("change", [other_route, same_machine_twice])
def test_shop_that_is_no_flow_shop_is_refused_by_name(change):
    rows = SHOPS.to_pylist()
    change(rows[0])
    with pytest.raises(InterfaceError, match="'first' is not a flow shop"):
        load("index").predict(pa.RecordBatch.from_pylist(rows, schema=SHOPS.schema))


@pytest.mark.parametrize(
    ("options", "found"),
    [({"rule": "nhe"}, "did you mean neh"), ({}, "None is none of index"), ({"rule": "neh", "k": 2}, "unknown 'k'")],
)
def test_wrong_option_is_named(options, found):
    with pytest.raises(SubmissionError, match=found):
        FlowShopRule.load(LoadContext(None, options, "scheduling", SHOPS.schema))


def test_other_interface_is_refused():
    with pytest.raises(InterfaceError, match="'choice'"):
        FlowShopRule.load(LoadContext(None, {"rule": "neh"}, "choice", SHOPS.schema))
