"""Submission folders: every problem at once, each with its code, file and field."""

from __future__ import annotations

import dataclasses
import json
import os

import numpy as np
import pytest
from safetensors.numpy import save
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.codes import CODES
from sectorbench.harness.errors import SubmissionError
from sectorbench.harness.submission import (
    Manifest,
    builtin_submission,
    inspect,
    no_such_folder,
    open_submission,
)
from toy_catalog import TOY_MODELS


def codes(folder):
    return {(p.code, p.where) for p in inspect(folder, TOY_MODELS).problems}


def test_a_good_folder_has_no_problems(write_submission):
    found = inspect(write_submission(), TOY_MODELS)
    assert found.problems == ()
    assert found.submission.manifest.name == "my-model"


def test_all_problems_are_told_at_once(write_submission):
    folder = write_submission(vendor=None, version=1.0, vender="me", country="China")
    found = inspect(folder, TOY_MODELS).problems
    fields = {p.where.split("'")[1] for p in found}
    assert fields == {"vendor", "version", "vender", "country"}
    assert {p.code for p in found} == {"SB103"}
    assert any("did you mean 'vendor'" in p.found for p in found)


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"adapter": "skopps"}, "SB103", "did you mean 'skops'"),
        ({"adapter": "skops", "options": {}}, "SB104", "not found"),
        ({"adapter": "transformers-series", "options": {}}, "SB104", "not found"),
        ({"interfaces": ["regresion"]}, "SB103", "no interface; did you mean 'regression'"),
        ({"interfaces": ["choice"]}, "SB103", "builtin 'mean-life' does not serve 'choice'; it serves regression"),
        ({"options": {"name": "mean-life", "rule": "mwkr"}}, "SB103", "no such option"),
        ({"interfaces": []}, "SB103", "at least 1"),
        ({"options": {"name": "half-life"}}, "SB103", "no builtin"),
        ({"name": "<script>"}, "SB103", "is not written as it must be"),
        ({"name": "../../etc"}, "SB103", "is not written as it must be"),
        ({"schema_version": "submission/2"}, "SB103", "submission/1"),
        ({"name": "mean-life", "options": {"name": "half"}}, "SB103", "name of a builtin"),
        ({"name": "mean-life", "vendor": "Evil Corp", "options": {"name": "mean-life"}}, "SB103", "name of a builtin"),
        ({"tasks": ["fd001"]}, "SB103", "is not written as it must be"),
        ({"adapter": "skops", "interfaces": ["scheduling"]}, "SB103", "does not serve"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_should_hold(write_submission, fields, code, said):
    problems = inspect(write_submission(**fields), TOY_MODELS).problems
    assert any(p.code == code and said in p.found for p in problems), problems


def test_adapter_interface_task_and_files_are_looked_at_although_other_fields_are_wrong(write_submission):
    folder = write_submission(
        vendor=None,
        version=1.0,
        country="China",
        adapter="skop",
        interfaces=["regresion"],
        tasks=["toy_area/toy-lifes"],
        files={"model.safetensors": b"cut"},
    )
    catalog = Catalog(built_in={"toy_area/toy-life": "toy_tasks:TASK"}, builtins=TOY_MODELS)
    said = {(p.where.split("'")[1] if "'" in p.where else p.where): p.found for p in inspect_with(folder, catalog)}
    assert set(said) == {"vendor", "version", "country", "adapter", "interfaces", "tasks", "model.safetensors"}
    assert "did you mean 'skops'" in said["adapter"]
    assert "did you mean 'regression'" in said["interfaces"]
    assert "did you mean 'toy_area/toy-life'" in said["tasks"]
    missing = write_submission("two", vendor=None, adapter="transformers-series", options={}, interfaces=["choice"])
    assert {code for code, _ in codes(missing)} == {"SB103", "SB104"}
    assert len(inspect(missing, TOY_MODELS).problems) == 5  # vendor, interface, three files


def inspect_with(folder, catalog):
    return inspect(folder, catalog.builtins, catalog.wrong_task).problems


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        (["toy_area/toy-life"], None),
        (["toy_area/toy-life#default"], None),
        (["toy_area/toy-life#fast"], "no track 'fast'; it has default"),
        (["far_away/other"], "no task here"),
    ],
)
def test_a_task_or_track_that_is_not_there_is_a_problem(write_submission, toy_catalog, tasks, said):
    found = inspect_with(write_submission(tasks=tasks), toy_catalog)
    assert found == () if said is None else said in found[0].found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw, None),
        (lambda raw: raw[:-1], "23 bytes of data, but its header asks for 24"),
        (lambda raw: raw + b"x", "25 bytes of data, but its header asks for 24"),
        (lambda raw: raw[:20], "cut off within its header"),
        (lambda raw: b"", "cut off within its header"),
        (lambda raw: raw[:8] + b"x" + raw[9:], "not JSON"),
        (lambda raw: raw.replace(b"[2,3]", b"[2,4]"), "do not fit each other"),
        (lambda raw: raw.replace(b'"F32"', b'"F64"'), "do not fit each other"),
    ],
)
def test_a_safetensors_file_is_checked_against_its_header(write_submission, change, said):
    raw = save({"weight": np.ones((2, 3), np.float32)})
    found = inspect(write_submission(files={"extra.safetensors": change(raw)}), TOY_MODELS).problems
    if said is None:
        assert found == ()
    else:
        assert [(p.code, p.where) for p in found] == [("SB111", "extra.safetensors")]
        assert said in found[0].found


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "SB102"),
        (b"- a\n- list\n", "SB102"),
        (b"name: [unclosed\n", "SB102"),
        (b"name: \xff\xfe\n", "SB102"),
        (b"[" * 100_000, "SB102"),
        (b"x" * 2_000_000, "SB102"),
        (b"!!python/object/apply:os.system ['true']\n", "SB102"),
    ],
)
def test_a_manifest_that_is_no_yaml_mapping_is_refused(tmp_path, content, code):
    (tmp_path / "submission.yaml").write_bytes(content)
    assert codes(tmp_path) == {(code, "submission.yaml")}


