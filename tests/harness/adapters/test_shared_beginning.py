"""Answers behind one beginning in one row: token by token those of the plain model, and the beginning is kept once."""

from __future__ import annotations

import math
import random

import pytest
from sectorbench.harness.adapters import shared_beginning
from sectorbench.harness.adapters.continuous_generation import Answer, ContinuousGenerator
from sectorbench.harness.adapters.growing_cache import growing_cache
from sectorbench.harness.adapters.shared_beginning import Part, SharedBeginning, reads_packed

torch = pytest.importorskip("torch")

from toy_language_models import WINDOW, write  # noqa: E402

END, SHARED = 1, 60
KINDS = {
    "rotary": ("LlamaForCausalLM", "sdpa"),
    "added mask": ("LlamaForCausalLM", "eager"),
    "learned": ("GPT2LMHeadModel", "sdpa"),
}


@pytest.fixture(scope="module", params=KINDS)
def model(request, tmp_path_factory):
    import transformers

    architecture, attention = KINDS[request.param]
    path = write(tmp_path_factory.mktemp("model"), architecture, seed=3)
    loaded = transformers.AutoModelForCausalLM.from_pretrained(path, attn_implementation=attention).eval()
    loaded.generation_config = type(loaded.generation_config)()
    return loaded


def plainly(model, ids, limit):
    """Greedy tokens without a cache, a mask or a batch: the whole text is read anew for each."""
    new: list[int] = []
    with torch.inference_mode():
        while len(new) < limit and new[-1:] != [END]:
            new.append(int(model(torch.tensor([[*ids, *new]])).logits[0, -1].argmax()))
    return new


def generator(model, ended=lambda row: row.new[-1] == END):
    return ContinuousGenerator(model, ended, pad=0, window=WINDOW, device="cpu")


def asked(seed, count=50):
    """Prompts of one beginning with 1 to 6 tokens of their own, and answers of 1 to 16."""
    draw = random.Random(seed)
    begin = [draw.randrange(4, 260) for _ in range(SHARED)]
    return [
        Answer([*begin, *(draw.randrange(4, 260) for _ in range(draw.randrange(1, 7)))], [], draw.randrange(1, 17))
        for _ in range(count)
    ]


@pytest.mark.parametrize("dead", [1, 10_000])
def test_every_answer_is_that_of_the_plain_model(model, dead, monkeypatch):
    """More answers than places, so that some end and others come; with ``dead`` 1 the columns of ended ones go, too."""
    monkeypatch.setattr(shared_beginning, "_LEAST_DEAD", dead)
    rows, widths = asked(dead), []
    written = generator(model)
    counted = model.register_forward_pre_hook(
        lambda module, given, named: widths.append(tuple(named["attention_mask"].shape)), with_kwargs=True
    )
    try:
        written.write(rows)
    finally:
        counted.remove()
    assert written.packs is True
    for row in rows:
        assert row.new == plainly(model, row.ids, row.limit)
        assert row.done and row.truncated is (row.new[-1] != END)
    packed = [shape for shape in widths if len(shape) == 4]
    assert len(packed) > 16 and all(shape[0] == 1 for shape in packed)
    read = SHARED + sum(len(row.ids) - SHARED + len(row.new) - 1 for row in rows)
    widest = max(shape[-1] for shape in packed)
    assert widest < read if dead == 1 else widest == read


def test_what_is_no_number_in_one_answer_breaks_no_other(tmp_path):
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(write(tmp_path / "model", seed=5)).eval()
    begin = [5 + n % 90 for n in range(SHARED)]

    def written():
        rows = [Answer([*begin, own], [], 7) for own in (200, 210, 220)]
        run = generator(model, ended=lambda row: False)
        run.write(rows)
        assert run.packs
        return rows

    whole = written()
    read = {*begin, 200, 210, 220}
    trap = next(
        t for t in whole[1].new[1:-1] if t not in read | {*whole[0].new, *whole[2].new} and whole[1].new.index(t)
    )
    with torch.no_grad():
        model.get_input_embeddings().weight[trap] = math.nan  # which makes no numbers of the step behind the token
    first, second, third = written()
    assert (second.broken, second.new) == (True, whole[1].new[: whole[1].new.index(trap) + 1])
    for row, same in ((first, whole[0]), (third, whole[2])):
        assert (row.broken, row.new) == (False, same.new)


