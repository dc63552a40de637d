"""Scores for anomaly detection on one run: rankings of steps, alarms at a fixed threshold, events and their delays.

Nothing here adjusts a prediction to the labels: with point adjustment a detector that fires at random looks perfect.

Letters: t = steps, e = events, k = thresholds, w = buffer lengths.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.errors import ScoringError
from ...harness.metrics import FloatArray

__all__ = ["Alarms", "alarms_of", "events_of", "volume_under_pr_surface"]

BoolArray = npt.NDArray[np.bool_]
_THRESHOLDS = 250


def events_of(anomalous: BoolArray) -> npt.NDArray[np.int64]:
    """First step and the step behind the last one of every unbroken stretch of anomalous steps, shape ``(e, 2)``.

    >>> events_of(np.array([False, True, True, False, True])).tolist()
    [[1, 3], [4, 5]]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, anomalous, False].astype(np.int8)))
    return edges.reshape(-1, 2)


class Alarms(NamedTuple):
    """What the alarms of one run come to.

    Attributes:
        tp: Anomalous steps with an alarm.
        fp: Normal steps with an alarm.
        fn: Anomalous steps without.
        events: Stretches of anomalous steps.
        found: Of those, how many have an alarm.
        delay_steps: Steps from the beginning of an event to its first alarm, summed; an event without one counts whole.
        false_onsets: Alarms that begin on a normal step.
    """

    tp: int
    fp: int
    fn: int
    events: int
    found: int
    delay_steps: int
    false_onsets: int


def alarms_of(alarm: BoolArray, anomalous: BoolArray) -> Alarms:
    """Counts the alarms of one run; shapes ``(t,)``.

    Raises:
        ScoringError: Shapes differ.

    >>> alarms_of(np.array([True, False, False, True, True]), np.array([False, False, True, True, False]))
    Alarms(tp=1, fp=2, fn=1, events=1, found=1, delay_steps=1, false_onsets=1)
    """
    if alarm.shape != anomalous.shape or alarm.ndim != 1:
        raise ScoringError(f"alarm has shape {alarm.shape}, anomalous {anomalous.shape}; expected one shape (t,)")
    delays = []
    for first, end in events_of(anomalous):
        hit = np.flatnonzero(alarm[first:end])
        delays.append((int(hit[0]) if len(hit) else int(end - first), bool(len(hit))))
    begins = alarm & ~np.r_[False, alarm[:-1]]
    return Alarms(
        tp=int((alarm & anomalous).sum()),
        fp=int((alarm & ~anomalous).sum()),
        fn=int((~alarm & anomalous).sum()),
        events=len(delays),
        found=sum(hit for _, hit in delays),
        delay_steps=sum(steps for steps, _ in delays),
        false_onsets=int((begins & ~anomalous).sum()),
    )


def volume_under_pr_surface(score: FloatArray, anomalous: BoolArray, *, buffer_max: int) -> float:
    """VUS-PR: the range-based area under the precision-recall curve, mean over buffers of 0 to ``buffer_max`` steps.

    Unitless; 1 is best, higher is better. With a buffer of w steps a normal step at distance d <= w / 2 of an event
    counts as anomalous by sqrt(1 - d / w), so that an alarm a little early or late is not wholly wrong. The recall at a
    threshold is multiplied by the share of (buffered) events that have an alarm. 250 thresholds lie evenly among the
    ranks of the scores.

    Args:
        score: Greater means more anomalous, shape ``(t,)``, finite.
        anomalous: The labels, shape ``(t,)``.
        buffer_max: Steps.

    Raises:
        ScoringError: Shapes differ, or no step is anomalous.

    Source: Paparrizos, Boniol, Palpanas, Tsay, Elmore, Franklin, "Volume Under the Surface", PVLDB 15(11), 2022; the
    details are those of the authors' implementation in TSB-AD 1.5 (2025).
    """
    if score.shape != anomalous.shape or score.ndim != 1 or not anomalous.any():
        raise ScoringError(
            f"score has shape {score.shape}, anomalous {anomalous.shape} with {int(anomalous.sum())} anomalous steps"
        )
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    thresholds = falling[np.linspace(0, len(score) - 1, _THRESHOLDS).astype(np.int64)]  # (k,)
    taken = np.searchsorted(-falling, -thresholds, side="right")  # (k,), steps with an alarm
    events = events_of(anomalous)
    sharp = np.cumsum(anomalous[order])[taken - 1]  # (k,)
    areas = []
    for width in range(buffer_max + 1):
        soft = np.cumsum(_buffer(events, width, len(score))[order])[
            taken - 1
        ]  # (k,), normal steps, as far as they count
        true = sharp + soft
        recall = np.minimum(true / (anomalous.sum() + soft / 2), 1.0) * _found(score, events, width, thresholds)
        areas.append(np.sum(np.diff(recall, prepend=0.0) * true / taken))
    return float(np.mean(areas))


def _buffer(events: npt.NDArray[np.int64], width: int, steps: int) -> FloatArray:
    """How far each normal step counts as anomalous, shape ``(t,)``; 0 within events."""
    soft = np.zeros(steps)
    half = width // 2
    for first, end in events:
        behind = np.arange(end, min(end + half, steps))
        soft[behind] += np.sqrt(1 - (behind - end + 1) / max(width, 1))
        before = np.arange(max(first - half, 0), first)
        soft[before] += np.sqrt(1 - (first - before) / max(width, 1))
    soft = np.minimum(soft, 1.0)
    for first, end in events:
        soft[first:end] = 0.0
    return soft


def _found(score: FloatArray, events: npt.NDArray[np.int64], width: int, thresholds: FloatArray) -> FloatArray:
    """Share of events, buffers included and merged where they touch, with an alarm per threshold, shape ``(k,)``."""
    half = width // 2
    merged: list[list[int]] = []
    for first, end in events:
        if merged and first - half <= merged[-1][1] - 1:
            merged[-1][1] = end + half
        else:
            merged.append([max(first - half, 0), end + half])
    best = np.array([score[first:end].max() for first, end in merged])  # (merged events,)
    share: FloatArray = (best >= thresholds[:, None]).mean(axis=1)
    return share
