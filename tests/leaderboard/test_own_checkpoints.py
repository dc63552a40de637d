"""Checkpoints of whoever ran them: on their task's page and their own, in no order and in no comparison."""

from __future__ import annotations

import pytest
from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from sectorbench.leaderboard.site import build_site
from sectorbench.leaderboard.view_model import run_command
from site_records import CARDS, CONTROLS, PUMPS, write_cell

TASK = "tasks/predictive_maintenance/pump-life.html"


@pytest.fixture
def records(tmp_path):
    root = tmp_path / "records"
    write_cell(root, PUMPS, [2.0, 3.0] * 6)
    write_cell(root, PUMPS, [1.0, 1.5] * 6, name="checked-model")
    write_cell(root, PUMPS, [0.1, 0.2] * 6, name="my-run", trust="own", settings={"trust": "own"})
    return root


def test_an_own_checkpoint_stands_below_the_board_whatever_it_scored(records, tmp_path):
    build_site(records, CARDS, tmp_path / "site", controls=CONTROLS)
    for language, title in (("en", "Own checkpoints, not ranked"), ("zh", "自有检查点（不排名）")):
        page = (tmp_path / "site" / language / TASK).read_text()
        board, found, own = page.partition(title)
        assert found
        assert "checked-model" in board
        assert "my-run" not in board
        assert "my-run" in own
        assert "my-run" not in (tmp_path / "site" / language / "index.html").read_text()


def test_a_checked_submission_of_the_same_model_is_another_result(records):
    write_cell(records, PUMPS, [0.1, 0.2] * 6, name="my-run")
    (board,) = collect(load_records([records]), CARDS, CONTROLS).boards
    assert [r.record.cell.model.name for r in board.results] == ["checked-model", "mean-life", "my-run"]
    assert [r.record.cell.model.name for r in board.own] == ["my-run"]


def test_a_site_of_nothing_else_has_its_pages(tmp_path):
    facts = {"name": "my-run", "trust": "own", "settings": {"trust": "own"}, "adapter": "transformers-series"}
    record = write_cell(tmp_path / "records", PUMPS, [0.1, 0.2] * 6, **facts)
    build_site(tmp_path / "records", CARDS, tmp_path / "site", controls=CONTROLS)
    assert "my-run" in (tmp_path / "site" / "en" / TASK).read_text()
    assert run_command(PUMPS, record).endswith("--submission PATH --trust own")


def test_the_command_of_a_served_model_names_no_precision(tmp_path):
    record = write_cell(tmp_path / "records", PUMPS, [0.1, 0.2] * 6, name="served", adapter="endpoint")
    record = record.model_copy(update={"protocol": record.protocol.model_copy(update={"dtype": "unknown"})})
    assert run_command(PUMPS, record).split() == ["sectorbench", "run", "--task", PUMPS.id, "--submission", "PATH"]
