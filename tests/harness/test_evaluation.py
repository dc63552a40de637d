"""The score stage: metrics that are about some of the units alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.errors import ScoringError
from sectorbench.harness.evaluation import score_answers
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.metrics import root_mean_metric, share_metric
from sectorbench.harness.task import Draw
from sectorbench.harness.text import Text
from sectorbench.harness.validation import validate_predictions
from toy_tasks import CARD, TASK, ToyLife

EARLY = root_mean_metric(
    "rmse_early_steps",
    Text("early", "早期"),
    unit="steps",
    statistic="squared_early",
    count="rows_early",
    formula="rmse of lives below 15",
    digits=3,
)


class WithEarly(ToyLife):
    """The toy task with a metric about the fifteen machines of least life."""

    card = replace(CARD, secondary=(*CARD.secondary, EARLY))

    def score(self, answers, references):
        units = super().score(answers, references)
        early = (np.arange(units.num_rows) < 15).astype(float)
        squared = units.column("squared").to_numpy() * early
        return units.append_column("squared_early", pa.array(squared)).append_column("rows_early", pa.array(early))


@pytest.fixture(scope="module")
def score():
    inputs, references = TASK.inputs(None, Draw("default")), TASK.references(None, Draw("default"))
    life = references.column("life").to_numpy()
    given = pa.table(
        [inputs.column("id"), pa.array(life + np.where(np.arange(len(life)) % 2, 3.0, 4.0))],
        schema=get_interface("regression").answer,
    )
    answers = validate_predictions(given, inputs)
    return score_answers(WithEarly(), answers, references, track="default", inputs_sha256="0" * 64, partial=False)


def test_a_metric_about_some_units_counts_those_alone(score):
    found = {m.name: m for m in score.metrics}["rmse_early_steps"]
    assert found.n_units == found.interval.clusters == 15
    assert found.value == pytest.approx(np.sqrt((8 * 16 + 7 * 9) / 15))  # eight even machines, seven odd ones
    assert {m.name: m.n_units for m in score.metrics}["rmse_steps"] == 40


def test_a_slice_without_such_units_lacks_the_metric_and_has_the_others(score):
    names = {s.value: [m.name for m in s.metrics] for s in score.slices}
    assert names == {
        "low": ["rmse_steps", "mae_steps", "rmse_early_steps"],
        "high": ["rmse_steps", "mae_steps"],
    }


class OfNothing(ToyLife):
    """The toy task with a share of what none of its machines has."""

    def __init__(self, *, primary):
        share = share_metric(
            "of_nothing",
            Text("of nothing", "无"),
            statistic="squared",
            count="nothing",
            higher_is_better=False,
            formula="squared / nothing",
        )
        self.card = replace(CARD, primary=share) if primary else replace(CARD, secondary=(share,))

    def score(self, answers, references):
        units = super().score(answers, references)
        return units.append_column("nothing", pa.array(np.zeros(units.num_rows)))


def scored(task):
    inputs, references = TASK.inputs(None, Draw("default")), TASK.references(None, Draw("default"))
    life = references.column("life").to_numpy()
    given = pa.table([inputs.column("id"), pa.array(life + 1.0)], schema=get_interface("regression").answer)
    answers = validate_predictions(given, inputs)
    return score_answers(task, answers, references, track="default", inputs_sha256="0" * 64, partial=True)


def test_a_share_of_none_is_missing_and_never_not_a_number():
    assert [metric.name for metric in scored(OfNothing(primary=False)).metrics] == [CARD.primary.name]


def test_a_primary_metric_without_a_value_is_an_error_that_says_so():
    with pytest.raises(ScoringError, match="of_nothing has no value over these 40 units; answer more of them"):
        scored(OfNothing(primary=True))
