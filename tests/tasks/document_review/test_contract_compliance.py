"""The cards on generated contracts: what they ask, and scores that follow by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.random_answers import RandomOptions
from sectorbench.harness.adapters.span_answers import Span, span_answers
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, InterfaceError, ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import contract_compliance, contract_compliance_spans
from sectorbench.tasks.document_review.checklist_costs import load_checklist_costs
from sectorbench.tasks.document_review.checklist_rules.adapter import ChecklistRules
from sectorbench.tasks.document_review.compliance.clauses import CHECKS
from sectorbench.tasks.document_review.contract_compliance_spans import PLACED
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

FILES, DRAW = DataFiles(mirror=None, cache=None), Draw("default")
CHOICE = (contract_compliance.ENGLISH, contract_compliance.CHINESE)
SPANS = (contract_compliance_spans.ENGLISH, contract_compliance_spans.CHINESE)


@cache
def drawn(task):
    """Inputs and references of a task, drawn once for all tests."""
    return task.inputs(FILES, DRAW), task.references(FILES, DRAW)


every_task = pytest.mark.parametrize("task", [*CHOICE, *SPANS], ids=lambda task: task.card.name)


class Few:
    """The first documents of a task."""

    def __init__(self, task, n=12):
        self.task = task
        self.inputs, self.references = (table.slice(0, n) for table in drawn(task))

    def value(self, predictions, name=None):
        units = self.units(predictions)
        card = self.task.card
        metric = card.primary if name is None else next(m for m in card.metrics if m.name == name)
        return metric.value(statistics_matrix(units, metric))

    def units(self, predictions):
        return self.task.score(validate_predictions(predictions, self.inputs), self.references)

    def choices(self, called):
        """Predictions that call rules broken: an array of shape (n, 8)."""
        answers = [[[0.4, 0.6] if one else [0.6, 0.4] for one in row] for row in called]
        schema = get_interface("choice").answer
        return pa.table([self.inputs["id"], pa.array(answers, schema.field(1).type)], schema=schema)

    def places(self):
        """Of every document the places of the rules that have some."""
        return [[row[CHECKS.index(check)] for check in PLACED] for row in self.references["places"].to_pylist()]

    def marks(self, spans):
        return pa.Table.from_batches([span_answers(self.inputs["id"].combine_chunks(), spans)])


@every_task
def test_every_row_asks_a_document_with_its_rules(task):
    inputs, references = drawn(task)
    assert inputs.num_rows == references.num_rows == task.card.test.rows == 300
    assert inputs["id"].to_pylist() == references["id"].to_pylist()
    asked = len(CHECKS) if task in CHOICE else len(PLACED)
    assert set(inputs["questions"].combine_chunks().value_lengths().to_pylist()) == {asked}
    assert len(set(inputs["context"].to_pylist())) == 300
    with pytest.raises(UsageError, match="has no track"):
        task.inputs(FILES, Draw("other"))


@every_task
def test_training_documents_are_others_and_a_secret_draws_others(task):
    test = set(drawn(task)[0]["context"].to_pylist())
    train = task.examples(FILES, "train", DRAW)
    assert train.inputs.num_rows == 600 and not test & set(train.inputs["context"].to_pylist())
    assert not test & set(task.inputs(FILES, Draw("default", "sealed"))["context"].to_pylist())
    assert train.targets["id"].to_pylist() == train.inputs["id"].to_pylist()


def test_both_cards_of_a_language_show_the_same_documents():
    for choice, spans in zip(CHOICE, SPANS, strict=True):
        assert drawn(choice)[0]["context"] == drawn(spans)[0]["context"]


def test_scores_of_a_checklist_by_hand():
    few = Few(CHOICE[0])
    broken = np.array(few.references["broken"].to_pylist())
    assert few.value(few.choices(broken)) == 1.0
    assert few.value(few.choices(broken), "whole_share") == 1.0
    assert few.value(few.choices(~broken)) == 0.0
    assert few.value(few.choices(np.zeros_like(broken))) == 0.5  # passes everything
    assert few.value(few.choices(np.ones_like(broken)), "false_alarm_share") == 1.0
    one_wrong = broken.copy()
    document, rule = next(zip(*np.nonzero(broken), strict=True))
    one_wrong[document, rule] = False
    found = (broken.sum() - 1) / broken.sum()
    assert few.value(few.choices(one_wrong), "found_share") == pytest.approx(found)
    assert few.value(few.choices(one_wrong), "whole_share") == pytest.approx(11 / 12)
    own = broken[:, rule].sum()
    assert few.value(few.choices(one_wrong), f"balanced_accuracy_{CHECKS[rule]}") == pytest.approx(1 - 0.5 / own)


def test_hours_and_costs_by_hand():
    """0.4 h by hand at 300 CNY an hour, 0.05 h for each of the rules called broken, 200 CNY for each one missed."""
    few = Few(CHOICE[0])
    broken = np.array(few.references["broken"].to_pylist())
    per_document = broken.sum() / 12
    right, nothing = few.choices(broken), few.choices(np.zeros_like(broken))
    assert few.value(right, "review_hours_saved") == pytest.approx(0.4 - 0.05 * per_document)
    assert few.value(right, "review_saving") == pytest.approx(120 - 15 * per_document)
    assert few.value(right, "missed_violations") == 0.0
    assert few.value(nothing, "review_hours_saved") == 0.4
    assert few.value(nothing, "missed_violations") == pytest.approx(per_document)
    assert few.value(nothing, "review_saving") == pytest.approx(120 - 200 * per_document)
    assert few.value(nothing, "review_saving_low") == pytest.approx(120 - 100 * per_document)
    assert few.value(nothing, "review_saving_high") == pytest.approx(120 - 400 * per_document)
    assert few.value(few.choices(np.ones_like(broken)), "review_hours_saved") == pytest.approx(0.0)
    assert CHOICE[0].card.band == ("review_saving_low", "review_saving", "review_saving_high")


@pytest.mark.parametrize("name", ["review_hours_saved", "missed_violations", "review_saving_high"])
def test_the_slopes_of_costs(name):
    metric = next(m for m in CHOICE[0].card.metrics if m.name == name)
    total = np.array([30.0, 7.0, 12.0])
    slopes = []
    for at in range(3):
        step = np.zeros(3)
        step[at] = 1e-4
        slopes.append((metric.of.value(total + step) - metric.of.value(total - step)) / 2e-4)
    assert metric.of.gradient(total) == pytest.approx(np.array(slopes), abs=1e-6)


def test_a_file_that_holds_other_costs_is_named(tmp_path):
    wrong = tmp_path / "costs.yaml"
    wrong.write_text("name: x\n", encoding="utf-8")
    with pytest.raises(DataError, match="costs.yaml: not a file of review costs"):
        load_checklist_costs(wrong)


def test_equal_probabilities_pass_the_rule():
    few = Few(CHOICE[1])
    schema = get_interface("choice").answer
    even = pa.table([few.inputs["id"], pa.array([[[0.5, 0.5]] * 8] * 12, schema.field(1).type)], schema=schema)
    assert few.value(even, "false_alarm_share") == 0.0 and few.value(even) == 0.5


def test_a_document_without_a_usable_answer_is_judged_wrongly_throughout():
    few = Few(CHOICE[0])
    broken = np.array(few.references["broken"].to_pylist())
    answers = few.choices(broken).to_pylist()
    answers[3]["probability"][2] = [float("nan"), 0.5]
    units = few.units(pa.Table.from_pylist(answers, schema=get_interface("choice").answer))
    assert units["invalid"].to_pylist() == [int(row == 3) for row in range(12)]
    assert units["tp"].to_pylist()[3] == units["tn"].to_pylist()[3] == [0.0] * 8


def test_scores_of_places_by_hand():
    few = Few(SPANS[0], n=30)
    places = few.places()
    right = [[[Span(at[0]["start"], at[0]["end"], 0.9)] if at else [] for at in row] for row in places]
    lines = [[[Span(at[0]["line_start"], at[0]["line_end"], 0.5)] if at else [] for at in row] for row in places]
    longer = [[[Span(at[0]["line_start"] - 2, at[0]["line_end"], 0.9)] if at else [] for at in row] for row in places]
    doubted = [[[Span(at[0]["start"], at[0]["end"], 0.49)] if at else [] for at in row] for row in places]
    nothing = [[[] for _ in row] for row in places]
    everywhere = [[[Span(0, 5, 1.0)] for _ in row] for row in places]
    assert few.value(few.marks(right)) == few.value(few.marks(lines)) == 1.0
    assert few.value(few.marks(longer)) == few.value(few.marks(doubted)) == few.value(few.marks(nothing)) == 0.0
    assert few.value(few.marks(everywhere), "false_mark_share") == 1.0
    violations = sum(bool(at) for row in places for at in row)
    over = [[spans or [Span(0, 5, 1.0)] for spans in row] for row in right]  # and marks where nothing is wrong
    wanted = 2 * violations / (2 * violations + (30 * 7 - violations))
    assert few.value(few.marks(over)) == pytest.approx(wanted)
    second = [[[Span(0, 2, 0.95), *spans] if spans else [] for spans in row] for row in right]
    assert few.value(few.marks(second)) == 0.0  # the first span counts


def test_a_document_with_an_impossible_span_finds_nothing_and_marks_everything():
    few = Few(SPANS[0])
    spans = [[[] for _ in PLACED] for _ in range(12)]
    spans[0][0] = [Span(0, 10**6, 1.0)]
    units = few.units(few.marks(spans))
    broken = [bool(at) for at in few.places()[0]]
    assert units["fp"].to_pylist()[0] == [float(not one) for one in broken]
    assert units["fn"].to_pylist()[0] == [float(one) for one in broken]
    assert units["code"].to_pylist()[0] == "SB330"


@every_task
def test_references_of_other_inputs_are_refused(task):
    few = Few(task)
    predictions = (
        few.choices(np.zeros((12, 8), bool)) if task in CHOICE else few.marks([[[] for _ in PLACED] for _ in range(12)])
    )
    with pytest.raises(ScoringError, match="belong to other references"):
        task.score(validate_predictions(predictions, few.inputs), few.references.slice(1))


def load(adapter, task, **more):
    schema = task.inputs(FILES, DRAW).schema
    return adapter.load(
        LoadContext(folder=None, options={}, interface=task.card.interface, inputs_schema=schema, **more)
    )


@pytest.mark.parametrize(("choice", "spans"), list(zip(CHOICE, SPANS, strict=True)), ids=["en", "zh"])
def test_the_reader_by_patterns_makes_no_mistake_at_levels_1_and_2(choice, spans):
    """The figure in the cards' caveat."""
    for task in (choice, spans):
        few = Few(task, n=60)
        (batch,) = few.inputs.combine_chunks().to_batches()
        units = few.units(pa.Table.from_batches([load(ChecklistRules, task).predict(batch)]))
        plain = units.filter(pa.compute.not_equal(units["slice:level"], "level 3"))
        assert task.card.primary.value(statistics_matrix(plain, task.card.primary)) == 1.0
        assert task.card.primary.value(statistics_matrix(units, task.card.primary)) < 0.95


