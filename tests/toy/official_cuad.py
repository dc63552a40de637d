"""CUAD's scorer once more, question by question and threshold by threshold, as its description says: slow and plain.

Written for the tests from the description of the official program's behaviour, without looking at the suite's own way.
"""

from __future__ import annotations

import math

import numpy as np


def words(text):
    for sign in (".", ",", ";", ":"):
        text = text.replace(sign, "")
    return set(text.lower().replace("/", " ").split(" "))


def fits(marked, text, question):
    a, b = words(marked), words(text)
    return len(a & b) / len(a | b) >= 0.5 or ("Parties" in question and marked in text)


def counts(gold, said, threshold):
    """True positives, false positives and false negatives over all questions."""
    tp = fp = fn = 0
    for question, marked in gold.items():
        probability = {}
        for text, p in said[question]:
            if text != "":
                probability[text] = p
        kept = [text for text in probability if probability[text] > threshold]
        for one in marked:
            hit = any(fits(one, text, question) for text in kept)
            tp, fn = tp + hit, fn + (not hit)
        fp += sum(not any(fits(one, text, question) for one in marked) for text in kept)
    return tp, fp, fn


def thresholds():
    return [*np.arange(0.99, 0, -0.01), 0.001, 0]


def points(gold, said):
    recalls, precisions = [0.0], [1.0]
    for threshold in thresholds():
        tp, fp, fn = counts(gold, said, threshold)
        precisions.append(tp / (tp + fp) if tp + fp else math.nan)
        recalls.append(tp / (tp + fn) if tp + fn else math.nan)
    best = math.nan if math.isnan(precisions[-1]) else -1.0
    for i in reversed(range(len(precisions))):
        best = best if math.isnan(best) or not precisions[i] > best else precisions[i]
        precisions[i] = best
    return recalls, precisions


def aupr(gold, said):
    recalls, precisions = points(gold, said)
    area = 0.0
    for i in range(1, len(recalls)):
        area += (recalls[i] - recalls[i - 1]) * (precisions[i] + precisions[i - 1]) / 2
    return 0.0 if math.isnan(area) else area


def precision_at(gold, said, level):
    recalls, precisions = points(gold, said)
    for recall, precision, _ in zip(recalls, precisions, thresholds(), strict=False):  # 102 points, 101 thresholds
        if recall >= level:
            return precision
    return 0
