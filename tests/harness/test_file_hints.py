"""What ``check`` says of files that are nearly there: each folder is made, and looked at by the command."""

from __future__ import annotations

import json

import pytest
from sectorbench.__main__ import main
from sectorbench.tasks.templates import write_template

MANIFEST = "submission.yaml"


@pytest.fixture
def folder(tmp_path):
    write_template(tmp_path / "m", "onnx", "regression")
    return tmp_path / "m"


def renamed(old, new):
    return lambda folder: (folder / old).rename(folder / new)


def moved_down(folder):
    (folder / "model").mkdir()
    (folder / "model.onnx").rename(folder / "model" / "model.onnx")


def one_deeper(folder):
    (folder / "inner").mkdir()
    for path in [p for p in folder.iterdir() if p.is_file()]:
        path.rename(folder / "inner" / path.name)


def in_another_encoding(folder):
    text = (folder / MANIFEST).read_text("utf-8")
    (folder / MANIFEST).write_text(text, "gbk")


def pickled(adapter, name):
    def change(folder):
        text = (folder / MANIFEST).read_text("utf-8")
        (folder / MANIFEST).write_text(text.replace("adapter: onnx", f"adapter: {adapter}"), "utf-8")
        (folder / name).write_bytes(b"x")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed(MANIFEST, "Submission.yaml"), "Submission.yaml is there: rename it submission.yaml"),
        (renamed(MANIFEST, "submission.yml"), "submission.yml is there: rename it submission.yaml"),
        (one_deeper, "inner is a submission: name that folder"),
        (in_another_encoding, "save it as UTF-8"),
        (renamed("model.onnx", "Model.ONNX"), "Model.ONNX is there: rename it model.onnx"),
        (renamed("model.onnx", "pump.onnx"), "pump.onnx is there: rename it model.onnx"),
        (moved_down, "model/model.onnx is there: move it up, beside submission.yaml"),
        (pickled("skops", "clf.joblib"), "skops.io.dump(model, 'model.skops') writes what is read here"),
        (pickled("transformers-encoder", "pytorch_model.bin"), "save_pretrained(FOLDER) writes model.safetensors"),
        (pickled("transformers-encoder", "pytorch_model.bin"), "of the model's fast tokenizer writes it"),
    ],
)
def test_a_file_that_is_nearly_there_is_told_with_what_to_do(folder, capsys, change, said):
    change(folder)
    assert main(["check", str(folder)]) == 1
    assert said in capsys.readouterr().out


def test_hints_are_in_both_languages_of_the_json_and_none_follows_a_link(folder, tmp_path, capsys):
    moved_down(folder)
    assert main(["check", str(folder), "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], "请移到" in problem["hint"]["zh"]) == ("SB104", True)
    (folder / "model").rename(tmp_path / "elsewhere")
    (folder / "model").symlink_to(tmp_path / "elsewhere")
    assert main(["check", str(folder), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert {one["code"]: one["hint"] for one in problems} == {"SB104": None, "SB105": None}


def test_a_file_of_a_submission_is_told_with_its_folder(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    assert main(["check", "m/submission.yaml"]) == 1
    assert "m is a submission: name that folder" in capsys.readouterr().out


def test_windows_line_ends_and_a_byte_order_mark_are_no_problem(folder, capsys):
    text = (folder / MANIFEST).read_text("utf-8").replace("\n", "\r\n")
    (folder / MANIFEST).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert main(["check", str(folder)]) == 0
    assert "marked REPLACE: vendor (Example Works)" in capsys.readouterr().out


def test_fields_are_told_in_words_that_need_no_python(folder, capsys):
    text = (folder / MANIFEST).read_text("utf-8").replace("name: m\n", "name: Pump Model 2\n")
    text = text.replace("version: '0.1'", "version: 0.1").replace("trained_on: []", "trained_on: fleet")
    (folder / MANIFEST).write_text(text, "utf-8")
    assert main(["check", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "'Pump Model 2': is not written as it must be; 'pump-model-2' would do." in out
    assert "'0.1': is no text; write it in quotes." in out
    assert "'fleet': is no list; write it in brackets: [..., ...]." in out
