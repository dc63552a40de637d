"""Encoders of a few tokens, random and tiny, written as checkpoints: BERT by words, RoBERTa by bytes."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")

WINDOW = 32
WORDS = "fee law ohio acme pays the a of due who which net 30 days ? . , ( ) 甲 方 付 款 ##s ##e ##d f l o p"


def bert_tokenizer(path):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS.split(" ")])}
    raw = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    raw.enable_truncation(8)  # as files of the hub bring along; a text must not be cut by it
    fast = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    fast.save_pretrained(path)
    return len(vocabulary)


def roberta_tokenizer(path):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(["<s>", "<pad>", "</s>", "<unk>", *letters])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>", eos_token="</s>"
    )
    fast.save_pretrained(path)
    return len(vocabulary)


def write(path, kind="Bert", use="QuestionAnswering", *, seed=0, **config):
    """A checkpoint folder; ``kind`` is Bert or Roberta, ``use`` what stands behind ``For`` in the class's name."""
    import transformers

    tokens = (bert_tokenizer if kind == "Bert" else roberta_tokenizer)(path)
    kin = {"max_position_embeddings": WINDOW} if kind == "Bert" else {"max_position_embeddings": WINDOW + 2}
    if kind == "Roberta":
        kin |= {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = getattr(transformers, f"{kind}Config")(
            vocab_size=tokens,
            hidden_size=32,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            initializer_range=0.5,  # far from uniform
            **kin,
            **config,
        )
        model = getattr(transformers, f"{kind}For{use}")(made).eval()
    model.save_pretrained(path)
    return path


def plain_windows(folder, first, second, *, window, stride, question_first=True):
    """The windows that transformers itself makes of a pair, with the offsets of the text's tokens (else None)."""
    import transformers

    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    lengths = [len(tokenizer.backend_tokenizer.encode(x, add_special_tokens=False).ids) for x in (first, second)]
    framed = tokenizer.num_special_tokens_to_add(pair=True) + lengths[0 if question_first else 1]
    made = tokenizer(
        [first],
        [second],  # as lists: an empty text alone would count as none
        truncation="only_second" if question_first else "only_first",
        max_length=window,
        stride=window - framed - min(stride, window - framed),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_token_type_ids=True,
    )
    own = 1 if question_first else 0
    for at in range(len(made["input_ids"])):
        offsets = [
            o if s == own else None for o, s in zip(made["offset_mapping"][at], made.sequence_ids(at), strict=True)
        ]
        given = {k: torch.tensor([made[k][at]]) for k in ("input_ids", "attention_mask")}
        if "Roberta" not in (folder / "config.json").read_text():
            given["token_type_ids"] = torch.tensor([made["token_type_ids"][at]])
        yield given, offsets


def plain_model(folder):
    import transformers

    name = json.loads((folder / "config.json").read_text())["architectures"][0]
    return getattr(transformers, name).from_pretrained(folder).eval()