def test_a_bag_of_words_cannot_tell():
    """No word gives away that one of the rules that are the same for all documents is broken: a model must compare."""
    task = CHOICE[0]
    train, (inputs, references) = task.examples(FILES, "train", DRAW), drawn(task)
    words = TfidfVectorizer(min_df=2, sublinear_tf=True, max_features=3_000)
    matrix = words.fit_transform(train.inputs["context"].to_pylist())
    asked = words.transform(inputs["context"].to_pylist())
    learned, right = (np.array(table["broken"].to_pylist()) for table in (train.targets, references))
    for at in map(CHECKS.index, ("names", "dates", "quantities")):
        model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=500).fit(matrix, learned[:, at])
        assert abs(balanced_accuracy_score(right[:, at], model.predict(asked)) - 0.5) < 0.1


def test_the_reader_knows_two_languages():
    schema = choice_inputs(language="fr", train_share={})
    with pytest.raises(InterfaceError, match="reads en, zh, not 'fr'"):
        ChecklistRules.load(LoadContext(folder=None, options={}, interface="choice", inputs_schema=schema))


def test_random_options_follow_from_seed_and_id_alone():
    few = Few(CHOICE[0])
    (batch,) = few.inputs.combine_chunks().to_batches()
    one, other = (load(RandomOptions, CHOICE[0], seed=seed) for seed in (0, 1))
    assert one.predict(batch).slice(5, 2) == one.predict(batch.slice(5, 2))
    assert one.predict(batch) != other.predict(batch)
    few.units(pa.Table.from_batches([one.predict(batch)]))


