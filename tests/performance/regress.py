"""Shows ``compare`` on three checkpoints of the fleet's gradient boosting, trained here: one green, one red.

    python tests/performance/regress.py [FOLDER]

The accepted one learns from four fifths of the training machines; ``retrained`` from another four fifths, which is what
another seed comes to; ``worse`` from a twentieth of them with 15 trees instead of 150. All three are run on
``predictive_maintenance/fleet-rul`` and compared with the accepted one, as a CI job would. Ends with 0 where the
retrained one passes and the worse one does not.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from sectorbench.__main__ import main as sectorbench
from sectorbench.harness.adapters.series_features import SeriesSummary
from sectorbench.harness.data import DataFiles
from sectorbench.harness.task import Draw, Examples
from sectorbench.tasks.predictive_maintenance.feature_models import boosted_trees, train_on_features
from sectorbench.tasks.predictive_maintenance.fleet_rul import TASK as FLEET
from sectorbench.tasks.predictive_maintenance.fleet_rul import labelled

RECIPES = {"accepted": (1, 0.8, 150), "retrained": (2, 0.8, 150), "worse": (3, 0.05, 15)}
EXPECTED = {"retrained": 0, "worse": 1}


def part_of(examples: Examples, seed: int, share: float) -> Examples:
    """The examples of some machines, drawn by a seed."""
    known = labelled(examples)
    machines = [name.rpartition("-")[0] for name in known.inputs.column("id").to_pylist()]
    names = sorted(set(machines))
    kept = set(np.random.default_rng(seed).choice(names, round(share * len(names)), replace=False).tolist())
    mask = pa.array([machine in kept for machine in machines])
    return Examples(known.inputs.filter(mask), known.targets.filter(mask))


def train(name: str, folder: Path, cache: Path) -> Path:
    """A submission folder of one of the recipes."""
    seed, share, trees = RECIPES[name]
    return train_on_features(
        FLEET,
        DataFiles(mirror=None, cache=cache),
        Draw(FLEET.card.tracks[0].name),
        folder / name,
        name="boosting",
        what=f"gradient boosting, {name}",
        model=boosted_trees(trees),
        features=lambda examples: SeriesSummary(windows=(30,), short_steps=5, static="no-baselines"),
        trained_on=["fleet-rul, training split"],
        chosen=lambda examples: part_of(examples, seed, share),
    )


def main() -> int:
    """Trains, runs and compares."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        results = {name: str(folder / "results" / name) for name in RECIPES}
        for name in RECIPES:
            model = train(name, folder / "models", Path(temporary) / "cache")
            words = ["run", "--task", FLEET.card.id, "--submission", str(model), "--results", results[name]]
            if code := sectorbench(words):
                return code
        found = {}
        for name in EXPECTED:
            print(f"\n$ sectorbench compare {results['accepted']} {results[name]}", flush=True)
            found[name] = sectorbench(["compare", results["accepted"], results[name]])
    told = ", ".join(f"{name} ended with {code}, expected {EXPECTED[name]}" for name, code in found.items())
    print(f"\n{told}")
    return 0 if found == EXPECTED else 1


if __name__ == "__main__":
    sys.exit(main())
