"""Predictions that a vendor sent: marked on the board, with the window they were made in, and their own command."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sectorbench.harness.environment import unknown_environment
from sectorbench.harness.records import AlikeReturn, ScoredBefore
from sectorbench.leaderboard.site import build_site
from sectorbench.leaderboard.view_model import run_command
from site_records import CARDS, CONTROLS, PUMPS, RETURNED, write_cell

FACTS = RETURNED.model_copy(
    update={
        "scored_before": ScoredBefore(model=2, vendor=4, everybody=9, reason="<b>why</b>"),
        "alike": tuple(
            AlikeReturn(
                vendor="<script>x</script>",
                model="near-model",
                returned_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
                identical=identical,
                alike=alike,
            )
            for identical, alike in ((True, 1.0), (False, 0.973))
        ),
    }
)


@pytest.fixture
def page(tmp_path):
    root = tmp_path / "records"
    write_cell(root, PUMPS, [2.0, 3.0] * 6)
    write_cell(root, PUMPS, [1.0, 1.5] * 6, name="far-model", exchange=FACTS, predicted_by="vendor", scored_by="lab")
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


@pytest.mark.parametrize(
    ("language", "row", "said"),
    [
        (
            "en",
            "scored after 4 earlier returns of its vendor",
            ["after 2 earlier returns of this model, 4 of this vendor, 9 in all", "97.3 % of the answers"],
        ),
        ("zh", "该供应商此前已有 4 份答案评过分", ["该模型已有 2 份", "97.3% 的答案", "完全相同"]),
    ],
)
def test_earlier_scores_and_answers_of_another_name_are_told_without_their_markup(page, language, row, said):
    assert row in page(language, "pump-life.html")
    shown = page(language, "far-model*.html")
    for words in said:
        assert words in shown
    assert "near-model" in shown and "<script>x" not in shown and "<b>why" not in shown


def test_of_a_program_nobody_saw_a_page_says_not_known(tmp_path):
    nobody = unknown_environment()
    write_cell(tmp_path / "r", PUMPS, [1.0, 1.5] * 6, name="far-model", exchange=FACTS, predicted_by="vendor",
               scored_by="lab", environment=nobody)  # fmt: skip
    build_site(tmp_path / "r", CARDS, tmp_path / "site", controls=CONTROLS)
    for language, words in (("en", "not known"), ("zh", "未知")):
        for name in ("far-model*.html", "pump-life.html"):
            (found,) = (tmp_path / "site" / language).rglob(name)
            assert words in found.read_text() and "None" not in found.read_text()


def test_what_was_sent_is_scored_again_and_not_run_again(tmp_path):
    record = write_cell(tmp_path, PUMPS, [1.0, 1.5] * 6, name="far-model", exchange=FACTS, predicted_by="vendor")
    assert run_command(PUMPS, record) == "sectorbench score --predictions PATH"
