"""What the schema of forecasts says of its columns."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sectorbench.harness.interfaces import Quantity, table_info
from sectorbench.harness.numeric_inputs import forecasting_inputs

LOAD, WIND, HOLIDAY = Quantity("load", "MW"), Quantity("wind", "m/s"), Quantity("holiday", "0 or 1")
COMMON = {
    "channels": [LOAD, WIND],
    "targets": 1,
    "items": ["north", "south"],
    "step_s": 900,
    "horizon": 96,
    "history_max": 672,
    "seasons": [96, 672],
}


def test_forecasts_say_step_horizon_history_and_seasons_in_the_metadata():
    info = table_info(forecasting_inputs(**COMMON))
    assert info == {
        "interface": "forecasting",
        "channels": [LOAD._asdict(), WIND._asdict()],
        "known": [],
    } | {name: value for name, value in COMMON.items() if name != "channels"}


@pytest.mark.parametrize("known", [(), (HOLIDAY,), (HOLIDAY, WIND)])
def test_what_is_known_in_advance_is_a_column_only_where_something_is(known):
    schema = forecasting_inputs(**COMMON, known=known)
    assert schema.names == ["id", "item", "origin", "series", *(["known"] if known else [])]
    assert schema.field("series").type == pa.list_(pa.list_(pa.float32(), 2))
    if known:
        assert schema.field("known").type == pa.list_(pa.list_(pa.float32(), len(known)))
    assert [q["name"] for q in table_info(schema)["known"]] == [q.name for q in known]
