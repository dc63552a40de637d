"""Milling failures: counts, the frozen split, the rules of the data sheet, scores against scikit-learn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, UsageError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance import milling_failure
from sectorbench.tasks.predictive_maintenance.ai4i import AI4I_2020, feature_matrix, read_operations
from sectorbench.tasks.predictive_maintenance.frozen_splits import SPLITS_FOLDER, draw_split, read_split
from sectorbench.tasks.predictive_maintenance.milling_failure import TASK, drawn_split
from sectorbench.tasks.predictive_maintenance.rules.milling import MillingRules, breaks_a_rule
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score

DRAW = Draw("default")


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


def scored(files, probability, **columns):
    inputs, references = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    given = {"id": inputs.column("id").to_pylist(), "probability": [[[1 - p, p]] for p in probability]} | columns
    schema = get_interface("classification").prediction_schemas()[int("decided" in columns)]
    table = pa.table({n: pa.array(v, schema.field(n).type) for n, v in given.items()}, schema=schema)
    answers = validate_predictions(table, inputs)
    units = TASK.score(answers, references)
    failed = np.array(references.column("class").to_pylist()) == "failure"
    return units, failed, answers


def values(units):
    return {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def test_the_frozen_split_is_the_drawn_one_and_keeps_every_stratum(files):
    assert (SPLITS_FOLDER / "milling-failure-1.json").read_text(encoding="utf-8") == drawn_split(files)
    test = read_split("milling-failure-1")
    operations = read_operations(files)
    inside = [one for one in operations if one.number in test]
    assert (len(inside), sum(one.failed for one in inside)) == (4000, 135)
    for mode in ("HDF", "PWF", "OSF", "TWF"):
        whole, part = (sum(mode in one.modes for one in group) for group in (operations, inside))
        assert part / whole == pytest.approx(0.4, abs=0.03)


def test_the_train_share_is_that_of_the_data(files):
    classes = TASK.examples(files, "train", DRAW).targets.column("class").to_pylist()
    assert len(classes) == 6000
    assert classes.count("failure") / 6000 == milling_failure.TRAIN_FAILURE_SHARE


def test_no_input_holds_a_mode_a_number_or_a_product(files):
    inputs = TASK.inputs(files, DRAW)
    assert inputs.column_names == ["id", "static"]
    features = TASK.examples(files, "train", DRAW).inputs.column("static").to_pylist()[0]
    assert len(features) == 6


def test_the_rules_of_the_data_sheet_reach_their_published_figure_on_all_rows(files):
    """Precision 1.000, recall 0.847, F1 0.917 on all 10,000 rows."""
    operations = read_operations(files)
    said = breaks_a_rule(feature_matrix(operations).astype(np.float32).astype(np.float64))
    failed = np.array([one.failed for one in operations])
    by_mode = np.array([bool({"HDF", "PWF", "OSF"} & set(one.modes)) for one in operations])
    np.testing.assert_array_equal(said, by_mode)
    assert (said & ~failed).sum() == 0
    assert f1_score(failed, said) == pytest.approx(0.917, abs=5e-4)


def test_scores_are_those_of_scikit_learn(files):
    rng = np.random.default_rng(1)
    probability = np.round(rng.random(4000), 2)
    units, failed, _ = scored(files, probability)
    found = values(units)
    assert found["auprc"] == pytest.approx(average_precision_score(failed, probability))
    assert found["f1"] == pytest.approx(f1_score(failed, probability >= 0.5))
    assert found["brier"] == pytest.approx(brier_score_loss(failed, probability))
    false, missed = (~failed & (probability >= 0.5)).sum(), (failed & (probability < 0.5)).sum()
    assert found["cost_miss_20"] == pytest.approx(1000 * (false + 20 * missed) / 4000)


def test_the_submissions_own_decision_counts_where_it_gives_one(files):
    probability = np.full(4000, 0.1)
    units, failed, _ = scored(files, probability, decided=[[[False, True]]] * 4000)
    assert values(units)["f1"] == pytest.approx(f1_score(failed, np.ones(4000)))
    assert values(units)["recall"] == 1.0


def test_an_unusable_answer_is_worse_than_any_other(files):
    _, failed, _ = scored(files, np.zeros(4000))
    perfect = failed.astype(float)
    worst_failure, worst_other = perfect.copy(), perfect.copy()
    worst_failure[np.argmax(failed)] = np.nan
    worst_other[np.argmin(failed)] = np.nan
    for broken in (worst_failure, worst_other):
        units, _, answers = scored(files, broken)
        assert len(answers.problems) == 1
        assert sum(units.column("invalid").to_pylist()) == 1
        at = int(np.flatnonzero(np.isnan(broken))[0])
        turned = perfect.copy()
        turned[at] = 1 - turned[at]
        ordinary, _, _ = scored(files, turned)
        found, other = values(units), values(ordinary)
        assert found["auprc"] <= other["auprc"]
        assert found["f1"] == other["f1"]
        assert found["brier"] == other["brier"]


def test_the_rules_run_as_a_model_on_the_inputs(files):
    inputs = TASK.inputs(files, DRAW)
    adapter = MillingRules.load(LoadContext(None, {}, "classification", inputs.schema))
    said = pa.Table.from_batches([adapter.predict(one) for one in inputs.combine_chunks().to_batches()])
    units = TASK.score(validate_predictions(said, inputs), TASK.references(files, DRAW))
    found = values(units)
    assert found["false_alarm_share"] == 0
    assert found["f1"] == pytest.approx(0.917, abs=0.03)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.replace("Torque [Nm]", "Torque [lbf ft]", 1), "columns"),
        (lambda t: t.rsplit("\n", 2)[0] + "\n", "9,999 rows"),
        (lambda t: t.replace("M14860,M", "M14860,X", 1), "line 2"),
        (lambda t: t.replace("298.1,308.6,1551", "298.1,inf,1551", 1), "line 2"),
    ],
)
def test_a_changed_file_is_told_with_its_line_or_counts(files, change, named, monkeypatch):
    text = files.read(AI4I_2020.files[0]).decode("utf-8-sig")
    monkeypatch.setattr(DataFiles, "read", lambda self, file: change(text).encode())
    with pytest.raises(DataError, match=named):
        read_operations(files)


def test_an_unknown_track_is_refused(files):
    with pytest.raises(UsageError, match="no track"):
        TASK.inputs(files, Draw("other"))


def test_a_split_takes_its_share_of_every_stratum_and_another_name_draws_another_one():
    units, strata = [str(i) for i in range(100)], ["a"] * 90 + ["b"] * 10
    drawn = draw_split(units, strata, share=0.4, words="one")
    assert (sum(int(u) < 90 for u in drawn), len(drawn)) == (36, 40)
    assert drawn == sorted(drawn, key=int)
    assert drawn != draw_split(units, strata, share=0.4, words="two")
