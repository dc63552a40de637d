"""Attention that is split where a pack stops being plain text: the same sums, and nothing left behind."""

from __future__ import annotations

import random

import pytest
from sectorbench.harness.adapters import packed_attention
from sectorbench.harness.adapters.likelihood_engine import Budget, Engine
from sectorbench.harness.adapters.packed_attention import fuse_activations, split_attention
from sectorbench.harness.adapters.text_tokens import TokenRequest

torch = pytest.importorskip("torch")

from toy_language_models import write  # noqa: E402

BUDGET = Budget(tokens=200, logits_bytes=1 << 20, mask_bytes=1 << 20)


def model_of(folder, name):
    import transformers

    return transformers.AutoModelForCausalLM.from_pretrained(write(folder / name, name)).eval()


def requests():
    """Three contexts of 25 to 40 tokens with six ends each, some of which begin alike."""
    draw, found = random.Random(0), []
    for size in (25, 32, 40):
        context = draw.choices(range(4, 260), k=size)
        ends = [draw.choices(range(4, 260), k=draw.randrange(2, 6)) for _ in range(4)]
        ends += [[*ends[0], 7], [*ends[1][:1], 9, 11]]
        found += [TokenRequest((*context, *end), len(end)) for end in ends]
    return found


def one_by_one(model, request):
    with torch.inference_mode():
        logits = model(torch.tensor([request.tokens[:-1]])).logits[0, -request.scored :]
    nats = logits.log_softmax(dim=-1)
    return float(nats[torch.arange(request.scored), torch.tensor(request.tokens[-request.scored :])].sum())


@pytest.mark.parametrize("name", ["LlamaForCausalLM", "GPT2LMHeadModel"])
def test_likelihoods_of_split_packs_are_those_of_rows_read_one_by_one(tmp_path, monkeypatch, name):
    model = model_of(tmp_path, name)
    right = [one_by_one(model, one) for one in requests()]
    monkeypatch.setattr(packed_attention, "_WORTH_SPLITTING", 8)
    causal, real = [], torch.nn.functional.scaled_dot_product_attention

    def seen(*given, **named):
        causal.append(bool(named.get("is_causal")))
        return real(*given, **named)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", seen)
    engine = Engine(model, "cpu", "float32", BUDGET)
    said = engine.score(requests())
    assert engine.way == "shared beginnings" and {True, False} <= set(causal)
    assert [one.nats for one in said] == pytest.approx(right, abs=1e-4)


def test_the_attention_of_transformers_is_as_before_also_after_an_error(monkeypatch):
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    before = ALL_ATTENTION_FUNCTIONS["sdpa"]
    with pytest.raises(RuntimeError, match="in between"), split_attention(500):
        assert ALL_ATTENTION_FUNCTIONS["sdpa"] is not before
        raise RuntimeError("in between")
    assert ALL_ATTENTION_FUNCTIONS["sdpa"] is before
    with split_attention(20):  # not worth it
        assert ALL_ATTENTION_FUNCTIONS["sdpa"] is before


def test_a_gelu_that_is_written_out_becomes_one_kernel_of_the_same_formula(tmp_path):
    from transformers.activations import NewGELUActivation

    model = model_of(tmp_path, "GPT2LMHeadModel")
    ids = torch.arange(4, 60)[None]
    with torch.inference_mode():
        before = model(ids).logits
        assert any(isinstance(one, NewGELUActivation) for one in model.modules())
        fuse_activations(model)
        assert not any(isinstance(one, NewGELUActivation) for one in model.modules())
        assert torch.allclose(model(ids).logits, before, atol=1e-4)
