"""Reading answers: what counts of a text, and every way in which one is refused, with its code and the named place."""

from __future__ import annotations

import json
import time

import pytest
from sectorbench.harness.codes import CODES
from sectorbench.tasks.scheduling.instances import JobShopInstance
from sectorbench.tasks.scheduling.machine_orders import timed_orders
from sectorbench.tasks.scheduling.text_answers import read_machine_orders

SHOP = JobShopInstance("s", [[3, 2], [2, 4], [5, 1]], [[0, 1], [0, 1], [1, 0]])
GOOD = '{"machine_order": [[0, 1, 2], [2, 0, 1]]}'


def judged(text):
    problem, orders = read_machine_orders(text, name="s")
    return problem if orders is None else timed_orders(SHOP, orders).problem


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"Machine 0 first.\n```json\n{GOOD}\n```\nDone.",
        f"```\n{json.dumps(json.loads(GOOD), indent=2)}\n```",
        f"<think>maybe {{'machine_order': nonsense}} and {GOOD[:-3]}</think>{GOOD}",
        f'<think>draft {{"machine_order": [[2], [2]]}}</think>\n{GOOD}',
        f'the template opened it {{"machine_order": [[1], [1]]}}</think> {GOOD}',
        f'first {{"machine_order": [[1], [1]]}}, no: {GOOD}',
        f'{{"machine_order": [[jobs of machine 0], ...]}} was asked; {GOOD}',
        '{"why": "a } in a string", "starts": [{"job": 0}], "machine_order": [[0, 1, 2], [2, 0, 1]], "n": 1.5}',
        f'{{"answer": {GOOD}}}',
        "{ { " * 50 + GOOD + " } }" * 50,
    ],
)
def test_the_last_object_with_the_key_counts_wherever_it_stands(text):
    assert read_machine_orders(text, name="s").orders == [[0, 1, 2], [2, 0, 1]]
    assert judged(text) is None


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("", "SB411", "an empty text"),
        (" \n\t", "SB411", "an empty text"),
        (f"<think>{GOOD}</think>", "SB411", "nothing but reasoning"),
        (f"<think>{GOOD}", "SB411", "nothing but reasoning"),
        ("I would take job 0 first.", "SB411", 'nothing names "machine_order"; the text ends with "I would take'),
        (GOOD[:-1], "SB411", "no JSON object"),
        (GOOD.replace('"', "'"), "SB411", "nothing names"),
        (GOOD.replace("machine_order", "machine_orders"), "SB411", "nothing names"),
        (GOOD.replace("machine_order", "Machine_Order"), "SB411", "nothing names"),
        ('{"machine_order": [[0, 1, 2,], [2, 0, 1]]}', "SB411", "no JSON object"),
        ('{"machine_order": [[0, 1, 2], [2, 0, 1]] // best\n}', "SB411", "no JSON object"),
        ('{"machine_order": null}', "SB411", "'machine_order' is null, expected a list"),
        ('{"machine_order": {"0": [0, 1, 2], "1": [2, 0, 1]}}', "SB411", "'machine_order' is an object"),
        ('{"machine_order": "[[0, 1, 2], [2, 0, 1]]"}', "SB411", "'machine_order' is \"[[0, 1, 2]"),
        ('{"machine_order": [0, 1, 2]}', "SB411", "machine 0: 0, expected a list"),
        ('{"machine_order": [[0, 1, 2], {"jobs": [2, 0, 1]}]}', "SB411", "machine 1: an object"),
        ('{"machine_order": [[0, [1], 2], [2, 0, 1]]}', "SB411", "machine 0: place 1 holds a list of 1"),
        ('{"machine_order": [[0, true, 2], [2, 0, 1]]}', "SB411", "machine 0: place 1 holds true"),
        ('{"machine_order": [[false, 1, 2], [2, 0, 1]]}', "SB411", "machine 0: place 0 holds false"),
        ('{"machine_order": [[0, 1, 2], [2, 0, 1.0]]}', "SB411", "machine 1: place 2 holds the number 1.0"),
        ('{"machine_order": [[0, 1, 2], [2e0, 0, 1]]}', "SB411", "machine 1: place 0 holds the number 2e0"),
        ('{"machine_order": [["0", "1", "2"], [2, 0, 1]]}', "SB411", 'machine 0: place 0 holds "0"'),
        ('{"machine_order": [["J1", 0, 2], [2, 0, 1]]}', "SB411", 'machine 0: place 0 holds "J1"'),
        ('{"machine_order": [[null, 1, 2], [2, 0, 1]]}', "SB411", "machine 0: place 0 holds null"),
        ('{"machine_order": [[NaN, 1, 2], [2, 0, 1]]}', "SB411", "machine 0: place 0 holds NaN"),
        ('{"machine_order": [[-Infinity, 1, 2], [2, 0, 1]]}', "SB411", "machine 0: place 0 holds -Infinity"),
        (f'{{"machine_order": [[{"9" * 5000}, 1, 2], [2, 0, 1]]}}', "SB411", "place 0 holds the number 999"),
        ('{"machine_order": [[0], [0]], "machine_order": [[0, 1, 2], [2, 0, 1]]}', "SB411", "stands 2 times"),
        ('{"machine_order": []}', "SB412", "0 lists of jobs for 2 machines"),
        ('{"machine_order": [[0, 1, 2]]}', "SB412", "1 lists of jobs for 2 machines"),
        ('{"machine_order": [[0, 1, 2], [2, 0, 1], [0, 1, 2]]}', "SB412", "3 lists of jobs for 2 machines"),
        ('{"machine_order": [[0, 1], [2, 0, 1]]}', "SB412", "machine 0: job 2 is missing"),
        ('{"machine_order": [[0, 1, 2], []]}', "SB412", "machine 1: job 0 is missing, and 2 more"),
        ('{"machine_order": [[0, 1, 2], [2, 0, 0]]}', "SB412", "machine 1: place 2 names job 0 again"),
        ('{"machine_order": [[1, 2, 3], [2, 0, 1]]}', "SB412", "machine 0: place 2 names job 3, but there are"),
        ('{"machine_order": [[-1, 1, 2], [2, 0, 1]]}', "SB412", "machine 0: place 0 names job -1"),
        ('{"machine_order": [[0, 1, 2], [2, 0, 1, 1]]}', "SB412", "machine 1: place 3 names job 1 again"),
        ('{"machine_order": [[2, 0, 1], [0, 1, 2]]}', "SB413", "job 0, operation 0 (machine 0) waits for job 2"),
    ],
)
def test_a_broken_answer_is_refused_with_its_code_and_the_named_place(text, code, named):
    problem = judged(text)
    assert problem is not None and problem.code == code
    assert named in problem.found
    assert "'s'" in problem.where
    assert code in CODES


