"""What of ``choice`` a language model did not read whole, and what of its answers could not be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ...harness.metrics import Metric, share_metric
from ...harness.text import Text
from ...harness.validation import Answers

__all__ = ["cut_rows", "cut_share_metric", "unread_questions"]


def cut_share_metric(title: Text, *, formula: str) -> Metric:
    """The share of rows that were not read from their beginning; missing where a model does not tell."""
    metric = share_metric("cut_share", title, statistic="cut", higher_is_better=False, formula=formula)
    return replace(metric, optional=True)


def cut_rows(answers: Answers) -> npt.NDArray[np.bool_] | None:
    """Per row whether its first tokens were left out for any option, shape ``(n,)``; None where that is not told."""
    if "cut" not in answers.predictions.column_names:
        return None
    told = answers.predictions["cut"].to_pylist()
    return np.array([any(tokens > 0 for question in row for tokens in question) for row in told], np.bool_)


def unread_questions(answers: Answers) -> npt.NDArray[np.bool_]:
    """Whether no answer could be read, shape ``(n, questions)``; all rows ask as many. Such a question is wrong."""
    asked = len(answers.inputs.column("questions")[0]) if answers.inputs.num_rows else 0
    if (told := answers.unread) is None:
        return np.zeros((answers.inputs.num_rows, asked), np.bool_)
    return np.array([one if len(one) == asked else [False] * asked for one in told], np.bool_).reshape(-1, asked)
