"""Tests that a scikit-learn model cannot answer a row by what other rows hold."""

import io

import numpy as np
import pytest
import skops.io
from sectorbench.harness.adapters.asked_again import beyond_rounding, drawn_again
from sectorbench.harness.adapters.skops_lone import Watched, by_rows, freeze, lone_rows, wrong_reach
from sectorbench.harness.adapters.skops_model import _load_model
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.inspection.skops_file import skops_problems
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

ROWS, WIDTH = 40, 3
RNG = np.random.default_rng(0)
MATRIX = RNG.random((ROWS, WIDTH))


def gram():
    """A Gaussian process whose kernel compares the batch with itself."""
    found = GaussianProcessRegressor(kernel=DotProduct(), optimizer=None).fit(MATRIX, MATRIX[:, 0])
    found.X_train_ = None
    return found


def writer():
    """Writes its batch into the rows that its neighbours are looked for among."""
    kept = RNG.random((ROWS, WIDTH))
    nearest = KNeighborsRegressor(2, algorithm="brute").fit(kept, MATRIX[:, 0])
    nearest._fit_X = kept
    return make_pipeline(FunctionTransformer(np.positive, kw_args={"out": kept}), nearest)


def saved(folder, model):
    skops.io.dump(model, folder / "model.skops")
    return folder / "model.skops"


@pytest.mark.parametrize(("made", "said"), [(gram, "no X_train_"), (writer, "has kw_args")], ids=["gram", "writer"])
def test_a_model_that_reaches_its_batch_is_refused_by_check_and_by_loading(tmp_path, made, said):
    path = saved(tmp_path, made())
    with path.open("rb") as file:
        (problem,) = skops_problems(file, path.name)
    assert problem.code == "SB107"
    assert said in problem.found
    with pytest.raises(SubmissionError, match=f"SB107 model.skops: .*{said}"):
        _load_model(path)


def test_honest_parts_with_no_arguments_are_taken(tmp_path):
    model = make_pipeline(FunctionTransformer(np.positive), GaussianProcessRegressor()).fit(MATRIX, MATRIX[:, 0])
    path = saved(tmp_path, model)
    with path.open("rb") as file:
        assert skops_problems(file, path.name) == []
    np.testing.assert_allclose(_load_model(path).predict(MATRIX), MATRIX[:, 0], atol=1e-6)


def test_arguments_that_name_an_array_are_refused_and_a_vocabulary_is_not():
    assert wrong_reach({"out": 3, "where": np.int64(4)}) is None
    assert "'out'" in wrong_reach({"out": np.zeros(2)})


class FromTheMean(LinearRegression):
    """Answers how far a row is from the mean of its batch."""

    def predict(self, matrix):
        return matrix[:, 0] - matrix[:, 0].mean()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (FromTheMean(), r"FromTheMean to row \d+ of 40 moves by .* where other rows stand beside it"),
        (gram(), "GaussianProcessRegressor .* fails on where other rows stand beside them"),
    ],
    ids=["moves", "fails"],
)
def test_an_answer_that_moves_with_its_neighbours_is_told(model, said):
    with pytest.raises(InterfaceError, match=said):
        lone_rows(model, np.random.default_rng(1)).predict(MATRIX)


def test_an_answer_of_the_row_alone_is_passed_on():
    model = HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=5).fit(MATRIX, MATRIX[:, 0])
    asked = lone_rows(model, np.random.default_rng(1))
    np.testing.assert_array_equal(asked.predict(MATRIX), model.predict(MATRIX))
    assert asked.n_features_in_ == WIDTH
    assert not hasattr(asked, "predict_proba")


def test_a_row_that_is_asked_alone_sees_no_other():
    model = gram()
    moved = MATRIX.copy()
    moved[1:] = 0.0
    with pytest.raises(ValueError, match="mismatch"):  # 40 weights, one row
        by_rows(model, MATRIX, ROWS)
    linear = LinearRegression().fit(MATRIX, MATRIX[:, 0])
    assert by_rows(linear, MATRIX, ROWS)[0] == by_rows(linear, moved, ROWS)[0]


def test_a_model_that_changes_while_it_answers_is_told():
    model = LinearRegression().fit(MATRIX, MATRIX[:, 0])
    watched = Watched(model, "model.skops")
    model.predict(MATRIX)
    watched.check()
    model.coef_[0] += 1e-9
    with pytest.raises(InterfaceError, match=r"model.skops: LinearRegression changed while it answered"):
        watched.check()


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_that_changes_is_told_too(order):
    model = LinearRegression().fit(MATRIX, MATRIX[:, 0])
    model.coef_ = np.zeros((400, 300), order=order)
    freeze(model.coef_)
    watched = Watched(model, "model.skops")
    watched.check()
    model.coef_ = np.asarray(model.coef_ + np.eye(400, 300), order=order)
    freeze(model.coef_)
    with pytest.raises(InterfaceError, match="changed while it answered"):
        watched.check()


def test_a_loaded_array_cannot_be_written_to(tmp_path):
    model = _load_model(saved(tmp_path, LinearRegression().fit(MATRIX, MATRIX[:, 0])))
    with pytest.raises(ValueError, match="read-only"):
        model.coef_[0] = 1.0
    freeze(io.BytesIO())  # what is no array is left alone


def test_rows_asked_again_are_others_in_each_run_and_rounding_is_no_move():
    first, second = (drawn_again(1_000, np.random.default_rng(seed)) for seed in (0, 1))
    assert len(set(first.tolist())) == len(first) == 256
    assert set(first.tolist()) != set(second.tolist())
    assert len(drawn_again(1, np.random.default_rng(0))) == 0
    said = MATRIX[:, 0]
    assert beyond_rounding(said, said + 1e-9, said) is None
    assert beyond_rounding(said[:3], said[:3] + np.eye(3)[1], said).at == 1
