import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.data_export import export_split
from sectorbench.harness.errors import ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review.contract_evidence import PLACES, TASK
from sectorbench.tasks.document_review.nda import read_agreements

DRAW = Draw("default")


def answered(inputs, scores):
    schema = get_interface("ranking").answer
    return pa.table([inputs.column("id"), pa.array(scores, schema.field("score").type)], schema=schema)


@pytest.fixture(scope="module")
def asked(real_files):
    return TASK.inputs(real_files, DRAW), TASK.references(real_files, DRAW)


def values(inputs, references, scores):
    answers = validate_predictions(answered(inputs, scores), inputs)
    units = TASK.score(answers, references)
    return units, [m.value(statistics_matrix(units, m)) for m in TASK.card.metrics]


def perfect(inputs, references):
    scores = [np.zeros(size) for size in inputs.column("candidates").combine_chunks().value_lengths().to_pylist()]
    for score, evidence in zip(scores, references.column("evidence").to_pylist(), strict=True):
        score[evidence] = 1.0
    return scores


def test_every_hypothesis_is_asked_of_every_agreement(asked, real_files):
    inputs, references = asked
    assert inputs.num_rows == references.num_rows == TASK.card.test.rows == 123 * 17
    assert inputs.column("id").equals(references.column("id"))
    first = read_agreements(real_files, "test").agreements[0]
    assert inputs.column("candidates")[:17].to_pylist() == [first.span_texts()] * 17
    assert len(set(inputs.column("query").to_pylist())) == 17


def test_the_places_are_the_evidence_of_the_test_agreements(real_files):
    counts = np.zeros(17, int)
    for one in read_agreements(real_files, "test").agreements:
        counts += [len(evidence) for evidence in one.evidence]
    assert tuple(counts.tolist()) == PLACES
    assert sum(PLACES) == 2404


def test_perfect_scores_are_1_and_equal_ones_the_share_of_evidence(asked):
    inputs, references = asked
    units, found = values(inputs, references, perfect(inputs, references))
    assert found == [1.0, 1.0]
    assert units.num_rows == 123
    shares = np.zeros((17, 2))
    sizes = inputs.column("candidates").combine_chunks().value_lengths().to_pylist()
    for row, size in zip(references.to_pylist(), sizes, strict=True):
        if row["evidence"]:
            shares[row["hypothesis"]] += [len(row["evidence"]), size]
    _, found = values(inputs, references, [np.zeros(size) for size in sizes])
    assert found == pytest.approx([(shares[:, 0] / shares[:, 1]).mean()] * 2)


def test_no_answer_is_worse_than_one_that_cannot_be_used(asked):
    inputs, references = asked
    scores = perfect(inputs, references)
    row = next(at for at, one in enumerate(references.column("evidence").to_pylist()) if one)
    turned, broken = list(scores), list(scores)
    turned[row], broken[row] = 1 - scores[row], scores[row][:-1]
    units, worst = values(inputs, references, broken)
    assert sum(units.column("invalid").to_pylist()) == 1
    assert set(units.column("code").to_pylist()) == {"", "SB307"}
    _, ordinary = values(inputs, references, turned)
    assert worst[0] <= ordinary[0] < 1
    assert worst[1] <= ordinary[1] <= 1


def test_what_is_said_where_nothing_is_mentioned_moves_nothing(asked):
    inputs, references = asked
    scores = perfect(inputs, references)
    for row, evidence in enumerate(references.column("evidence").to_pylist()):
        if not evidence:
            scores[row] = scores[row] + 7.0
    assert values(inputs, references, scores)[1] == [1.0, 1.0]


def test_a_part_of_the_test_set_can_be_scored(asked):
    inputs, references = asked[0].slice(0, 20), asked[1].slice(0, 20)
    units, found = values(inputs, references, perfect(*asked)[:20])
    assert (units.num_rows, found) == (2, [1.0, 1.0])


