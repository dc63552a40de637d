"""From the mirror's file through rules and the validator to the figures that the card names."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks import scheduling
from sectorbench.tasks.scheduling.flexible_jobshop import BOUNDS_FILE, CARD, TASK
from sectorbench.tasks.scheduling.frozen_bounds import frozen_bounds
from sectorbench.tasks.scheduling.policies.flexible_rules import FlexibleRule
from sectorbench.tasks.scheduling.validator import validate_schedule

DRAW = Draw("default")


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror)


@pytest.fixture(scope="module")
def inputs(files):
    return TASK.inputs(files, DRAW)


@pytest.fixture(scope="module")
def references(files):
    return TASK.references(files, DRAW)


def answers_of(rule, inputs):
    adapter = FlexibleRule.load(LoadContext(None, {"rule": rule}, "scheduling", inputs.schema))
    return pa.Table.from_batches([adapter.predict(batch) for batch in inputs.to_batches(max_chunksize=50)])


@pytest.fixture(scope="module")
def units_of(inputs, references):
    made = {}

    def units(rule):
        if rule not in made:
            made[rule] = TASK.score(validate_predictions(answers_of(rule, inputs), inputs), references)
        return made[rule]

    return units


def metrics(units):
    return {m.name: m.value(statistics_matrix(units, m)) for m in CARD.metrics}


# Made by this suite; the simulator behind them is checked against plain implementations.
FIGURES = {  # gap of brandimarte, edata, rdata, vdata, all; score
    "spt": ((42.0, 27.3, 28.8, 16.4, 25.8), 0.0),
    "mwkr": ((21.4, 20.1, 18.4, 4.6, 15.0), 0.343),
    "mopnr": ((22.2, 24.0, 21.2, 8.1, 18.2), 0.177),
    "fifo": ((23.9, 26.0, 22.3, 8.2, 19.3), 0.172),
}


@pytest.mark.parametrize("rule", FIGURES)
def test_rule_has_its_gaps_by_family_and_its_score(rule, units_of):
    units = units_of(rule)
    gaps, score = FIGURES[rule]
    family, gap = np.array(units.column("slice:family").to_pylist()), units.column("gap_percent").to_numpy()
    got = [gap[family == name].mean() for name in ("brandimarte", "edata", "rdata", "vdata")]
    np.testing.assert_allclose([*got, metrics(units)["gap_percent"]], gaps, atol=0.0501)
    assert metrics(units)["score"] == pytest.approx(score, abs=0.0006)
    assert metrics(units)["feasible_share"] == 1.0
    assert units.column("new_best").to_numpy().sum() == 0


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(units_of):
    one, other = (units_of(rule).column("score").to_numpy() for rule in ("mwkr", "mopnr"))
    assert round(280 * (one - other).std(ddof=1) / np.sqrt(len(one)), 1) == CARD.detectable_effect


def test_reference_makespans_are_those_of_the_floor_on_all_splits(files, inputs):
    bounds = frozen_bounds(BOUNDS_FILE)
    seen = 0
    for table in (inputs, TASK.examples(files, "dev", DRAW).inputs):
        for shop, row in zip(table.to_pylist(), answers_of("spt", table).to_pylist(), strict=True):
            verdict = validate_schedule(shop, row["start"], row["mode"], lower_bound=bounds[shop["id"]].lower_bound)
            assert verdict == (None, bounds[shop["id"]].reference_makespan)
            seen += 1
    assert seen == len(bounds) == 213


def test_test_and_development_shops_are_apart_and_have_the_cards_sizes(files, inputs):
    examples = TASK.examples(files, "dev", DRAW)
    test, dev = inputs.column("id").to_pylist(), examples.inputs.column("id").to_pylist()
    assert [len(test), len(dev)] == [split.rows for split in CARD.splits] == [168, 45]
    assert not set(test) & set(dev)
    assert dev == [f"{variant}-la{n:02d}" for variant in "erv" for n in range(1, 16)]
    assert examples.targets.column("id").to_pylist() == dev
    with pytest.raises(UsageError, match="exported: dev"):
        TASK.examples(files, "test", DRAW)


def test_a_mode_that_an_operation_does_not_have_is_refused(inputs, references):
    rows = answers_of("mwkr", inputs).slice(0, 2).to_pylist()
    rows[0]["mode"][4] = 1  # the fifth operation of mk01's first job has one machine
    table = pa.Table.from_pylist(rows, schema=answers_of("mwkr", inputs).schema)
    units = TASK.score(validate_predictions(table, inputs.slice(0, 2)), references)
    assert units.column("code").to_pylist() == ["SB404", ""]


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", secret="hidden")])
def test_unknown_track_or_secret_is_refused(draw):
    with pytest.raises(UsageError, match="scheduling/flexible-jobshop"):
        TASK.inputs(DataFiles(mirror=None, cache=Path("no-such-folder")), draw)


def test_bounds_file_says_which_bounds_were_not_used():
    table = json.loads(Path(scheduling.__file__).with_name(BOUNDS_FILE).read_text(encoding="utf-8"))
    assert table["licence"] == "CC-BY-SA-4.0"
    for said in ("79f0edc", "e-orb7", "r-la20", "r-la27"):
        assert said in table["sources"]["scheduleopt"]
