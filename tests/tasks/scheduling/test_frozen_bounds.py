"""Scores against frozen bounds, on one small shop, by hand."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.codes import Problem
from sectorbench.harness.errors import DataError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import Answers, InvalidPredictionsError, validate_predictions
from sectorbench.tasks import scheduling
from sectorbench.tasks.scheduling import frozen_bounds as module
from sectorbench.tasks.scheduling.frozen_bounds import FrozenBounds, bounded_references, frozen_bounds
from sectorbench.tasks.scheduling.shop_scoring import best_known_metrics, normalised_score, score_makespans
from sectorbench.tasks.scheduling.shop_tables import Mode, Shop, shop_table

# Two activities of 3 and 2 steps (or 4 on the other machine) that need no common machine: best 3, one after another 7.
NAMES = ["a", "b", "c", "d"]
INPUTS = shop_table(
    [Shop(n, [0, 1], [[Mode(3, ((0, 1),))], [Mode(2, ((1, 1),)), Mode(4, ((1, 1),))]], [], [1, 1]) for n in NAMES]
)
BOUNDS = {n: FrozenBounds(3, 3, 5, "0" * 64, "hand", "2026-11") for n in NAMES}
METRICS = best_known_metrics("hand")


def score(schedules, bounds=BOUNDS, problems=None):
    rows = [{"id": n, "start": start, "mode": mode} for n, (start, mode) in zip(NAMES, schedules, strict=True)]
    answers = validate_predictions(pa.Table.from_pylist(rows, schema=INTERFACES["scheduling"].answer), INPUTS)
    answers = Answers(answers.inputs, answers.predictions, answers.problems | (problems or {}))
    return score_makespans(
        answers, bounded_references(INPUTS, bounds), slices=lambda shop: {"family": f"family {shop['id']}"}
    )


def column(units, name):
    return units.column(name).to_pylist()


def test_scores_gaps_and_slices_by_hand():
    units = score([([0, 0], [0, 0]), ([0, 2], [0, 0]), ([0, 3], [0, 0]), ([0, 0], [0, 1])])  # ends 3, 4, 5, 4
    assert column(units, "makespan") == [3, 4, 5, 4]
    assert column(units, "score") == [1.0, 0.5, 0.0, 0.5]
    assert column(units, "gap_percent") == pytest.approx([0, 100 / 3, 200 / 3, 100 / 3])
    assert column(units, "slice:family") == [f"family {n}" for n in NAMES]
    values = {m.name: m.value(statistics_matrix(units, m)) for m in METRICS}
    assert values["score"] == 0.5
    assert values["ratio_geometric_mean"] == pytest.approx((1 * 4 / 3 * 5 / 3 * 4 / 3) ** 0.25)
    assert values["feasible_share"] == 1.0


def test_a_broken_rule_counts_as_the_worst_score_and_the_serial_makespan():
    units = score(
        [([0, -1], [0, 0]), ([0, 0], [0, 2]), ([0], [0]), ([0, 0], [0, 0])],
        problems={3: Problem("SB305", "row 3", "null")},
    )
    assert column(units, "code") == ["SB401", "SB404", "SB307", "SB305"]
    assert column(units, "score") == [-1.0] * 4
    assert column(units, "makespan") == [7] * 4
    assert column(units, "feasible") == [0.0] * 4
    assert column(units, "invalid") == [1] * 4


def test_under_the_upper_bound_is_flagged_and_under_the_lower_bound_refused():
    answers = [([0, 0], [0, 0])] * 4
    units = score(answers, BOUNDS | {"a": BOUNDS["a"]._replace(upper_bound=4)})
    assert column(units, "new_best") == [1.0, 0.0, 0.0, 0.0]
    assert column(units, "score")[0] == 1.0
    assert column(units, "gap_percent")[0] == pytest.approx(-25)
    assert column(units, "review") == ["makespan 3 is below the best known 4", "", "", ""]
    with pytest.raises(InvalidPredictionsError, match=r"SB405 id 'b'.*ends at 3, but no schedule can end before 4"):
        score(answers, BOUNDS | {"b": BOUNDS["b"]._replace(lower_bound=4, upper_bound=4)})


def test_a_schedule_that_idles_for_ages_counts_no_worse_than_none():
    units = score([([2**60, 0], [0, 0]), *[([0, 0], [0, 0])] * 3])
    assert (column(units, "makespan")[0], column(units, "score")[0], column(units, "feasible")[0]) == (7, -1.0, 1.0)


@pytest.mark.parametrize(
    ("makespan", "reference", "upper", "expected"),
    [(120, 120, 100, 0.0), (110, 120, 100, 0.5), (99, 120, 100, 1.0), (150, 120, 100, -1.0), (100, 100, 100, 1.0),
     (101, 100, 100, -1.0)],
)  # fmt: skip
def test_normalised_score_by_hand(makespan, reference, upper, expected):
    assert normalised_score(makespan, reference_makespan=reference, upper_bound=upper) == expected


def test_metric_gradients_equal_finite_differences():
    units = score([([0, 0], [0, 0]), ([0, 2], [0, 0]), ([0, 3], [0, 0]), ([0, 0], [0, 1])])
    for metric in METRICS:
        total = statistics_matrix(units, metric).sum(axis=0)
        numeric = [
            (metric.of.value(total + 1e-4 * e) - metric.of.value(total - 1e-4 * e)) / 2e-4 for e in np.eye(len(total))
        ]
        np.testing.assert_allclose(metric.of.gradient(total), numeric, rtol=1e-6, atol=1e-9)


def test_bounds_of_an_undescribed_source_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "__file__", str(tmp_path / "module.py"))
    table = {"sources": {"known": "a book"}, "instances": {"a": BOUNDS["a"]._asdict()}}
    (tmp_path / "bad.json").write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(DataError, match=r"bad.json: a has the source 'hand', which is not among \['known'\]"):
        frozen_bounds("bad.json")


FILES = sorted(p.name for p in Path(scheduling.__file__).parent.glob("*-bounds-*.json"))


@pytest.mark.parametrize("file", FILES)
def test_every_bounds_file_names_sources_dates_hashes_and_licence(file):
    table = json.loads(Path(scheduling.__file__).with_name(file).read_text(encoding="utf-8"))
    assert file.endswith(f"-bounds-{table['edition']}.json")
    assert table["licence"] and table["unit"] == "time steps" and table["reference"]
    bounds = frozen_bounds(file)
    assert len(bounds) > 100
    assert len({b.sha256 for b in bounds.values()}) == len(bounds)
    for one in bounds.values():
        assert 0 < one.lower_bound <= one.upper_bound <= one.reference_makespan
        assert len(one.sha256) == 64 and one.date.startswith("20")
