import json
import re

import numpy as np
import pytest
from sectorbench.harness.interfaces import table_info
from sectorbench.harness.task import Draw
from sectorbench.tasks.document_review.compliance_zh import TASK, TRANSLATION, WORDING
from sectorbench.tasks.document_review.contract_nli import TASK as CONTRACT_NLI_TASK
from sectorbench.tasks.document_review.nda import HYPOTHESES, read_agreements

DRAW = Draw("default")
HELD = json.loads(TRANSLATION.read_text(encoding="utf-8"))


def test_every_hypothesis_has_one_chinese_wording_and_the_file_its_licence():
    assert tuple(HELD["hypotheses"]) == HYPOTHESES
    assert HELD["licence"] == "CC-BY-4.0"
    assert HELD["version"] in TRANSLATION.name
    assert len(set(WORDING.hypotheses or ())) == 17
    for one in HELD["hypotheses"].values():
        assert one["zh"].endswith("。")
        assert not re.search("[A-Za-z]", one["zh"])


@pytest.mark.parametrize(("english", "chinese"), HELD["terms"].items())
def test_a_defined_term_is_put_in_one_way(english, chinese):
    for one in HELD["hypotheses"].values():
        assert english not in one["en"] or chinese in one["zh"], one


def test_the_translation_was_made_from_the_wording_of_the_data(real_files):
    worded = read_agreements(real_files, "test").hypotheses
    assert tuple(one["en"] for one in HELD["hypotheses"].values()) == worded


def test_agreements_and_answers_are_those_of_the_english_task(real_files):
    inputs, english = (task.inputs(real_files, DRAW) for task in (TASK, CONTRACT_NLI_TASK))
    assert inputs.column("context").equals(english.column("context"))
    assert TASK.references(real_files, DRAW).equals(CONTRACT_NLI_TASK.references(real_files, DRAW))
    assert inputs.column("questions")[0].as_py() == list(WORDING.hypotheses or ())
    assert inputs.column("options")[0].as_py() == [["蕴含", "矛盾", "未提及"]] * 17
    assert table_info(inputs.schema)["language"] == "zh"


def test_models_that_read_no_question_score_as_in_the_english_task(built_baseline, scored_model):
    for model in ("majority-class", "tfidf-svm-{}"):
        found = []
        for task, name in ((CONTRACT_NLI_TASK, "nli"), (TASK, "compliance-zh")):
            submission = model if model == "majority-class" else built_baseline(model.format(name))
            found.append(scored_model(task, submission)[1])
        assert found[0] == found[1]


def test_targets_name_the_options(real_files):
    _, targets = TASK.examples(real_files, "dev", DRAW)
    _, english = CONTRACT_NLI_TASK.examples(real_files, "dev", DRAW)
    option = dict(zip(CONTRACT_NLI_TASK.wording.options, WORDING.options, strict=True))
    expected = np.vectorize(option.get)(np.array(english.column("label").to_pylist()))
    assert targets.column("label").to_pylist() == expected.tolist()
