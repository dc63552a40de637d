"""Tokens of texts that go on from another: those of the whole, whatever the tokenizer; the border's rule."""

from __future__ import annotations

import random

import pytest
from sectorbench.harness.adapters.text_tokens import PrefixTokenizer, TokenRequest, border, requests_of, within_window
from sectorbench.harness.errors import InterfaceError

WORDS = [
    "the ",
    "Job ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "机器 ",
    "调度",
    "。",
    "1",
    "234",
    ",",
    ". ",
    "Ünï ",
    "é",
    "é",
    "\t",
    "'s ",
]
CORPUS = [
    "the job of the machine 234, the shop's jobs. ",
    "机器 调度 的 工件。",
    "Ünï é the (a) they're jobs\n\nthe ",
] * 4
LLAMA3 = r"(?i:'s|'t|'re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def trained(kind):
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE(unk_token="<u>"))
    raw.pre_tokenizer = {
        "llama3": pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        ),
        "metaspace": pre_tokenizers.Metaspace(),
        "whole text": pre_tokenizers.Metaspace(split=False),
        "prefix space": pre_tokenizers.ByteLevel(add_prefix_space=True),
        "words": pre_tokenizers.Whitespace(),
    }.get(kind, pre_tokenizers.ByteLevel(add_prefix_space=False))
    if kind == "composed":
        raw.normalizer = normalizers.NFKC()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<s>", "</s>", "<u>"]
    raw.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    if kind == "begins":
        raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=raw, bos_token="<s>", eos_token="</s>")


@pytest.mark.parametrize(
    "kind", ["bytes", "llama3", "metaspace", "whole text", "prefix space", "words", "composed", "begins"]
)
def test_a_text_that_goes_on_has_the_tokens_of_the_whole(kind):
    tokenizer, draw = PrefixTokenizer(trained(kind)), random.Random(0)
    read = whole = 0
    for _ in range(60):
        start = "".join(draw.choices(WORDS, k=draw.randrange(90)))
        ends = ["".join(draw.choices(WORDS, k=draw.randrange(1, 8))) for _ in range(3)]
        encoded = tokenizer.encode(start)
        tokenizer.tokenised = 0
        found = tokenizer.extend_all(encoded, ends)
        read, whole = read + tokenizer.tokenised, whole + sum(len(start + end) for end in ends)
        assert found == [tokenizer.encode(start + end) for end in ends]
    assert read == whole if kind == "whole text" else read < 0.6 * whole


def test_a_context_is_read_once_however_many_ends_it_has():
    tokenizer = PrefixTokenizer(trained("bytes"))
    context = tokenizer.encode("the job of the machine " * 100)
    tokenizer.tokenised = 0
    tokenizer.extend_all(context, [f" option {number}" for number in range(20)])
    assert tokenizer.tokenised < 0.5 * len(context.text)


def test_blanks_at_the_end_of_a_context_belong_to_what_follows():
    assert border("the job \n") == ("the job", " \n")
    tokenizer = PrefixTokenizer(trained("bytes"))
    (found,) = requests_of(tokenizer, tokenizer.encode("the job"), [" of"])
    assert found.tokens == tokenizer.encode("the job of").ids
    assert found.scored == len(found.tokens) - len(tokenizer.encode("the job").ids)


def test_a_border_that_is_merged_away_is_put_back():
    """The whole has no more tokens than the context alone: the continuation is read by itself."""
    tokenizer = PrefixTokenizer(trained("bytes"))
    raw = tokenizer._backend
    word = max((w for w in raw.get_vocab() if w.isascii() and w.isalpha()), key=len)
    context = next(word[:at] for at in range(len(word) - 1, 0, -1) if len(tokenizer.encode(word[:at]).ids) == 1)
    more = word[len(context) :]
    (found,) = requests_of(tokenizer, tokenizer.encode(context), [more])
    assert tokenizer.encode(word).ids == (raw.token_to_id(word),)
    assert found.tokens == (*tokenizer.encode(context).ids, *tokenizer.encode(more).ids)
    assert found.scored == len(tokenizer.encode(more).ids)


@pytest.mark.parametrize("kind", ["bytes", "begins"])
def test_an_empty_context_becomes_the_begin_token(kind):
    whole = trained(kind)
    tokenizer = PrefixTokenizer(whole)
    (found,) = requests_of(tokenizer, tokenizer.encode(""), ["the job"])
    assert found.tokens == (whole.bos_token_id, *tokenizer.encode("the job").ids)


def test_the_begin_token_stands_where_the_tokenizer_puts_it_and_can_be_left_out():
    tokenizer = trained("begins")
    with_it, without = PrefixTokenizer(tokenizer), PrefixTokenizer(tokenizer, begin=False)
    (one,) = requests_of(with_it, with_it.encode("the"), [" job"])
    (other,) = requests_of(without, without.encode("the"), [" job"])
    assert one.tokens == (tokenizer.bos_token_id, *other.tokens)
    assert one.scored == other.scored


def test_a_continuation_without_tokens_is_refused():
    tokenizer = PrefixTokenizer(trained("bytes"))
    with pytest.raises(InterfaceError, match="no tokens: ''"):
        requests_of(tokenizer, tokenizer.encode("the"), [""])


def test_a_long_context_loses_its_beginning_and_says_how_much():
    request = TokenRequest(tuple(range(20)), 3)
    assert within_window(request, None) is within_window(request, 19) is request
    assert within_window(request, 10) == TokenRequest(tuple(range(9, 20)), 3, 9)  # the last one is never read
    with pytest.raises(InterfaceError, match="11 tokens"):
        within_window(TokenRequest(tuple(range(20)), 11), 10)


def test_what_a_tokenizer_file_says_of_cutting_and_padding_is_not_done():
    whole = trained("bytes")
    right = PrefixTokenizer(whole).encode("the job of the machine").ids
    whole.backend_tokenizer.enable_truncation(2)
    whole.backend_tokenizer.enable_padding(length=40)
    assert PrefixTokenizer(whole).encode("the job of the machine").ids == right and len(right) > 2
