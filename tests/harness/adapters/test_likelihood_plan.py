"""Packs: every distinct prefix once, each token behind its own and no other, all of every request."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sectorbench.harness.adapters.likelihood_plan import batches_of, packs_of, plain_packs, shared_length
from sectorbench.harness.adapters.text_tokens import TokenRequest


def drawn(seed, documents=4):
    """Contexts with ends of one to five tokens, equal ones, ends that begin alike, and texts split at two places."""
    draw, found = random.Random(seed), []
    for _ in range(documents):
        context = draw.choices(range(9), k=draw.randrange(1, 30))
        for _ in range(draw.randrange(1, 7)):
            size = draw.randrange(1, 6)
            found.append(TokenRequest((*context, *draw.choices(range(9), k=size)), size))
        found += [found[-1], TokenRequest((*context, 1, 2, 3), 3), TokenRequest((*context, 1, 2, 3), 1)]
    draw.shuffle(found)
    return found


def read_back(pack, place):
    """The tokens that a place of a pack sees, in the order of their depths."""
    seen = np.flatnonzero(pack.visible(len(pack.tokens))[place])
    by_depth = sorted(seen, key=lambda one: pack.depths[one])
    assert [pack.depths[one] for one in by_depth] == list(range(len(by_depth)))
    return tuple(pack.tokens[one] for one in by_depth)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("plan", ["shared", "plain"])
def test_every_token_is_predicted_behind_all_that_stands_before_it_and_nothing_else(seed, plan):
    requests = drawn(seed)
    packs = packs_of(requests, tokens=200, heads=1_000) if plan == "shared" else plain_packs(requests)
    answered = []
    for pack in packs:
        place_of = {number: place for place, number in pack.heads.items()}
        for number, heads, targets in pack.asked:
            request = requests[number]
            answered.append(number)
            assert targets == request.tokens[-request.scored :]
            for back, head in zip(range(request.scored, 0, -1), heads, strict=True):
                assert read_back(pack, place_of[head]) == request.tokens[: len(request.tokens) - back]
    assert sorted(answered) == list(range(len(requests)))


@pytest.mark.parametrize("seed", range(5))
def test_no_prefix_is_read_twice_in_a_pack_of_one_context(seed):
    requests = drawn(seed, documents=1)
    (pack,) = packs_of(requests, tokens=10_000, heads=10_000)
    prefixes = {one.tokens[:size] for one in requests for size in range(1, len(one.tokens))}
    assert len(pack.tokens) == len(prefixes)


def test_a_pack_keeps_to_its_limits_and_a_single_request_has_none():
    context = tuple(range(100, 150))
    requests = [TokenRequest((*context, number, number, number), 2) for number in range(20)]
    packs = packs_of(requests, tokens=60, heads=7)
    assert all(len(pack.tokens) <= 60 and len(pack.heads) <= 7 for pack in packs)
    (alone,) = packs_of(requests[:1], tokens=10, heads=1)
    assert len(alone.tokens) == 52


def test_texts_that_hardly_begin_alike_are_not_read_together():
    requests = [TokenRequest((1, 2, *[number] * 40), 3) for number in (5, 6, 7)]
    assert [pack.chain for pack in packs_of(requests, tokens=1_000, heads=1_000)] == [True] * 3


def test_batches_hold_all_packs_the_longest_first_within_the_limits():
    packs = packs_of(drawn(3, documents=30), tokens=60, heads=1_000)
    batches = list(batches_of(packs, tokens=120, heads=40, pairs=5_000))
    assert sorted(id(pack) for batch in batches for pack in batch) == sorted(map(id, packs))
    widths = [max(len(pack.tokens) for pack in batch) for batch in batches]
    assert widths == sorted(widths, reverse=True)
    for batch, width in zip(batches, widths, strict=True):
        if len(batch) > 1:
            assert len(batch) * width <= 120
            assert len(batch) * width**2 <= 5_000
            assert sum(len(pack.heads) for pack in batch) <= 40


def test_the_common_beginning_is_found_by_halving():
    draw = random.Random(0)
    for _ in range(200):
        one, other = (tuple(draw.choices((0, 1), weights=(9, 1), k=draw.randrange(12))) for _ in range(2))
        at = 0
        while at < min(len(one), len(other)) and one[at] == other[at]:
            at += 1
        assert shared_length(one, other) == at


def test_a_pack_tells_how_many_of_its_tokens_are_one_plain_text():
    requests = [TokenRequest((1, 2, 3, 4, 5), 2), TokenRequest((1, 2, 3, 9, 8), 2), TokenRequest((1, 2, 3, 9, 8, 7), 1)]
    (pack,) = packs_of(requests, tokens=100, heads=100)
    assert (pack.tokens, pack.plain) == ([1, 2, 3, 4, 9, 8], 4)
    (chain,) = packs_of(requests[:1], tokens=100, heads=100)
    assert chain.chain and chain.plain == len(chain.tokens) == 4
    assert plain_packs(requests[2:])[0].plain == 5
