"""Tests of the feature step: small numbers by hand, and a loop with numpy's own functions row by row."""

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.regimes import Regimes
from sectorbench.harness.adapters.series_features import STEP_NAME, STEP_REVISION, SeriesSummary, parse_features
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.text_inputs import choice_inputs

NAN = float("nan")


def table(series, static, *, channels=("a",), names=("baseline_a", "age")):
    schema = regression_inputs(
        channels=[Quantity(c, "1") for c in channels],
        static=[Quantity(s, "1") for s in names],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=100,
        train_mean=1.0,
        target_range=(0.0, None),
    )
    columns = [
        pa.array([f"r{i}" for i in range(len(series))]),
        pa.array(series, schema.field("series").type),
        pa.array(static, schema.field("static").type),
        pa.array(["score"] * len(series)),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def features(step, rows):
    return dict(zip(step.names(rows.schema), step.matrix(rows, rows.schema).T.tolist(), strict=True))


def test_features_of_one_row_by_hand():
    rows = table([[[1.0], [2.0], [3.0], [6.0]]], [[0.5, 40.0]])
    found = features(SeriesSummary(windows=(2, 4), short_steps=1), rows)
    assert found == {
        "last:a": [6.0],
        "mean2:a": [4.5],
        "std2:a": [1.5],
        "mean4:a": [3.0],
        "std4:a": [pytest.approx(np.sqrt(3.5))],
        "slope:a": [3.0],  # the last reading minus the mean of the longest window
        "shift:a": [2.5],  # the mean of the longest window minus the baseline
        "static:baseline_a": [0.5],
        "static:age": [40.0],
    }


def test_series_shorter_than_the_window_gives_what_it_has():
    found = features(SeriesSummary(windows=(30,)), table([[[4.0], [8.0]]], [[0.0, 0.0]]))
    assert (found["mean30:a"], found["std30:a"], found["slope:a"]) == ([6.0], [2.0], [0.0])


def test_missing_readings_are_left_out():
    found = features(SeriesSummary(windows=(2, 4), short_steps=1), table([[[1.0], [NAN], [5.0], [NAN]]], [[1.0, 0.0]]))
    assert found["last:a"] == [5.0]
    assert found["mean4:a"] == [3.0]
    assert found["mean2:a"] == [5.0]
    assert np.isnan(found["slope:a"][0])  # the short end holds no reading


def test_channel_without_any_reading_is_nan_and_does_not_warn():
    found = features(SeriesSummary(windows=(4,)), table([[[NAN], [NAN]]], [[1.0, 0.0]]))
    assert all(np.isnan(found[name][0]) for name in ("last:a", "mean4:a", "std4:a", "slope:a", "shift:a"))


def test_cap_hides_earlier_steps():
    rows = table([[[100.0], [2.0], [4.0]]], [[0.0, 0.0]])
    found = features(SeriesSummary(windows=(30,), cap_steps=2), rows)
    assert (found["mean30:a"], found["std30:a"]) == ([3.0], [1.0])


@pytest.mark.parametrize(
    ("static", "names"),
    [("all", ["static:baseline_a", "static:age"]), ("no-baselines", ["static:age"]), ("none", [])],
)
def test_static_features_are_used_as_declared(static, names):
    rows = table([[[1.0]]], [[0.5, 40.0]])
    step = SeriesSummary(static=static)
    assert [n for n in step.names(rows.schema) if n.startswith("static:")] == names
    assert step.matrix(rows, rows.schema).shape == (1, len(step.names(rows.schema)))
    assert features(step, rows)["shift:a"] == [0.5]


def test_tables_without_static_features_have_series_columns_only():
    rows = table([[[1.0, 2.0]]], [[]], channels=("a", "b"), names=())
    assert features(SeriesSummary(windows=(3,)), rows)["last:b"] == [2.0]


def test_matrix_agrees_with_numpy_row_by_row():
    rng = np.random.default_rng(3)
    series = [rng.normal(1e4, 1.0, (n, 3)).astype(np.float32) for n in rng.integers(1, 60, 200)]
    for one in series:
        one[rng.random(one.shape) < 0.1] = np.nan
        one[-1] = 1.0
    rows = table([s.tolist() for s in series], [[0.0]] * 200, channels=("a", "b", "c"), names=("age",))
    step = SeriesSummary(windows=(5, 30), short_steps=5)
    expected = []
    for one in series:
        wide = one.astype(np.float64)
        level = np.nanmean(wide[-30:], axis=0)
        short = np.nanmean(wide[-5:], axis=0)
        spreads = np.nanstd(wide[-5:], axis=0), np.nanstd(wide[-30:], axis=0)
        expected.append(np.concatenate([wide[-1], short, spreads[0], level, spreads[1], short - level, [0.0]]))
    np.testing.assert_allclose(step.matrix(rows, rows.schema), expected, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("channels", [("a",), ("a", "b", "c")])
def test_features_of_a_row_do_not_depend_on_its_batch(channels):
    rng = np.random.default_rng(4)
    series = [rng.normal(0, 1, (n, len(channels))).tolist() for n in rng.integers(1, 40, 50)]
    rows = table(series, [[0.0]] * 50, channels=channels, names=("age",)).combine_chunks()
    step = SeriesSummary()
    together = step.matrix(rows, rows.schema)
    alone = np.concatenate([step.matrix(rows.slice(i, 1).to_batches()[0], rows.schema) for i in range(50)])
    assert together.tobytes() == alone.tobytes()


def test_chunked_tables_and_slices_give_the_rows_they_show():
    rows = table([[[1.0]], [[2.0]], [[3.0]]], [[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]])
    chunked = pa.concat_tables([rows.slice(2), rows.slice(0, 1)])
    assert features(SeriesSummary(), chunked)["last:a"] == [3.0, 1.0]
    assert features(SeriesSummary(), chunked)["static:age"] == [3.0, 1.0]
    assert SeriesSummary().matrix(rows.slice(0, 0), rows.schema).shape[0] == 0


@pytest.mark.parametrize("series", [[], None])
def test_empty_series_is_refused_with_its_row(series):
    rows = pa.table(
        {"series": pa.array([[[1.0]], series], pa.list_(pa.list_(pa.float32(), 1))), "static": [[0.0, 0.0]] * 2}
    )
    rows = rows.set_column(1, "static", pa.array([[0.0, 0.0]] * 2, pa.list_(pa.float32(), 2)))
    with pytest.raises(InterfaceError, match="row 1: 'series' is empty"):
        SeriesSummary().matrix(rows, table([[[1.0]]], [[0.0, 0.0]]).schema)


def test_inputs_of_another_interface_are_refused():
    with pytest.raises(InterfaceError, match="'choice'"):
        SeriesSummary().names(choice_inputs(language="en", train_share={}))


def test_channels_make_columns_in_the_order_in_which_they_are_named():
    rows = table([[[1.0, 2.0, 3.0]]], [[0.5, 4.0]], channels=("a", "b", "c"))
    step = SeriesSummary(windows=(2,), channels=("c", "a"), static="no-baselines")
    assert step.names(rows.schema)[:2] == ["last:c", "last:a"]
    found = features(step, rows)
    assert (found["last:c"], found["last:a"], found["shift:a"], found["static:age"]) == ([3.0], [1.0], [0.5], [4.0])
    assert "static:baseline_a" not in found


def test_no_baseline_becomes_a_column_of_its_own_for_a_channel_that_was_not_chosen():
    rows = table([[[1.0, 2.0]]], [[0.5, 4.0]], channels=("a", "b"))
    assert features(SeriesSummary(channels=("b",), static="no-baselines"), rows).keys() >= {"static:age"}
    assert "static:baseline_a" not in features(SeriesSummary(channels=("b",), static="no-baselines"), rows)


BY_REGIME = Regimes(("b",), ((0.0,), (10.0,)), ("a",), ((1.0,), (5.0,)), ((2.0,), (1.0,)))


def test_summaries_are_of_readings_that_were_normalised_by_regime():
    rows = table([[[3.0, 1.0], [9.0, 9.0]]], [[0.5, 4.0]], channels=("a", "b"))
    found = features(SeriesSummary(windows=(2,), short_steps=1, channels=("a",), regimes=BY_REGIME), rows)
    assert (found["last:a"], found["mean2:a"], found["slope:a"]) == ([4.0], [2.5], [1.5])  # 1 and 4 after normalising
    assert "shift:a" not in found  # its baseline is in the channel's own unit
    assert "last:b" not in found


EARLY = ("baseline_1_a", "baseline_1_b", "baseline_2_a", "baseline_2_b")


def test_first_steps_are_normalised_each_by_its_own_regime_before_they_become_a_baseline():
    rows = table(
        [[[9.0, 9.0]], [[9.0, 9.0]]], [[3.0, 0.0, 7.0, 10.0], [3.0, 0.0, NAN, NAN]], channels=("a", "b"), names=EARLY
    )
    step = SeriesSummary(channels=("a",), regimes=BY_REGIME, baseline_steps=2, static="no-baselines")
    # (3 - 1) / 2 = 1 in the low regime, 7 - 5 = 2 in the high one; the second row has only the first of them.
    assert features(step, rows)["shift:a"] == [4.0 - 1.5, 4.0 - 1.0]
    assert not [name for name in step.names(rows.schema) if name.startswith("static:")]


def test_first_steps_without_regimes_are_averaged_as_they_are():
    rows = table([[[9.0, 5.0]]], [[3.0, 0.0, 7.0, 10.0]], channels=("a", "b"), names=EARLY)
    found = features(SeriesSummary(baseline_steps=2), rows)
    assert (found["shift:a"], found["shift:b"], found["static:baseline_2_b"]) == ([4.0], [0.0], [10.0])


def test_first_steps_that_the_inputs_lack_are_told():
    rows = table([[[9.0, 5.0]]], [[3.0, 0.0, 7.0, 10.0]], channels=("a", "b"), names=EARLY)
    with pytest.raises(InterfaceError, match=r"no static feature 'baseline_3_a' \(2 are missing\)"):
        SeriesSummary(baseline_steps=3).names(rows.schema)


def test_a_channel_that_the_inputs_lack_is_named():
    rows = table([[[1.0]]], [[0.0, 0.0]])
    for step in (SeriesSummary(channels=("z",)), SeriesSummary(regimes=BY_REGIME)):
        with pytest.raises(InterfaceError, match="names the channels '[bz]'; these inputs have a"):
            step.matrix(rows, rows.schema)


def test_manifests_older_than_channels_and_regimes_keep_their_options():
    assert set(SeriesSummary().as_options()) == {
        "step", "revision", "windows", "short_steps", "cap_steps", "static", "baseline_prefix"
    }  # fmt: skip


def test_options_survive_the_way_through_a_manifest():
    step = SeriesSummary(windows=(5, 30), short_steps=3, cap_steps=20, static="none", baseline_prefix="new_")
    assert parse_features(step.as_options()) == step
    chosen = SeriesSummary(channels=("a", "b"), regimes=BY_REGIME, baseline_steps=5)
    assert parse_features(chosen.as_options()) == chosen
    assert parse_features({"step": STEP_NAME, "revision": STEP_REVISION}) == SeriesSummary()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"step": "fourier"}, "step is 'fourier', expected 'series-summary'"),
        ({"revision": 99}, "revision is 99"),
        ({"window": [3]}, "no such option 'window' \\(did you mean 'windows'\\?\\); known: windows"),
        ({"windows": []}, "windows is"),
        ({"windows": [30, 5]}, "rising"),
        ({"windows": [0]}, "windows is"),
        ({"windows": [1 << 20]}, "windows is"),
        ({"windows": "30"}, "windows is"),
        ({"windows": ["30"]}, "windows is"),
        ({"windows": [[30]]}, "windows is"),
        ({"short_steps": True}, "short_steps is True"),
        ({"cap_steps": -1}, "cap_steps is -1"),
        ({"static": "some"}, "static is 'some'"),
        ({"static": ["all"]}, "static is"),
        ({"baseline_prefix": ""}, "baseline_prefix is ''"),
        ({"baseline_steps": -1}, "baseline_steps is -1"),
        ({"baseline_steps": True}, "baseline_steps is True"),
        ({"channels": []}, "channels is"),
        ({"channels": ["a", "a"]}, "none of them twice"),
        ({"channels": [1]}, "channels is"),
        ({"regimes": [1]}, "regimes is"),
        ({"regimes": {"settings": ["b"]}}, "regimes.centroids is None"),
    ],
)
def test_wrong_option_is_named_with_what_is_expected(change, said):
    with pytest.raises(SubmissionError, match=said) as err:
        parse_features({"step": STEP_NAME, "revision": STEP_REVISION} | change)
    assert str(err.value).startswith("SB103 submission.yaml, field 'options.features'")


def test_features_that_are_no_mapping_are_refused():
    with pytest.raises(SubmissionError, match="step is 'series-summary'"):
        parse_features("series-summary")


def test_all_wrong_options_are_listed_at_once():
    with pytest.raises(SubmissionError, match=r"short_steps.*; static"):
        parse_features({"step": STEP_NAME, "revision": STEP_REVISION, "short_steps": 0, "static": "x"})
