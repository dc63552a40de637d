"""Detectable effect: the skill points that two near models must differ by on a task's test set to be told apart.

Prints, for every task whose data is in reach, the figure that stands on its card as ``detectable_effect`` (80 % power,
two-sided 5 %, paired over the units) and ends with 1 where the two differ:

    python tests/performance/detectable_effect.py                                      # all tasks
    python tests/performance/detectable_effect.py --task scheduling/jobshop-taillard   # one of them
    python tests/performance/detectable_effect.py RECORD RECORD FLOOR_RECORD           # two models of your own

Near models are, of the job shops, the rules FDD/MWKR and MWKR, of the other shops two rules each; of the turbofans
one recipe on five times four fifths of the training engines, the median over all pairs; of the fleet the shipped
PatchTST and gradient boosting; of milling a random forest and gradient boosting; of the pump Hotelling's T squared
and moving levels; of the rig's components trees and a logistic regression; of the clauses a linear SVM on words,
and on words and word pairs; of whole contracts a logistic regression on the same two, from every fourth training
contract; of quoted passages and of the generated contracts two made-up readers, each wrong on 15 of 100 questions
of its own; of the legal questions two blind rules; of the agreements' hypotheses linear SVMs, of their evidence
logistic regressions, of 50 and of 111 agreements; of retrieval a logistic regression and gradient boosting; of loads
a ridge regression and boosting, of the transformer stations two ridge regressions.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.span_answers import span_answers
from sectorbench.harness.adapters.text_passages import find_passages, ranked_passages
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.randomness import Stream
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.store import load_record
from sectorbench.harness.submission import Submission, open_submission
from sectorbench.harness.task import Draw, Examples, Task
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review.compliance.clauses import CHECKS
from sectorbench.tasks.document_review.contract_compliance_spans import PLACED
from sectorbench.tasks.document_review.cuad_contracts import read_contracts
from sectorbench.tasks.document_review.cuad_official import read_official
from sectorbench.tasks.document_review.passage_models import label_passages, train_passages
from sectorbench.tasks.predictive_maintenance.boosting import build_fleet
from sectorbench.tasks.predictive_maintenance.cmapss import SUBSETS
from sectorbench.tasks.predictive_maintenance.feature_models import boosted_trees, train_on_features
from sectorbench.tasks.predictive_maintenance.turbofan_features import summary_features
from sectorbench.tasks.registry import CATALOG

PARTS = 5  # models of a turbofan task, each without another fifth of the training engines


def from_records(folders: list[Path]) -> float:
    """The figure from three record folders: two near models and the floor."""
    card = CATALOG.task(load_record(folders[0]).cell.task).card
    one, other, floor = (read_stream(folder / "units.arrow") for folder in folders)
    return detectable_skill_points(one, other, floor, card.primary, card.perfect)


class TestSet:
    """The test set of a task's first track, and what models make of it, in this process."""

    def __init__(self, task: Task, files: DataFiles) -> None:
        self.task, self.draw = task, Draw(task.card.tracks[0].name)
        self.inputs, self.references = task.inputs(files, self.draw), task.references(files, self.draw)

    def units_of(self, submission: Submission) -> pa.Table:
        """The units of a model."""
        context = LoadContext(
            folder=submission.folder,
            options=submission.options,
            interface=self.task.card.interface,
            inputs_schema=self.inputs.schema,
        )
        adapter = submission.adapter.load(context)
        batches = self.inputs.combine_chunks().to_batches(max_chunksize=adapter.batch_rows)
        return self.score(pa.Table.from_batches([adapter.predict(batch) for batch in batches]))

    def score(self, predictions: pa.Table) -> pa.Table:
        """The units of predictions."""
        return self.task.score(validate_predictions(predictions, self.inputs), self.references)

    def effect(self, one: pa.Table, other: pa.Table) -> float:
        """The figure of two near models' units."""
        card = self.task.card
        floor = self.units_of(CATALOG.model(card.floor))
        return detectable_skill_points(one, other, floor, card.primary, card.perfect)


def of_rules(one: str, other: str) -> Callable[[TestSet, DataFiles], float]:
    """The figure of two near rules."""
    return lambda test, files: test.effect(*(test.units_of(CATALOG.model(name)) for name in (one, other)))


def of_fleet(test: TestSet, files: DataFiles) -> float:
    """The figure of the suite's two trained models."""
    with trained(lambda folder: build_fleet(files, folder)) as boosting:
        return test.effect(test.units_of(CATALOG.model("patchtst-fleet")), test.units_of(boosting))


def of_baselines(one: str, other: str) -> Callable[[TestSet, DataFiles], float]:
    """The figure of two near models that ``baselines build`` trains."""

    def units_of(name: str, test: TestSet, files: DataFiles) -> pa.Table:
        entry = CATALOG.baselines[name]
        module, _, function = entry.path.partition(":")
        build = getattr(importlib.import_module(module), function)
        with trained(lambda folder: build(files, folder, **entry.options)) as model:
            return test.units_of(model)

    return lambda test, files: test.effect(*(units_of(name, test, files) for name in (one, other)))


