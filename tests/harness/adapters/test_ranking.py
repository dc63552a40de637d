"""Builtins and scikit-learn models that rank, on a corpus small enough to see through."""

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.pair_features import PAIR_COLUMNS, PairOverlap
from sectorbench.harness.adapters.ranking_rows import ranking_rows
from sectorbench.harness.adapters.ranking_rules import RandomRanking, TfidfCosine
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.text_inputs import candidate_lists, ranking_inputs
from sectorbench.harness.validation import validate_predictions
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

CORPUS = ["the law of Ohio governs", "rent is due on the first day", "rent may not rise", "nobody's candidate: ohio"]
QUERIES = ["which law governs", "when is rent due"]
NUMBERS = [[0, 1, 2], [2, 1], [1], []]
ASKED = [QUERIES[0], QUERIES[1], QUERIES[0], QUERIES[1]]


@pytest.fixture(scope="module")
def rows():
    columns = [pa.array([f"r{i}" for i in range(4)]), pa.array(ASKED), candidate_lists(CORPUS, NUMBERS)]
    return pa.table(columns, schema=ranking_inputs(language="en"))


def scores(adapter, rows, size=9):
    batches = [adapter.predict(one) for one in rows.to_batches(max_chunksize=size)]
    answers = validate_predictions(pa.Table.from_batches(batches), rows)
    assert not answers.problems
    return answers.predictions.column("score").to_pylist()


def builtin(adapter, rows, seed=0):
    return adapter.load(LoadContext(None, {}, "ranking", rows.schema, seed=seed))


def skops_model(folder, model, rows, options):
    skops.io.dump(model, folder / "model.skops")
    return SkopsModel.load(LoadContext(folder, options, "ranking", rows.schema))


def test_a_batch_carries_the_whole_corpus_and_the_numbers_of_its_candidates(rows):
    asked = ranking_rows(rows.slice(1, 2).to_batches()[0])
    assert asked.corpus.to_pylist() == CORPUS
    assert (asked.queries, asked.text.tolist()) == ([QUERIES[1], QUERIES[0]], [2, 1, 1])
    assert (asked.row.tolist(), asked.sizes.tolist()) == ([0, 0, 1], [2, 1])


def test_keyword_search_is_the_cosine_of_tfidf_vectors_over_the_corpus(rows):
    words = TfidfVectorizer().fit(CORPUS)
    cosine = cosine_similarity(words.transform(QUERIES), words.transform(CORPUS))
    found = scores(builtin(TfidfCosine, rows), rows)
    assert found[0] == pytest.approx(cosine[0, [0, 1, 2]])
    assert found[1] == pytest.approx(cosine[1, [2, 1]])
    assert found[3] == []


@pytest.mark.parametrize("adapter", [TfidfCosine, RandomRanking])
def test_rows_are_answered_alike_in_any_batch(adapter, rows):
    assert scores(builtin(adapter, rows), rows, size=1) == scores(builtin(adapter, rows), rows)


def test_random_scores_follow_the_seed(rows):
    one, other = (scores(builtin(RandomRanking, rows, seed), rows) for seed in (1, 2))
    assert one != other
    assert all(0 <= score < 1 for row in one for score in row)


def test_pair_features_of_one_pair_by_hand(rows):
    matrix = PairOverlap().matrix(rows.to_batches()[0])
    assert matrix.shape == (6, len(PAIR_COLUMNS))
    words = TfidfVectorizer().fit(CORPUS)
    idf = dict(zip(words.get_feature_names_out(), words.idf_, strict=True))
    first = dict(zip(PAIR_COLUMNS, matrix[0], strict=True))  # "which law governs", "the law of Ohio governs"
    assert first["words_found"] == 1.0  # "which" stands nowhere in the corpus: it is no word of it
    assert first["weight_found"] == 1.0
    mean = np.mean([5, 7, 4, 3])  # of the last only nobody, candidate, ohio are words: they have two letters
    saturated = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 5 / mean))
    assert first["bm25"] == pytest.approx(saturated * (idf["law"] + idf["governs"]))
    assert first["log_words"] == pytest.approx(np.log(6))
    assert first["log_query_words"] == pytest.approx(np.log(4))
    half = dict(zip(PAIR_COLUMNS, matrix[3], strict=True))  # "when is rent due", "rent may not rise"
    assert half["words_found"] == pytest.approx(1 / 3)
    assert half["weight_found"] == pytest.approx(idf["rent"] / (idf["is"] + idf["rent"] + idf["due"]))


def test_pair_features_of_a_row_do_not_depend_on_the_rows_beside_it(rows):
    whole = PairOverlap().matrix(rows.to_batches()[0])
    alone = PairOverlap().matrix(rows.slice(1, 1).to_batches()[0])
    np.testing.assert_array_equal(alone, whole[3:5])


@pytest.mark.parametrize("model", [LinearRegression(), HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=1)])
def test_a_regressor_on_pair_features_scores_by_what_it_predicts(model, rows, tmp_path):
    matrix = PairOverlap().matrix(rows.to_batches()[0])
    model.fit(matrix, [3, 0, 0, 1, 3, 0])
    adapter = skops_model(tmp_path, model, rows, {"features": PairOverlap().as_options()})
    assert np.concatenate(scores(adapter, rows, size=1)) == pytest.approx(model.predict(matrix))


def test_a_classifier_on_pair_features_scores_by_its_last_class(rows, tmp_path):
    matrix = PairOverlap().matrix(rows.to_batches()[0])
    model = LogisticRegression().fit(matrix, [1, 0, 0, 0, 1, 0])
    adapter = skops_model(tmp_path, model, rows, {"features": PairOverlap().as_options()})
    assert np.concatenate(scores(adapter, rows)) == pytest.approx(model.predict_proba(matrix)[:, 1])


def text_model(columns=2):
    labels = np.array([[1, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0]])[:, :columns]
    return make_pipeline(TfidfVectorizer(), MultiOutputClassifier(LogisticRegression())).fit(CORPUS, labels)


def test_a_model_of_text_has_an_output_per_query(rows, tmp_path):
    model = text_model()
    adapter = skops_model(tmp_path, model, rows, {"questions": QUERIES})
    said = [one[:, 1] for one in model.predict_proba(CORPUS)]
    found = scores(adapter, rows, size=2)
    assert found[0] == pytest.approx(said[0][[0, 1, 2]])
    assert found[1] == pytest.approx(said[1][[2, 1]])


def test_a_query_that_no_output_answers_is_told(rows, tmp_path):
    adapter = skops_model(tmp_path, text_model(), rows, {"questions": [QUERIES[0], "another"]})
    with pytest.raises(InterfaceError, match="does not answer 'when is rent due'"):
        scores(adapter, rows)


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        (text_model(), {}, "needs features"),
        (text_model(), {"questions": ["a"]}, "2 outputs for 1 questions"),
        (
            make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(CORPUS, [0, 1, 1, 0]),
            {"questions": QUERIES},
            "no output per query",
        ),
        (LinearRegression().fit(np.eye(3), [0, 1, 2]), {"features": PairOverlap().as_options()}, "trained on 3"),
        (text_model(), {"features": {"step": "static-features", "revision": 1}}, "needs features"),
    ],
)
def test_a_model_that_cannot_rank_is_refused(model, options, said, rows, tmp_path):
    with pytest.raises(SubmissionError, match=said):
        skops_model(tmp_path, model, rows, options)
