"""``check`` as people use it: sound folders pass, what a library alone can say is told, JSON, languages, codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import toy_folders as toy
from safetensors.numpy import load_file, save
from sectorbench.__main__ import main
from sectorbench.harness.code_tables import FAMILIES, codes_table
from sectorbench.harness.codes import CODES, Problem
from sectorbench.harness.data import DataFiles
from sectorbench.harness.inspection import children, examiner, folder
from sectorbench.harness.inspection.folder import Terms
from sectorbench.harness.interfaces import table_info
from sectorbench.harness.submission import inspect_closely
from sectorbench.harness.task import Draw
from sectorbench.harness.text import LANGUAGES
from sectorbench.tasks.registry import CATALOG

ROOT = Path(__file__).parents[3]
PAGES = {"en": ROOT / "harness/CODES.md", "zh": ROOT / "harness/CODES.zh-CN.md"}


@pytest.fixture
def here(monkeypatch):
    """Has a child's questions answered in this process, where torch is loaded once for all tests."""

    def ask(subject, where, limits=None, **about):
        return children.Answer(examiner.examine(subject, where, json.loads(json.dumps(about))))

    monkeypatch.setattr(folder, "ask", ask)


def closely(path, **terms):
    return inspect_closely(path, Terms({}, None, CATALOG.classes_of, thorough=True, **terms))


def test_a_sound_checkpoint_passes_with_everything_asked_of_the_libraries(tmp_path, here):
    assert closely(toy.write_encoder(tmp_path / "m", tasks=["document_review/contract-nli"])).problems == ()


def test_a_head_without_weights_is_told_by_the_command(tmp_path, capsys):
    path = toy.write_encoder(tmp_path / "m")
    weights = {name: one for name, one in toy.bert_weights().items() if name != "classifier.weight"}
    (path / "model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))
    assert main(["check", str(path)]) == 1
    assert "SB107 model.safetensors: 1 weights missing: classifier.weight" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "config", "code", "said"),
    [
        ({"extra": np.ones(3, np.float32)}, {}, "SB107", "1 weights unexpected: extra"),
        (
            {"classifier.bias": np.ones(5, np.float32)},
            {},
            "SB107",
            "1 weights mismatched: classifier.bias ((5,), (3,))",
        ),
        ({}, {"num_hidden_layers": 12}, "SB116", "parameters, and the weight files hold"),
        ({}, {"architectures": ["GrandForSequenceClassification"]}, "SB107", "has no 'GrandForSequenceClassification'"),
        ({}, {"num_attention_heads": 3}, "SB107", "cannot be made of it"),
    ],
)
def test_names_and_shapes_of_weights_are_those_of_the_architecture(tmp_path, here, change, config, code, said):
    path = toy.write_encoder(tmp_path / "m")
    (path / "model.safetensors").write_bytes(save(toy.bert_weights() | change, metadata={"format": "pt"}))
    toy.edit_json(path / "config.json", **config)
    (problem,) = closely(path).problems
    assert problem.code == code
    assert said in problem.found


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "frobnicate"}, "model_type is frobnicate, the one of BertForSequenceClassification is bert"),
        (
            {"model_type": "frobnicate", "architectures": ["FrobnicateForSequenceClassification"]},
            "has no 'FrobnicateForSequenceClassification'",
        ),
        ({"model_type": ["bert"]}, "model_type is ['bert']"),
    ],
)
def test_a_type_of_model_that_transformers_does_not_know_is_told(tmp_path, here, config, said):
    path = toy.write_encoder(tmp_path / "m")
    toy.edit_json(path / "config.json", **config)
    (problem,) = closely(path).problems
    assert (problem.code, problem.where) == ("SB107", "config.json")
    assert said in problem.found


@pytest.mark.parametrize(
    ("name", "experts"),
    [
        ("Mixtral", {"num_local_experts": 4}),
        ("Qwen3Moe", {"num_experts": 4, "moe_intermediate_size": 16, "num_experts_per_tok": 2}),
    ],
)
def test_a_mixture_of_experts_has_its_weights_counted_and_named_as_any_other(tmp_path, here, name, experts):
    import transformers

    path = toy.write_causal(tmp_path / "m")
    size = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
    config = getattr(transformers, f"{name}Config")(
        **size, **experts, num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64
    )
    getattr(transformers, f"{name}ForCausalLM")(config).save_pretrained(path)
    assert closely(path).problems == ()
    weights = load_file(path / "model.safetensors")
    lost = next(key for key in weights if "experts" in key)
    (path / "model.safetensors").write_bytes(save({k: v for k, v in weights.items() if k != lost}, {"format": "pt"}))
    (problem,) = closely(path).problems
    assert problem.code == "SB107"
    assert "experts" in problem.found or "conversion of the weights" in problem.found


