"""Predictions that a vendor sent: marked on the board, with the window they were made in, and their own command."""

from __future__ import annotations

import pytest
from sectorbench.leaderboard.site import build_site
from sectorbench.leaderboard.view_model import run_command
from site_records import CARDS, CONTROLS, PUMPS, RETURNED, write_cell


@pytest.fixture
def page(tmp_path):
    root = tmp_path / "records"
    write_cell(root, PUMPS, [2.0, 3.0] * 6)
    write_cell(root, PUMPS, [1.0, 1.5] * 6, name="far-model", exchange=RETURNED, predicted_by="vendor", scored_by="lab")
    build_site(root, CARDS, tmp_path / "site", controls=CONTROLS)

    def read(language, name):
        (found,) = (tmp_path / "site" / language).rglob(name)
        return found.read_text()

    return read


@pytest.mark.parametrize(("language", "mark"), [("en", "predicted by its vendor"), ("zh", "由供应商预测")])
def test_a_board_marks_what_a_vendor_sent(page, language, mark):
    board = page(language, "pump-life.html")
    before, _, behind = board.partition("far-model")
    assert mark in behind and mark not in before
    assert mark in page(language, "index.html")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["2026-11-20 08:00:00", "36 hours", "came for these inputs: 3", "20 inputs, of which 1 had another"]),
        ("zh", ["2026-11-21 20:00:00", "相隔 36 小时", "3 份", "其中 1 个答案不同"]),
    ],
)
def test_a_models_page_tells_the_window_and_the_returns(page, language, said):
    shown = page(language, "far-model*.html")
    assert "ab" * 32 in shown
    for words in said:
        assert words in shown


def test_what_was_sent_is_scored_again_and_not_run_again(tmp_path):
    record = write_cell(tmp_path, PUMPS, [1.0, 1.5] * 6, name="far-model", exchange=RETURNED, predicted_by="vendor")
    assert run_command(PUMPS, record) == "sectorbench score --predictions PATH"
