"""The small causal language model of work orders: it learns, it is written the same each time, its adapter runs it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.submission import open_submission
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review.text_folders import write_text_folder
from sectorbench.tasks.document_review.train_work_orders import train_work_orders
from sectorbench.tasks.document_review.work_order_failure import PROMPT, QUESTION, TASK
from sectorbench.tasks.document_review.work_orders import CODES, WorkOrder
from sectorbench.tasks.document_review.written_answers import LanguageRecipe
from sectorbench.tasks.registry import CATALOG

ORDERS = [
    WorkOrder(f"{what} {where}", code)
    for what, code in (("leaking oil", "Leaking"), ("very noisy", "Noise"), ("too hot", "Overheating"))
    for where in ("at pump", "on motor", "near valve", "in gearbox")
]
TINY = LanguageRecipe(epochs=150, batch_rows=6, dropout=0.0, vocabulary=300, width=64, layers=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("model") / "gpt")


def written(folder):
    model, tokenizer = train_work_orders(ORDERS, TINY)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="gpt-test",
        task=TASK.card.id,
        adapter="transformers-causal",
        interface="choice",
        trained_on=["orders of this test"],
        options={"normalisation": "token"},
    )


def test_its_adapter_answers_with_what_it_learned(folder):
    rows = [
        {"id": order.observation, "context": order.observation, "questions": [QUESTION], "options": [list(CODES)],
         "prompt": PROMPT}
        for order in ORDERS
    ]  # fmt: skip
    inputs = pa.Table.from_pylist(rows, schema=choice_inputs(language="en", train_share={}))
    submission = open_submission(folder, CATALOG.builtins)
    adapter = submission.adapter.load(
        LoadContext(folder=folder, options=submission.options, interface="choice", inputs_schema=inputs.schema)
    )
    found = pa.Table.from_batches([adapter.predict(batch) for batch in inputs.to_batches()])
    answers = validate_predictions(found, inputs)
    assert answers.problems == {} and found.schema != get_interface("choice").answer  # it tells likelihoods
    named = [CODES[int(np.argmax(row[0]))] for row in found["probability"].to_pylist()]
    assert named == [order.code for order in ORDERS]


def test_tied_weights_stand_once_and_the_same_recipe_gives_the_same_bytes(folder, tmp_path):
    again = written(tmp_path / "gpt")
    for file in sorted(folder.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", framework="np") as weights:
        assert "lm_head.weight" not in weights.keys()  # noqa: SIM118


def test_it_passes_the_check(folder):
    assert open_submission(folder, CATALOG.builtins).manifest.adapter == "transformers-causal"
