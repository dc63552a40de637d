"""Rows per second of models on series: rows of many lengths as their adapters ask them, and all padded to the longest.

Both in turns in one run, best of the repeats; of one thread's processor time on a CPU, of wall time elsewhere. The
models have the sizes of the shipped ones and arbitrary weights, on which speed does not depend; lengths are drawn
evenly from 1 to the longest. The answers must be the same both ways. Run:

    python tests/performance/series_throughput.py [--device cuda]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import yaml
from rich.table import Table
from sectorbench.harness.adapters.base import Adapter, LoadContext
from sectorbench.harness.adapters.one_thread import one_thread
from sectorbench.harness.adapters.onnx_file import MODEL_NAME
from sectorbench.harness.adapters.onnx_model import OnnxModel
from sectorbench.harness.adapters.series_features import SeriesSummary
from sectorbench.harness.adapters.series_preprocessing import Preprocessing
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.console import output_console
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.tasks.baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from sectorbench.tasks.predictive_maintenance.checkpoint_folders import write_checkpoint_folder
from sectorbench.tasks.predictive_maintenance.feature_models import boosted_trees
from sectorbench.tasks.predictive_maintenance.series_training import new_network
from sectorbench.tasks.predictive_maintenance.train_turbofan import RECIPES
from sectorbench.tasks.training_loop import seeded
from threadpoolctl import threadpool_limits

CHANNELS = tuple(f"sensor_{number}" for number in range(1, 15))
SAME = 1e-3  # largest difference of two answers to a row, in the target's unit: sums in another order
NAMES = {"GRU": "GRU, onnx", "PatchTST": "PatchTST, transformers-series", "boosting": "boosting, skops"}


class Rates(NamedTuple):
    """Rows per second both ways, and the largest difference of the answers."""

    ragged: float
    padded: float
    difference: float


def rows_of(lengths: np.ndarray, longest: int, *, padded: bool) -> pa.Table:
    """Random readings of these lengths; padded: each row has the longest, its first steps missing."""
    schema = regression_inputs(
        channels=[Quantity(c, "1") for c in CHANNELS],
        static=[],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=longest,
        train_mean=60.0,
        target_range=(0.0, 125.0),
    )
    rng = np.random.default_rng(0)
    readings = rng.normal(size=(len(lengths), longest, len(CHANNELS))).astype(np.float32)
    there = np.arange(longest) >= longest - lengths[:, None]
    if padded:
        readings[~there] = np.nan
        there[:] = True
    kind = schema.field("series").type
    steps = pa.FixedSizeListArray.from_arrays(pa.array(readings[there].ravel()), type=kind.value_type)
    ends = pa.array(np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32))
    columns = {
        "id": pa.array([f"r{row}" for row in range(len(lengths))]),
        "series": pa.ListArray.from_arrays(ends, steps, type=kind),
        "static": pa.array([[]] * len(lengths), schema.field("static").type),
        "purpose": pa.array(["score"] * len(lengths)),
    }
    return pa.table(columns, schema=schema)


def networks(place: Path, longest: int) -> dict[str, tuple[Path, Path]]:
    """Folders of untrained networks: one for rows as they are, one for padded rows."""
    ones = (1.0,) * len(CHANNELS)
    prepared = Preprocessing(CHANNELS, (), (0.0,) * len(CHANNELS), ones, target_mean=60.0, target_scale=40.0)
    folders = {}
    for name in ("GRU", "PatchTST"):
        with seeded(0):
            model = new_network(prepared, RECIPES[name], longest).eval()
        task = "predictive_maintenance/turbofan-rul-fd001#no-counter"
        made = [
            write_checkpoint_folder(place / f"{name}-{way}", model, prepared, name="x", task=task, trained_on=[])
            for way in ("ragged", "padded")
        ]
        if name == "GRU":
            from sectorbench.tasks.predictive_maintenance.gru_network import onnx_graph

            (made[1] / MODEL_NAME).write_bytes(onnx_graph(model, steps=longest))
        folders[name] = (made[0], made[1])
    return folders


def boosting(place: Path, ragged: pa.Table) -> Path:
    """Boosted trees on the summaries of some of the rows."""
    step = SeriesSummary(windows=(30,), short_steps=5)
    some = ragged.slice(0, 1_000)
    model = boosted_trees().fit(step.matrix(some, some.schema), np.random.default_rng(1).uniform(0, 125, len(some)))
    manifest = own_manifest(
        "x",
        description="x",
        adapter="skops",
        interface="regression",
        tasks=[],
        trained_on=[],
        options={"file": MODEL_FILE, "features": step.as_options()},
    )
    write_skops_folder(place / "boosting", manifest, model)
    return place / "boosting"


def asked(adapter: Adapter, table: pa.Table) -> Callable[[], np.ndarray]:
    """Asks all rows in the batches that the adapter likes."""
    batches = table.combine_chunks().to_batches(max_chunksize=adapter.batch_rows)
    return lambda: np.concatenate([adapter.predict(one).column("value").to_numpy() for one in batches])


def measured(ways: Sequence[Callable[[], np.ndarray]], rows: int, args: argparse.Namespace) -> Rates:
    """Both ways in turns."""
    clock = time.process_time if args.device == "cpu" else time.perf_counter
    answers, least = [way() for way in ways], [np.inf, np.inf]
    for _ in range(args.repeats):
        for at, way in enumerate(ways):
            began = clock()
            way()
            least[at] = min(least[at], clock() - began)
    return Rates(rows / least[0], rows / least[1], float(np.abs(answers[0] - answers[1]).max()))


def main() -> int:
    """Prints the rates; 1 where a row is answered otherwise among rows of other lengths."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="of PatchTST (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=2_048, help="rows (default: %(default)s)")
    parser.add_argument("--longest", type=int, default=30, help="steps of the longest rows (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="of each figure, the best counts (default: %(default)s)")
    args = parser.parse_args()
    lengths = np.random.default_rng(2).integers(1, args.longest + 1, args.rows)
    ragged, padded = (rows_of(lengths, args.longest, padded=way) for way in (False, True))
    found = {}
    with tempfile.TemporaryDirectory() as name, one_thread(), threadpool_limits(limits=1):
        folders = networks(Path(name), args.longest)
        trees = boosting(Path(name), ragged)
        for what, adapter, pair, tables in (
            ("GRU", OnnxModel, folders["GRU"], (ragged, ragged)),
            ("PatchTST", TransformersSeries, folders["PatchTST"], (ragged, padded)),
            ("boosting", SkopsModel, (trees, trees), (ragged, padded)),
        ):
            device = args.device if adapter is TransformersSeries else "cpu"
            loaded = []
            for folder in pair:
                options = yaml.safe_load((folder / "submission.yaml").read_text()).get("options", {})
                context = LoadContext(folder, options, "regression", ragged.schema, device=device)
                loaded.append(adapter.load(context))
            first, second = (asked(*one) for one in zip(loaded, tables, strict=True))
            found[what] = measured((first, second), args.rows, args)
    table = Table("model", "device", "ragged rows /s", "padded rows /s", "ratio", "largest difference")
    for what, rates in found.items():
        table.add_row(
            NAMES[what],
            args.device if what == "PatchTST" else "cpu",
            f"{rates.ragged:,.0f}",
            f"{rates.padded:,.0f}",
            f"{rates.ragged / rates.padded:.2f}",
            f"{rates.difference:.1e}",
        )
    output_console().print(table)
    odd = [NAMES[what] for what, rates in found.items() if rates.difference > SAME]
    print(f"the answers differ: {', '.join(odd)}" if odd else "a row's answer is the same both ways")
    return 1 if odd else 0


if __name__ == "__main__":
    sys.exit(main())