def test_job_that_never_comes_to_a_machine_is_named():
    shop = JobShopInstance("s", [[3], [2, 1]], [[0], [0, 1]])
    problem = timed_orders(shop, [[0, 1], [1, 0]]).problem
    assert (problem.code, problem.found) == ("SB412", "machine 1: place 1 names job 0, which is never there")


def test_a_circle_names_all_that_wait_for_each_other():
    problem = judged('{"machine_order": [[2, 0, 1], [0, 1, 2]]}')
    assert problem.found == (
        "job 0, operation 0 (machine 0) waits for job 2, operation 1 (machine 0) waits for job 2, operation 0 "
        "(machine 1) waits for job 1, operation 1 (machine 1) waits for job 1, operation 0 (machine 0) waits for "
        "the first"
    )


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "text",
    [
        '{"machine_order": ' + "[" * MEGABYTE,
        '{"machine_order": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"a":' * 100_000 + '"machine_order"',
        "{" * MEGABYTE + '"machine_order"',
        '{"machine_order": ' * 50_000,
        '"machine_order"' * 60_000,
        '{"machine_order": [[' + "1, " * 300_000 + "1]]}",
        '{"machine_order": [[' + "9" * MEGABYTE + "]]}",
        "<think>" * 140_000,
        "</think>" * 130_000,
        "<think></think>" * 60_000,
        '{"x": [' + '{"y": [1, ' * 6000 + '"machine_order"',
        '"machine_order": "' + "\\" * MEGABYTE,
        "\u0000" * MEGABYTE,
        "工" * 300_000,
    ],
    ids=range(15),
)
def test_megabytes_of_nonsense_are_refused_at_once(text):
    began = time.process_time()
    assert read_machine_orders(text, name="s").problem.code == "SB411"
    assert time.process_time() - began < 2  # half a second at the most here; without limits some take hours


def test_what_a_stranger_wrote_is_repeated_in_few_characters():
    for text in (
        '{"machine_order": "' + "x" * 9_999 + '"}',
        "y" * 9_999,
        '{"machine_order": [["' + "z" * 9_999 + '"]]}',
    ):
        assert len(read_machine_orders(text, name="s").problem.found) < 200


@pytest.mark.parametrize(
    "ending",
    [
        '{"machine_order": [[0',
        '{"machine_order": [[0, 1, 2,], [2, 0, 1]]}',
        '{"machine_order": [[0, 1, 2] [2, 0, 1]]}',
        '"machine_order": [[1], [1]]',
    ],
)
def test_a_broken_answer_is_not_replaced_by_the_draft_before_it(ending):
    problem, orders = read_machine_orders(f"Draft: {GOOD} Final: {ending}", name="s")
    assert orders is None
    assert problem.code == "SB411"


def test_a_mention_in_prose_behind_the_answer_is_passed_over():
    text = f'{GOOD} As asked, "machine_order" names every job.'
    assert read_machine_orders(text, name="s").orders == [[0, 1, 2], [2, 0, 1]]


def test_what_no_file_can_hold_is_written_out_in_the_message():
    problem, _ = read_machine_orders('{"machine_order": "\\ud800\\u001b[31m"}', name="s")
    assert problem.found.encode().decode().isprintable()
