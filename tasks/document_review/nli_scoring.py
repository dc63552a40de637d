"""Scores of answers about hypotheses: counts per agreement and hypothesis, and metrics that are means over hypotheses.

Those of ContractNLI's own evaluation (``macro_label_micro_doc``): each hypothesis is scored over all agreements, then
the mean over hypotheses is taken, without those for which a figure has no reference.

Letters: n = agreements, h = 17 hypotheses, o = 3 answers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray, Metric, OfTotals, macro_f1_metric, share_metric
from ...harness.text import Text
from .nda import ANSWERS

__all__ = ["NLI_METRICS", "chosen", "nli_statistics"]

_ENTAILMENT, _CONTRADICTION, _NOT_MENTIONED = range(len(ANSWERS))
_TIES = (_NOT_MENTIONED, _ENTAILMENT, _CONTRADICTION)  # the order in which the original takes the first of equals
_COUNTS = ("tp_contradiction", "fn_contradiction", "tp_entailment", "fn_entailment")


def chosen(probability: FloatArray) -> npt.NDArray[np.int64]:
    """The number of the most probable answer, shape ``(n, h, o)`` to ``(n, h)``.

    Of equals ``NotMentioned`` is taken, then ``Entailment``.

    >>> chosen(np.array([[[0.4, 0.2, 0.4], [0.5, 0.5, 0.0]]])).tolist()
    [[2, 0]]
    """
    order = np.array(_TIES)
    best: npt.NDArray[np.int64] = order[probability[..., order].argmax(axis=-1)]
    return best


def nli_statistics(
    truth: npt.NDArray[np.int64], probability: FloatArray, usable: npt.NDArray[np.bool_]
) -> dict[str, FloatArray]:
    """What the metrics are computed from, per agreement.

    Without a usable answer a hypothesis is wrong: a false negative of the right answer and a false positive of none.

    Args:
        truth: Numbers in ``ANSWERS``, shape ``(n, h)``.
        probability: Of each answer, shape ``(n, h, o)``; rows that are not usable may hold anything.
        usable: Of each agreement, shape ``(n,)``, or of each hypothesis, shape ``(n, h)``.
    """
    usable = usable if usable.ndim == truth.ndim else usable[:, None]
    guess = np.where(usable, chosen(probability), -1)  # (n, h)
    entailed, contradicted = _of_two(probability)
    among_two = np.where(entailed >= contradicted, _ENTAILMENT, _CONTRADICTION)
    mentioned = truth != _NOT_MENTIONED
    found = {
        "right": (guess == truth).sum(axis=1),
        "asked": np.full(len(truth), truth.shape[1]),
        "right_mentioned": usable & mentioned & (among_two == truth),
    }
    for answer in (_CONTRADICTION, _ENTAILMENT):
        name = ANSWERS[answer].lower()
        found[f"tp_{name}"] = (guess == answer) & (truth == answer)
        found[f"fp_{name}"] = (guess == answer) & (truth != answer)
        found[f"fn_{name}"] = (guess != answer) & (truth == answer)
    return {name: values.astype(np.float64) for name, values in found.items()}


def _of_two(probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities of entailment and contradiction made to sum to 1, a half each where both are 0; ``(n, h)`` each."""
    pair = probability[..., [_ENTAILMENT, _CONTRADICTION]]
    total = pair.sum(axis=-1, keepdims=True)
    share = np.where(total == 0, 0.5, pair / np.where(total == 0, 1.0, total))
    return share[..., 0], share[..., 1]


def _mentioned_accuracy() -> Metric:
    """Accuracy between the two answers that say something, over agreements of which one of them is right.

    The mean over hypotheses that some agreement entails and another contradicts; where both probabilities are 0 each
    counts 0.5, and of equals entailment is taken (``class_binary`` of the original evaluation).
    """

    def parts(total: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Right answers and agreements of each hypothesis that has both; elsewhere 0 of infinitely many."""
        right, tp_c, fn_c, tp_e, fn_e = np.split(total, 5, axis=-1)
        both = (tp_c + fn_c > 0) & (tp_e + fn_e > 0)
        return np.where(both, right, 0.0), np.where(both, tp_c + fn_c + tp_e + fn_e, np.inf)

    def hypotheses(size: FloatArray) -> FloatArray:
        counted: FloatArray = np.maximum(np.isfinite(size).sum(axis=-1), 1).astype(np.float64)
        return counted

    def value(total: FloatArray) -> FloatArray:
        right, size = parts(total)
        mean: FloatArray = (right / size).sum(axis=-1) / hypotheses(size)
        return mean

    def gradient(total: FloatArray) -> FloatArray:
        right, size = parts(total)
        each = np.concatenate([1 / size, *[-right / size**2] * len(_COUNTS)], axis=-1)
        moved: FloatArray = each / hypotheses(size)[..., None]
        return moved

    return Metric(
        name="accuracy_mentioned",
        title=Text(
            "Accuracy where the agreement decides it, entailment or contradiction",
            "协议有明确约定时的准确率（蕴含或矛盾）",
        ),
        unit="1",
        best=1.0,
        higher_is_better=True,
        formula="mean over hypotheses with both answers of: agreements where the likelier of entailment and "
        "contradiction is right / agreements where one of them is",
        statistics=("right_mentioned", *_COUNTS),
        of=OfTotals(value, gradient),
        limits=(0.0, 1.0),
        digits=3,
    )


def _f1(answer: str, title: Text) -> Metric:
    name = answer.lower()
    return macro_f1_metric(
        f"f1_{name}",
        title,
        formula=f"mean over hypotheses that are {answer} somewhere of 2·tp / (2·tp + fp + fn)",
        statistics=(f"tp_{name}", f"fp_{name}", f"fn_{name}"),
    )


NLI_METRICS: tuple[Metric, ...] = (
    share_metric(
        "accuracy",
        Text("Accuracy, mean over the hypotheses", "准确率（各假设的平均）"),
        statistic="right",
        count="asked",
        higher_is_better=True,
        formula="mean over 17 hypotheses of: agreements answered rightly / agreements",
    ),
    _f1("Contradiction", Text("F1 of contradiction, mean over the hypotheses", "“矛盾”的 F1（各假设的平均）")),
    _f1("Entailment", Text("F1 of entailment, mean over the hypotheses", "“蕴含”的 F1（各假设的平均）")),
    _mentioned_accuracy(),
)
"""The primary metric first."""
