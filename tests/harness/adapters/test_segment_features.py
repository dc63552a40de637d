"""Segments of a series: small numbers by hand, missing readings, wrong options."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.feature_steps import parse_step
from sectorbench.harness.adapters.segment_features import SeriesSegments
from sectorbench.harness.adapters.series_features import SeriesSummary
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Head, Quantity, classification_inputs

NAN = float("nan")
HEAD = Head("state", ("good", "bad"), "exclusive")


def table(series, *, channels=("a",), history_max=5):
    schema = classification_inputs(
        heads=[HEAD],
        train_share=[(0.5, 0.5)],
        channels=[Quantity(c, "1") for c in channels],
        step_unit="s",
        history_max=history_max,
    )
    columns = [pa.array([f"r{i}" for i in range(len(series))]), pa.array(series, schema.field("series").type)]
    return pa.Table.from_arrays(columns, schema=schema)


def features(step, rows):
    return dict(zip(step.names(rows.schema), step.matrix(rows, rows.schema).T.tolist(), strict=True))


def test_features_of_one_row_by_hand():
    found = features(SeriesSegments(2), table([[[1.0], [3.0], [2.0], [2.0], [7.0]]]))
    assert found == {
        "mean0-:a": [2.0],
        "mean2-:a": [2.0],
        "mean4-:a": [7.0],
        "std0-:a": [1.0],
        "std2-:a": [0.0],
        "std4-:a": [0.0],
        "mean:a": [3.0],
        "std:a": [pytest.approx(np.std([1, 3, 2, 2, 7]))],
    }


def test_channels_stand_side_by_side_in_each_segment():
    found = features(SeriesSegments(2), table([[[1.0, 10.0], [3.0, 30.0]]], channels=("a", "b"), history_max=2))
    assert (found["mean0-:a"], found["mean0-:b"], found["std0-:b"]) == ([2.0], [20.0], [10.0])


def test_missing_readings_are_left_out_and_segments_that_were_not_reached_are_missing():
    found = features(SeriesSegments(2), table([[[NAN], [4.0], [6.0]], [[1.0]]]))
    assert found["mean0-:a"] == [4.0, 1.0]
    assert found["mean:a"] == [5.0, 1.0]
    np.testing.assert_equal(found["mean2-:a"], [6.0, NAN])
    np.testing.assert_equal(found["std4-:a"], [NAN, NAN])


def test_a_row_has_the_same_features_whatever_stands_beside_it():
    rows = table(np.random.default_rng(0).normal(size=(6, 5, 2)).tolist(), channels=("a", "b"))
    step = SeriesSegments(3)
    whole = step.matrix(rows, rows.schema)
    np.testing.assert_array_equal(step.matrix(rows.slice(4, 1), rows.schema), whole[4:5])


def test_series_summary_takes_classification_rows_without_static_features():
    found = features(SeriesSummary(windows=(2,), short_steps=1), table([[[1.0], [2.0], [4.0]]]))
    assert found == {"last:a": [4.0], "mean2:a": [3.0], "std2:a": [1.0], "slope:a": [1.0]}


@pytest.mark.parametrize("series", [[], [[1.0]] * 6], ids=["empty", "too long"])
def test_a_row_of_a_wrong_length_is_named(series):
    rows = table([[[1.0]], series])
    with pytest.raises(InterfaceError, match=f"row 1: 'series' has {len(series)} steps, expected 1 to 5"):
        SeriesSegments(2).matrix(rows, rows.schema)


def test_inputs_without_a_series_or_with_a_huge_one_are_refused():
    schema = classification_inputs(heads=[HEAD], train_share=[(0.5, 0.5)], static=[Quantity("x", "1")])
    for step in (SeriesSegments(), SeriesSummary()):
        with pytest.raises(InterfaceError, match="needs a series"):
            step.names(schema)
    with pytest.raises(InterfaceError, match="at most 4096 steps"):
        SeriesSegments().names(table([], history_max=5_000).schema)


@pytest.mark.parametrize("length", [0, 5000, True, "10", 2.5, None])
def test_a_length_that_makes_no_sense_is_refused(length):
    with pytest.raises(SubmissionError, match=r"SB103.*length"):
        parse_step({"step": "series-segments", "revision": 1, "length": length})


def test_options_are_read_back():
    assert parse_step(SeriesSegments(7).as_options()) == SeriesSegments(7)
