"""Rules that read prompts: their JSON is the order of the rule's schedule, whatever the language and the batch."""

import json

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import INTERFACES
from sectorbench.tasks.scheduling.instances import JobShopInstance
from sectorbench.tasks.scheduling.text_prompts import job_shop_prompts
from sectorbench.tasks.scheduling.text_rules import TEXT_RULES, TextRule
from sectorbench.tasks.scheduling.text_shops import PRACTICE_SECRET, text_job_shops

HAND = JobShopInstance("hand", [[3, 2], [2, 4]], [[0, 1], [0, 1]])


@pytest.fixture(scope="module")
def shops():
    return [one.shop for one in text_job_shops(PRACTICE_SECRET)[::16]]


def answers(rule, inputs, *, seed=0, size=256):
    model = TextRule.load(LoadContext(None, {"rule": rule}, "generation", inputs.schema, seed=seed))
    batches = [model.predict(batch) for batch in inputs.combine_chunks().to_batches(max_chunksize=size)]
    return pa.Table.from_batches(batches).column("text").to_pylist()


@pytest.mark.parametrize(
    ("rule", "orders"),
    [
        ("spt", [[1, 0], [1, 0]]),  # job 1 takes 2, then 4
        ("mwkr", [[1, 0], [1, 0]]),  # job 1 has 6 to do, job 0 has 5
        ("mopnr", [[0, 1], [0, 1]]),  # both have two operations: the lower job
        ("job-order", [[0, 1], [0, 1]]),
    ],
)
def test_orders_of_two_jobs_are_those_by_hand(rule, orders):
    (text,) = answers(rule, job_shop_prompts([HAND], "en"))
    assert json.loads(text) == {"machine_order": orders}


@pytest.mark.parametrize("rule", TEXT_RULES)
def test_answer_does_not_depend_on_language_or_batch(rule, shops):
    english, chinese = (job_shop_prompts(shops, language) for language in ("en", "zh"))
    whole = answers(rule, english)
    assert answers(rule, chinese) == whole == answers(rule, english, size=3)
    assert answers(rule, english.slice(5, 1)) == whole[5:6]


def test_random_orders_follow_the_seed(shops):
    inputs = job_shop_prompts(shops, "en")
    assert answers("random", inputs, seed=1) == answers("random", inputs, seed=1) != answers("random", inputs, seed=2)


def test_columns_are_the_interface_s():
    inputs = job_shop_prompts([HAND], "en")
    model = TextRule.load(LoadContext(None, {"rule": "mwkr"}, "generation", inputs.schema))
    assert model.predict(inputs.to_batches()[0]).schema.equals(INTERFACES["generation"].answer)
    assert model.predict(inputs.to_batches()[0].slice(0, 0)).num_rows == 0


@pytest.mark.parametrize(
    ("options", "found"), [({"rule": "mwrk"}, "'mwrk' is none of"), ({}, "None"), ({"rule": "spt", "x": 1}, "'x'")]
)
def test_wrong_option_is_named(options, found):
    with pytest.raises(SubmissionError, match=found):
        TextRule.load(LoadContext(None, options, "generation", job_shop_prompts([HAND], "en").schema))


def test_other_interfaces_are_refused():
    with pytest.raises(InterfaceError, match="generation"):
        TextRule.load(LoadContext(None, {"rule": "mwkr"}, "scheduling", job_shop_prompts([HAND], "en").schema))
