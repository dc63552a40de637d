"""Encoders of a few tokens, random and tiny, written as checkpoints: BERT by words, RoBERTa by bytes."""

from __future__ import annotations

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
