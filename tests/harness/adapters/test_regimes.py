"""Operating regimes: small numbers by hand, and a clear refusal for every way in which they are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.adapters.regimes import Regimes, parse_regimes

NAN = float("nan")
LOW_HIGH = Regimes(
    settings=("altitude",),
    centroids=((0.0,), (35.0,)),
    channels=("heat",),
    mean=((100.0,), (60.0,)),
    scale=((10.0,), (5.0,)),
)
NAMES = ("heat", "altitude", "speed")


def test_a_reading_is_normalised_by_the_regime_nearest_to_its_settings():
    series = np.array([[120.0, 1.0, 7.0], [70.0, 34.0, 7.0], [100.0, 17.0, 7.0], [60.0, 18.0, 7.0]])
    changed = LOW_HIGH.normalise(series, NAMES)
    assert changed[:, 0].tolist() == [2.0, 2.0, 0.0, 0.0]
    assert changed[:, 1:].tolist() == series[:, 1:].tolist()  # settings and other channels stay as they are


def test_the_input_is_not_written_to_and_the_type_stays():
    series = np.array([[120.0, 1.0, 7.0]], np.float32)
    changed = LOW_HIGH.normalise(series, NAMES)
    assert (series[0, 0], changed[0, 0], changed.dtype) == (120.0, 2.0, np.float32)


def test_a_missing_reading_stays_missing_and_a_missing_setting_leaves_no_regime():
    changed = LOW_HIGH.normalise(np.array([[NAN, 1.0, 7.0], [120.0, NAN, 7.0]]), NAMES)
    assert np.isnan(changed[:, 0]).all()
    assert changed[:, 2].tolist() == [7.0, 7.0]


def test_several_settings_count_together():
    regimes = Regimes(
        ("a", "b"), ((0.0, 0.0), (0.0, 10.0), (10.0, 10.0)), ("x",), ((1.0,), (2.0,), (3.0,)), ((1.0,),) * 3
    )
    series = np.array([[0.0, 1.0, 1.0], [0.0, 1.0, 9.0], [0.0, 9.0, 9.0]])
    assert regimes.normalise(series, ("x", "a", "b"))[:, 0].tolist() == [-1.0, -2.0, -3.0]


def test_regimes_read_back_what_they_write():
    assert parse_regimes(LOW_HIGH.as_json()) == (LOW_HIGH, [])


def test_names_that_the_inputs_lack_are_told():
    assert LOW_HIGH.missing(["altitude"]) == ["heat"]
    assert LOW_HIGH.missing(NAMES) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"settings": []}, "regimes.settings is"),
        ({"settings": "altitude"}, "regimes.settings is"),
        ({"channels": ["heat", "heat"]}, "names something twice"),
        ({"centroids": [[0.0], [NAN]]}, "regimes.centroids is"),
        ({"centroids": [0.0, 35.0]}, "regimes.centroids is"),
        ({"centroids": [[0.0, 1.0], [35.0, 1.0]]}, "regimes.centroids has lists of"),
        ({"mean": [[1.0]]}, "different numbers of regimes"),
        ({"mean": [[1.0], [1.0, 2.0]]}, "regimes.mean has lists of"),
        ({"mean": [["1"], [2.0]]}, "regimes.mean is"),
        ({"scale": [[1.0], [0.0]]}, "not above 0"),
        ({"scale": None}, "regimes.scale is None"),
        ({"kind": "k-means"}, "no field 'kind'"),
    ],
)
def test_a_wrong_field_is_named(change, said):
    found, wrong = parse_regimes(LOW_HIGH.as_json() | change)
    assert found is None
    assert any(said in one for one in wrong), wrong


def test_all_that_is_wrong_is_told_at_once():
    _, wrong = parse_regimes(LOW_HIGH.as_json() | {"settings": [], "scale": []})
    assert len(wrong) == 2


def test_what_is_no_mapping_is_refused():
    assert parse_regimes([1])[1][0].startswith("regimes is [1], expected a mapping")


def test_a_file_cannot_ask_for_thousands_of_regimes():
    raw = LOW_HIGH.as_json() | {name: [[1.0]] * 65 for name in ("centroids", "mean", "scale")}
    assert "at most 64" in parse_regimes(raw)[1][0]