def test_an_answer_that_could_not_be_read_is_a_mistake_at_its_rule_alone():
    few = Few(contract_compliance.ENGLISH, n=2)
    broken = np.array(few.references["broken"].to_pylist())  # (2, 8)
    right = few.choices(broken)
    unread = pa.array([[True] + [False] * 7, [False] * 8])
    units = few.units(
        pa.table([*right.columns, unread, unread], schema=get_interface("choice").prediction_schemas()[2])
    )
    wrong = np.array(units["fp"].to_pylist()) + np.array(units["fn"].to_pylist())
    assert wrong.tolist() == [[1.0] + [0.0] * 7, [0.0] * 8]


def test_an_answer_without_readable_quotes_is_a_mistake_at_its_rule_alone():
    few = Few(contract_compliance_spans.ENGLISH, n=2)
    marks = few.marks([[[] for _ in PLACED] for _ in range(2)])
    unread = pa.array([[True, True] + [False] * 5, [False] * 7])
    units = few.units(
        pa.table([*marks.columns, unread, unread], schema=get_interface("extraction").prediction_schemas()[1])
    )
    broken = np.array([[bool(at) for at in row] for row in few.places()])  # (2, 7)
    assert units["fn"].to_pylist() == broken.astype(float).tolist()
    wrong = ~broken
    wrong[0, 2:], wrong[1] = False, False
    assert units["fp"].to_pylist() == wrong.astype(float).tolist()
