"""The command ``doctor``: floors, levels and their reasons, in both languages."""

from __future__ import annotations

import importlib.metadata
import json

import pytest
from sectorbench.__main__ import main
from sectorbench.harness import doctor, isolation
from sectorbench.harness.doctor import FLOORS


def _findings(capsys, status=0):
    assert main(["doctor", "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (status == 0)
    return {(one["area"], one["name"]): one for one in told["findings"]}


def test_this_machine_is_told_of_in_full(capsys):
    found = _findings(capsys)
    assert {name for area, name in found if area == "packages"} >= set(FLOORS)
    assert {"bubblewrap", "landlock", "limits", "none"} <= {name for area, name in found if area == "isolation"}
    for area in ("python", "kernel", "devices", "room", "data"):
        assert [one for one in found if one[0] == area]
    assert found["isolation", isolation.available_level()]["found"].endswith("taken by auto")


@pytest.mark.parametrize(
    ("version", "verdict"), [("2.9.1", "problem"), ("2.10.0rc2", "problem"), ("2.10.0+cu128", "ok")]
)
def test_a_version_below_its_floor_ends_with_1(capsys, monkeypatch, version, verdict):
    real = importlib.metadata.version
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: version if name == "torch" else real(name))
    found = _findings(capsys, status=0 if verdict == "ok" else 1)["packages", "torch"]
    assert found["verdict"] == verdict
    assert verdict == "ok" or "pip install --upgrade 'torch>=2.10'" in found["advice"]["zh"]


def test_a_missing_package_is_a_problem_and_kernels_is_one_when_it_is_there(capsys, monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "skops":
            raise importlib.metadata.PackageNotFoundError(name)
        return "0.1" if name == "kernels" else real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    found = _findings(capsys, status=1)
    assert found["packages", "skops"]["found"] == "not installed (at least 0.14)"
    assert found["packages", "kernels"]["verdict"] == "problem"


def test_a_level_that_cannot_be_had_says_why(capsys, monkeypatch):
    reasons = {"bubblewrap": "bubblewrap is not installed", "landlock": "this kernel has no Landlock"}
    monkeypatch.setattr(doctor, "why_not", reasons.get)
    monkeypatch.setattr(doctor, "available_level", lambda: "limits")
    found = _findings(capsys)
    for level, reason in reasons.items():
        assert reason in found["isolation", level]["found"]
    assert found["isolation", "limits"]["found"] == "can be had, taken by auto"


def test_advice_is_given_in_the_language_asked_for(capsys, monkeypatch):
    monkeypatch.delenv("SECTORBENCH_DATA", raising=False)
    for language, words in (("en", "set SECTORBENCH_DATA"), ("zh", "指向镜像")):
        assert main(["doctor", "--lang", language]) == 0
        assert words in " ".join(capsys.readouterr().out.split())


def test_nothing_is_written(capsys, tmp_path):
    main(["doctor", "--results", str(tmp_path / "not" / "there")])
    assert not list(tmp_path.iterdir())
