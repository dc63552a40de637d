"""Exhibits of forecasts: which week is shown, what is held of it, and counts against a day by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.codes import Problem
from sectorbench.harness.exhibits import Exhibits
from sectorbench.harness.interfaces import QUANTILE_LEVELS, Quantity
from sectorbench.harness.units import units_table
from sectorbench.harness.validation import Answers
from sectorbench.tasks.energy.forecast_costs import load_costs
from sectorbench.tasks.energy.forecast_pictures import forecast_exhibits
from sectorbench.tasks.energy.forecast_statistics import ScoreRules, forecast_statistics
from sectorbench.tasks.energy.load_series import (
    ForecastPlan,
    ItemSeries,
    forecast_inputs,
    forecast_references,
    origins_of,
)

DAYS, HISTORY = 20, 48
PLAN = ForecastPlan(
    channels=(Quantity("load", "MW"),), targets=1, known=(), step_s=3_600, horizon=24, history=HISTORY, seasons=(24,),
    stride=24,
)  # fmt: skip
RULES = ScoreRules(day=24, mwh=1.0)
DAY = 100 + 10 * np.sin(np.arange(24) / 24 * 2 * np.pi)  # peaks in hour 6


def item(top_day, top=50.0, scale=1.0, gap=None):
    """Twenty tested days from Wednesday 2020-01-01 on; the highest load lies in hour 18 of one of them."""
    values = np.tile(DAY, 4 + DAYS) * scale
    values += 0.01 * np.arange(len(values))
    values[(4 + top_day) * 24 + 18] += top * scale
    if gap is not None:
        values[(4 + gap) * 24 + 2] = np.nan
    start = np.datetime64("2019-12-28T00:00:00")
    return ItemSeries(start, values[:, None], None, 96, 96, DAYS)


ITEMS = {"small": item(3, top=80.0, scale=0.1), "large": item(9, gap=8)}


def made(error=1.0, *, items=ITEMS, plan=PLAN, rules=RULES, problems=None, quantiles=False, off=None):
    """The exhibits of answers that are so much too high; ``off``: rows that are ten times as wrong."""
    asked = {name: origins_of(one, plan) for name, one in items.items()}
    inputs, references = forecast_inputs(items, plan, asked), forecast_references(items, plan, asked)
    n = inputs.num_rows
    actual = references.column("actual").combine_chunks().flatten().flatten().to_numpy(zero_copy_only=False)
    actual = actual.reshape(n, plan.horizon, plan.targets)
    wrong = np.full(n, float(error))
    wrong[list(off or ())] *= 10
    value = np.nan_to_num(actual, nan=100.0) + wrong[:, None, None]
    columns = {"id": inputs.column("id"), "value": pa.array(value.astype(np.float32).tolist())}
    kind = pa.list_(pa.list_(pa.float32(), plan.targets))
    columns["value"] = columns["value"].cast(kind)
    if quantiles:
        spread = value[..., None] + 5 * (np.array(QUANTILE_LEVELS) - 0.5)
        inner = pa.list_(pa.list_(pa.list_(pa.float32(), len(QUANTILE_LEVELS)), plan.targets))
        columns["quantiles"] = pa.array(spread.astype(np.float32).tolist()).cast(inner)
    answers = Answers(inputs, pa.table(columns), problems or {})
    invalid = np.isin(np.arange(n), list(answers.problems))
    statistics = forecast_statistics(
        answers.predictions, references, invalid, horizon=plan.horizon, targets=plan.targets, rules=rules,
        costs=load_costs(),
    )  # fmt: skip
    units = units_table(
        unit=references.column("id").to_pylist(), slices={}, statistics=statistics, rows=[1] * n,
        invalid=[int(one) for one in invalid], code=[""] * n,
    )  # fmt: skip
    return forecast_exhibits(answers, references, units, plan, rules)


def by_kind(exhibits, kind, role="common"):
    return next(one for one in exhibits if (one.kind, one.role) == (kind, role))


def test_the_week_is_the_calendar_week_of_the_highest_load_whatever_a_model_says():
    # The highest load is on the tenth day, Friday 2020-01-10: the week from Monday 6 on.
    for error in (0.0, 5.0, -60.0):
        fan = by_kind(made(error), "fan")
        assert fan.unit == "large 2020-01-06T00:00"
        assert fan.table("origins").column("begins") == tuple(f"2020-01-{d:02d}T00:00" for d in range(6, 13))


def test_a_week_at_the_edge_is_whole_all_the_same():
    fan = by_kind(made(items={"edge": item(0)}), "fan")
    assert fan.table("origins").column("begins")[0] == "2020-01-01T00:00"
    fan = by_kind(made(items={"edge": item(19)}), "fan")
    assert fan.table("origins").column("begins")[-1] == "2020-01-20T00:00"
    assert len(fan.table("origins").column("at")) == 7


def test_a_fan_holds_what_came_what_was_forecast_and_no_band_of_a_point():
    fan = by_kind(made(2.0), "fan")
    steps = fan.table("steps")
    assert [c.name for c in steps.columns] == ["at", "actual", "value"]
    assert steps.column("at")[:3] == (0.0, 1.0, 2.0) and steps.column("at")[-1] == 167.0
    gap = 3 * 24 + 2  # the ninth tested day, Thursday, lacks its third hour
    assert steps.column("actual")[gap] is None
    there = [i for i in range(168) if i != gap]
    apart = [steps.column("value")[i] - steps.column("actual")[i] for i in there]
    assert apart == pytest.approx([2.0] * 167, abs=0.02)
    assert fan.tables[0].columns[1].unit == "MW"


def test_a_band_is_held_where_quantiles_were_told():
    steps = by_kind(made(quantiles=True), "fan").table("steps")
    assert np.subtract(steps.column("high"), steps.column("low")) == pytest.approx([4.0] * 168, abs=0.03)


def test_the_worst_week_is_this_models_and_is_left_out_where_it_is_the_common_one():
    late = made(off=range(12, 19))  # the first item's thirteenth day is Monday 2020-01-13
    assert by_kind(late, "fan", "worst").unit == "small 2020-01-13T00:00"
    same = made(off=range(20 + 5, 20 + 12))
    assert [one.role for one in same if one.kind == "fan"] == ["common"]


def test_a_rule_that_is_broken_in_the_week_is_told_and_nothing_drawn():
    nan = Problem("SB306", "row 29", "nan")
    fan = by_kind(made(problems={29: nan}), "fan")
    assert (fan.broken.code, fan.tables) == ("SB306", ())
    elsewhere = by_kind(made(problems={0: nan}), "fan")
    assert elsewhere.broken is None


def test_peaks_are_counted_by_hour_and_unusable_answers_by_themselves():
    nan = Problem("SB306", "row 3", "nan")
    pairs = by_kind(made(problems={3: nan}), "peaks").table("pairs")
    found = dict(zip(zip(pairs.column("true"), pairs.column("said"), strict=True), pairs.column("count"), strict=True))
    assert found == {(6, 6): 38, (18, 18): 1, (18, None): 1}


def test_errors_by_hour_are_means_in_scales_of_the_item():
    hours = by_kind(made(0.5), "hours")
    scale = 0.24  # a season later the load of the training part is 24 * 0.01 higher
    assert hours.table("items").column("item") == ("small", "large")
    cells = hours.table("cells")
    assert cells.rows == 48
    assert cells.column("error") == pytest.approx([0.5 / scale] * 48, rel=0.01)
    assert cells.column("n")[24 + 2] == 19  # one of twenty was not measured
    assert set(cells.column("n")) == {19, 20}


def test_forecasts_at_every_step_are_shown_one_by_one_and_have_no_peaks():
    plan = PLAN._replace(stride=1, horizon=12)
    items = {"station": item(5)._replace(origins=300)}
    exhibits = made(items=items, plan=plan, rules=ScoreRules(day=None, mwh=None))
    assert [one.kind for one in exhibits if one.role == "common"] == ["fan", "hours"]
    fan = by_kind(exhibits, "fan")
    actual = fan.table("steps").column("actual")
    assert (len(actual), int(np.argmax(actual))) == (12, 6)  # the highest value lies in the middle
    assert fan.unit == "station 2020-01-06T12:00"


def test_without_any_usable_answer_only_the_broken_rule_is_told():
    nan = Problem("SB306", "row 0", "nan")
    exhibits = made(problems=dict.fromkeys(range(2 * DAYS), nan))
    assert {one.kind for one in exhibits} == {"fan"}
    assert all(one.broken for one in exhibits)


def test_exhibits_are_small_and_go_into_one_record():
    assert len(Exhibits.of(made(quantiles=True, off=[0])).content) < 40_000
