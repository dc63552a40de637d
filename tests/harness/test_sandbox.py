"""What a worker is shown of our package."""

from pathlib import Path

from sectorbench.harness.sandbox import worker_files
from sectorbench.tasks.scheduling.policies.rules import DispatchingRule

RULES = "sectorbench.tasks.scheduling.policies.rules:DispatchingRule"


def test_a_worker_sees_the_adapters_folder_and_those_it_needs(monkeypatch):
    alone = worker_files(RULES)
    assert Path("tasks/scheduling/policies") in alone
    assert Path("tasks/scheduling/simulator") not in alone
    monkeypatch.setattr(DispatchingRule, "needs", ("tasks/scheduling/simulator",))
    more = worker_files(RULES)
    assert set(more) - set(alone) == {Path("tasks/scheduling/simulator")}
    assert len(set(more)) == len(more)


def test_a_worker_of_a_harness_adapter_sees_no_task():
    shown = worker_files("sectorbench.harness.adapters.constant:MeanTarget")
    assert not [p for p in shown if p.parts[0] == "tasks"]
