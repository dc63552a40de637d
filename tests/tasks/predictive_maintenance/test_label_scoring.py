"""Scores of independent labels, without data: ranking against scikit-learn, unusable rows, sums per unit."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.tasks.predictive_maintenance.label_scoring import LabelAnswers, label_statistics, ranking_precision
from sklearn.metrics import label_ranking_average_precision_score


@pytest.mark.parametrize("decimals", [0, 1, 9], ids=["mostly ties", "ties", "no ties"])
def test_ranking_precision_is_that_of_scikit_learn(decimals):
    rng = np.random.default_rng(decimals)
    score, right = np.round(rng.random((200, 12)), decimals), rng.random((200, 12)) < 0.2
    assert (~right.any(axis=1)).any()  # rows without a right class are among them
    wanted = [label_ranking_average_precision_score(right[i : i + 1], score[i : i + 1]) for i in range(200)]
    np.testing.assert_allclose(ranking_precision(score, right), wanted, rtol=1e-12)


def test_a_constant_score_has_the_share_of_right_classes():
    right = np.array([[True, False, False, True], [False, True, False, False]])
    np.testing.assert_allclose(ranking_precision(np.full((2, 4), 0.3), right), [0.5, 0.25])


def test_statistics_are_summed_per_unit_and_an_unusable_row_is_wrong_everywhere():
    right = np.array([[True, False], [True, True], [False, True]])
    said = LabelAnswers(
        probability=np.array([[0.9, 0.6], [0.0, 0.0], [0.2, 0.7]]),
        decided=np.array([[True, True], [False, False], [False, True]]),
        usable=np.array([True, False, True]),
    )
    found = label_statistics(said, right, np.array([0, 0, 1]), 2)
    np.testing.assert_array_equal(found["tp"], [[1, 0], [0, 1]])
    np.testing.assert_array_equal(found["fp"], [[0, 1], [0, 0]])
    np.testing.assert_array_equal(found["fn"], [[1, 1], [0, 0]])
    np.testing.assert_array_equal(found["ranking"], [1.0, 1.0])
