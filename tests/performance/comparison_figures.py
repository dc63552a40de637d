"""How often ``compare`` cries wolf, and what it sees: simulated checkpoints with a known truth.

    python tests/performance/comparison_figures.py [--runs N]

Twelve tasks in four areas, right and wrong answers in clusters of five, every cluster with a difficulty of its own. The
two checkpoints share the difficulties; ``independent`` draws their answers apart, ``near`` lets 70 of 100 answers be
the same. "Lost" takes 5 points of skill from every task of one area (the floor is 0.2 right, perfect 1). Beside the
verdict of ``compare`` (margin 5.0) stands what one-sided unpaired z tests of level 5 % per task would have said.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr
from scipy.stats import norm
from sectorbench.harness.metrics import share_metric
from sectorbench.harness.regression.bounds import bounds_of, decide
from sectorbench.harness.statistics.bootstrap import Clusters
from sectorbench.harness.statistics.joint import Contest, Mean, differences
from sectorbench.harness.statistics.weights import WeightKey
from sectorbench.harness.text import Text

SHARE = share_metric("share", Text("x", "x"), statistic="s", higher_is_better=True, formula="")
AREAS, TASKS, SIZE = 4, 3, 5
FLOOR = 0.2
MARGIN = 5.0
LOSS = 5.0
VERDICTS = ("regression", "inconclusive", "ok")
KINDS = {"independent": 0.0, "near": 0.7}


def task(rng: np.random.Generator, items: int, same: float, lost: float) -> dict[str, np.ndarray]:
    """Right answers of each cluster by base and candidate, shape ``(clusters,)``."""
    clusters = items // SIZE
    hard = rng.normal(0.8, 0.6, clusters)[:, None] + np.zeros((clusters, SIZE))
    chance = ndtr(hard)
    kept = rng.random(hard.shape) < same
    base, other = (rng.random(hard.shape) for _ in range(2))
    less = lost / 100 * (1 - FLOOR) / chance.mean()
    drawn = np.where(kept, base, other)
    spoilt = rng.random(hard.shape) < less
    return {"base": (base < chance).sum(axis=1), "cand": ((drawn < chance) & ~spoilt).sum(axis=1)}


def contest(words: Sequence[object], right: dict[str, np.ndarray]) -> Contest:
    """The task as ``compare`` sees it."""
    n = len(right["base"])

    def of(counts: np.ndarray | float) -> Clusters:
        return Clusters(np.stack([counts + np.zeros(n), np.full(n, float(SIZE))], axis=1))

    key = WeightKey(" ".join(map(str, words)), "", "")
    return Contest(key, SHARE, 1.0, of(FLOOR * SIZE), {name: of(counts) for name, counts in right.items()})


def verdicts(rng: np.random.Generator, items: int, same: float, lost: float) -> tuple[list[str], bool]:
    """The verdict of each area, the first of which may have lost; and whether any unpaired z test says worse."""
    found, unpaired = [], False
    for area in range(AREAS):
        drawn = [task(rng, items, same, lost if area == 0 else 0.0) for _ in range(TASKS)]
        contests = [contest((area, at), right) for at, right in enumerate(drawn)]
        (difference,) = differences(contests, [Mean(dict.fromkeys(range(TASKS), 1 / TASKS), ("cand", "base"))])
        bounds = bounds_of(difference, spread=None, alpha=0.05, areas=AREAS)
        assert bounds is not None
        found.append(decide(bounds, MARGIN)[0])
        for right in drawn:
            one, other = (right[name].sum() / items for name in ("cand", "base"))
            error = np.sqrt((one * (1 - one) + other * (1 - other)) / items)
            unpaired |= bool((one - other) / error < norm.ppf(0.05))
    return found, unpaired


def main() -> None:
    """Prints shares of simulated comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400, help="comparisons of each setting of 300 items (default: 400)")
    args = parser.parse_args()
    for items in (300, 2_000):
        for kind, same in KINDS.items():
            for lost in (0.0, LOSS):
                rng = np.random.default_rng([items, round(100 * same), round(lost)])
                first, any_red, unpaired = Counter(), 0, 0
                runs = max(1, args.runs * 300 // items)  # larger ones take longer and vary less
                for _ in range(runs):
                    areas, other = verdicts(rng, items, same, lost)
                    first[areas[0]] += 1
                    any_red += "regression" in (areas if not lost else areas[1:])
                    unpaired += other
                told = ", ".join(f"{name} {first[name] / runs:.3f}" for name in VERDICTS)
                truth = f"-{LOSS:g} points in one area" if lost else "nothing lost"
                print(
                    f"{items:5,} items a task, {kind}, {truth}, {runs} runs: that area {told}; any false regression "
                    f"{any_red / runs:.3f}; unpaired z {unpaired / runs:.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
