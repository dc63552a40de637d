"""Serial generation against a plain count by time slots, priorities against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.randomness import Stream
from sectorbench.tasks.scheduling.policies.project import read_projects
from sectorbench.tasks.scheduling.policies.serial_generation import PROJECT_RULES, serial_starts
from sectorbench.tasks.scheduling.shop_tables import Mode, Shop, shop_table
from sectorbench.tasks.scheduling.validator import validate_schedule


@st.composite
def projects(draw):
    n, capacities = draw(st.integers(1, 7)), draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    modes = [
        [Mode(draw(st.integers(0, 4)), tuple((r, draw(st.integers(0, c))) for r, c in enumerate(capacities)))]
        for _ in range(n)
    ]
    number = draw(st.permutations(range(n)))  # so that precedences also point to lower numbers
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=8))
    precedences = [(number[min(p)], number[max(p)]) for p in pairs if p[0] != p[1]]
    return Shop("drawn", [0] * n, modes, precedences, capacities)


def plain_priority(shop, rule):
    n = len(shop.job)
    duration = [modes[0].duration for modes in shop.modes]
    direct = [sorted({after for before, after in shop.precedences if before == a}) for a in range(n)]

    def behind(a):
        return set(direct[a]).union(*map(behind, direct[a]))

    def tail(a):
        """The longest way from the end of an activity to the end of all."""
        return max((duration[b] + tail(b) for b in direct[a]), default=0)

    return {
        "lft": lambda a: -tail(a),
        "mts": lambda a: -len(behind(a)),
        "grpw": lambda a: -(duration[a] + sum(duration[b] for b in direct[a])),
        "spt": lambda a: duration[a],
    }[rule]


def plain_starts(shop, rule, draws):
    n = len(shop.job)
    used = np.zeros((200, len(shop.capacities)), int)
    start = {}
    for step in range(n):
        eligible = [
            a for a in range(n)
            if a not in start and all(b in start for b, after in shop.precedences if after == a)
        ]  # fmt: skip
        if rule == "random":
            chosen = eligible[int(draws[step]) * len(eligible) >> 32]
        else:
            priority = plain_priority(shop, rule)
            chosen = min(eligible, key=lambda a: (priority(a), a))
        mode = shop.modes[chosen][0]
        time = max([0, *(start[b] + shop.modes[b][0].duration for b, a in shop.precedences if a == chosen)])
        need = np.array([units for _, units in mode.demands])
        while (used[time : time + mode.duration] + need > shop.capacities).any():
            time += 1
        used[time : time + mode.duration] += need
        start[chosen] = time
    return [start[a] for a in range(n)]


def read(*shops):
    return read_projects(shop_table(shops).to_batches()[0])


@settings(max_examples=120, deadline=None)
@given(projects(), st.integers(0, 2))
@pytest.mark.parametrize("rule", PROJECT_RULES)
def test_starts_equal_those_of_a_count_by_time_slots_and_are_valid(rule, shop, seed):
    starts = serial_starts(read(shop)[0], rule, seed=seed).tolist()
    draws = Stream("serial-generation/random", seed, "drawn").raw(len(shop.job)) >> np.uint64(32)
    assert starts == plain_starts(shop, rule, draws)
    row = shop_table([shop]).to_pylist()[0]
    assert validate_schedule(row, starts, [0] * len(starts)).problem is None


def test_rules_by_hand():
    # Durations 0: 1, 1: 4, 2: 2, 3: 5; 0 before 3. One unit of the only resource: the activities queue.
    shop = Shop("hand", [0] * 4, [[Mode(d, ((0, 1),))] for d in (1, 4, 2, 5)], [(0, 3)], [1])
    starts = {rule: serial_starts(read(shop)[0], rule).tolist() for rule in PROJECT_RULES if rule != "random"}
    assert starts == {
        "lft": [0, 1, 5, 7],  # latest finish -5, 0, 0, 0
        "mts": [0, 1, 5, 7],  # successors 1, 0, 0, 0
        "grpw": [0, 6, 10, 1],  # 6, 4, 2, 5
        "spt": [0, 3, 1, 7],
    }


def test_an_activity_goes_into_a_hole_where_it_fits():
    # 0 (3 steps, 1 unit), then 1 behind it (2 steps, 2 units of 2); 2 (3 steps, 1 unit) fits beside 0.
    shop = Shop("hole", [0] * 3, [[Mode(3, ((0, 1),))], [Mode(2, ((0, 2),))], [Mode(3, ((0, 1),))]], [(0, 1)], [2])
    assert serial_starts(read(shop)[0], "mts").tolist() == [0, 3, 0]


def test_random_is_keyed_by_seed_and_id_and_takes_each_equally_often():
    def first(seed, name="even"):
        shop = Shop(name, [0] * 4, [[Mode(1, ((0, 1),))]] * 4, [], [1])
        return int(serial_starts(read(shop)[0], "random", seed=seed).argmin())

    counts = np.bincount([first(seed) for seed in range(400)], minlength=4)
    assert counts.sum() == 400 and abs(counts - 100).max() < 40  # 4.6 standard deviations
    assert [first(s) for s in range(20)] != [first(s, "other") for s in range(20)]
