"""From Taillard's seeds through job orders and the validator to the figures that the card names."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.scheduling.flowshop import BOUNDS_FILE, CARD, TASK
from sectorbench.tasks.scheduling.frozen_bounds import frozen_bounds
from sectorbench.tasks.scheduling.policies.flow_shop_rules import FlowShopRule
from sectorbench.tasks.scheduling.simulator.flow_shop import order_makespans
from sectorbench.tasks.scheduling.taillard_flow import published_flow_shops
from sectorbench.tasks.scheduling.validator import validate_schedule

FILES = DataFiles(mirror=None, cache=Path("no-such-folder"))
DRAW = Draw("default")


@pytest.fixture(scope="module")
def inputs():
    return TASK.inputs(FILES, DRAW)


@pytest.fixture(scope="module")
def references():
    return TASK.references(FILES, DRAW)


@pytest.fixture(scope="module")
def answers_of(inputs):
    made = {}

    def answers(rule):
        if rule not in made:
            adapter = FlowShopRule.load(LoadContext(None, {"rule": rule}, "scheduling", inputs.schema))
            made[rule] = pa.Table.from_batches([adapter.predict(b) for b in inputs.to_batches(max_chunksize=50)])
        return made[rule]

    return answers


@pytest.fixture(scope="module")
def units_of(inputs, references, answers_of):
    made = {}

    def units(rule):
        if rule not in made:
            made[rule] = TASK.score(validate_predictions(answers_of(rule), inputs), references)
        return made[rule]

    return units


def metrics(units):
    return {m.name: m.value(statistics_matrix(units, m)) for m in CARD.metrics}


# By size; NEH's makespans are checked one by one in simulator/test_flow_shop.py, the bounds here are those of 2026.11.
# Over the upper bounds of twenty years ago NEH is 3.3 % off.
NEH_GAPS = {"20x5": 3.3, "20x10": 4.6, "20x20": 3.73, "50x5": 0.73, "50x10": 5.07, "50x20": 6.7, "100x5": 0.53,
            "100x10": 2.21, "100x20": 5.91, "200x10": 1.26, "200x20": 4.55, "500x20": 2.08}  # fmt: skip


def test_neh_has_the_known_gap_overall_and_by_size(units_of):
    units = units_of("neh")
    gaps = {size: [] for size in NEH_GAPS}
    for size, gap in zip(units.column("slice:size").to_pylist(), units.column("gap_percent").to_pylist(), strict=True):
        gaps[size].append(gap)
    assert {size: round(float(np.mean(own)), 2) for size, own in gaps.items()} == NEH_GAPS
    assert metrics(units)["gap_percent"] == pytest.approx(3.39, abs=0.005)
    assert metrics(units)["score"] == pytest.approx(0.853, abs=0.0005)


@pytest.mark.parametrize(
    ("rule", "gap", "score"), [("index", 21.7, 0.0), ("lpt", 21.6, -0.026), ("palmer", 10.9, 0.507)]
)
def test_orders_have_their_gaps_and_scores(rule, gap, score, units_of):
    got = metrics(units_of(rule))
    assert got["gap_percent"] == pytest.approx(gap, abs=0.05)
    assert got["score"] == pytest.approx(score, abs=0.0005)
    assert got["feasible_share"] == 1.0


def test_detectable_effect_on_the_card_is_that_of_neh_and_palmer(units_of):
    one, other = (units_of(rule).column("score").to_numpy() for rule in ("neh", "palmer"))
    assert round(280 * (one - other).std(ddof=1) / np.sqrt(len(one)), 1) == CARD.detectable_effect


def test_reference_makespans_are_those_of_the_floor_and_hashes_those_of_the_instances():
    bounds = frozen_bounds(BOUNDS_FILE)
    shops = published_flow_shops()
    assert list(bounds) == [shop.name for shop in shops]
    for shop in shops:
        in_order = order_makespans(np.array(shop.duration), np.arange(len(shop.duration))[None])
        assert bounds[shop.name].reference_makespan == in_order[0]
        assert bounds[shop.name].sha256 == shop.sha256


def test_lower_bounds_are_at_least_the_one_machine_bound():
    bounds = frozen_bounds(BOUNDS_FILE)
    for shop in published_flow_shops():
        d = np.array(shop.duration)  # (n, m)
        before = np.cumsum(d, axis=1) - d
        behind = np.cumsum(d[:, ::-1], axis=1)[:, ::-1] - d
        one_machine = before.min(axis=0) + d.sum(axis=0) + behind.min(axis=0)  # (m,)
        assert bounds[shop.name].lower_bound >= max(one_machine.max(), d.sum(axis=1).max())


def test_bounds_equal_those_of_the_mirror(mirror):
    path = mirror / "scheduling" / "pfsp" / "taillard120_bounds.json"
    if not path.is_file():
        pytest.skip("the mirror has no scheduling/pfsp/taillard120_bounds.json")
    import json

    theirs = {one["ta"]: (one["lb"], one["ub"]) for one in json.loads(path.read_text(encoding="utf-8"))}
    assert theirs == {name: (b.lower_bound, b.upper_bound) for name, b in frozen_bounds(BOUNDS_FILE).items()}


def test_machines_with_different_orders_break_the_shops_rule(inputs, references, answers_of):
    rows = answers_of("index").slice(0, 2).to_pylist()
    size = 5  # ta001 has 20 jobs on 5 machines; jobs 18 and 19 swap places on the last machine, long after all else
    last, other = 19 * size + 4, 18 * size + 4
    rows[0]["start"][last], rows[0]["start"][other] = 5000, 6000
    table = pa.Table.from_pylist(rows, schema=answers_of("index").schema)
    units = TASK.score(validate_predictions(table, inputs.slice(0, 2)), references)
    assert units.column("code").to_pylist() == ["SB406", ""]
    assert units.column("score").to_pylist() == [-1.0, 0.0]


def test_inputs_are_permutation_shops_the_same_every_time(inputs):
    assert inputs.num_rows == CARD.splits[0].rows == 120
    assert inputs.column("permutation").to_pylist() == [True] * 120
    assert content_digest(inputs) == content_digest(TASK.inputs(FILES, DRAW))


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", secret="hidden")])
def test_unknown_track_or_secret_is_refused(draw):
    with pytest.raises(UsageError, match="scheduling/flowshop"):
        TASK.inputs(FILES, draw)


def test_training_examples_are_fresh_shops_of_all_sizes_with_the_neh_order():
    examples = TASK.examples(FILES, "train", DRAW)
    assert examples.inputs.num_rows == CARD.splits[1].rows == 60
    targets = examples.targets.to_pylist()
    for shop, target in list(zip(examples.inputs.to_pylist(), targets, strict=True))[:3]:
        order, size = target["reference_order"], len(shop["capacities"])
        assert sorted(order) == list(range(20))
        free, starts = [0] * size, [0] * len(shop["activities"])
        for job in order:
            left = 0
            for machine in range(size):
                starts[job * size + machine] = max(left, free[machine])
                left = starts[job * size + machine] + shop["activities"][job * size + machine]["modes"][0]["duration"]
                free[machine] = left
        assert validate_schedule(shop, starts, [0] * len(starts)) == (None, target["reference_makespan"])
    assert not examples.targets.equals(TASK.examples(FILES, "train", Draw("default", secret="7")).targets)
    with pytest.raises(UsageError, match="exported: train"):
        TASK.examples(FILES, "test", DRAW)
