"""Priority rules as predictions, and what is refused because it is no project of one mode per activity."""

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.tasks.scheduling.policies.project_rules import ProjectRule
from sectorbench.tasks.scheduling.policies.serial_generation import PROJECT_RULES
from sectorbench.tasks.scheduling.projects import ProjectInstance
from sectorbench.tasks.scheduling.shop_tables import shop_table
from sectorbench.tasks.scheduling.validator import validate_schedule

PROJECTS = shop_table(
    [
        ProjectInstance("small", [4, 2], [0, 3, 2, 0], [[0, 0], [3, 0], [2, 2], [0, 0]], [[1, 2], [3], [3], []]).shop(),
        ProjectInstance("wide", [2], [0, 1, 1, 1, 0], [[0], [1], [1], [1], [0]], [[1, 2, 3], [4], [4], [4], []]).shop(),
    ]
)


def load(rule):
    return ProjectRule.load(LoadContext(None, {"rule": rule}, "scheduling", PROJECTS.schema))


@pytest.mark.parametrize("rule", PROJECT_RULES)
def test_rule_answers_every_activity_with_a_valid_schedule(rule):
    answer = load(rule).predict(PROJECTS.to_batches()[0])
    assert answer.schema.equals(INTERFACES["scheduling"].answer)
    answer.validate(full=True)
    for project, row, makespan in zip(PROJECTS.to_pylist(), answer.to_pylist(), (5, 2), strict=True):
        assert project["id"] == row["id"]
        assert validate_schedule(project, row["start"], row["mode"]) == (None, makespan)


def test_batch_without_rows_has_an_answer_without_rows():
    assert load("lft").predict(PROJECTS.to_batches()[0].slice(0, 0)).num_rows == 0


def test_wrong_option_is_named():
    with pytest.raises(SubmissionError, match="did you mean grpw"):
        load("gprw")


def second_mode(row):
    row["activities"][1]["modes"].append(row["activities"][1]["modes"][0])


def change(row, **changes):
    row["activities"][1]["modes"][0] |= changes


NOT_PROJECTS = {
    "permutation": (lambda row: row.update(permutation=True), "permutation True"),
    "power limit": (lambda row: row.update(limit_kw=5.0), "limit_kw 5.0"),
    "two modes": (second_mode, "activity 1 has 2 modes"),
    "unknown resource": (lambda row: change(row, demands=[{"resource": 2, "amount": 1}]), "on 2 resources"),
    "negative demand": (lambda row: change(row, demands=[{"resource": 0, "amount": -1}]), "activity 1 has the demand"),
    "negative duration": (lambda row: change(row, duration=-1), "activity 1 takes -1"),
    "more than there is": (lambda row: change(row, demands=[{"resource": 0, "amount": 5}]), "more than there is"),
    "unknown activity": (lambda row: row["precedences"].append({"before": 1, "after": 9}), "not there"),
    "circle": (lambda row: row["precedences"].append({"before": 3, "after": 1}), "before activity 1 form a circle"),
}


@pytest.mark.parametrize(("spoil", "found"), NOT_PROJECTS.values(), ids=NOT_PROJECTS)
def test_other_row_is_refused_naming_it_and_what_it_has(spoil, found):
    row, fine = PROJECTS.to_pylist()
    spoil(row)
    with pytest.raises(InterfaceError, match="input row 'small' is not a project") as caught:
        load("lft").predict(pa.RecordBatch.from_pylist([fine, row], schema=PROJECTS.schema))
    assert found in str(caught.value)