def test_a_beginning_that_is_short_beside_what_is_its_own_of_each_stands_in_every_row(model):
    rows = asked(3, 8)
    for row in rows:
        row.limit = 30
    written = generator(model)
    written.write(rows)
    assert written.packs is None  # not even tried
    assert [row.new for row in rows] == [plainly(model, row.ids, row.limit) for row in rows]


def test_a_model_that_takes_no_mask_of_its_own_is_found_out(model):
    """One that sees all that was read before, and one that fails."""
    ids = [7 + 3 * n % 200 for n in range(SHARED)]
    run = generator(model)
    with torch.inference_mode():
        assert reads_packed(ids, run._read_on, close_nats=1e-3)

        def seeing_all(ids, position, seen, cache, places):
            return run._read_on(ids, position, None if seen is None else torch.ones_like(seen), cache, places)

        def failing(ids, position, seen, cache, places):
            if seen is not None:
                raise RuntimeError("the size of tensor a (4) must match the size of tensor b (2)")
            return run._read_on(ids, position, seen, cache, places)

        assert not reads_packed(ids, seeing_all, close_nats=1e-3)
        assert not reads_packed(ids, failing, close_nats=1e-3)


def test_a_model_with_windows_of_places_is_not_tried(tmp_path):
    import transformers

    loaded = transformers.AutoModelForCausalLM.from_pretrained(write(tmp_path / "model")).eval()
    assert generator(loaded).packs is None
    loaded.config.window_size = 8
    assert generator(loaded).packs is False


def test_a_token_sees_its_own_answer_and_the_beginning_alone():
    seen = []

    def read_on(ids, position, mask, cache, places):
        seen.append((position[0].tolist(), None if mask is None else mask[0, 0].int().tolist(), places.tolist()))
        return torch.zeros(len(places), 4)

    one = SharedBeginning([9, 9], read_on)
    one.read([Part(0, [5, 6], 2), Part(1, [7], 2)])
    one.read([Part(1, [8], 3)])
    assert seen == [
        ([0, 1], None, [1]),
        ([2, 3, 2], [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 0, 0, 1]], [1, 2]),
        ([3], [[1, 1, 0, 0, 1, 1]], [0]),
    ]


def test_the_growing_cache_holds_what_that_of_transformers_holds():
    from transformers import DynamicCache

    rng = torch.Generator().manual_seed(0)
    ours, theirs = growing_cache(), DynamicCache()
    for tokens in (5, *([1] * 300), 40, 1):
        for layer in range(2):
            new = [torch.rand(3, 2, tokens, 4, generator=rng) for _ in range(2)]
            held, same = ours.update(*new, layer), theirs.update(*new, layer)
            assert all(torch.equal(a, b) for a, b in zip(held, same, strict=True))
    assert ours.get_seq_length() == theirs.get_seq_length() == 346
    for cache in (ours, theirs):  # what others set is taken
        cache.layers[0].keys, cache.layers[0].values = (cache.layers[0].keys[:2], cache.layers[0].values[:2])
    new = [torch.rand(2, 2, 1, 4, generator=rng) for _ in range(2)]
    before = theirs.layers[0].keys
    assert all(torch.equal(a, b) for a, b in zip(ours.update(*new, 0), theirs.update(*new, 0), strict=True))
    ours.layers[0].keep(10, torch.tensor([0, 3, 7]))
    assert torch.equal(ours.layers[0].keys, before[:, :, [*range(10), 10, 13, 17]])
    assert ours.get_seq_length() == 13