class _Part:
    """A turbofan task with four fifths of its training engines."""

    def __init__(self, task: Task, part: int) -> None:
        self.card, self._task, self._part = task.card, task, part

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """The examples of the engines that this part keeps."""
        found = self._task.examples(files, split, draw)
        engine = pc.cast(pc.utf8_slice_codeunits(found.inputs.column("id"), 12, 15), pa.int64())
        keep = pa.array([(number * 7 + self._part) % PARTS != 0 for number in engine.to_pylist()])
        return Examples(found.inputs.filter(keep), found.targets.filter(keep))


def of_turbofan(test: TestSet, files: DataFiles) -> float:
    """The median figure over all pairs of near models, cycle counter not given."""
    subset = SUBSETS[test.task.card.id.rpartition("-")[2].upper()]
    units = []
    for number in range(PARTS):
        part = _Part(test.task, number)
        with trained(
            lambda folder, part=part: train_on_features(
                part,
                files,
                test.draw,
                folder,
                name="part",
                what="boosted trees",
                model=boosted_trees(),
                features=lambda examples: summary_features(examples, subset),
                trained_on=[],
            )
        ) as model:
            units.append(test.units_of(model))
    return statistics.median(test.effect(a, b) for a, b in itertools.combinations(units, 2))


def of_clauses(test: TestSet, files: DataFiles) -> float:
    """The figure of a linear model on words, and on words and word pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    train, targets = test.task.examples(files, "train", test.draw)
    options = test.inputs.column("options")[0].as_py()[0]
    units = []
    for length in (1, 2):
        words = TfidfVectorizer(ngram_range=(1, length), min_df=2, sublinear_tf=True)
        matrix = words.fit_transform(train.column("context").to_pylist())
        model = LinearSVC(random_state=0).fit(matrix, targets.column("label").to_pylist())
        named = model.predict(words.transform(test.inputs.column("context").to_pylist()))
        certain = np.eye(len(options))[[options.index(label) for label in named]]  # (n, options)
        answer = get_interface("choice").answer
        probabilities = pa.array([[row] for row in certain.tolist()], answer.field("probability").type)
        units.append(test.score(pa.table([test.inputs.column("id"), probabilities], schema=answer)))
    return test.effect(*units)


def of_mistakes(test: TestSet, files: DataFiles) -> float:
    """The figure of two readers who misjudge other 15 of 100 questions each: the worst case, as no two models of one
    kind have so little in common."""
    units = []
    ids, several = test.inputs.column("id").to_pylist(), "questions" in test.inputs.column_names
    asked = [len(one) for one in test.inputs.column("questions").to_pylist()] if several else [1] * len(ids)
    for name in ("one", "other"):
        slips = [Stream("mistakes", name, one).uniform(n) < 0.15 for one, n in zip(ids, asked, strict=True)]
        units.append(test.score(_with_slips(test, slips)))
    return test.effect(*units)


def _with_slips(test: TestSet, slips: list[np.ndarray]) -> pa.Table:
    """The right answers but for the rules that slip."""
    answer = get_interface(test.task.card.interface).answer
    if test.task.card.interface == "choice":
        broken = test.references.column("broken").to_pylist()
        rows = [
            [[float(b == s), float(b != s)] for b, s in zip(*two, strict=True)]
            for two in zip(broken, slips, strict=True)
        ]
    elif test.task.card.interface == "generation":
        wrong = {True: "No related clause.", False: "- Something else."}
        passages = test.references.column("passages").to_pylist()
        said = ["\n".join(f"- {' '.join(one.split())}" for one in some) or "No related clause." for some in passages]
        given = [
            wrong[bool(some)] if slip[0] else right for some, slip, right in zip(passages, slips, said, strict=True)
        ]
        return pa.table([test.inputs.column("id"), pa.array(given, pa.string())], schema=answer)
    else:
        asked = [CHECKS.index(check) for check in PLACED]
        places = [[row[at] for at in asked] for row in test.references.column("places").to_pylist()]
        rows = [[_mark(at, slip) for at, slip in zip(*two, strict=True)] for two in zip(places, slips, strict=True)]
    return pa.table([test.inputs.column("id"), pa.array(rows, answer.field(1).type)], schema=answer)


def _mark(places: list[dict[str, int]], slip: bool) -> list[dict[str, float]]:
    """The first of the right places, or of a slip a mark where nothing is wrong and none where something is."""
    if slip:
        return [] if places else [{"start": 0, "end": 1, "probability": 1.0}]
    return [{"start": one["start"], "end": one["end"], "probability": 1.0} for one in places[:1]]


def of_passages(test: TestSet, files: DataFiles) -> float:
    """The figure of the baseline of sentences on words, and on words and word pairs."""
    read = read_official if test.task.card.name.endswith("-official") else read_contracts
    contracts = read(files, "train")[::4]
    labelled, units = label_passages(contracts), []
    most = table_info(test.inputs.schema)["spans_max"]
    for longest in (1, 2):
        model = train_passages(labelled, contracts[0].questions, ngram_range=(1, longest))
        found = []
        for text in test.inputs.column("context").to_pylist():
            places = find_passages(text)
            share = model.predict_proba([text[start:end] for start, end in places])  # (passages, questions)
            found.append([ranked_passages(places, column, most) for column in share.T])
        units.append(test.score(pa.table(span_answers(test.inputs.column("id").combine_chunks(), found))))
    return test.effect(*units)


@contextmanager
def trained(build: Callable[[Path], object]) -> Iterator[Submission]:
    """A model that is trained into a folder that does not last."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder, "model"))
        yield open_submission(Path(folder, "model"), CATALOG.builtins)