@pytest.mark.parametrize("name", sorted(CATALOG.shipped))
def test_what_the_suite_ships_passes(name, here):
    assert closely(CATALOG.shipped[name].folder).problems == ()


def test_a_sound_onnx_graph_passes_in_a_child(tmp_path):
    assert closely(toy.write_onnx(tmp_path / "m")).problems == ()


def test_a_causal_folder_with_a_template_is_looked_at_in_a_run_too_and_passes(tmp_path):
    path = toy.write_causal(tmp_path / "m")
    assert inspect_closely(path, Terms({})).problems == ()
    toy.write_causal(tmp_path / "bad", chat="{{ raise_exception('only on Sundays') }}")
    (problem,) = inspect_closely(tmp_path / "bad", Terms({})).problems
    assert (problem.code, problem.where) == ("SB121", "chat_template.jinja")
    assert "only on Sundays" in problem.found


def test_a_run_leaves_files_that_need_a_library_to_the_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "ask", lambda *args, **about: pytest.fail("a child was asked"))
    sound = toy.write_onnx(tmp_path / "m")
    assert inspect_closely(sound, Terms({})).submission is not None
    wrong = toy.write_onnx(tmp_path / "n", options={"speed": 2})
    assert [p.code for p in inspect_closely(wrong, Terms({})).problems] == ["SB103"]


