"""Likelihoods: those of plain rows read one by one, for models that share beginnings and for models that must not."""

from __future__ import annotations

import random

import pytest
from sectorbench.harness.adapters import likelihood_engine
from sectorbench.harness.adapters.likelihood_engine import Budget, Engine
from sectorbench.harness.adapters.text_tokens import TokenRequest
from sectorbench.harness.errors import InterfaceError

torch = pytest.importorskip("torch")

VOCABULARY = 300


def config_of(name, **more):
    import transformers

    shape = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 128,
        "initializer_range": 0.3,  # far from uniform: no two tokens are nearly as likely
        "bos_token_id": 1,
        "eos_token_id": 1,
    }
    short = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}
    few = {key: shape[key] for key in ("vocab_size", "initializer_range", "bos_token_id", "eos_token_id")}
    kinds = {
        "LlamaForCausalLM": (transformers.LlamaConfig, shape | {"num_key_value_heads": 2}),
        "Qwen2ForCausalLM": (transformers.Qwen2Config, shape | {"num_key_value_heads": 2}),
        "MixtralForCausalLM": (
            transformers.MixtralConfig,
            shape | {"num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2},
        ),
        "CohereForCausalLM": (transformers.CohereConfig, shape | {"num_key_value_heads": 2, "logit_scale": 0.3}),
        "Gemma2ForCausalLM": (
            transformers.Gemma2Config,
            shape | {"num_key_value_heads": 2, "head_dim": 8, "sliding_window": 16, "final_logit_softcapping": 5.0},
        ),
        "MistralForCausalLM": (transformers.MistralConfig, shape | {"num_key_value_heads": 2, "sliding_window": 16}),
        "GPT2LMHeadModel": (transformers.GPT2Config, few | short),
        "BloomForCausalLM": (transformers.BloomConfig, few | {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
        "FalconForCausalLM": (
            transformers.FalconConfig,
            few | {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "alibi": True},
        ),
        "GPTNeoForCausalLM": (
            transformers.GPTNeoConfig,
            few
            | {
                "hidden_size": 32,
                "num_layers": 2,
                "num_heads": 4,
                "attention_types": [[["global", "local"], 1]],
                "window_size": 16,
                "max_position_embeddings": 128,
            },
        ),
        "MambaForCausalLM": (transformers.MambaConfig, few | {"hidden_size": 32, "num_hidden_layers": 2}),
    }
    kind, values = kinds[name]
    return kind(**(values | more))


def model_of(name, *, attention="sdpa", **more):
    import transformers

    config = config_of(name, **more)
    architecture = getattr(transformers, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            model = architecture._from_config(config, attn_implementation=attention)
        except ValueError:  # it has no other
            model = architecture._from_config(config, attn_implementation="eager")
    return model.eval()


def engine_of(model, budget=None, **more):
    return Engine(model, "cpu", "float32", budget or Budget.of("cpu"), **more)


def requests_of(documents=3, context=40):
    """Contexts with ends of one to five tokens, equal texts that are split at two places, and a one-token context."""
    draw, found = random.Random(0), []
    for _ in range(documents):
        begin = draw.choices(range(3, VOCABULARY), k=context + draw.randrange(10))
        for _ in range(4):
            size = draw.randrange(1, 6)
            found.append(TokenRequest((*begin, *draw.choices(range(3, VOCABULARY), k=size)), size))
        found += [TokenRequest((*begin, 5, 6, 7), 3), TokenRequest((*begin, 5, 6, 7), 1), TokenRequest(tuple(begin), 2)]
    return [*found, TokenRequest((1, 8), 1), TokenRequest((1, 8, 9, 10), 3)]


def one_by_one(model, request):
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([request.tokens[:-1]])).logits[0, -request.scored :].float()
    nats = torch.log_softmax(logits, dim=-1)
    targets = torch.tensor(request.tokens[-request.scored :])
    picked = nats[torch.arange(len(targets)), targets].double().sum().item()
    return picked, bool((nats.argmax(dim=-1) == targets).all())


def hold_at_once(model, tokens):
    """From now on the model runs out of memory where it is given more tokens than these."""
    forward = model.forward

    def small_memory(input_ids, **more):
        if input_ids.numel() > tokens:
            raise torch.OutOfMemoryError("Tried to allocate 31.50 GiB")
        return forward(input_ids=input_ids, **more)

    model.forward = small_memory


SHARING = ["LlamaForCausalLM", "GPT2LMHeadModel", "Qwen2ForCausalLM", "CohereForCausalLM", "MixtralForCausalLM"]
NOT_SHARING = {
    "MistralForCausalLM": None,  # its windows are shorter than the contexts: pack by pack
    "Gemma2ForCausalLM": None,
    "BloomForCausalLM": "makes its positions from the mask",
    "FalconForCausalLM": "makes its positions from the mask",
    "GPTNeoForCausalLM": None,
    "MambaForCausalLM": "carries a state",
}


@pytest.mark.parametrize("name", [*SHARING, *NOT_SHARING])
def test_likelihoods_are_those_of_rows_read_one_by_one(name):
    model, requests = model_of(name), requests_of()
    engine = engine_of(model)
    found = engine.score(requests)
    for request, said in zip(requests, found, strict=True):
        nats, greedy = one_by_one(model, request)
        assert said.nats == pytest.approx(nats, abs=1e-4)
        assert said.greedy == greedy
    read_alone = sum(len(request.tokens) - 1 for request in requests)
    if name in SHARING:
        assert engine.way == "shared beginnings"
        assert engine.work.tokens < 0.25 * read_alone
    else:
        assert NOT_SHARING[name] is None or NOT_SHARING[name] in engine.way
        assert engine.work.tokens > 0.7 * read_alone


def test_a_window_that_nobody_told_of_is_found_by_trying(monkeypatch):
    monkeypatch.setattr(likelihood_engine, "_PLACE_WINDOWS", ())
    model, requests = model_of("GPTNeoForCausalLM"), requests_of()
    engine = engine_of(model)
    for request, said in zip(requests, engine.score(requests), strict=True):
        assert said.nats == pytest.approx(one_by_one(model, request)[0], abs=1e-4)
    assert "shared beginnings moved a likelihood by" in engine.way


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_both_kinds_of_attention_take_the_mask(attention):
    model, requests = model_of("LlamaForCausalLM", attention=attention), requests_of()
    engine = engine_of(model)
    for request, said in zip(requests, engine.score(requests), strict=True):
        assert said.nats == pytest.approx(one_by_one(model, request)[0], abs=1e-4)
    assert engine.sharing


def test_a_window_of_attention_that_reaches_far_enough_changes_nothing():
    engine = engine_of(model_of("MistralForCausalLM", sliding_window=100))
    requests = requests_of()
    engine.score(requests)
    assert engine.work.tokens < 0.25 * sum(len(request.tokens) - 1 for request in requests)


@pytest.mark.parametrize("name", ["MistralForCausalLM", "Gemma2ForCausalLM"])
def test_texts_within_and_beyond_the_window_of_attention_do_not_share_a_mask(name):
    """Short texts are packs, long ones plain rows of the same length: each needs a mask of its own."""
    model = model_of(name, sliding_window=24)
    requests = [*requests_of(documents=3, context=8), *requests_of(documents=3, context=30)]
    engine = engine_of(model)
    for request, said in zip(requests, engine.score(requests), strict=True):
        assert said.nats == pytest.approx(one_by_one(model, request)[0], abs=1e-4)
    assert engine.way == "shared beginnings"


def test_memory_that_runs_out_while_it_is_tried_is_met_by_smaller_parts():
    model, requests = model_of("LlamaForCausalLM"), requests_of()
    expected = engine_of(model).score(requests)
    engine = engine_of(model)
    hold_at_once(model, 60)
    assert [one.nats for one in engine.score(requests)] == pytest.approx([one.nats for one in expected], abs=1e-4)


def test_equal_texts_that_are_split_at_two_places_have_likelihoods_of_their_own():
    model = model_of("GPT2LMHeadModel")
    long, short = engine_of(model).score([TokenRequest((4, 5, 6, 7, 8), 4), TokenRequest((4, 5, 6, 7, 8), 1)])
    assert long.nats == pytest.approx(one_by_one(model, TokenRequest((4, 5, 6, 7, 8), 4))[0], abs=1e-5)
    assert short.nats == pytest.approx(one_by_one(model, TokenRequest((4, 5, 6, 7, 8), 1))[0], abs=1e-5)


def test_logits_are_made_where_something_is_predicted_and_nowhere_else():
    model = model_of("LlamaForCausalLM")
    engine, seen = engine_of(model), []
    engine.way = "shared beginnings: tried before"
    model.lm_head.register_forward_hook(lambda module, given, logits: seen.append(tuple(logits.shape)))
    requests = requests_of()
    engine.score(requests)
    distinct = {request.tokens[:-back] for request in requests for back in range(1, request.scored + 1)}
    assert engine.work.heads == len(distinct) == sum(shape[1] for shape in seen)
    assert {(shape[0], shape[2]) for shape in seen} == {(1, VOCABULARY)}


def test_a_text_whose_logits_are_a_little_many_is_read_once_all_the_same():
    model, requests = model_of("LlamaForCausalLM"), requests_of(documents=1)
    distinct = len({one.tokens[:-back] for one in requests for back in range(1, one.scored + 1)})
    engine = engine_of(model, Budget(tokens=500, logits_bytes=4 * VOCABULARY * (distinct * 2 // 3), mask_bytes=1 << 20))
    engine.way = "shared beginnings: tried before"
    engine.score(requests)
    assert engine.work.tokens == len({one.tokens[:size] for one in requests for size in range(1, len(one.tokens))})


@pytest.mark.parametrize("name", ["LlamaForCausalLM", "GPT2LMHeadModel"])
def test_the_last_feed_forward_part_reads_what_is_predicted_behind_and_the_others_all(name):
    model = model_of(name)
    layers = model.model.layers if name == "LlamaForCausalLM" else model.transformer.h
    engine, read = engine_of(model), {0: 0, 1: 0}
    engine.way = "shared beginnings: tried before"
    for at, layer in enumerate(layers):
        layer.mlp.register_forward_hook(
            lambda module, given, said, at=at: read.__setitem__(at, read[at] + given[0][..., 0].numel())
        )
    engine.score(requests_of())
    assert read == {0: engine.work.padded, 1: engine.work.heads}
    assert engine.work.heads < engine.work.tokens / 2


def test_a_last_feed_forward_part_that_looks_at_its_neighbours_is_found_by_trying():
    model, requests = model_of("LlamaForCausalLM"), requests_of()
    part = model.model.layers[-1].mlp
    alone = part.forward
    part.forward = lambda hidden: alone(hidden + torch.nn.functional.pad(hidden, (0, 0, 1, 0))[:, :-1])
    engine = engine_of(model)
    said = engine.score(requests)
    assert engine.way.startswith("plain rows: shared beginnings moved a likelihood by")
    assert [one.nats for one in said] == pytest.approx([one_by_one(model, one)[0] for one in requests], abs=1e-4)


def test_a_small_budget_changes_passes_and_no_likelihood():
    model, requests = model_of("LlamaForCausalLM"), requests_of()
    wide, narrow = engine_of(model), engine_of(model, Budget(tokens=60, logits_bytes=20_000, mask_bytes=4_000))
    for one, other in zip(wide.score(requests), narrow.score(requests), strict=True):
        assert one.nats == pytest.approx(other.nats, abs=1e-4)
    assert narrow.work.passes > wide.work.passes


def test_what_does_not_fit_into_memory_is_read_in_smaller_parts():
    model, requests = model_of("LlamaForCausalLM"), requests_of()
    expected = engine_of(model).score(requests)
    engine = engine_of(model)
    engine.way = "shared beginnings: tried before"
    hold_at_once(model, 70)
    found = engine.score(requests)
    assert [one.nats for one in found] == pytest.approx([one.nats for one in expected], abs=1e-4)
    assert engine.budget.tokens < Budget.of("cpu").tokens


def test_a_single_row_that_never_fits_is_told():
    model = model_of("LlamaForCausalLM")
    engine = engine_of(model)
    engine.way = "shared beginnings: tried before"

    hold_at_once(model, 0)
    with pytest.raises(InterfaceError, match=r"does not fit into the memory of cpu: Tried to allocate 31\.50 GiB"):
        engine.score(requests_of(documents=1))


def test_nothing_asked_is_nothing_read():
    engine = engine_of(model_of("GPT2LMHeadModel"))
    assert engine.score([]) == []
    assert engine.work.passes == 0
