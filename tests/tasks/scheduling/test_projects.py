"""Projects as inputs, the traps of their file, and a job shop as the special case of capacity 1."""

import json

import numpy as np
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, DataNotAvailableError
from sectorbench.tasks.scheduling.bounds import taillard_bounds
from sectorbench.tasks.scheduling.frozen_bounds import frozen_bounds
from sectorbench.tasks.scheduling.instances import job_shop_table
from sectorbench.tasks.scheduling.policies import non_delay_starts, read_job_shops
from sectorbench.tasks.scheduling.policies.project import read_projects as read_rows
from sectorbench.tasks.scheduling.policies.serial_generation import PROJECT_RULES, serial_starts
from sectorbench.tasks.scheduling.project_scheduling import BOUNDS_FILE
from sectorbench.tasks.scheduling.projects import ProjectInstance, read_projects
from sectorbench.tasks.scheduling.shop_tables import shop_table
from sectorbench.tasks.scheduling.taillard import published_job_shops
from sectorbench.tasks.scheduling.validator import validate_schedule

SMALL = ProjectInstance("j30_2_1", [4, 2], [0, 3, 2, 0], [[0, 0], [2, 0], [1, 2], [0, 0]], [[1, 2], [3], [3], []])


def test_a_project_becomes_one_job_with_its_demands_and_precedences():
    shop = SMALL.shop()
    assert (shop.job, shop.capacities, shop.permutation) == ([0, 0, 0, 0], [4, 2], False)
    assert [(modes[0].duration, modes[0].demands) for modes in shop.modes] == [
        (0, ()), (3, ((0, 2),)), (2, ((0, 1), (1, 2))), (0, ())
    ]  # fmt: skip
    assert shop.precedences == [(0, 1), (0, 2), (1, 3), (2, 3)]


def project_of(job_shop):
    """A job shop written as a project: a start and an end around its operations, machines of capacity 1."""
    size = len(job_shop.duration) * len(job_shop.duration[0])
    machines = 1 + max(map(max, job_shop.machine))
    duration, demand, successors = [0], [[0] * machines], [[]]
    for durations, route in zip(job_shop.duration, job_shop.machine, strict=True):
        successors[0].append(len(duration))
        for place, (d, m) in enumerate(zip(durations, route, strict=True)):
            following = len(duration) + 1 if place + 1 < len(route) else size + 1
            duration.append(d)
            demand.append([int(m == k) for k in range(machines)])
            successors.append([following])
    return ProjectInstance(job_shop.name, [1] * machines, [*duration, 0], [*demand, [0] * machines], [*successors, []])


def test_ta01_written_as_a_project_has_the_same_makespan_by_the_same_validator():
    ta01 = published_job_shops()[0]
    row = job_shop_table([ta01])
    start = non_delay_starts(read_job_shops(row.to_batches()[0]), "mwkr")[0]
    makespan = taillard_bounds()["ta01"].reference_makespan
    flat = start.ravel().tolist()
    assert validate_schedule(row.to_pylist()[0], flat, [0] * 225) == (None, makespan)
    project = shop_table([project_of(ta01).shop()]).to_pylist()[0]
    assert validate_schedule(project, [0, *flat, makespan], [0] * 227) == (None, makespan)
    late = [0, *flat, makespan - 1]
    problem = validate_schedule(project, late, [0] * 227).problem
    assert problem is not None and problem.code == "SB402"
    assert f"job 0, operation 226 starts at {makespan - 1}, but operation" in problem.found
    flat[1] -= 1
    assert validate_schedule(project, [0, *flat, makespan], [0] * 227).problem is not None


@pytest.mark.parametrize("rule", PROJECT_RULES)
def test_rules_for_projects_make_valid_schedules_of_ta01_too(rule):
    table = shop_table([project_of(published_job_shops()[0]).shop()])
    start = serial_starts(read_rows(table.to_batches()[0])[0], rule)
    problem, makespan = validate_schedule(table.to_pylist()[0], start.tolist(), [0] * 227)
    assert problem is None and makespan is not None
    assert taillard_bounds()["ta01"].lower_bound <= makespan < 2 * 1231


def test_missing_data_say_where_the_originals_are_and_what_to_type(tmp_path):
    with pytest.raises(DataNotAvailableError) as caught:
        read_projects(DataFiles(mirror=None, cache=tmp_path))
    assert "6aef77dfe17f655487c30cc158df5d3785ce5111" in str(caught.value)
    assert "sectorbench data import psplib_j30 --from" in str(caught.value)


def test_a_file_with_other_counts_is_refused(monkeypatch, tmp_path):
    line = json.dumps(SMALL._asdict() | {"lb": 1}) + "\n"
    monkeypatch.setattr(DataFiles, "read", lambda self, file: line.encode())
    with pytest.raises(DataError, match="1 projects of 1 parameter sets, expected 480 of 48"):
        read_projects(DataFiles(mirror=None, cache=tmp_path))


@pytest.fixture(scope="module")
def projects(mirror):
    return read_projects(DataFiles(mirror=mirror, cache=mirror))


def test_projects_of_the_mirror_are_those_that_the_bounds_are_of(projects):
    assert {p.name: p.sha256 for p in projects} == {n: b.sha256 for n, b in frozen_bounds(BOUNDS_FILE).items()}


def test_the_first_and_last_activity_are_dummies_and_no_other(projects):
    for project in projects:
        assert [a for a, d in enumerate(project.duration) if d == 0] == [0, 31]
        assert not any(project.demand[0]) and not any(project.demand[31])
        assert max(max(row) for row in project.demand) > 1


def test_resource_strength_is_what_its_definition_gives(projects):
    """(K - Kmin) / (Kmax - Kmin): Kmin is the greatest demand, Kmax the peak of the schedule without limits."""
    found = {"0.2": [], "0.5": [], "0.7": [], "1.0": []}
    for project in projects:
        start = np.zeros(32, int)
        for activity, own in enumerate(project.successors):  # PSPLIB numbers successors higher
            for after in own:
                start[after] = max(start[after], start[activity] + project.duration[activity])
        demand, end = np.array(project.demand), start + project.duration
        running = (start[:, None] <= np.arange(end.max())) & (end[:, None] > np.arange(end.max()))  # (n, time)
        peak, least = (running.T @ demand).max(axis=0), demand.max(axis=0)
        for r in np.flatnonzero(peak > least):
            found[project.resource_strength].append((project.capacity[r] - least[r]) / (peak[r] - least[r]))
    for strength, values in found.items():
        assert np.mean(values) == pytest.approx(float(strength), abs=0.03)
    assert set(found["1.0"]) == {1.0}
