"""Harness overhead: a whole run (worker process, sandbox, files, validation, intervals, record) against the bare loop.

Both sides get the same prepared inputs, predict with the same adapter in the same batches and score with the same task.
The bare loop does it in one process, checks nothing, computes no interval and writes nothing. What the run takes longer
is the overhead: its fixed part is the start of the worker, its marginal part grows with the rows. Run:

    python tests/performance/harness_overhead.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.metrics import root_mean_metric
from sectorbench.harness.planning import Entry, Plan, make_plan
from sectorbench.harness.records import Record
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Builtin, builtin_submission
from sectorbench.harness.task import Split, Task, TaskCard, Track
from sectorbench.harness.text import Text
from sectorbench.harness.units import statistics_matrix, units_table
from sectorbench.harness.validation import Answers

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
MODELS = {
    "constant": Builtin("overhead_models:Constant", {}, "regression", "answers at once"),
    "one-millisecond": Builtin("overhead_models:OneMillisecond", {}, "regression", "1 ms a row"),
    "computes": Builtin("overhead_models:Computes", {}, "regression", "keeps the processor busy"),
}
SIZES = (1_000, 10_000, 100_000)
CHANNELS, STEPS = 4, 8
IMPORTS = "import sectorbench.harness.worker, sectorbench.harness.device, overhead_models"


def card(rows: int) -> TaskCard:
    """A regression card with so many rows, one unit each."""
    words = Text("overhead", "overhead")
    return TaskCard(
        id=f"performance/overhead-{rows}",
        version=1,
        title=words,
        summary=words,
        realism="synthetic",
        industry=None,
        region=None,
        interface="regression",
        data=None,
        practice_secret=None,
        splits=(Split("test", rows, rows, False),),
        unit="row",
        unit_title=words,
        block=None,
        tracks=(Track("default", words),),
        slices=(),
        primary=root_mean_metric("rmse", words, unit="1", statistic="squared", formula="rmse", digits=3),
        secondary=(),
        floor="constant",
        incumbent=None,
        perfect=0.0,
        worst_value=1.0,
        worst_value_of=words,
        on_invalid="worst",
        standings=False,
        detectable_effect=None,
        citation="none",
    )


class Overhead(Task):
    """Random series with random targets: made once, outside every measurement."""

    def __init__(self, rows: int) -> None:
        self.card = card(rows)  # type: ignore[misc]
        self._rows = rows

    def inputs(self, files, draw):
        schema = regression_inputs(
            channels=[Quantity(f"c{i}", "1") for i in range(CHANNELS)],
            static=[],
            target=Quantity("y", "1"),
            step_unit="step",
            history_max=STEPS,
            train_mean=0.5,
            target_range=(0.0, 1.0),
        )
        values = np.random.default_rng(0).random(self._rows * STEPS * CHANNELS, dtype=np.float32)
        step = pa.FixedSizeListArray.from_arrays(pa.array(values), CHANNELS)
        series = pa.ListArray.from_arrays(pa.array(np.arange(0, self._rows * STEPS + 1, STEPS, dtype=np.int32)), step)
        static = pa.array([[]] * self._rows, schema.field("static").type)
        ids = pa.array([f"r{i:06d}" for i in range(self._rows)])
        return pa.table([ids, series, static, pa.array(["score"] * self._rows)], schema=schema)

    def references(self, files, draw):
        ids = [f"r{i:06d}" for i in range(self._rows)]
        return pa.table({"id": ids, "y": np.random.default_rng(1).random(self._rows)})

    def score(self, answers, references):
        error = answers.predictions.column("value").to_numpy() - references.column("y").to_numpy()
        n = len(error)
        ids = references.column("id").to_pylist()
        return units_table(
            unit=ids, slices={}, statistics={"squared": error**2}, rows=[1] * n, invalid=[0] * n, code=[""] * n
        )


def bare_loop(task: Task, inputs: pa.Table, references: pa.Table, model: str) -> float:
    """Seconds of the loop in one process: predict in the adapter's batches, score; no checks and no interval."""
    adapter_class = builtin_submission(model, MODELS).adapter
    began = time.perf_counter()
    context = LoadContext(folder=None, options={}, interface="regression", inputs_schema=inputs.schema)
    adapter = adapter_class.load(context)
    batches = [adapter.predict(b) for b in inputs.to_batches(max_chunksize=adapter_class.batch_rows)]
    units = task.score(Answers(inputs, pa.Table.from_batches(batches), {}), references)
    for metric in task.card.metrics:
        metric.value(statistics_matrix(units, metric))
    return time.perf_counter() - began