NEAR_MODELS: dict[str, Callable[[TestSet, DataFiles], float]] = {
    "energy/city-day-ahead": of_baselines("ridge-load-city", "boosting-load-city"),
    "energy/grid-day-ahead": of_baselines("ridge-load-grid", "boosting-load-grid"),
    "energy/plant-quarter-hour": of_baselines("ridge-load-plant", "boosting-load-plant"),
    "energy/simulated-day-ahead": of_baselines("ridge-load-simulated", "boosting-load-simulated"),
    **{
        f"energy/transformer-load-{name}": of_baselines(f"ridge-load-{name}", f"ridge-96-load-{name}")
        for name in ("h1", "h2", "m1", "m2")
    },
    "scheduling/jobshop-taillard": of_rules("fdd-mwkr", "mwkr"),
    "scheduling/jobshop-transfer": of_rules("fdd-mwkr", "mwkr"),
    "scheduling/jobshop-fresh": of_rules("fdd-mwkr", "mwkr"),
    "scheduling/jobshop-plant": of_rules("fdd-mwkr", "mwkr"),
    "scheduling/jobshop-text": of_rules("text-fdd-mwkr", "text-mwkr"),
    "scheduling/jobshop-energy": of_rules("energy-mopnr-shifted", "energy-mwkr-shifted"),
    "scheduling/flexible-jobshop": of_rules("flexible-mwkr", "flexible-mopnr"),
    "scheduling/flowshop": of_rules("flow-neh", "flow-palmer"),
    "scheduling/project-scheduling": of_rules("project-lft", "project-mts"),
    **{f"predictive_maintenance/turbofan-rul-{name.lower()}": of_turbofan for name in SUBSETS},
    "predictive_maintenance/fleet-rul": of_fleet,
    "predictive_maintenance/pump-anomaly": of_rules("hotelling-t2", "moving-level"),
    "predictive_maintenance/turbofan-cost": of_baselines("gradient-boosting-cost-counter", "ridge-cost-counter"),
    "predictive_maintenance/hydraulic-condition": of_baselines("extra-trees-hydraulic", "logistic-hydraulic"),
    "predictive_maintenance/milling-failure": of_baselines("random-forest-milling", "gradient-boosting-milling"),
    "document_review/clause-retrieval": of_baselines("pair-logistic-clauses", "pair-boosting-clauses"),
    "document_review/compliance-zh": of_baselines("tfidf-svm-compliance-zh", "tfidf-svm-compliance-zh-dev"),
    "document_review/contract-clauses": of_clauses,
    **{f"document_review/contract-compliance-{name}": of_mistakes for name in ("en", "zh", "en-spans", "zh-spans")},
    "document_review/legal-contract-choice-zh": of_rules("longest-option", "random-options"),
    "document_review/contract-evidence": of_baselines("tfidf-logistic-evidence", "tfidf-logistic-evidence-50"),
    "document_review/contract-nli": of_baselines("tfidf-svm-nli", "tfidf-svm-nli-dev"),
    "document_review/contract-extraction": of_passages,
    "document_review/contract-extraction-official": of_passages,
    "document_review/contract-extraction-text": of_mistakes,
}


def main() -> int:
    """Prints one line per task; returns 1 where a figure is not the card's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path, help="two near models and the floor, from folders of records")
    parser.add_argument("--task", action="append", choices=NEAR_MODELS, help="only this task; repeatable")
    args = parser.parse_args()
    if args.records:
        if len(args.records) != 3:
            parser.error("give three record folders: two near models and the floor")
        print(f"detectable effect: {from_records(args.records):.2f} skill points")
        return 0
    files = DataFiles.from_environment(download=False)
    wrong = 0
    for name in args.task or NEAR_MODELS:
        task = CATALOG.task(name)
        try:
            found = NEAR_MODELS[name](TestSet(task, files), files)
        except DataError as err:
            print(f"{name:46} its data is not here: {err}", file=sys.stderr)
            continue
        stated = task.card.detectable_effect
        differs = stated is None or round(found, 1) != stated
        wrong += differs
        print(f"{name:46} {found:4.1f} skill points; the card says {stated}" + ("  DIFFERS" if differs else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
