import json
import zipfile

import numpy as np
import pytest
import yaml
from sectorbench.harness.errors import UsageError
from sectorbench.tasks.baseline_folder import MANIFEST_FILE, MODEL_FILE, reproducible_skops, write_skops_folder
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression


def line(slope):
    return LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([0.0, slope]))


def test_the_folder_holds_the_manifest_and_a_model_that_answers_as_before(tmp_path):
    from skops.io import load

    write_skops_folder(tmp_path / "基线 folder", {"name": "line", "vendor": "甲"}, line(3.0))
    assert yaml.safe_load((tmp_path / "基线 folder" / MANIFEST_FILE).read_text("utf-8")) == {
        "name": "line",
        "vendor": "甲",
    }
    model = load(tmp_path / "基线 folder" / MODEL_FILE)
    assert model.predict(np.array([[2.0]])) == pytest.approx([6.0])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["基线 folder"]


def test_equal_models_give_equal_bytes():
    assert reproducible_skops(line(3.0)) == reproducible_skops(line(3.0))


def test_words_that_are_named_like_parts_of_the_file_form_stay_words():
    from skops.io import loads

    words = CountVectorizer(token_pattern=r"\S+").fit(["file __id__ content"])
    vars(words).pop("_stop_words_id", None)
    assert loads(reproducible_skops(words)).vocabulary_ == {"file": 2, "__id__": 0, "content": 1}


def test_no_memory_address_is_left(tmp_path):
    (tmp_path / MODEL_FILE).write_bytes(reproducible_skops(line(1.0)))
    with zipfile.ZipFile(tmp_path / MODEL_FILE) as archive:
        schema = json.loads(archive.read("schema.json"))
        assert max(len(name) for name in archive.namelist()) <= len("schema.json")
    assert schema["__id__"] < 100


def test_a_baseline_is_replaced(tmp_path):
    for slope in (1.0, 2.0):
        write_skops_folder(tmp_path / "line", {"version": str(slope)}, line(slope))
    assert yaml.safe_load((tmp_path / "line" / MANIFEST_FILE).read_text()) == {"version": "2.0"}


def test_a_folder_with_something_else_is_not_touched(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match=r"holds thesis\.tex"):
        write_skops_folder(tmp_path / "mine", {}, line(1.0))
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_model_that_cannot_be_saved_leaves_nothing(tmp_path):
    with pytest.raises(Exception, match=r"."):
        write_skops_folder(tmp_path / "bad", {}, (i for i in range(3)))
    assert list(tmp_path.iterdir()) == []