def whole_run(task: Task, model: str, sandbox: str) -> tuple[float, Record]:
    """Seconds of ``execute`` on a prepared plan with that one model, from an empty store; and the record."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        settings = Settings(results=store.folder, suite="performance@1", sandbox=sandbox)
        files = DataFiles(mirror=None, cache=Path(folder) / "cache")
        models = [builtin_submission(model, MODELS)]
        entry = Entry(task, "default")
        plan = make_plan(
            [entry],
            models,
            floor=lambda name: builtin_submission("constant", MODELS),
            files=files,
            store=store,
            settings=settings,
            told=lambda text: None,
        )
        wanted = tuple(c for c in plan.cells if c.submission.manifest.name == model)
        plan = Plan(wanted, plan.missing, plan.unserved)
        began = time.perf_counter()
        outcome = execute(plan, store=store, settings=settings, watcher=Watcher())
        spent = time.perf_counter() - began
        assert all(r.status == "ok" for r in outcome.records.values())
        return spent, next(iter(outcome.records.values()))


def import_seconds(repeats: int) -> float:
    """Seconds that a bare interpreter takes to start and import what the worker imports."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r}); {IMPORTS}"]
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(command, check=True, cwd="/")
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--repeats", type=int, default=5, help="measurements per figure; medians are shown (default: 5)"
    )
    parser.add_argument("--sandbox", default="auto", help="auto, bubblewrap or limits (default: auto)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows (default: 1000 10000 100000)")
    parser.add_argument(
        "--slow-rows", type=int, default=10_000, help="rows of the model of 1 ms a row (default: %(default)s)"
    )
    args = parser.parse_args()
    imports = import_seconds(args.repeats)
    print(f"start of the interpreter and the worker's imports: {imports:.2f} s")
    print(f"{'rows':>8} {'bare loop s':>12} {'whole run s':>12} {'overhead s':>11} {'per row ms':>11}")
    overheads = []
    for rows in args.sizes:
        task = Overhead(rows)
        inputs, references = task.inputs(None, None), task.references(None, None)
        bare, run = [], []
        for _ in range(args.repeats):  # side by side, so that a busy machine disturbs both alike
            bare.append(bare_loop(task, inputs, references, "constant"))
            run.append(whole_run(task, "constant", args.sandbox)[0])
        overhead = statistics.median(run) - statistics.median(bare)
        overheads.append(overhead)
        line = f"{rows:>8,} {statistics.median(bare):>12.3f} {statistics.median(run):>12.3f} {overhead:>11.3f}"
        print(f"{line} {1000 * overhead / rows:>11.4f}")
    slope, fixed = np.polyfit(args.sizes, overheads, 1)
    print(f"fixed part: {fixed:.2f} s, of it beyond the imports: {fixed - imports:.2f} s")
    print(f"marginal part: {1000 * slope:.4f} ms a row")
    task = Overhead(args.slow_rows)
    inputs, references = task.inputs(None, None), task.references(None, None)
    bare_s = bare_loop(task, inputs, references, "one-millisecond")
    run_s, _ = whole_run(task, "one-millisecond", args.sandbox)
    print(f"a model of 1 ms a row, {args.slow_rows:,} rows: bare {bare_s:.2f} s, run {run_s:.2f} s, ", end="")
    print(f"ratio {run_s / bare_s:.3f}")


if __name__ == "__main__":
    main()
