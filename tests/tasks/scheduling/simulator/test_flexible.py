"""Schedules equal a plain implementation's, those of the job shop simulator where there is one mode, and are valid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.randomness import Stream
from sectorbench.tasks.scheduling.policies import non_delay_starts, read_job_shops
from sectorbench.tasks.scheduling.policies.flexible_shop import read_flexible_shops
from sectorbench.tasks.scheduling.shop_tables import Mode, Shop, shop_table
from sectorbench.tasks.scheduling.simulator.flexible import FLEXIBLE_RULES, flexible_schedules
from sectorbench.tasks.scheduling.validator import validate_schedule


def shop_of(name, jobs, machines):
    """``jobs[j][o]``: the (machine, duration) pairs of an operation."""
    before = np.cumsum([0, *map(len, jobs)])
    return Shop(
        name,
        [j for j, job in enumerate(jobs) for _ in job],
        [[Mode(d, ((m, 1),)) for m, d in operation] for job in jobs for operation in job],
        [(int(before[j]) + o, int(before[j]) + o + 1) for j, job in enumerate(jobs) for o in range(len(job) - 1)],
        [1] * machines,
    )


def table_of(*drawn):
    return shop_table([shop_of(str(number), jobs, machines) for number, (jobs, machines) in enumerate(drawn)])


def read(table):
    return read_flexible_shops(table.to_batches()[0])


@st.composite
def flexible_shops(draw, most_modes=3):
    machines = draw(st.integers(1, 4))
    pair = st.tuples(st.integers(0, machines - 1), st.integers(0, 5))
    operation = st.lists(pair, min_size=1, max_size=most_modes)
    return draw(st.lists(st.lists(operation, min_size=1, max_size=4), min_size=1, max_size=4)), machines


PRIORITY = {
    "spt": lambda job, o, ready, shortest: shortest,
    "mwkr": lambda job, o, ready, shortest: -sum(min(d for _, d in operation) for operation in job[o:]),
    "mopnr": lambda job, o, ready, shortest: -len(job[o:]),
    "fifo": lambda job, o, ready, shortest: ready,
}


def plain_schedule(jobs, rule, draws):
    """One operation after the other, everything looked at anew each time; ``(start, mode)`` per operation."""
    done = [[] for _ in jobs]
    ready, free = [0] * len(jobs), {}
    for step in range(sum(map(len, jobs))):
        pairs = [
            (max(ready[j], free.get(machine, 0)), j, duration, mode)
            for j, job in enumerate(jobs)
            if len(done[j]) < len(job)
            for mode, (machine, duration) in enumerate(job[len(done[j])])
        ]
        now = min(pairs)[0]
        pairs = [pair for pair in pairs if pair[0] == now]
        waiting = sorted({j for _, j, _, _ in pairs})
        if rule == "random":
            job = waiting[int(draws[step]) * len(waiting) >> 32]
        else:
            shortest = {j: min(d for _, i, d, _ in pairs if i == j) for j in waiting}
            job = min(waiting, key=lambda j: (PRIORITY[rule](jobs[j], len(done[j]), ready[j], shortest[j]), j))
        _, _, duration, mode = min(pair for pair in pairs if pair[1] == job)
        machine = jobs[job][len(done[job])][mode][0]
        done[job].append((now, mode))
        ready[job] = free[machine] = now + duration
    return done, max(ready)


def draws_of(name, jobs, *, seed, samples):
    steps = sum(map(len, jobs))
    return (Stream("non-delay/random", seed, name).raw(samples * steps) >> np.uint64(32)).reshape(samples, steps)


@settings(max_examples=100, deadline=None)
@given(st.lists(flexible_shops(), min_size=1, max_size=3))
@pytest.mark.parametrize("rule", FLEXIBLE_RULES)
def test_schedules_equal_those_of_the_plain_implementation_for_any_batch_and_sample(rule, drawn):
    shops = read(table_of(*drawn))
    for number, ((jobs, _), got) in enumerate(
        zip(drawn, flexible_schedules(shops, rule, seed=5, samples=2), strict=True)
    ):
        for sample, draws in enumerate(draws_of(str(number), jobs, seed=5, samples=2)):
            wanted, makespan = plain_schedule(jobs, rule, draws)
            for j, operations in enumerate(wanted):
                starts, modes = got.start[sample, j, : len(operations)], got.mode[sample, j, : len(operations)]
                assert list(zip(starts.tolist(), modes.tolist(), strict=True)) == operations
            assert got.makespan[sample] == makespan


@settings(max_examples=60, deadline=None)
@given(st.lists(flexible_shops(), min_size=1, max_size=2))
@pytest.mark.parametrize("rule", FLEXIBLE_RULES)
def test_every_schedule_is_valid_and_has_its_makespan(rule, drawn):
    table = table_of(*drawn)
    shops = read(table)
    for shop, row, got in zip(shops, table.to_pylist(), flexible_schedules(shops, rule, samples=2), strict=True):
        there = shop.activity >= 0
        for start, mode, makespan in zip(*got, strict=True):
            assert validate_schedule(row, start[there].tolist(), mode[there].tolist()) == (None, makespan)


@settings(max_examples=60, deadline=None)
@given(st.lists(flexible_shops(most_modes=1), min_size=1, max_size=3), st.integers(0, 3))
@pytest.mark.parametrize("rule", FLEXIBLE_RULES)
def test_with_one_mode_per_operation_it_is_the_job_shop_simulator(rule, drawn, seed):
    table = table_of(*drawn)
    ours = flexible_schedules(read(table), rule, seed=seed)
    theirs = non_delay_starts(read_job_shops(table.to_batches()[0]), rule, seed=seed)
    assert all(np.array_equal(a.start[0], b) for a, b in zip(ours, theirs, strict=True))


def test_mode_and_job_by_hand():
    # Both jobs are ready at 0 and can start then. spt: job 1 (2 on machine 1). Then job 0 starts at once on machine 0,
    # in 5, rather than wait until 2 for the 3 steps on machine 1.
    shop = read(table_of(([[[(0, 5), (1, 3)]], [[(0, 4), (1, 2)]]], 2)))
    got = flexible_schedules(shop, "spt")[0]
    assert (got.start[0].tolist(), got.mode[0].tolist(), got.makespan.tolist()) == ([[0], [0]], [[0], [1]], [5])
    # mwkr: job 0 has more work by its shortest mode, takes machine 1, and job 1 machine 0.
    got = flexible_schedules(shop, "mwkr")[0]
    assert (got.start[0].tolist(), got.mode[0].tolist(), got.makespan.tolist()) == ([[0], [0]], [[1], [0]], [4])


def test_ties_go_to_the_lowest_job_and_the_lowest_mode():
    shop = read(table_of(([[[(1, 2), (0, 2)]]] * 3, 2)))
    for rule in ("spt", "mwkr", "mopnr", "fifo"):
        got = flexible_schedules(shop, rule)[0]
        assert got.start[0].tolist() == [[0], [0], [2]]
        assert got.mode[0].tolist() == [[0], [1], [0]]


def test_more_samples_change_no_sample_and_all_differ():
    jobs = [[[(m, int(d)) for m, d in enumerate(row)] for row in job] for job in np.arange(60).reshape(5, 4, 3) % 7 + 1]
    shops = read(table_of((jobs, 3)))
    many, few = (flexible_schedules(shops, "random", seed=1, samples=k)[0] for k in (8, 3))
    assert np.array_equal(many.start[:3], few.start) and np.array_equal(many.mode[:3], few.mode)
    assert len({sample.tobytes() for sample in many.start}) > 4


def test_shop_without_activities_has_an_empty_schedule():
    empty = shop_table([Shop("empty", [], [], [], [1])])
    got = flexible_schedules(read(empty), "mwkr", samples=2)[0]
    assert (got.start.shape, got.makespan.tolist()) == ((2, 0, 0), [0, 0])
    assert flexible_schedules([], "mwkr") == []