def test_inputs_of_other_references_are_refused(asked):
    with pytest.raises(ScoringError, match="no reference for"):
        values(asked[0], asked[1].slice(5), perfect(*asked))


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", "a secret")])
def test_a_track_or_secret_that_is_not_there_is_a_usage_error(draw, tmp_path):
    for make in (TASK.inputs, TASK.references):
        with pytest.raises(UsageError):
            make(DataFiles(mirror=None, cache=tmp_path), draw)


def test_keyword_search_finds_a_fifth_of_what_there_is(scored_model):
    """The reference run, whose corpus counts repeated spans each time, has .198."""
    _, english = scored_model(TASK, "tfidf-cosine-english")
    assert english["map"] == pytest.approx(0.193, abs=5e-4)
    _, found = scored_model(TASK, "tfidf-cosine")
    assert found["map"] == pytest.approx(0.199, abs=5e-4)
    _, floor = scored_model(TASK, TASK.card.floor)
    assert 0.02 < floor["map"] < 0.03


@pytest.mark.parametrize(
    ("name", "figures"),
    [("tfidf-logistic-evidence", [0.688, 0.395]), ("tfidf-logistic-evidence-50", [0.619, 0.303])],
)
def test_the_baselines_reach_their_figures(name, figures, built_baseline, scored_model):
    submission = built_baseline(name)
    assert submission.manifest.name == name
    _, found = scored_model(TASK, submission)
    assert [found["map"], found["precision_at_80_recall"]] == pytest.approx(figures, abs=5e-4)


def test_an_export_holds_the_candidates_as_texts(real_files, tmp_path):
    made = export_split(TASK, real_files, split="train", draw=DRAW, drawn_from=None, to=tmp_path / "out")
    assert made.rows == 850
    table = pq.read_table(tmp_path / "out" / "data" / "train.parquet")
    first = read_agreements(real_files, "train").agreements[0]
    assert table.column("candidates")[0].as_py() == first.span_texts()
    assert table.column("evidence")[0].as_py() == list(first.evidence[0])


def test_the_pictures_are_the_curve_of_the_metrics_and_the_head_of_one_ranking(asked):
    inputs, references = asked
    rng = np.random.default_rng(4)
    scores = [(one + rng.random(len(one))).tolist() for one in perfect(inputs, references)]
    answers = validate_predictions(answered(inputs, scores), inputs)
    units, found = values(inputs, references, scores)
    curve, head = TASK.exhibits(answers, references, units)
    assert [curve.value(name) for name in ("average_precision", "asked_precision")] == pytest.approx(found, abs=1e-6)
    assert (curve.value("positives"), curve.unit_of("rows")) == (2404, "spans")
    assert curve.table("steps").rows == 100
    row = inputs.column("id").to_pylist().index(head.unit)
    texts = inputs.column("candidates")[row].as_py()
    evidence = references.column("evidence")[row].as_py()
    assert head.value("right") == len(evidence) and head.value("items") == len(texts)
    first = texts[int(np.argmax(scores[row]))]
    assert head.table("items").column("text")[0] == " ".join(first.split())[:400]
    assert all("CC-BY-4.0" in words and "Koreeda, Manning" in words for words in head.part)


def test_all_models_show_the_same_ranking_and_unusable_answers_are_told(asked):
    inputs, references = asked
    sizes = inputs.column("candidates").combine_chunks().value_lengths().to_pylist()
    same = [[0.0] * size for size in sizes]
    answers = validate_predictions(answered(inputs, same), inputs)
    curve, head = TASK.exhibits(answers, references, TASK.score(answers, references))
    assert head.table("items").column("last")[0] == head.value("items")  # all are equal
    broken = validate_predictions(answered(inputs, [[float("nan")] * size for size in sizes]), inputs)
    curve, none = TASK.exhibits(broken, references, TASK.score(broken, references))
    assert curve.broken and none.broken and none.unit == head.unit
