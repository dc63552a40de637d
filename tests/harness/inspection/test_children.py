"""Children that look at a stranger's files: shut in as workers are, at every level, whatever they are given."""

from __future__ import annotations

import json

import pytest
import toy_folders as toy
from sectorbench.__main__ import main
from sectorbench.harness.inspection import children
from sectorbench.harness.isolation import available_level, why_not

LEVELS = ("bubblewrap", "landlock", "limits")


@pytest.fixture(params=LEVELS)
def level(request, monkeypatch):
    if (reason := why_not(request.param)) is not None:
        pytest.skip(f"{request.param} cannot be had here: {reason}")
    monkeypatch.setattr(children, "available_level", lambda: request.param)
    return request.param


def test_a_child_reads_what_it_is_given_at_every_level(tmp_path, level):
    toy.write_tokenizer(tmp_path)
    assert children.ask("tokenizer", tmp_path) == children.Answer([])


def test_a_child_reads_nothing_outside_where_there_are_walls(tmp_path, level):
    (tmp_path / "m").mkdir()
    (tmp_path / "elsewhere").mkdir()
    toy.write_tokenizer(tmp_path / "elsewhere")
    (tmp_path / "m/tokenizer.json").symlink_to(tmp_path / "elsewhere/tokenizer.json")
    (code, *_) = [one for one, _, _ in children.ask("tokenizer", tmp_path / "m").problems or ()] or [None]
    assert code == (None if level == "limits" else "SB119")


def test_an_adapter_is_examined_in_a_child_at_every_level(tmp_path, level):
    toy.write_onnx(tmp_path / "m")
    about = {"adapter": "onnx", "options": {}, "interfaces": ["regression"]}
    assert children.ask("adapter", tmp_path / "m", **about) == children.Answer([])


@pytest.mark.parametrize("level", ["landlock"], indirect=True)
def test_a_loop_is_ended_where_a_keeper_stands_between(tmp_path, level):
    endless = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    limits = children.Limits(cpu_s=1, wall_s=60, memory_gib=4)
    answer = children.ask("template", tmp_path, limits, templates=[["t", endless]], special={})
    assert answer.problems is None
    assert "processor" in answer.ended


def test_the_command_says_how_the_look_was_shut_in(tmp_path, capsys):
    assert main(["check", str(toy.write_onnx(tmp_path / "m")), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["looked_at_in"] == available_level()
