import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, DataNotAvailableError, ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import clause_retrieval
from sectorbench.tasks.document_review.acord import ACORD, read_judged
from sectorbench.tasks.document_review.clause_retrieval import TASK

DRAW = Draw("default")


def values(inputs, references, scores):
    schema = get_interface("ranking").answer
    given = pa.table([inputs.column("id"), pa.array(scores, schema.field("score").type)], schema=schema)
    units = TASK.score(validate_predictions(given, inputs), references)
    return units, {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


@pytest.fixture(scope="module")
def asked(real_files):
    return TASK.inputs(real_files, DRAW), TASK.references(real_files, DRAW)


def grades(references):
    return [np.array(one, float) for one in references.column("grades").to_pylist()]


def test_missing_clauses_say_what_to_type(tmp_path):
    with pytest.raises(DataNotAvailableError, match="sectorbench data fetch acord"):
        read_judged(DataFiles(mirror=None, cache=tmp_path, download=False), "test")


@pytest.mark.parametrize(
    ("clauses", "judged", "said"),
    [(1, "q\tc0\t3\n", "1 clauses, published are 3931"), (3_931, "q\tc0\t3\n", "1 queries with 1 judged clauses")],
)
def test_files_with_other_counts_are_refused(clauses, judged, said, monkeypatch, tmp_path):
    made = {
        "corpus": "".join(json.dumps({"_id": f"c{i}", "text": f"clause {i}"}) + "\n" for i in range(clauses)),
        "queries": json.dumps({"_id": "q", "text": "q", "metadata": {"category": "c"}}),
        "test": f"query-id\tcorpus-id\tscore\n{judged}",
    }
    monkeypatch.setattr(DataFiles, "read", lambda self, file: made[file.path.rsplit("/", 1)[1].split(".")[0]].encode())
    with pytest.raises(DataError, match=said):
        read_judged(DataFiles(mirror=None, cache=tmp_path), "test")


def test_the_source_names_where_its_files_can_be_had():
    assert (ACORD.licence, ACORD.public_since) == ("CC-BY-4.0", "2025")
    assert all(file.origins for file in ACORD.files)


def test_the_real_test_set_has_the_counts_of_the_card(asked):
    inputs, references = asked
    assert inputs.num_rows == references.num_rows == TASK.card.test.rows == 57
    sizes = list(map(len, references.column("grades").to_pylist()))
    assert sizes == inputs.column("candidates").combine_chunks().value_lengths().to_pylist()
    assert sum(sizes) == 61_988
    assert round(sum(sizes) / 57) == 1088
    nothing = sum(int((one == 0).sum()) for one in grades(references)) / sum(sizes)
    assert round(100 * nothing) == 97
    assert set(references.column("category").to_pylist()) == {"Indemnification", "Limitation of Liability", "others"}


def test_clauses_of_training_and_test_overlap_as_the_card_says(real_files):
    def good(part):
        found = read_judged(real_files, part)
        return {
            found.corpus[clause]
            for query in found.queries
            for clause, grade in zip(query.clauses, query.grades, strict=True)
            if grade >= 2
        }

    def texts(part):
        return {query.text for query in read_judged(real_files, part).queries}

    assert (len(good("test")), len(good("test") & good("train"))) == (475, 136)
    assert not (texts("test") & texts("train") or texts("dev") & (texts("test") | texts("train")))


def test_the_place_of_a_candidate_tells_nothing(asked):
    inputs, references = asked
    for sign in (1, -1):
        _, found = values(inputs, references, [sign * np.arange(float(len(one))) for one in grades(references)])
        assert found["ndcg_5"] < 0.03


def test_the_grades_themselves_come_to_what_the_yardstick_says(asked):
    inputs, references = asked
    units, found = values(inputs, references, grades(references))
    assert units.num_rows == 57
    assert found == pytest.approx(TASK.card.yardsticks[0].values)


def test_a_query_without_a_usable_answer_counts_0(asked):
    inputs, references = asked
    scores = grades(references)
    scores[3] = scores[3][:-1]
    units, found = values(inputs, references, scores)
    assert found["ndcg_5"] == pytest.approx(56 / 57)
    assert units.column("code").to_pylist().count("SB307") == 1


def test_inputs_of_other_references_are_refused(asked):
    with pytest.raises(ScoringError, match="no reference for"):
        values(asked[0], asked[1].slice(5), grades(asked[1]))


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", "a secret")])
def test_a_track_or_secret_that_is_not_there_is_a_usage_error(draw, tmp_path):
    for make in (TASK.inputs, TASK.references):
        with pytest.raises(UsageError):
            make(DataFiles(mirror=None, cache=tmp_path), draw)


@pytest.mark.parametrize(("split", "rows"), [("train", 51), ("dev", 6)])
def test_examples_join_and_have_the_counts_of_the_card(split, rows, real_files):
    inputs, targets = TASK.examples(real_files, split, DRAW)
    assert inputs.num_rows == rows == next(s for s in TASK.card.splits if s.name == split).rows
    assert inputs.column("id").equals(targets.column("id"))
    assert list(map(len, targets.column("grades").to_pylist())) == [
        len(one) for one in inputs.column("candidates").to_pylist()
    ]


def test_keyword_search_reaches_two_fifths(scored_model):
    _, found = scored_model(TASK, "tfidf-cosine")
    assert [found["ndcg_5"], found["ndcg_10"]] == pytest.approx([0.387, 0.408], abs=5e-4)
    _, floor = scored_model(TASK, TASK.card.floor)
    assert floor["ndcg_5"] < 0.03


def test_a_baseline_learns_from_the_training_queries(built_baseline, scored_model):
    _, found = scored_model(TASK, built_baseline("pair-logistic-clauses"))
    assert [found["ndcg_5"], found["ndcg_10"]] == pytest.approx([0.569, 0.593], abs=5e-4)


def test_the_code_in_the_areas_readme_makes_a_row_per_candidate(mirror):
    text = (Path(clause_retrieval.__file__).parent / "README.md").read_text(encoding="utf-8")
    made = {}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], made)
    assert made["matrix"].shape == (len(made["grades"]), 7) == (58_529, 7)


def test_keyword_search_in_english_has_the_figures_of_the_reference_run(scored_model):
    _, found = scored_model(TASK, "tfidf-cosine-english")
    expected = {"ndcg_5": 0.401, "ndcg_10": 0.412} | {
        f"precision_5_stars_{stars}": value for stars, value in ((3, 0.393), (4, 0.267), (5, 0.035))
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=6e-4)


def test_the_pictures_show_the_same_query_of_every_model_and_the_one_where_it_did_worst(asked):
    inputs, references = asked
    best = grades(references)
    best[7] = -best[7]  # one query upside down
    schema = get_interface("ranking").answer
    given = pa.table([inputs.column("id"), pa.array(best, schema.field("score").type)], schema=schema)
    answers = validate_predictions(given, inputs)
    common, worst = TASK.exhibits(answers, references, TASK.score(answers, references))
    useful = [int((one >= 2).sum()) for one in grades(references)]
    row = inputs.column("id").to_pylist().index(common.unit)
    assert useful[row] == sorted(useful)[28] and useful.index(useful[row]) == row  # the middle one of 57
    assert common.table("items").column("grade")[0] == 1 + best[row].max()
    assert (worst.role, worst.unit) == ("worst", "test-08")
    assert common.value("right") == useful[row] and "CC-BY-4.0" in common.part.en
