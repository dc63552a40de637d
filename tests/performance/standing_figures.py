"""What the intervals and ranks of standings hold: coverage over simulations with a known truth, and speed.

    python tests/performance/standing_figures.py                 # all of it
    python tests/performance/standing_figures.py coverage ranks  # parts; --runs N simulations each

Coverage: right and wrong answers in clusters of equal size; a cluster's chance of a right answer is drawn from a beta
distribution of mean 0.7 and the stated intra-cluster correlation. Beside the interval of clusters stands that of an
ordinary bootstrap of the single answers. Ranks: eight models with common difficulty, the best three or all of them
equally good; a run holds where the interval of every model contains all the ranks it can truly have. Beside it stands
what quantiles of ranks over the same replicates give.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pyarrow as pa
from sectorbench.harness.metrics import mean_metric, share_metric
from sectorbench.harness.statistics.bootstrap import RESAMPLES, Clusters, estimate, replicate_values
from sectorbench.harness.statistics.joint import Contest, Mean, boards
from sectorbench.harness.statistics.weights import WeightDraws, WeightKey, replicate_weights
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table

NAME = Text("x", "x")
SHARE = share_metric("share", NAME, statistic="s", higher_is_better=True, formula="")
SCORE = mean_metric(
    "score", NAME, unit="1", statistic="s", best=1, higher_is_better=True, formula="", limits=(-9, 1), digits=3
)
SHAPES = ((10, 50, 0.1), (10, 50, 0.3), (20, 50, 0.1), (50, 20, 0.1), (100, 5, 0.3))
BOARDS = (("3 tied at the top", 30), ("3 tied at the top", 100), ("all tied", 30), ("all tied", 100))


def key(*words: object) -> WeightKey:
    """Names the replicate weights of a simulation."""
    return WeightKey("simulation@1", " ".join(map(str, words)), "")


def answers(rng: np.random.Generator, clusters: int, size: int, correlation: float) -> tuple[pa.Table, pa.Table]:
    """Units of right and wrong answers: in their clusters, and each by itself."""
    total = 1 / correlation - 1
    right = rng.binomial(1, np.repeat(rng.beta(0.7 * total, 0.3 * total, clusters), size)).astype(float)
    n = clusters * size
    names = [f"{i:06d}" for i in range(n)]
    blocks = [f"{i // size:04d}" for i in range(n)]
    rest = {"slices": {}, "statistics": {"s": right}, "rows": [1] * n, "invalid": [0] * n, "code": [""] * n}
    return units_table(unit=names, block=blocks, **rest), units_table(unit=names, **rest)


def coverage(runs: int) -> None:
    """Prints how many intervals hold the true share."""
    draws = WeightDraws()
    for clusters, size, correlation in SHAPES:
        rng = np.random.default_rng(clusters + size)
        held, widths = np.zeros(2), np.zeros(2)
        for _ in range(runs):
            for at, units in enumerate(answers(rng, clusters, size, correlation)):
                interval = estimate(units, SHARE, key(clusters, at), draws=draws).interval
                assert interval is not None
                held[at] += interval.low <= 0.7 <= interval.high
                widths[at] += interval.high - interval.low
        ours, plain = held / runs
        print(
            f"coverage {clusters:3} x {size:2}, correlation {correlation}: clusters {ours:.3f}, single answers "
            f"{plain:.3f}; widths {widths[0] / runs:.3f}, {widths[1] / runs:.3f}",
            flush=True,
        )


def ranks(runs: int) -> None:
    """Prints how many boards hold all the ranks that their models can truly have."""
    for truth, clusters in BOARDS:
        skills = np.full(8, 0.5)
        if truth != "all tied":
            skills[3:] -= 0.1 * np.arange(1, 6)
        better = (skills[None, :] > skills[:, None]).sum(axis=1)
        worse = (skills[None, :] < skills[:, None]).sum(axis=1)
        rng = np.random.default_rng(clusters)
        weights = np.concatenate(list(replicate_weights(key(truth), clusters, RESAMPLES)))
        ours = naive = 0
        for _ in range(runs):
            hard = rng.normal(0, 0.3, clusters)
            scores = skills[:, None] + hard + rng.normal(0, 0.3, (8, clusters))
            floor = Clusters(np.stack([np.zeros(clusters), np.ones(clusters)], axis=1))
            models = {
                f"m{j}": floor._replace(statistics=np.stack([s, np.ones(clusters)], 1)) for j, s in enumerate(scores)
            }
            (board,) = boards([Contest(key(truth), SCORE, 1.0, floor, models)], [Mean({0: 1.0}, tuple(models))])
            places = [standing.place for standing in board.standings]
            ours += all(
                p is not None and p.best <= 1 + b and 8 - w <= p.worst
                for p, b, w in zip(places, better, worse, strict=True)
            )
            drawn = weights @ scores.T
            rank = 1 + (drawn[:, None, :] > drawn[:, :, None]).sum(axis=2)
            low, high = np.quantile(rank, [0.025, 0.975], axis=0)
            naive += bool(((low <= 1 + better) & (8 - worse <= high)).all())
        print(
            f"ranks, {truth}, {clusters} clusters: max-t {ours / runs:.3f}, rank quantiles {naive / runs:.3f}",
            flush=True,
        )


def speed(runs: int) -> None:
    """Prints the seconds of a large board and of one metric over many units."""
    rng = np.random.default_rng(0)
    contests = []
    for task in range(30):
        hard = rng.normal(0, 0.2, 200)

        def of(skill: float, hard: np.ndarray = hard) -> Clusters:
            return Clusters(np.stack([skill + hard + rng.normal(0, 0.2, 200), np.ones(200)], axis=1))

        models = {f"m{j:02d}": of(0.3 + 0.004 * j) for j in range(100)}
        contests.append(Contest(key("task", task), SCORE, 1.0, of(0.2), models))
    names = tuple(contests[0].models)
    groups = [Mean(dict.fromkeys(range(first, first + 10), 0.1), names) for first in (0, 10, 20)]
    began, spent = time.perf_counter(), time.process_time()
    boards(contests, [*groups, Mean(dict.fromkeys(range(30), 1 / 30), names)])
    print(
        f"standings of 100 models, 30 tasks of 200 clusters, {RESAMPLES:,} replicates, three areas and the whole: "
        f"{time.perf_counter() - began:.1f} s ({time.process_time() - spent:.1f} s of processor time)",
        flush=True,
    )
    statistics = np.stack([rng.random(10_000), np.ones(10_000)], axis=1)
    replicate_values(SCORE, Clusters(statistics), key("speed"), 4_000)  # compiles what so many draws are made by
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, spent = time.perf_counter(), time.process_time()
    values = replicate_values(SCORE, Clusters(statistics), key("speed"), 10_000)
    assert len(values) == 10_000
    print(
        f"10,000 replicates of a mean over 10,000 units: {time.perf_counter() - began:.2f} s "
        f"({time.process_time() - spent:.2f} s of processor time), "
        f"{(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f} MiB more at the highest",
        flush=True,
    )


PARTS = {"coverage": coverage, "ranks": ranks, "speed": speed}


def main() -> None:
    """Runs the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--runs", type=int, default=1_000, help="simulations of each setting (default: 1,000)")
    args = parser.parse_args()
    if unknown := set(args.part) - set(PARTS):
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    for part in args.part or PARTS:
        PARTS[part](args.runs)


if __name__ == "__main__":
    main()
