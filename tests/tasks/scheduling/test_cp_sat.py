"""CP-SAT's schedules are valid, never worse than their start, the same every time, and bounded in work."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.tasks.scheduling import cp_sat
from sectorbench.tasks.scheduling.cp_sat import cp_sat_schedule
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.job_shop_task import reference_starts
from sectorbench.tasks.scheduling.taillard import drawn_job_shop, published_job_shops
from sectorbench.tasks.scheduling.validator import validate_schedule


def start_of(shop, rule="mwkr"):
    read, start = reference_starts([shop], rule)[0]
    starts = [row[:n].tolist() for row, n in zip(start, read.operations.tolist(), strict=True)]
    return starts, int((start + read.duration).max())


def verdict(shop, start):
    row = job_shop_table([shop]).to_pylist()[0]
    flat = [s for job in start for s in job]
    return validate_schedule(row, flat, [0] * len(flat))


def test_small_shop_is_solved_to_its_known_optimum():
    # Fisher and Thompson 1963, 6 jobs on 6 machines: the optimum is 55.
    machine = [[2, 0, 1, 3, 5, 4], [1, 2, 4, 5, 0, 3], [2, 3, 5, 0, 1, 4], [1, 0, 2, 3, 4, 5], [2, 1, 4, 5, 0, 3]]
    machine.append([1, 3, 5, 0, 4, 2])
    duration = [[1, 3, 6, 7, 3, 6], [8, 5, 10, 10, 10, 4], [5, 4, 8, 9, 1, 7], [5, 5, 5, 3, 8, 9], [9, 3, 5, 4, 3, 1]]
    duration.append([3, 3, 9, 10, 4, 1])
    shop = JobShopInstance("ft06", duration, machine)
    solved = cp_sat_schedule(shop, start_of(shop)[0])
    assert (solved.makespan, solved.lower_bound) == (55, 55)
    assert verdict(shop, solved.start) == (None, 55)


@pytest.fixture(scope="module")
def drawn():
    return drawn_job_shop("drawn", "test of cp_sat", jobs=30, machines=10)


def test_windows_improve_a_shop_that_is_larger_than_one(drawn):
    start, before = start_of(drawn)
    solved = cp_sat_schedule(drawn, start, limit=0.5)
    assert solved.lower_bound <= solved.makespan < before
    assert verdict(drawn, solved.start) == (None, solved.makespan)


def test_the_same_work_gives_the_same_schedule(drawn):
    start, _ = start_of(drawn)
    assert cp_sat_schedule(drawn, start, limit=0.2) == cp_sat_schedule(drawn, start, limit=0.2)


def test_more_work_is_never_worse(drawn):
    start, _ = start_of(drawn)
    assert cp_sat_schedule(drawn, start, limit=0.4).makespan <= cp_sat_schedule(drawn, start, limit=0.1).makespan


def test_published_bounds_are_not_contradicted():
    shop = published_job_shops()[0]  # ta01, optimum 1231
    solved = cp_sat_schedule(shop, start_of(shop)[0], limit=0.1)
    assert solved.lower_bound <= 1231 <= solved.makespan


def test_no_clock_and_no_second_worker_is_asked_for():
    assert cp_sat._PARAMETERS["num_workers"] == 1
    assert not [name for name in cp_sat._PARAMETERS if "time" in name]


@st.composite
def job_shops(draw):
    machines = draw(st.integers(1, 3))
    operation = st.tuples(st.integers(0, 5), st.integers(0, machines - 1))
    jobs = draw(st.lists(st.lists(operation, min_size=1, max_size=4), min_size=1, max_size=4))
    return JobShopInstance("drawn", [[d for d, _ in job] for job in jobs], [[m for _, m in job] for job in jobs])


@settings(max_examples=40, deadline=None)
@given(job_shops(), st.integers(1, 6))
def test_any_shop_stays_valid_and_gets_no_worse_whatever_the_window(shop, operations):
    start, before = start_of(shop, "spt")
    kept = cp_sat._WINDOW_OPERATIONS, cp_sat._WHOLE_LIMIT
    cp_sat._WINDOW_OPERATIONS, cp_sat._WHOLE_LIMIT = operations, 1e-9
    try:
        solved = cp_sat_schedule(shop, start, limit=0.05)
    finally:
        cp_sat._WINDOW_OPERATIONS, cp_sat._WHOLE_LIMIT = kept
    assert solved.lower_bound <= solved.makespan <= before
    assert verdict(shop, solved.start) == (None, solved.makespan)


def test_start_with_gaps_is_moved_left_before_anything_else():
    shop = JobShopInstance("gaps", [[3, 2], [2, 4]], [[0, 1], [0, 1]])
    late = [[10, 20], [30, 40]]
    solved = cp_sat_schedule(shop, late, limit=0.01)
    assert solved.makespan <= 9 and np.array(solved.start).min() == 0


SOLVED = {
    "reference": """
from sectorbench.tasks.scheduling.cp_sat import cp_sat_schedule
from sectorbench.tasks.scheduling.instances import JobShopInstance
cp_sat_schedule(JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [1, 0]]), [[0, 3], [3, 5]], limit=0.01)
""",
    "energy": """
from sectorbench.tasks.scheduling.energy_shops import energy_shop_table, energy_shops
from sectorbench.tasks.scheduling.policies.energy_cp_sat import cheapest_schedule, cp_sat_schedule
from sectorbench.tasks.scheduling.policies.powered_shop import read_powered_shops
shop = next(iter(read_powered_shops(energy_shop_table(energy_shops("a secret of tests")[:1]).to_batches()[0])))
cp_sat_schedule(shop, cheapest_schedule(shop), limit=0.01)
""",
    "solver": """
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.solvers.cp_sat import CpSatSolver
table = job_shop_table([JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [1, 0]])])
found = []
CpSatSolver(1, hint=False, seed=0).solve(table.to_batches()[0], 5.0, found.append)
assert found
""",
}
INTERRUPTED = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("solved", SOLVED)
def test_an_interrupt_after_a_solve_is_still_pythons(solved):
    # OR-Tools' own handler would leave SIGINT to kill the process, with no file closed.
    done = subprocess.run(
        [sys.executable, "-c", SOLVED[solved] + INTERRUPTED],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr
