"""The adapter answers in the interface's columns, refuses wrong options, and imports only what the worker has."""

import subprocess
import sys

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.policies import RULES, DispatchingRule
from sectorbench.tasks.scheduling.validator import validate_schedule

SHOPS = job_shop_table(
    [
        JobShopInstance("first", [[3, 2], [2, 4]], [[0, 1], [0, 1]]),
        JobShopInstance("ragged", [[5, 1, 7], [6]], [[2, 0, 2], [2]]),
    ]
)


def load(options, interface="scheduling"):
    return DispatchingRule.load(LoadContext(None, options, interface, SHOPS.schema))


@pytest.mark.parametrize("rule", RULES)
def test_rule_answers_every_activity_with_a_valid_schedule(rule):
    answer = load({"rule": rule}).predict(SHOPS.to_batches()[0])
    assert answer.schema.equals(INTERFACES["scheduling"].answer)
    answer.validate(full=True)
    for shop, row in zip(SHOPS.to_pylist(), answer.to_pylist(), strict=True):
        assert shop["id"] == row["id"]
        assert validate_schedule(shop, row["start"], row["mode"]).problem is None


def test_starts_stand_in_the_order_of_the_activities():
    row = SHOPS.to_pylist()[0]
    row["activities"].reverse()
    row["precedences"] = [{"before": 3 - p["before"], "after": 3 - p["after"]} for p in row["precedences"]]
    turned = pa.RecordBatch.from_pylist([row], schema=SHOPS.schema)
    assert load({"rule": "mwkr"}).predict(turned).column("start").to_pylist() == [[2, 0, 6, 2]]


def test_batch_without_rows_has_an_answer_without_rows():
    assert load({"rule": "spt"}).predict(SHOPS.to_batches()[0].slice(0, 0)).num_rows == 0


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"rule": "mwrk"}, "did you mean mwkr"),
        ({}, "options.rule: None is none of spt, mwkr"),
        ({"rule": "spt", "speed": 1}, "unknown 'speed'"),
    ],
)
def test_wrong_option_is_named(options, found):
    with pytest.raises(SubmissionError, match=found):
        load(options)


def test_other_interface_is_refused():
    with pytest.raises(InterfaceError, match="'choice'"):
        load({"rule": "spt"}, interface="choice")


def test_adapter_imports_nothing_of_ours_that_the_worker_lacks():
    code = (
        "import sys; import sectorbench.tasks.scheduling.policies.rules; "
        "print(*sorted(m for m in sys.modules if m.startswith('sectorbench.')), 'numba' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    allowed = (
        "harness.errors",
        "harness.interface_parts",
        "harness.interfaces",
        "harness.randomness",
        "harness.adapters",
        "harness.arrow_files",
    )
    for module in (m.removeprefix("sectorbench.") for m in out[:-1]):
        parents = module in ("harness", "tasks", "tasks.scheduling")
        assert parents or module.startswith((*allowed, "tasks.scheduling.policies", "tasks.scheduling.simulator")), (
            module
        )
    assert out[-1] == "False"
