"""``sectorbench template``: every adapter and interface passes ``check`` and answers rows of its task."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from sectorbench.__main__ import main
from sectorbench.harness.adapters import ADAPTERS, LoadContext, import_adapter
from sectorbench.harness.manifest import MANIFEST_NAME
from sectorbench.harness.submission import inspect
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.templates import TEMPLATES, write_template
from template_inputs import TemplateInputs

OWN = [(a, i) for a, served in TEMPLATES.items() for i in served if a != "endpoint"]


@pytest.fixture(scope="module")
def inputs_of(tmp_path_factory):
    return TemplateInputs(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(("adapter", "interface"), OWN, ids=lambda one: one)
def test_every_template_passes_check_and_its_answers_are_valid(tmp_path, inputs_of, adapter, interface):
    folder = tmp_path / "my model"
    write_template(folder, adapter, interface)
    submission = inspect(folder, CATALOG.builtins, CATALOG.wrong_task).submission
    assert submission is not None
    table = inputs_of(TEMPLATES[adapter][interface].task)
    one = submission.adapter.load(LoadContext(folder, submission.options, interface, table.schema))
    answers = validate_predictions(pa.Table.from_batches([one.predict(table.to_batches()[0])]), table)
    codes = {problem.code for problem in answers.problems.values()}
    assert codes <= ({"SB322"} if adapter == "transformers-causal" else set())  # it writes what nobody can read


def test_there_is_a_template_for_all_that_every_adapter_serves():
    served = {name: set(import_adapter(entry.path).serves) for name, entry in ADAPTERS.items()}
    assert {name: set(one) for name, one in TEMPLATES.items()} == served


@pytest.mark.parametrize("name", sorted({one.task for served in TEMPLATES.values() for one in served.values()}))
def test_every_template_names_a_task_that_asks_its_interface(name):
    assert CATALOG.wrong_task(name) is None
    asked = CATALOG.task(name.partition("#")[0]).card.interface
    assert {i for served in TEMPLATES.values() for i, one in served.items() if one.task == name} == {asked}


def test_a_template_runs_from_the_command_line_as_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["template", "onnx", "my-model"]) == 0
    told = capsys.readouterr().err
    words = next(line for line in told.splitlines() if "sectorbench run" in line).split()[1:]
    assert words == ["run", "--task", "predictive_maintenance/fleet-rul", "--submission", "my-model"]
    assert main(["check", "my-model"]) == 0
    assert main([*words, "--limit", "2", "--quiet"]) == 0
    (record,) = [json.loads(one.read_text()) for one in Path("results/records").rglob("my-model-*/record.json")]
    assert record["status"] == "ok"


def test_the_manifest_says_what_to_replace_and_the_readme_names_every_file_in_both_languages(tmp_path):
    write_template(tmp_path / "m", "transformers-series", "regression")
    text = (tmp_path / "m" / MANIFEST_NAME).read_text("utf-8")
    assert yaml.safe_load(text)["name"] == "m"
    assert "# REPLACE: who submits it" in text
    assert "Nothing in it was trained" in text
    readme = (tmp_path / "m" / "README.md").read_text("utf-8")
    for name in ("config.json", "model.safetensors", "preprocessor_config.json"):
        assert readme.count(f"- `{name}`") == 2
    assert "未经训练" in readme
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("My Model (v2)", "my-model-v2"),
        ("预测模型", "my-model"),
        ("mwkr", "mwkr-model"),
        ("_" + "Q" * 80, "q" * 56),
    ],
)
def test_a_template_is_named_after_its_folder(tmp_path, monkeypatch, capsys, folder, name):
    monkeypatch.chdir(tmp_path)
    assert main(["template", "dispatch-policy", folder]) == 0
    assert f"its name is {name}, after the folder" in capsys.readouterr().err
    assert main(["check", folder]) == 0
    assert f"{name} 0.1 by Example Works" in capsys.readouterr().out


def test_check_names_what_is_still_as_the_template_has_it(tmp_path, capsys):
    write_template(tmp_path / "m", "onnx", "regression")
    manifest = tmp_path / "m" / MANIFEST_NAME
    text = manifest.read_text("utf-8").replace("Example Works", "Pump Works").replace("# REPLACE: the", "# the")
    manifest.write_text(text.replace("trained_on: []", "trained_on: [fleet-rul train]"), "utf-8")
    assert main(["check", str(tmp_path / "m")]) == 0
    note = "marked REPLACE: country (null), licence (null), contact (null), description (untrained template of onnx). "
    assert note in capsys.readouterr().out
    manifest.write_text(text.replace("REPLACE", "")[:-1] + "\r\n", "utf-8")
    assert main(["check", str(tmp_path / "m"), "--lang", "zh"]) == 0
    assert "note" not in capsys.readouterr().out


def test_the_same_template_has_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_template(tmp_path / name / "mine", "skops", "choice")
    folders = [tmp_path / name / "mine" for name in ("a", "b")]
    files = [{p.name: p.read_bytes() for p in folder.iterdir() if p.suffix != ".md"} for folder in folders]
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["template", "transformer-series", "m"], "unknown adapter 'transformer-series'. Did you mean transformers-se"),
        (["template", "onnx", "m", "--interface", "choice"], "no template for interface 'choice'; it serves regressi"),
        (["template", "onnx", "full"], "full: is there already and not an empty folder"),
        (["template", "onnx", "full/thesis.tex"], "full/thesis.tex: cannot be written (Not a directory)"),
        (["template", "onnx", "m", "--server", "s.py"], "--server belongs to endpoint"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")) == ["full", "full/thesis.tex"]


def test_a_template_that_breaks_off_leaves_no_folder(tmp_path):
    with pytest.raises(AttributeError):
        write_template(tmp_path / "m", "skops", "choice", make="kinds:nothing")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "m").mkdir()
    write_template(tmp_path / "m", "endpoint", "generation")
    assert (tmp_path / "m" / MANIFEST_NAME).is_file()
