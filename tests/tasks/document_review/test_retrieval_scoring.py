"""Ranked lists with grades, beside scikit-learn and beside all orders of equal scores written down."""

import itertools

import numpy as np
import pytest
from sectorbench.tasks.document_review.retrieval_scoring import ndcg, precision
from sklearn.metrics import ndcg_score


@pytest.mark.parametrize("k", [5, 10])
@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_ndcg_is_that_of_scikit_learn(seed, coarse, k):
    rng = np.random.default_rng(seed)
    grade = rng.choice([0.0, 0, 0, 1, 2, 3, 4], 40)
    grade[0] = 2.0
    score = rng.random(40)
    score = score.round(1) if coarse else score
    assert ndcg(grade, score, k) == pytest.approx(ndcg_score([grade], [score], k=k), abs=1e-12, rel=0)


def test_equal_scores_count_as_the_mean_over_their_orders():
    grade, score = np.array([3.0, 0.0, 1.0, 4.0]), np.array([0.5, 0.9, 0.5, 0.5])
    orders = [[1, *rest] for rest in itertools.permutations([0, 2, 3])]
    discount = 1 / np.log2([2, 3])
    best = 4.0 * discount[0] + 3.0 * discount[1]
    gains = [(grade[order[:2]] * discount).sum() / best for order in orders]
    assert ndcg(grade, score, 2) == pytest.approx(np.mean(gains))
    found = [(grade[order[:2]] >= 3).mean() for order in orders]
    assert precision(grade >= 3, score, 2) == pytest.approx(np.mean(found))


def test_a_list_shorter_than_the_head_is_divided_by_the_head():
    assert precision(np.array([True, True]), np.array([0.2, 0.1]), 5) == pytest.approx(2 / 5)
    assert ndcg(np.array([1.0, 2.0]), np.array([0.1, 0.2]), 5) == 1.0
