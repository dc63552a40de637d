"""Answers that come and go in one batch: token by token those of the plain model, whatever stands beside them."""

from __future__ import annotations

import random

import pytest
from sectorbench.harness.adapters.continuous_generation import Answer, ContinuousGenerator

torch = pytest.importorskip("torch")

from toy_language_models import WINDOW, write  # noqa: E402

END = 1
KINDS = ("LlamaForCausalLM", "GPT2LMHeadModel")


@pytest.fixture(scope="module", params=KINDS)
def model(request, tmp_path_factory):
    import transformers

    path = write(tmp_path_factory.mktemp("model"), request.param, seed=3)
    return transformers.AutoModelForCausalLM.from_pretrained(path).eval()


def plainly(model, ids, limit):
    """Greedy tokens without a cache, a mask or a batch: the whole text is read anew for each."""
    new: list[int] = []
    with torch.inference_mode():
        while len(new) < limit and new[-1:] != [END]:
            new.append(int(model(torch.tensor([[*ids, *new]])).logits[0, -1].argmax()))
    return new


def generator(model, **more):
    model.generation_config = type(model.generation_config)()
    given = {"pad": 0, "window": WINDOW, "device": "cpu"} | more
    return ContinuousGenerator(model, lambda row: row.new[-1] == END, **given)


def asked(seed, count=40, shared=0):
    """Prompts of 1 to 60 tokens and answers of 1 to 36, of which some fill the window."""
    draw = random.Random(seed)
    begin = [draw.randrange(4, 260) for _ in range(shared)]
    rows = []
    for _ in range(count):
        ids = [draw.randrange(4, 260) for _ in range(draw.randrange(1, 61 - shared))]
        rows.append(Answer([*begin, *ids], [], min(draw.randrange(1, 37), WINDOW - shared - len(ids))))
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_every_answer_is_that_of_the_plain_model(model, seed):
    rows = asked(seed)
    written = generator(model)
    assert written.continuous
    written.write(rows)
    for row in rows:
        assert row.new == plainly(model, row.ids, row.limit)
        assert row.done and row.truncated is (row.new[-1] != END)


@pytest.mark.parametrize("seed", range(2))
def test_prompts_that_begin_alike_read_their_beginning_once_and_write_the_same(model, seed):
    rows = [*asked(seed, 21, shared=40), *asked(seed + 50, 5), *asked(seed + 90, 9, shared=33)]
    random.Random(seed).shuffle(rows)
    read = []
    counted = model.register_forward_pre_hook(
        lambda module, given, named: read.append(named["input_ids"].numel()), with_kwargs=True
    )
    try:
        generator(model).write(rows)
    finally:
        counted.remove()
    assert sum(read) < sum(len(row.ids) + len(row.new) for row in rows)
    for row in rows:
        assert row.new == plainly(model, row.ids, row.limit)


def test_equal_prompts_and_one_that_is_the_beginning_of_another_are_told_apart(model):
    base = [7 + n % 200 for n in range(50)]
    rows = [Answer(base, [], 9), Answer([*base], [], 3), Answer([*base, 9], [], 9), Answer(base[:40], [], 9)]
    generator(model).write(rows)
    for row in rows:
        assert row.new == plainly(model, row.ids, row.limit)


def test_one_long_answer_holds_up_no_short_ones(model):
    """64 answers of 3 tokens and one of 60: a batch of 16 with the long one in it would wait for it."""
    ended = lambda row: False  # noqa: E731
    rows = [Answer([5, 9 + n % 200], [], 60 if n == 7 else 3) for n in range(65)]
    written = ContinuousGenerator(model, ended, pad=0, window=WINDOW, device="cpu")
    written.write(rows)
    assert [len(row.new) for row in rows] == [row.limit for row in rows]
    assert written.passes < 60 + 20


def test_what_has_no_limit_left_is_not_begun(model):
    rows = [Answer([5], [], 0), Answer([6], [], 2)]
    generator(model).write(rows)
    assert rows[0].new == [] and rows[0].truncated and len(rows[1].new) in (1, 2)


def test_the_other_way_writes_the_same(model):
    """What a model with a cache of another kind is run by."""
    rows, same = asked(9), asked(9)
    generator(model).write(rows)
    batches = generator(model)
    batches.continuous = False
    batches.write(same)
    assert [one.new for one in rows] == [one.new for one in same] and batches.passes == 0


def test_a_model_with_windows_of_attention_is_run_in_batches():
    import transformers

    config = transformers.MistralConfig(
        vocab_size=260, hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=8, initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.MistralForCausalLM(config).eval()
    written, rows = generator(model, window=None), asked(4, 12)
    assert not written.continuous
    written.write(rows)
    for row in rows:
        assert row.new == plainly(model, row.ids, row.limit)


def test_a_model_whose_positions_depend_on_the_longest_text_is_run_in_batches(tmp_path):
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(write(tmp_path / "model")).eval()
    assert generator(model).continuous
    model.config.rope_parameters = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10_000.0}
    assert not generator(model).continuous
