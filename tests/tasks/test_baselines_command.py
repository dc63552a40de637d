"""How ``baselines build`` ends where some of the data cannot be had: toy baselines, the real command."""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import pytest
from sectorbench.harness.errors import DataError, DataNotAvailableError
from sectorbench.tasks.commands import add_baselines_parser


def build(files, folder):
    folder.mkdir(parents=True)


def build_absent(files, folder):
    raise DataNotAvailableError("SB201 x.tar.gz: in no place that was looked at")


def build_damaged(files, folder):
    raise DataError("SB202 x.tar.gz: is another file")


@pytest.fixture
def ended(tmp_path, capsys):
    """The exit code of the command with these words, and what it said."""

    def run(*words, **made):
        made = {name.replace("_", "-"): f"{__name__}:{function.__name__}" for name, function in made.items()}
        entries = {
            name: SimpleNamespace(path=path, task=f"area/{name}", options={}, summary="") for name, path in made.items()
        }
        parser = argparse.ArgumentParser()
        add_baselines_parser(parser.add_subparsers(), SimpleNamespace(baselines=entries))
        args = parser.parse_args(["baselines", "build", str(tmp_path / "out"), "--no-download", *words])
        code = args.func(args)
        return code, " ".join(capsys.readouterr().err.split())

    return run


def test_what_can_be_built_of_an_area_is_built_and_the_rest_is_named(ended, tmp_path):
    code, said = ended("--area", "area", ridge=build, bert_ledgar=build_absent)
    assert code == 0
    assert "bert-ledgar: not built. SB201 x.tar.gz" in said
    assert "next: sectorbench run --task area/ridge" in said
    assert "built 1 of 2; left for want of data: bert-ledgar. With it: sectorbench baselines build" in said
    assert said.endswith("--only bert-ledgar")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["ridge"]


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("--only", "bert", "--only", "ridge"), {"bert": build_absent, "ridge": build}),
        (("--task", "area/bert", "--task", "area/ridge"), {"bert": build_absent, "ridge": build}),
        ((), {"bert": build_damaged, "ridge": build}),
        ((), {"bert": build_absent}),
    ],
)
def test_one_that_was_asked_for_damaged_data_or_nothing_built_is_a_problem(ended, words, made):
    assert ended(*words, **made)[0] == 1