def test_a_folder_without_manifest_or_no_folder_says_so(tmp_path):
    assert codes(tmp_path) == {("SB102", "submission.yaml")}
    assert {c for c, _ in codes(tmp_path / "missing")} == {"SB101"}
    file = tmp_path / "file"
    file.write_text("x")
    assert {c for c, _ in codes(file)} == {"SB101"}


@pytest.mark.parametrize("name", ["model.pkl", "weights.bin", "evil.py", "a.joblib", "b.PT"])
def test_files_that_can_run_code_are_refused(write_submission, name):
    assert codes(write_submission(files={name: b"x"})) == {("SB105", name)}


def test_links_and_pipes_are_refused(write_submission, tmp_path):
    folder = write_submission()
    (folder / "weights.safetensors").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    (folder / "sub").symlink_to(tmp_path)
    assert codes(folder) == {("SB105", "weights.safetensors"), ("SB105", "pipe"), ("SB105", "sub")}


def test_the_model_digest_follows_what_moves_predictions_and_nothing_else(write_submission):
    def digests(name, **fields):
        one = open_submission(write_submission(name, **fields), TOY_MODELS)
        return one.model_sha256, one.submission_sha256

    first = digests("one")
    renamed = digests("two", vendor="Another")
    other = digests("three", options={"name": "half"})
    assert first[0] == renamed[0]
    assert first[1] != renamed[1]
    assert other[0] != first[0]


def test_the_error_for_a_folder_lists_every_problem(write_submission):
    with pytest.raises(SubmissionError, match=r"2 problem\(s\)[\s\S]*vendor[\s\S]*licence"):
        open_submission(write_submission(vendor=None, licence=5), TOY_MODELS)


def test_a_builtin_by_name_is_the_same_model_as_a_folder_that_names_it(write_submission):
    by_name = builtin_submission("half", TOY_MODELS)
    by_folder = open_submission(write_submission(options={"name": "half"}), TOY_MODELS)
    assert by_name.model_sha256 == by_folder.model_sha256


def test_a_builtin_made_for_some_tasks_is_not_asked_others_and_a_folder_can_open_it(write_submission):
    builtins = {"half": dataclasses.replace(TOY_MODELS["half"], tasks=("toy_area/toy-life",))}
    by_name = builtin_submission("half", builtins)
    assert by_name.manifest.serves("regression", "toy_area/toy-life", "default")
    assert not by_name.manifest.serves("regression", "toy_area/other", "default")
    by_folder = open_submission(write_submission(options={"name": "half"}), builtins)
    assert by_folder.manifest.serves("regression", "toy_area/other", "default")
    assert by_name.model_sha256 == by_folder.model_sha256 == builtin_submission("half", TOY_MODELS).model_sha256


def test_every_field_of_the_manifest_is_described():
    assert all(field.description for field in Manifest.model_fields.values())


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_meaning_and_a_remedy_in_both_languages(code):
    assert all(CODES[code].meaning) and all(CODES[code].remedy)
    assert json.dumps(CODES[code].meaning.zh, ensure_ascii=False).isascii() is False


@pytest.mark.parametrize(
    ("options", "content", "code", "said"),
    [
        ({"fiel": "model.skops"}, b"", "SB103", "no such option 'fiel'"),
        ({"features": {"step": "magic"}}, b"", "SB103", "magic"),
        ({}, b"not a zip", "SB107", "not a skops file"),
    ],
)
def test_check_looks_into_the_adapters_own_files(write_submission, options, content, code, said):
    folder = write_submission(adapter="skops", options=options, files={"model.skops": content})
    problems = inspect(folder, TOY_MODELS).problems
    assert [p.code for p in problems] == [code]
    assert said in str(problems[0])


def test_a_folder_of_baselines_that_is_not_there_names_the_command_that_makes_it(tmp_path):
    assert "`sectorbench baselines build` makes it" in str(no_such_folder(tmp_path / "baselines"))
    assert "baselines build" not in str(no_such_folder(tmp_path / "mine"))
