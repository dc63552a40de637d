"""What a beginner types wrongly: one line that says what to type instead, and nothing is done."""

from __future__ import annotations

import pytest
from sectorbench.__main__ import main


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-model").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run fleet-rul", "for a task write: sectorbench run --task predictive_maintenance/fleet-rul."),
        ("run fleet-rull", "for a task write: sectorbench run --task predictive_maintenance/fleet-rul."),
        ("plan jobshop-fresh#sampled", "for a task write: sectorbench plan --task scheduling/jobshop-fresh#sampled."),
        ("run mwkr", "for a model write: sectorbench run --model mwkr."),
        ("run quickstart", "for a suite write: sectorbench run benchmarks=quickstart."),
        ("run my-model", "for a folder write: sectorbench run --submission my-model."),
        ("run q", "a task goes with --task ID, a model with --model NAME"),
        ("run --device cpu", "'--device' is no option here but an override: write device=cpu."),
        ("run --precision=bfloat16", "write precision=bfloat16."),
        ("predict --inputs a --submission b --to c device=cuda", "an option: write --device cuda."),
        ("run --submision x", "Did you mean --submission?"),
        ("run --limit six", "argument --limit: 'six': give a whole number, at least 1."),
        ("run --limit -1", "give a whole number, at least 1."),
        ("template onnx", "the following arguments are required: DIR. See: sectorbench template --help"),
        ("check my-modle", "Did you mean my-model?"),
        ("run --submission my-modle", "Did you mean my-model?"),
        ("show my-modle", "No record is below results/records: `sectorbench run` writes them."),
        ("data fetch cuadd", "Did you mean cuad_clauses, cuad_contracts?"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_what_to_type(capsys, empty, line, said):
    assert main(line.split()) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not list(empty.rglob("record.json"))


def test_without_a_word_the_help_is_printed(capsys):
    assert main([]) == 2
    assert "check" in capsys.readouterr().err
