"""Windows per second of a whole evaluation of load forecasts: the harness against a bare loop over the same checkpoint.

All 11,425 windows of ``energy/transformer-load-m1``, 512 steps of seven columns in and 96 out, by a PatchTST of a few
hundred weights; without the data a table of that size is made up. The bare loop cuts windows out of one array, asks the
network in the adapter's batches of 64 and sums errors: nothing is checked, no interval computed, nothing written. The
harness prepares inputs and references, asks in a worker of its own, checks every answer, scores it and writes the
record. Both in turns in one run, least of the repeats; seconds are of processor time of all processes on a CPU, of wall
time elsewhere. Python has to import torch and transformers both ways: those seconds are measured by themselves, counted
in the bare loop too, and told. The errors must be the same both ways. Run:

    python tests/performance/forecast_throughput.py [--device cuda] [--stages]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.table import Table
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.one_thread import one_thread
from sectorbench.harness.adapters.series_preprocessing import Preprocessing
from sectorbench.harness.adapters.transformers_series import TransformersSeries
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.console import output_console
from sectorbench.harness.data import DataFiles
from sectorbench.harness.evaluation import Score, score_answers
from sectorbench.harness.planning import Entry, make_plan
from sectorbench.harness.planning import Settings as RunSettings
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.store import Store
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy.load_series import ItemSeries
from sectorbench.tasks.energy.transformer_load import HISTORY, HORIZON, M1
from sectorbench.tasks.energy.transformers_data import CHANNELS
from sectorbench.tasks.predictive_maintenance.checkpoint_folders import write_checkpoint_folder
from sectorbench.tasks.training_loop import seeded

ROWS_AT_ONCE = 64  # as the adapter asks
DRAW = Draw("default")
SAME = 1e-4  # largest difference of a mean error, relative: sums in another order
NAMES = tuple(q.name for q in CHANNELS)


class Cut(type(M1)):  # type: ignore[misc]
    """The task with fewer windows, or with made-up readings."""

    def __init__(self, windows: int, made_up: bool) -> None:
        self._windows, self._made_up = windows, made_up

    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        if self._made_up:
            day = np.sin(np.arange(69_680) * (2 * np.pi / 96))[:, None]
            values = 10 + 5 * day + np.random.default_rng(0).normal(size=(69_680, len(CHANNELS)))
            found = {"station-1": ItemSeries(np.datetime64("2016-07-01"), values, None, 34_560, 46_080, 11_425)}
        else:
            found = dict(super().items(files, draw))
        return {name: one._replace(origins=min(self._windows, one.origins)) for name, one in found.items()}


def checkpoint(folder: Path, item: ItemSeries, *, loss: str) -> tuple[Path, Any, Preprocessing]:
    """A tiny PatchTST of arbitrary weights in a submission folder, and the same in memory."""
    from transformers import PatchTSTConfig, PatchTSTForPrediction

    train = item.values[: item.train_steps]
    prepared = Preprocessing(
        NAMES, (), tuple(train.mean(axis=0).tolist()), tuple(train.std(axis=0).tolist()), 0.0, 1.0, step_s=900.0
    )
    config = PatchTSTConfig(
        num_input_channels=len(NAMES),
        context_length=HISTORY,
        prediction_length=HORIZON,
        patch_length=32,
        patch_stride=32,
        d_model=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=8,
        do_mask_input=False,
        scaling="std",
        loss=loss,
    )
    with seeded(0):
        model = PatchTSTForPrediction(config).eval()
    place = write_checkpoint_folder(
        folder,
        model,
        prepared,
        name=f"tiny-{loss}",
        task="energy/transformer-load-m1",
        trained_on=[],
        interface="forecasting",
    )
    return place, model, prepared


def bare_loop(model: Any, prepared: Preprocessing, item: ItemSeries, device: str) -> tuple[float, float]:
    """Mean scaled error of the points and mean scaled quantile loss, from one array and one network."""
    import torch
    from sectorbench.harness.adapters.distribution_quantiles import head_quantiles
    from sectorbench.harness.interfaces import QUANTILE_LEVELS

    mean, deviation = np.array(prepared.mean), np.array(prepared.scale)
    scaled = torch.from_numpy(((item.values - mean) / deviation).astype(np.float32)).to(device)
    origins = item.first_origin + np.arange(item.origins)
    train = item.values[: item.train_steps]
    scale = np.abs(train[96:] - train[:-96]).mean(axis=0)
    error, loss = 0.0, 0.0
    model = model.to(device)
    for first in range(0, len(origins), ROWS_AT_ONCE):
        some = origins[first : first + ROWS_AT_ONCE]
        past = scaled[torch.from_numpy(some[:, None] + np.arange(-HISTORY, 0)).to(device)]
        with torch.inference_mode():
            output = model(past_values=past, past_observed_mask=torch.ones_like(past))
        found = output.prediction_outputs
        actual = item.values[some[:, None] + np.arange(HORIZON)]
        if isinstance(found, tuple):
            numbers = [one.to("cpu", torch.float64).numpy() for one in found]
            loc, spread = (one.to("cpu", torch.float64).numpy() for one in (output.loc, output.scale))
            place = numbers[1] * spread + loc
            quantiles = head_quantiles("student_t", (numbers[0], place, numbers[2] * spread))
            missing = actual[..., None] - (quantiles * deviation[:, None] + mean[:, None])
            levels = np.array(QUANTILE_LEVELS)
            pinball = 2 * np.maximum(levels * missing, (levels - 1) * missing).mean(axis=-1)
            loss += float((pinball / scale).sum())
        else:
            place = found.to("cpu", torch.float64).numpy()
        error += float((np.abs(actual - (place * deviation + mean)) / scale).sum())
    count = len(origins) * HORIZON * len(NAMES)
    return error / count, (loss if loss else error) / count


def whole_run(task: Cut, folder: Path, files: DataFiles, device: str) -> tuple[float, float]:
    """The same two figures by a whole run from an empty store: prepare, predict, check, score, record."""
    with tempfile.TemporaryDirectory() as place:
        store = Store(Path(place))
        # A worker within bubblewrap is nobody's child when it ends, and its processor time is not told.
        settings = RunSettings(results=store.folder, suite="performance@1", device=device, sandbox="limits")
        plan = make_plan(
            [Entry(task, "default")],
            [open_submission(folder, builtins={})],
            floor=lambda name: open_submission(folder, builtins={}),
            files=files,
            store=store,
            settings=settings,
            told=lambda text: None,
        )
        outcome = execute(plan, store=store, settings=settings, watcher=Watcher())
        (record,) = outcome.records.values()
        assert record.status == "ok", record.message
        values = {one.name: one.value for one in record.metrics}
        return values["mase"], values.get("scaled_quantile_loss", values["mase"])


def imports_s(device: str) -> float:
    """Seconds that an interpreter takes to start and import what a network needs."""
    began = clock(device)
    subprocess.run([sys.executable, "-c", "from transformers import PatchTSTForPrediction"], check=True)
    return clock(device) - began


def stages(task: Cut, folder: Path, files: DataFiles, device: str) -> tuple[dict[str, float], Score]:
    """Seconds of each stage of the harness, one after the other in this process, and what it comes to."""
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = clock(device)
        found = work()
        spent[name] = clock(device) - began
        return found

    inputs = timed("inputs", lambda: task.inputs(files, DRAW))
    references = timed("references", lambda: task.references(files, DRAW))
    digest = timed("digest of both", lambda: [content_digest(one) for one in (inputs, references)])[0]
    adapter = TransformersSeries.load(LoadContext(folder, {}, "forecasting", inputs.schema, device=device))
    batches = inputs.combine_chunks().to_batches(max_chunksize=adapter.batch_rows)
    said = timed("adapter", lambda: pa.Table.from_batches([adapter.predict(one) for one in batches]))
    answers = timed("check of the answers", lambda: validate_predictions(said, inputs))
    timed("digest of the answers", lambda: content_digest(answers.predictions))
    timed("statistics of units", lambda: task.score(answers, references))
    more = {"track": "default", "inputs_sha256": digest, "partial": task.card.test.rows != inputs.num_rows}
    score = timed("statistics, values and intervals", lambda: score_answers(task, answers, references, **more))
    return spent, score


def clock(device: str) -> float:
    """Seconds: of all processors that this process and those it waited for have used, or on the wall."""
    if device != "cpu":
        return time.perf_counter()
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main() -> int:
    """Prints the rates; 1 where the two ways come to other errors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--device", choices=("cpu", "cuda"), default="cpu", help="of the network (default: %(default)s)"
    )
    parser.add_argument("--windows", type=int, default=11_425, help="how many (default: %(default)s, all)")
    parser.add_argument(
        "--repeats", type=int, default=3, help="of each figure, the least counts (default: %(default)s)"
    )
    parser.add_argument("--made-up", action="store_true", help="readings, also where the data is at hand")
    parser.add_argument("--stages", action="store_true", help="time each stage of the harness by itself, too")
    args = parser.parse_args()
    mirror = os.environ.get("SECTORBENCH_DATA")
    os.environ["OMP_NUM_THREADS"] = "1"  # of the worker, too
    files = DataFiles(mirror=Path(mirror) if mirror else None, cache=Path("no cache"), download=False)
    task = Cut(args.windows, args.made_up or mirror is None)
    (item,) = task.items(files, DRAW).values()
    differences, parts, measured, start = [], {}, {}, np.inf
    with tempfile.TemporaryDirectory() as name, one_thread():
        for loss, what in (("mse", "points"), ("nll", "quantiles")):
            folder, model, prepared = checkpoint(Path(name) / loss, item, loss=loss)
            ways = (
                lambda: bare_loop(model, prepared, item, args.device),  # noqa: B023 (called within the turn)
                lambda: whole_run(task, folder, files, args.device),  # noqa: B023
            )
            found, least = [(0.0, 0.0)] * 2, [np.inf] * 2
            for _ in range(args.repeats):
                start = min(start, imports_s(args.device))
                for at, way in enumerate(ways):
                    began = clock(args.device)
                    found[at] = way()
                    least[at] = min(least[at], clock(args.device) - began)
            differences += [abs(a / b - 1) for a, b in zip(*found, strict=True)]
            measured[what] = least
            if args.stages:
                parts[what], _ = stages(task, folder, files, args.device)
    table = Table("answers", "windows", "bare loop, windows /s", "harness, windows /s", "ratio", "without imports")
    for what, (loop, harness) in measured.items():
        rates = [f"{item.origins / one:,.0f}" for one in (start + loop, harness)]
        ratios = [f"{harness / (start + loop):.2f}", f"{(harness - start) / loop:.2f}"]
        table.add_row(what, f"{item.origins:,}", *rates, *ratios)
    output_console().print(table)
    print(f"imports: {start:.2f} s")
    for what, spent in parts.items():
        for stage, seconds in spent.items():
            print(f"{what}: {stage}: {seconds:.2f} s")
    odd = max(differences) > SAME
    print(f"largest difference of an error: {max(differences):.1e}" + (", which is too much" if odd else ""))
    return 1 if odd else 0


if __name__ == "__main__":
    sys.exit(main())
