"""Doubts below a board: values too good to be true, and orders that other costs turn round."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sectorbench.benchmarks.progress import cell_line
from sectorbench.harness.task import Alarm
from sectorbench.harness.text import Text
from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from sectorbench.leaderboard.view_doubts import board_doubts
from site_records import CARDS, PUMPS, write_cell

ALARM = Alarm("rmse_cycles", 0.5, Text("nobody is that good", "无人如此准确"))


def doubts(folder, card):
    board = collect(load_records([folder]), {**CARDS, card.id: card}).boards[0]
    return board, [text.en for text in board_doubts(board)]


def test_a_board_without_alarms_and_band_has_no_doubts(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 12, name="a")
    assert doubts(tmp_path, PUMPS)[1] == []


def test_a_value_better_than_the_alarm_is_told_with_its_model_and_in_the_runs_line(tmp_path):
    card = replace(PUMPS, alarms=(ALARM,))
    write_cell(tmp_path, card, [0.1] * 12, name="oracle")
    write_cell(tmp_path, card, [0.5] * 12, name="exact")  # at the limit, not beyond it
    write_cell(tmp_path, card, [3.0] * 12, name="honest")
    board, found = doubts(tmp_path, card)
    (said,) = found
    assert "oracle" in said and "nobody is that good" in said
    assert "exact" not in said and "honest" not in said
    lines = {r.record.cell.model.name: cell_line(r.record, card) for r in board.results}
    assert "ALARM rmse_cycles 0.1: nobody is that good" in lines["oracle"]
    assert "ALARM" not in lines["exact"]


@pytest.mark.parametrize(
    ("other", "turned"), [([3.0] * 12, False), ([0.0] * 11 + [8.0], True)], ids=["worse in all", "by other costs"]
)
def test_models_that_change_places_within_the_band_are_named(tmp_path, other, turned):
    """RMSE and mean absolute error stand for two costs: one large error weighs more in the first."""
    card = replace(PUMPS, band=("rmse_cycles", "mae_cycles", "rmse_cycles"))
    write_cell(tmp_path, card, [1.0] * 12, name="even")
    write_cell(tmp_path, card, other, name="other")
    (said,) = doubts(tmp_path, card)[1]
    assert ("even / other" in said) is turned
    assert said.startswith("Between" if turned else "No two models")