def test_a_skops_or_onnx_folder_is_checked_without_torch_or_transformers_in_the_parent(tmp_path):
    toy.write_onnx(tmp_path / "m")
    heavy = ("torch", "transformers", "sklearn", "skops", "onnx")
    code = f"""
import sys
from sectorbench.__main__ import main
main(["check", {str(tmp_path / "m")!r}])
print([m for m in {heavy} if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "no problems found" in done.stdout


@pytest.mark.parametrize(
    ("subject", "limits", "said"),
    [
        ("template", children.Limits(cpu_s=1, wall_s=60, memory_gib=4), "processor time"),
        ("template", children.Limits(cpu_s=60, wall_s=0.05, memory_gib=4), "took more than 0.05 s"),
        ("nothing", children.Limits(cpu_s=9, wall_s=60, memory_gib=4), "KeyError"),
    ],
)
def test_a_child_that_does_not_come_to_an_answer_is_ended_and_says_why(tmp_path, subject, limits, said):
    endless = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    answer = children.ask(subject, tmp_path, limits, templates=[["t", endless]], special={})
    assert answer.problems is None
    assert said in answer.ended


def test_all_problems_of_all_kinds_are_told_at_once(tmp_path):
    path = toy.write_encoder(tmp_path / "m", vendor=None, description="<b>best</b>")
    (path / "evil.py").touch()
    toy.edit_json(path / "config.json", auto_map={"A": "b.C"}, num_hidden_layers=9_999)
    weights = toy.bert_weights() | {"classifier.bias": np.full(3, np.nan, np.float32)}
    (path / "model.safetensors").write_bytes(save(weights))
    toy.write_tokenizer(path, words=[*toy.WORDS, "more"])
    found = {p.code for p in closely(path).problems}
    assert found == {"SB103", "SB105", "SB115", "SB116", "SB117", "SB120", "SB123"}


@pytest.mark.parametrize(
    ("limit", "value", "code", "where"),
    [
        ("_JSON_BYTES", 600, "SB109", "tokenizer.json"),
        ("_MOST_TENSORS", 20, "SB112", "model.safetensors"),
    ],
)
def test_what_all_files_hold_together_is_bounded(tmp_path, monkeypatch, limit, value, code, where):
    path = toy.write_encoder(tmp_path / "m")
    monkeypatch.setattr(folder, limit, value)
    assert (code, where) in {(p.code, p.where) for p in inspect_closely(path, Terms({})).problems}


def test_a_child_that_fell_is_a_problem_of_the_file_it_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "ask", lambda *args, **about: children.Answer(None, "took more than 60 s"))
    (problem,) = closely(toy.write_onnx(tmp_path / "m")).problems
    assert problem == Problem("SB124", "model.onnx", "took more than 60 s")


@pytest.mark.parametrize("name", [name for name, task in sorted(CATALOG.tasks().items()) if task.classes])
def test_classes_that_a_task_tells_without_its_data_are_told_apart_by_name(name):
    task = CATALOG.task(name)
    assert task.card.interface in ("classification", "choice")
    assert all(len(set(head)) == len(head) >= 2 for head in task.classes)


def test_classes_that_a_task_tells_without_its_data_are_those_that_it_asks_about(tmp_path):
    task = CATALOG.task("document_review/contract-compliance-en")
    inputs = task.inputs(DataFiles(mirror=None, cache=tmp_path), Draw("default"))
    asked = {tuple(options) for row in inputs.column("options").to_pylist() for options in row}
    assert asked == set(task.classes)


def test_heads_that_a_task_tells_without_its_data_are_those_of_its_inputs(mirror, tmp_path):
    task = CATALOG.task("predictive_maintenance/milling-failure")
    inputs = task.inputs(DataFiles(mirror=mirror, cache=tmp_path), Draw("default"))
    assert tuple(tuple(head["classes"]) for head in table_info(inputs.schema)["heads"]) == task.classes


@pytest.mark.parametrize(("most", "codes"), [(1, ["SB109"]), (1 << 20, [])])
def test_a_folder_larger_than_the_limit_is_refused(tmp_path, here, most, codes):
    path = toy.write_encoder(tmp_path / "m")
    assert [p.code for p in closely(path, most_bytes=most).problems] == codes


def test_progress_is_told_in_bytes_of_weights(tmp_path):
    toy.write_manifest(tmp_path / "m", "builtin", ["regression"], options={"name": "x"})
    numbers = np.ones((5 << 20,), np.float32)
    (tmp_path / "m/a.safetensors").write_bytes(save({"w": numbers, "i": np.ones(3, np.int64)}))
    seen = []
    inspect_closely(tmp_path / "m", Terms({}, told=lambda done, total: seen.append((done, total))))
    assert [done for done, _ in seen] == [8 << 20, 16 << 20, 20 << 20]
    assert all(total > numbers.nbytes for _, total in seen)


@pytest.mark.parametrize(
    ("name", "classes", "labels", "codes"),
    [
        ("right", 14, None, []),
        ("too few", 13, None, ["SB122"]),
        ("permuted", 14, "reversed", ["SB122"]),
    ],
)
def test_outputs_of_a_series_checkpoint_are_held_against_the_classes_of_its_task(name, classes, labels, codes):
    from sectorbench.harness.inspection.labels import label_problems
    from sectorbench.harness.manifest import Manifest

    task = "predictive_maintenance/hydraulic-condition"
    expected = [one for head in CATALOG.classes_of(task) for one in head]
    assert len(set(expected)) == len(expected) == 14
    config = {"num_targets": classes}
    if labels is not None:
        config["id2label"] = {str(at): one for at, one in enumerate(reversed(expected))}
    manifest = Manifest(
        schema_version="submission/1", name="m", vendor="v", version="1", adapter="transformers-series",
        interfaces=("classification",), tasks=(task,), trained_on=(),
    )  # fmt: skip
    assert [p.code for p in label_problems(manifest, config, CATALOG.classes_of)] == codes


def test_json_holds_everything_and_the_remedy_in_both_languages(tmp_path, capsys):
    path = toy.write_skops(tmp_path / "m", {"schema.json": toy.skops_schema("posix", "system")})
    assert main(["check", str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    (problem,) = told["problems"]
    assert problem == {
        "code": "SB106",
        "where": "model.skops",
        "found": "types that are not taken: posix.system",
        "meaning": CODES["SB106"].meaning._asdict(),
        "remedy": CODES["SB106"].remedy._asdict(),
        "hint": None,
    }


def test_what_to_do_is_told_in_chinese(tmp_path, capsys):
    (tmp_path / "m").mkdir()
    assert main(["check", str(tmp_path / "m"), "--lang", "zh"]) == 1
    said = capsys.readouterr().out
    assert CODES["SB102"].remedy.zh in said
    assert "1 个问题" in said


def test_a_name_of_a_stranger_does_not_write_lines_of_its_own(tmp_path, capsys):
    toy.write_manifest(tmp_path / "m", "builtin", ["regression"], options={"name": "mean-life"})
    (tmp_path / "m" / "a\n0 problem(s)\x1b[2J").touch()
    assert main(["check", str(tmp_path / "m")]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_codes_is_the_one_that_the_command_prints(language, capsys):
    assert main(["check", "--codes", "--lang", language]) == 0
    printed = capsys.readouterr().out
    assert printed == codes_table(language)
    assert PAGES[language].read_text(encoding="utf-8") == printed, (
        f"write it anew: sectorbench check --codes --lang {language} > {PAGES[language].relative_to(ROOT)}"
    )


def test_every_code_stands_in_the_table_and_belongs_to_a_family():
    for language in LANGUAGES:
        rows = [line.split(" | ")[0][2:] for line in codes_table(language).splitlines() if line.startswith("| SB")]
        assert rows == sorted(CODES)
    assert {name[:3] for name in CODES} == set(FAMILIES)


def test_codes_are_listed_as_json_too(capsys):
    assert main(["check", "--codes", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(CODES)


@pytest.mark.parametrize(("words", "said"), [(["check"], "name a FOLDER"), (["check", ".", "--max-gib", "0"], "GiB")])
def test_wrong_usage_is_told(words, said, capsys):
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_message_without_code_becomes_a_problem_of_the_manifest():
    assert Problem.parsed("SB107 config.json: no") == Problem("SB107", "config.json", "no")
    assert Problem.parsed("it broke").code == "SB103"
