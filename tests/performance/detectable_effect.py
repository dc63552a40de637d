"""Detectable effect: the skill points that two near models must differ by on a task's test set to be told apart.

Takes two result records of near models (the same recipe with another seed, say) and the floor's, all on the same
inputs, and prints the figure that stands on the card as ``detectable_effect`` (80 % power, two-sided 5 %, paired):

    python tests/performance/detectable_effect.py RECORD RECORD FLOOR_RECORD
    python tests/performance/detectable_effect.py --fd001     # trains two near models on parts of FD001 and does it
    python tests/performance/detectable_effect.py --rules scheduling/jobshop-transfer     # two near dispatching rules
    python tests/performance/detectable_effect.py --rules scheduling/jobshop-energy --pair energy-mopnr-shifted \\
        energy-mwkr-shifted
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sectorbench.harness.adapters import import_adapter
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.constant import MeanTarget
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.data import DataFiles
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.store import load_record
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw, Examples
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.boosting import train_boosting
from sectorbench.tasks.predictive_maintenance.turbofan_rul import TASK
from sectorbench.tasks.registry import CATALOG

PARTS = 6  # models, each trained on four fifths of the engines
NEAR_RULES = ("fdd-mwkr", "mwkr")


def from_records(folders: list[Path]) -> float:
    """The figure from three record folders: two near models and the floor."""
    records = [load_record(folder) for folder in folders]
    card = CATALOG.task(records[0].cell.task).card
    one, other, floor = (read_stream(folder / "units.arrow") for folder in folders)
    return detectable_skill_points(one, other, floor, card.primary, card.perfect)


class _Part:
    """FD001 with four fifths of its training engines."""

    def __init__(self, part: int) -> None:
        self.card, self._part = TASK.card, part

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """The examples of the engines that this part keeps."""
        found = TASK.examples(files, split, draw)
        engine = pc.cast(pc.utf8_slice_codeunits(found.inputs.column("id"), 12, 15), pa.int64())
        keep = pa.array([(number * 7 + self._part) % 5 != 0 for number in engine.to_pylist()])
        return Examples(found.inputs.filter(keep), found.targets.filter(keep))


def of_fd001() -> float:
    """The median over all pairs of near models on FD001, cycle counter not given."""
    files = DataFiles.from_environment(download=True)
    draw = Draw("no-counter")
    inputs, references = TASK.inputs(files, draw), TASK.references(files, draw)

    def units(adapter: SkopsModel | MeanTarget) -> pa.Table:
        batches = [adapter.predict(batch) for batch in inputs.combine_chunks().to_batches()]
        return TASK.score(validate_predictions(pa.Table.from_batches(batches), inputs), references)

    def context(folder: Path | None, options: dict) -> LoadContext:
        return LoadContext(folder=folder, options=options, interface="regression", inputs_schema=inputs.schema)

    floor = units(MeanTarget.load(context(None, {})))
    models = []
    with tempfile.TemporaryDirectory() as folder:
        for part in range(PARTS):
            path = Path(folder, f"part-{part}")
            train_boosting(_Part(part), files, draw, path, name=path.name, trained_on=[])
            options = dict(open_submission(path, CATALOG.builtins).options)
            models.append(units(SkopsModel.load(context(path, options))))
    pairs = itertools.combinations(models, 2)
    return statistics.median(
        detectable_skill_points(a, b, floor, TASK.card.primary, TASK.card.perfect) for a, b in pairs
    )


def of_rules(task_id: str, rules: tuple[str, str] = NEAR_RULES) -> float:
    """The figure of two dispatching rules on the test set of a task of job shops."""
    task, files, draw = CATALOG.task(task_id), DataFiles.from_environment(download=False), Draw("default")
    inputs, references = task.inputs(files, draw), task.references(files, draw)

    def units(rule: str) -> pa.Table:
        builtin = CATALOG.builtins[rule]
        adapter = import_adapter(builtin.path).load(
            LoadContext(None, dict(builtin.options), "scheduling", inputs.schema)
        )
        batches = [adapter.predict(batch) for batch in inputs.combine_chunks().to_batches()]
        return task.score(validate_predictions(pa.Table.from_batches(batches), inputs), references)

    one, other = map(units, rules)
    card = task.card
    return detectable_skill_points(one, other, units(card.floor), card.primary, card.perfect)


def main() -> None:
    """Prints one figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path, help="two near models and the floor")
    parser.add_argument("--fd001", action="store_true", help="train near models on FD001 (needs the data)")
    parser.add_argument("--rules", metavar="TASK", help="two near dispatching rules on a task of job shops")
    parser.add_argument("--pair", nargs=2, default=NEAR_RULES, metavar="RULE", help="which two (default: %(default)s)")
    args = parser.parse_args()
    if args.rules:
        figure = of_rules(args.rules, tuple(args.pair))
    elif args.fd001:
        figure = of_fd001()
    elif len(args.records) == 3:
        figure = from_records(args.records)
    else:
        parser.error("give three record folders, or --fd001, or --rules TASK")
    print(f"detectable effect: {figure:.2f} skill points")


if __name__ == "__main__":
    main()
