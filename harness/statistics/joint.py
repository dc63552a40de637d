"""Joint bootstrap of many models over many tasks: skills, means of them, their intervals and their ranks.

On every task all models and the floor get the same replicate weights, so what makes a unit hard for all of them
cancels; tasks are fixed and never drawn. A mean over tasks adds skills and covariances with its shares.

Letters: t = tasks, m = models, n = clusters, b = replicates, k = statistics of one metric.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from ..metrics import FloatArray, Metric, OfTotals
from .bootstrap import LEVEL, MIN_CLUSTERS, RESAMPLES, Clusters, few_carriers
from .ranks import BoolArray, Place, below_of, places
from .weights import WeightKey, replicate_weights

__all__ = ["Board", "Contest", "Difference", "Mean", "Standing", "boards", "differences", "skill_of"]

_ROWS = 32  # replicates looked at together: their covariances and influences stay in the cache
_NOTHING = 1e-12  # an error below this, and a variance below this share of what it is the difference of, are rounding
_DIGITS = 12  # further ones depend on the order in which a processor adds


class Contest(NamedTuple):
    """One task and track that several models answered on the same inputs.

    Attributes:
        key: Names the replicate weights.
        metric: The card's primary metric; it has a derivative.
        perfect: Its value that is skill 1.
        floor: Clusters of the floor, whose value is skill 0.
        models: Clusters of each model, the same ones in the same order.
    """

    key: WeightKey
    metric: Metric
    perfect: float
    floor: Clusters
    models: Mapping[str, Clusters]


class Mean(NamedTuple):
    """What a board ranks: a mean of skills.

    Attributes:
        shares: Share of each contest by its place in the list; they sum to 1.
        models: Names of the models that are in all of them.
    """

    shares: Mapping[int, float]
    models: tuple[str, ...]


class Standing(NamedTuple):
    """One model on a board.

    Attributes:
        value: Mean skill, at most 1.
        error: Its linearised standard error; None under 10 clusters in one of the tasks.
        low: Lower end of the 95 % interval; None where there is none.
        high: Upper end.
        place: Rank with its simultaneous interval; None where there is none.
    """

    value: float
    error: float | None
    low: float | None
    high: float | None
    place: Place | None


class Board(NamedTuple):
    """What a mean gives.

    Attributes:
        standings: One per model of the mean, in its order.
        differences: Standard errors of the differences of each two models, shape ``(m, m)``; None without intervals.
        quantile: 95 % quantile of the greatest studentised difference of any pair; None without intervals.
    """

    standings: tuple[Standing, ...]
    differences: FloatArray | None
    quantile: float | None


class Difference(NamedTuple):
    """Mean skill of one model less that of another.

    Attributes:
        value: The difference, -2..2.
        error: Its linearised standard error; None under 10 clusters in one of the tasks.
        ratios: Studentised replicates, sorted, shape ``(b,)``; empty where there is no error.
    """

    value: float
    error: float | None
    ratios: FloatArray

    def bound(self, level: float) -> float | None:
        """The value that the true difference is below with probability ``level``; None without an error.

        ``bound(0.05)`` is a lower bound that holds in 95 of 100 cases, ``bound(0.95)`` an upper one.
        """
        if self.error is None:
            return None
        return float(self.value - np.quantile(self.ratios, 1 - level) * self.error) if self.error else self.value


def skill_of(value: FloatArray | float, floor: FloatArray | float, perfect: float) -> FloatArray:
    """``(x - floor) / (perfect - floor)``, cut to -1..1."""
    return np.asarray(np.clip((value - floor) / (perfect - floor), -1.0, 1.0), np.float64)


def boards(contests: Sequence[Contest], means: Sequence[Mean], *, workers: int = 2) -> list[Board]:
    """The boards of several means over the same draws.

    A pair of models that few clusters tell apart (``few_carriers``) is studentised by the error under equal weights,
    since that of a replicate with little of these clusters is next to nothing (see ``bootstrap.carriers``).

    Args:
        contests: Tasks that the means are taken of.
        means: What is ranked.
        workers: Threads.

    Raises:
        ValueError: A metric without a derivative, or a floor at the perfect value.
    """
    return [tally.board() for tally in _tallied(contests, means, workers)]


def differences(contests: Sequence[Contest], means: Sequence[Mean], *, workers: int = 2) -> list[Difference]:
    """The first model's mean skill less the second's, of several means over the same draws.

    Args:
        contests: Tasks that the means are taken of.
        means: Of two models each.
        workers: Threads.

    Raises:
        ValueError: A metric without a derivative, or a floor at the perfect value.
    """
    return [tally.difference() for tally in _tallied(contests, means, workers)]


def _tallied(contests: Sequence[Contest], means: Sequence[Mean], workers: int) -> list[_Tally]:
    """All replicates, given to all means that can have intervals."""
    if not means:
        return []
    drawn = [_Drawn(contest) for contest in contests]
    firsts = [one.moments(np.ones((1, one.n))) for one in drawn]
    tallies = [_Tally(mean, drawn, firsts) for mean in means]
    asked = [tally for tally in tallies if tally.has_intervals]
    used = sorted({at for tally in asked for at in tally.contests})
    weights = {at: _in_rows(contests[at].key, drawn[at].n) for at in used}
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        for _ in range(0, RESAMPLES, _ROWS) if used else ():
            rows = [next(weights[at]) for at in used]
            found = dict(zip(used, pool.map(_Drawn.moments, [drawn[at] for at in used], rows), strict=True))
            list(pool.map(_Tally.add, asked, [found] * len(asked)))
    return tallies


def _in_rows(key: WeightKey, n: int) -> Iterator[FloatArray]:
    """The weights of a task, some replicates at a time, shape ``(b, n)``."""
    held = np.empty((0, n))
    for chunk in replicate_weights(key, n, RESAMPLES):
        held = np.concatenate([held, chunk]) if len(held) else chunk
        while len(held) >= _ROWS:
            yield held[:_ROWS]
            held = held[_ROWS:]
    if len(held):
        yield held


class _Moments(NamedTuple):
    """What some weights make of a contest.

    Attributes:
        values: Skills ``(b, m)``.
        covariances: Their linearised covariances ``(b, m, m)``.
        scales: The sizes of what a variance is the difference of, ``(b, m)``: far below them it is rounding.
    """

    values: FloatArray
    covariances: FloatArray
    scales: FloatArray


class _Drawn:
    """The models of a contest, ready to be computed under weights."""

    def __init__(self, contest: Contest) -> None:
        self.at = {name: i for i, name in enumerate(contest.models)}
        self.n = contest.floor.n
        self._contest = contest
        self._products: FloatArray | None = None
        self._stacked: FloatArray | None = None  # (m, k, n), where statistics add up
        if isinstance(contest.metric.of, OfTotals):
            self._stacked = np.stack([one.statistics.T for one in contest.models.values()])
            self._flat = np.ascontiguousarray(self._stacked.reshape(-1, self.n).T)  # (n, m k)

    def moments(self, weights: FloatArray) -> _Moments:
        """Skills and covariances under each row of weights ``(b, n)``; the next call overwrites the covariances.

        A skill's derivative is that of the value over the room, less that of the floor times (1 - skill) over the room;
        where the skill is cut it is 0. Products with the floor's part are taken apart, so that it is never written out
        as ``(b, m, n)``.
        """
        b, m = len(weights), len(self.at)
        metric = self._contest.metric
        floor, moved_floor = _known(self._contest.floor.influences(metric, weights), metric)
        root = np.sqrt(weights)
        skill, moved, shared = self._of_models(weights, floor)
        mean = np.matmul(moved, weights[:, :, None])[:, :, 0] / self.n
        mean -= shared * (np.einsum("bn,bn->b", moved_floor, weights) / self.n)[:, None]
        moved *= root[:, None, :]
        moved_floor = moved_floor * root
        if self._products is None or len(self._products) != b:
            self._products = np.empty((b, m, m))
        products = np.matmul(moved, moved.transpose(0, 2, 1), out=self._products)
        square = np.einsum("bn,bn->b", moved_floor, moved_floor)[:, None]
        scales = np.einsum("bmm->bm", products) + shared**2 * square
        half = 0.5 * square * shared - np.matmul(moved, moved_floor[:, :, None])[:, :, 0]
        left, right = np.stack([half, shared, -self.n * mean], axis=2), np.stack([shared, half, mean], axis=1)
        products += np.matmul(left, right, out=_scratch("products", (b, m, m)))
        grown = self.n / (self.n - 1) if self.n > 1 else 0.0
        products *= grown
        return _Moments(skill, products, scales * grown)

    def influences(self) -> FloatArray:
        """How much each cluster moves each model's skill under equal weights, centred, shape ``(m, n)``."""
        metric, ones = self._contest.metric, np.ones((1, self.n))
        floor, moved_floor = _known(self._contest.floor.influences(metric, ones), metric)
        _, moved, shared = self._of_models(ones, floor)
        skill_moved: FloatArray = moved[0] - shared[0][:, None] * moved_floor[0]
        skill_moved -= skill_moved.mean(axis=1, keepdims=True)
        return skill_moved

    def _of_models(self, weights: FloatArray, floor: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Skills ``(b, m)``, their derivatives by the models' units ``(b, m, n)`` and, negative, by the floor."""
        metric, of = self._contest.metric, self._contest.metric.of
        room = (self._contest.perfect - floor)[:, None]
        b, m = len(weights), len(self.at)
        if self._stacked is not None and isinstance(of, OfTotals) and of.gradient is not None:
            totals = (weights @ self._flat).reshape(b, m, -1)  # (b, m, k)
            raw = (of.value(totals) - floor[:, None]) / room
            is_open = (raw >= -1.0) & (raw <= 1.0)
            gradient = of.gradient(totals) * np.where(is_open, 1 / room, 0.0)[:, :, None]
            out = _scratch("moved", (m, b, self.n))
            moved = np.matmul(gradient.transpose(1, 0, 2), self._stacked, out=out).transpose(1, 0, 2)
        else:
            each = [_known(one.influences(metric, weights), metric) for one in self._contest.models.values()]
            raw = (np.stack([one for one, _ in each], axis=1) - floor[:, None]) / room
            is_open = (raw >= -1.0) & (raw <= 1.0)
            moved = np.stack([one for _, one in each], axis=1)
            moved *= np.where(is_open, 1 / room, 0.0)[:, :, None]
        return np.clip(raw, -1.0, 1.0), moved, np.where(is_open, (1 - raw) / room, 0.0)


_threads = threading.local()


def _scratch(name: str, shape: tuple[int, ...]) -> FloatArray:
    """An array of this thread to be overwritten: fresh memory of this size costs more than what is written to it."""
    held: FloatArray | None = getattr(_threads, name, None)
    size = int(np.prod(shape))
    if held is None or held.size < size:
        held = np.empty(size)
        setattr(_threads, name, held)
    return held[:size].reshape(shape)


def _known(found: tuple[FloatArray, FloatArray] | None, metric: Metric) -> tuple[FloatArray, FloatArray]:
    if found is None:
        raise ValueError(f"metric {metric.name!r} has no derivative; it can be in no standing")
    return found


class _Tally:
    """What a mean collects over the replicates."""

    def __init__(self, mean: Mean, contests: Sequence[_Drawn], firsts: Sequence[_Moments]) -> None:
        self._at = {at: _places_of(mean.models, contests[at].at) for at in mean.shares}
        self._shares = mean.shares
        self.contests = tuple(mean.shares)
        self.has_intervals = all(contests[at].n >= MIN_CLUSTERS for at in mean.shares)
        influences = [share * contests[at].influences()[self._at[at]] for at, share in mean.shares.items()]
        self._few = _few_carry(np.concatenate(influences, axis=1))
        values, errors = self._of(dict(enumerate(firsts)))
        self._values, self._errors = np.round(values[0], _DIGITS) + 0.0, errors[0].copy()
        self._greatest: list[FloatArray] = []
        self._ratios: list[FloatArray] = []
        self._pairs: list[FloatArray] = []

    def _of(self, found: Mapping[int, _Moments]) -> tuple[FloatArray, FloatArray]:
        """Means ``(b, m)`` and the errors of their differences ``(b, m, m)``; on the diagonal, of the means."""
        b, m = len(next(iter(found.values())).values), len(self._few)
        values, scales = np.zeros((b, m)), np.zeros((b, m))
        variances, added = _scratch("variances", (b, m, m)), _scratch("added", (b, m, m))
        variances[...] = 0.0
        for at, share in self._shares.items():
            one, mine = found[at], self._at[at]
            values += share * one.values[:, mine]
            scales += share**2 * one.scales[:, mine]
            each = one.covariances if mine == slice(None) else one.covariances[:, mine][:, :, mine]
            variances += np.multiply(each, share**2, out=added)
        own = np.einsum("bmm->bm", variances).copy()
        variances *= -2
        variances += own[:, :, None]
        variances += own[:, None, :]
        np.einsum("bmm->bm", variances)[...] = own
        np.add(scales[:, :, None], scales[:, None, :], out=added)
        added += _NOTHING
        added *= _NOTHING
        np.copyto(variances, 0.0, where=variances <= added)
        return values, np.sqrt(variances, out=variances)

    def add(self, found: Mapping[int, _Moments]) -> None:
        """Takes some replicates."""
        values, errors = self._of(found)
        np.copyto(errors, self._errors, where=self._few)
        own = np.einsum("bmm->bm", errors)
        moved = values - self._values  # (b, m)
        with np.errstate(divide="ignore", invalid="ignore"):
            self._ratios.append(np.where(own > 0, moved / own, 0.0))
            ratios = np.subtract(moved[:, :, None], moved[:, None, :], out=_scratch("added", errors.shape))
            ratios /= errors  # of each two models; on the diagonal 0
        np.nan_to_num(ratios, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        self._greatest.append(ratios.max(axis=(1, 2)))
        self._pairs.append(ratios[:, 0, -1].copy() if len(self._few) == 2 else np.empty(0))

    def difference(self) -> Difference:
        """The first model less the second, once all replicates are in."""
        value = float(self._values[0] - self._values[1])
        if not self.has_intervals:
            return Difference(value, None, np.empty(0))
        return Difference(value, float(self._errors[0, 1]), np.sort(np.concatenate(self._pairs)))

    def board(self) -> Board:
        """The board, once all replicates are in."""
        if not self.has_intervals:
            return Board(tuple(Standing(float(value), None, None, None, None) for value in self._values), None, None)
        quantile = float(np.quantile(np.concatenate(self._greatest), LEVEL))
        tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
        below, above = np.quantile(np.concatenate(self._ratios), tails, axis=0)
        found = places(self._values, below_of(self._values, self._errors, quantile))
        standings = []
        for j, (value, error) in enumerate(zip(self._values, np.diagonal(self._errors), strict=True)):
            low = high = None
            if error > 0:
                low, high = (float(np.clip(value - end * error, -1.0, 1.0)) for end in (above[j], below[j]))
            standings.append(Standing(float(value), float(error), low, high, found[j]))
        return Board(tuple(standings), self._errors, quantile)


def _places_of(names: Sequence[str], at: Mapping[str, int]) -> list[int] | slice:
    """Where models stand in a contest; a slice where that is all of it in its order."""
    found = [at[name] for name in names]
    return slice(None) if found == list(range(len(at))) else found


def _few_carry(influences: FloatArray) -> BoolArray:
    """Which differences of two models, on the diagonal which models, few clusters carry, shape ``(m, m)``."""
    few = np.empty((len(influences), len(influences)), np.bool_)
    for j, mine in enumerate(influences):
        moved = mine - influences  # (m, n)
        moved[j] = mine
        squares = moved**2
        square, fourth = squares.sum(axis=1), (squares**2).sum(axis=1)
        few[j] = square**2 < few_carriers(influences.shape[1]) * fourth
    return few
