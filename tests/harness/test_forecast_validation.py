"""What a forecast must hold: every step of every target, finite, with quantiles that do not fall."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.forecast_answers import forecast_answers
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.validation import validate_predictions
from toy_forecasts import HORIZON, asked

TABLE = asked()
ROWS = TABLE.num_rows


def checked(value, quantiles=None):
    batch = forecast_answers(TABLE.column("id").combine_chunks(), value, quantiles)
    return validate_predictions(pa.Table.from_batches([batch]), TABLE).problems


def points():
    return np.random.default_rng(0).normal(size=(ROWS, HORIZON, 2))


def quantiles_of(value):
    return value[..., None] + np.linspace(-1, 1, 9)


def test_a_whole_forecast_breaks_no_rule_with_quantiles_or_without():
    value = points()
    assert checked(value) == {}
    assert checked(value, quantiles_of(value)) == {}
    assert checked(value, np.repeat(value[..., None], 9, axis=3)) == {}  # equal ones do not fall


def test_another_horizon_or_number_of_targets_is_told_with_what_was_asked():
    short = checked(points()[:, : HORIZON - 1])
    assert {one.code for one in short.values()} == {"SB307"} and len(short) == ROWS
    assert "5 entries for 6 steps ahead" in str(short[0])
    wide = checked(np.concatenate([points(), points()], axis=2))
    assert {one.code for one in wide.values()} == {"SB307"} and "4 entries for 2 targets" in str(wide[3])


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_breaks_the_row_that_it_stands_in(odd):
    value = points()
    quantiles = quantiles_of(value)
    value[3, 5, 1] = odd
    quantiles[7, 0, 0, 8] = odd
    found = checked(value, quantiles)
    assert {row: one.code for row, one in found.items()} == {3: "SB306", 7: "SB306"}


def test_crossed_quantiles_are_told_with_their_numbers_unless_one_of_them_is_none():
    value = points()
    quantiles = quantiles_of(value)
    quantiles[2, 4, 1, [3, 4]] = quantiles[2, 4, 1, [4, 3]]
    quantiles[9, 5, 1] = quantiles[9, 5, 1, ::-1]
    quantiles[9, 0, 0, 0] = np.nan
    found = checked(value, quantiles)
    assert {row: one.code for row, one in found.items()} == {2: "SB309", 9: "SB306"}
    assert "column 'quantiles'" in str(found[2])


def test_rows_of_several_lengths_are_told_each_by_itself():
    """Lists of another length move where the numbers of the rows behind them lie."""
    kind = get_interface("forecasting").answer.field("value").type
    lists = points().tolist()
    lists[1] = lists[1][:2]
    lists[4] = [step[:1] for step in lists[4]]
    lists[8][5][0] = np.nan
    table = pa.table([TABLE.column("id").combine_chunks(), pa.array(lists, kind)], get_interface("forecasting").answer)
    found = validate_predictions(table, TABLE).problems
    assert {row: one.code for row, one in found.items()} == {1: "SB307", 4: "SB307", 8: "SB306"}


def test_a_null_is_told_of_its_own_row_and_moves_no_other():
    """Lists of nine that are null have no numbers when they are flattened: rows behind them are still their own."""
    schema = get_interface("forecasting").prediction_schemas()[1]
    for level in ("row", "step", "target", "number"):
        for name in ("value", "quantiles"):
            value = points()
            lists = {"value": value.tolist(), "quantiles": quantiles_of(value).tolist()}
            of = lists[name]
            if level == "row":
                of[3] = None
            elif level == "step":
                of[3][2] = None
            elif level == "target":
                of[3][2][1] = None
            elif name == "quantiles":
                of[3][2][1][4] = None
            lists["quantiles"][7][0][0] = lists["quantiles"][7][0][0][::-1]
            lists["value"][8][HORIZON - 1][1] = np.nan
            columns = [pa.array(lists[one], schema.field(one).type) for one in ("value", "quantiles")]
            table = pa.table([TABLE.column("id").combine_chunks(), *columns], schema)
            found = {row: one.code for row, one in validate_predictions(table, TABLE).problems.items()}
            missing = {} if (level, name) == ("number", "value") else {3: "SB305"}
            assert found == missing | {7: "SB309", 8: "SB306"}, (level, name)


@pytest.mark.parametrize("odd", [1e30, -1e12])
def test_a_forecast_beyond_all_proportion_breaks_its_row_and_no_mean(odd):
    value = points()
    value[2, 1, 0] = odd
    found = checked(value)
    assert {row: problem.code for row, problem in found.items()} == {2: "SB314"}
    whole = quantiles_of(points())
    whole[1, 0, 0, -1] = abs(odd)
    assert {row: problem.code for row, problem in checked(points(), whole).items()} == {1: "SB314"}
