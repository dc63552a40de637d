"""A submission that is refused in a run: a failed record with its code, and everything else goes on."""

from __future__ import annotations

import json

import numpy as np
import pytest
import toy_folders as toy
from safetensors.numpy import save
from sectorbench.__main__ import main
from sectorbench.harness.errors import SubmissionError
from sectorbench.harness.submission import inspect
from toy_catalog import TOY_MODELS

SHOPS = "scheduling/jobshop-taillard"


def spoilt(folder, name="half", **fields):
    """A builtin's folder with a weight that is NaN beside it."""
    toy.write_manifest(folder, "builtin", [fields.pop("interface", "regression")], options={"name": name}, **fields)
    (folder / "extra.safetensors").write_bytes(save({"w": np.array([1.0, np.nan])}))
    return folder


def test_a_refused_submission_has_a_failed_record_and_the_others_are_run(toy_run, tmp_path):
    refused = inspect(spoilt(tmp_path / "bad"), TOY_MODELS).refused
    plan, outcome, store = toy_run("half", refused)
    by_name = {r.cell.model.name: r for r in outcome.records.values()}
    assert by_name["half"].status == by_name["mean-life"].status == "ok"
    record = by_name["my-model"]
    assert (record.status, record.code) == ("failed", "SB115")
    assert "refused: extra.safetensors: tensor 'w'" in record.message
    assert record.cell.model.submission_sha256 == refused.submission_sha256
    assert not list((store.folder / "work/jobs").glob("*"))
    assert [c.submission.manifest.name for c in plan.cells].count("my-model") == 1


def test_another_reason_is_another_record_and_the_same_reason_is_the_same(tmp_path):
    def refused(folder, **fields):
        return inspect(spoilt(tmp_path / folder, **fields), TOY_MODELS).refused.submission_sha256

    assert refused("a") == refused("b")
    assert refused("c", vendor="Another") != refused("d")


def test_who_does_not_say_what_it_is_has_no_record(tmp_path):
    assert inspect(spoilt(tmp_path / "a", vendor=None), TOY_MODELS).refused is None
    assert inspect(spoilt(tmp_path / "b", name="no-such-builtin"), TOY_MODELS).refused is None
    (tmp_path / "c").mkdir()
    assert inspect(tmp_path / "c", TOY_MODELS).refused is None


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def test_the_command_says_what_was_refused_and_ends_with_1(tmp_path, results, capsys):
    spoilt(tmp_path / "all/bad", name="spt", interface="scheduling")
    (tmp_path / "all/nameless").mkdir()
    (tmp_path / "all/nameless/submission.yaml").write_text("name: [", encoding="utf-8")
    words = ["--task", SHOPS, "--limit", "2", "--model", "spt", "--submission", str(tmp_path / "all"), "--json"]
    assert main(["plan", *words]) == 1
    assert "refused with SB115" in capsys.readouterr().out
    assert main(["run", *words, "--quiet"]) == 1
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "SB115 extra.safetensors" in said.err and "SB102 submission.yaml" in said.err
    found = json.loads(said.out)
    ended = {c["record"]["cell"]["model"]["name"]: c["record"]["code"] for c in found["cells"]}
    assert ended == {"mwkr": None, "spt": None, "my-model": "SB115"}
    assert found["unserved"] == ["nameless"]


def test_a_run_of_nothing_but_what_is_refused_and_nameless_says_why(tmp_path, results, capsys):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/submission.yaml").write_text("name: Bad Name\n", encoding="utf-8")
    assert main(["run", "--task", SHOPS, "--submission", str(tmp_path / "bad")]) == SubmissionError.exit_code
    assert "problem(s)" in capsys.readouterr().err
