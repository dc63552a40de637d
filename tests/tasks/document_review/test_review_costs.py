"""Hours and costs of a review by proposals, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from sectorbench.harness.errors import DataError
from sectorbench.tasks.document_review.review_costs import (
    ILLUSTRATIVE,
    load_review_costs,
    review_metrics,
    review_of,
)
from sectorbench.tasks.document_review.span_matching import THRESHOLDS

COSTS = load_review_costs()  # 3 h per contract, 0.01 h per passage, 300 per hour, 50 per miss, recall 0.8


def total(true, kept, *, marked=10.0, contracts=2.0):
    """Counts that change at the 51st threshold, from the first number to the second."""
    at = np.arange(len(THRESHOLDS)) >= 50
    return np.concatenate([np.where(at, *reversed(true)), np.where(at, *reversed(kept)), [marked, contracts]])


def test_a_review_reads_what_is_proposed_where_the_recall_is_first_reached():
    review = review_of(total((5, 8), (20, 100)), COSTS)
    assert (review.read, review.missed) == (50, 1)
    assert review.saved_h == pytest.approx(3 - 50 * 0.01)


@pytest.mark.parametrize(
    ("true", "kept"),
    [
        ((5, 7), (20, 100)),  # the recall is never reached
        ((5, 10), (20, 800)),  # 400 passages of 36 s per contract take longer than the contract
    ],
)
def test_everything_is_read_where_proposals_save_nothing(true, kept):
    assert [float(part) for part in review_of(total(true, kept), COSTS)] == [0, 0, 0]


def test_the_recall_is_reached_by_exactly_four_of_five():
    weights = np.full(7, 0.1)  # 0.1 + ... + 0.1 is not 0.7 in floating point
    review = review_of(total((0, 8 * weights.sum()), (0, 1), marked=10 * weights.sum()), COSTS)
    assert review.saved_h > 0


def test_the_saving_is_hours_at_a_wage_less_what_is_missed():
    metrics = review_metrics(COSTS, statistics=("t", "k", "m"))
    sums = total((5, 8), (20, 100))
    values = [float(one.of.value(sums)) for one in (metrics.saving_low, metrics.saving, metrics.saving_high)]
    assert values == pytest.approx([750 - 25, 750 - 50, 750 - 100])
    assert (metrics.saved_h.unit, metrics.saving.unit, metrics.saving.best) == ("h", "CNY", 900)


@pytest.mark.parametrize(
    "change",
    [{"recall": 1.2}, {"wage_per_hour": -1}, {"miss_factors": [1, 1, 2]}, {"hours_per_passage": 0}, {"more": 1}],
)
def test_a_file_with_other_content_is_refused_by_name(tmp_path, change):
    path = tmp_path / "costs.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(ILLUSTRATIVE.read_text(encoding="utf-8")) | change))
    with pytest.raises(DataError, match=next(iter(change))):
        load_review_costs(path)
