"""Small text models of the area: a vocabulary of their texts, an encoder's config, and the folder they end in."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ...harness.data import DataFiles
from ..baseline_folder import own_manifest, write_baseline_folder
from ..training_command import ended, told_on_stderr
from ..training_loop import Told

__all__ = [
    "SPECIAL",
    "Build",
    "small_bert",
    "small_llama",
    "text_files",
    "token_ids",
    "train_byte_pairs",
    "train_wordpiece",
    "training_command",
    "write_text_folder",
]

SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
Build: TypeAlias = "Callable[[DataFiles, Path, Told], Path]"
"""Trains a model, tells how far it is, and writes its folder."""

_BEGIN, _END = "<s>", "</s>"
_NAMES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def train_wordpiece(texts: Iterable[str], *, size: int) -> Any:
    """A fast tokenizer of transformers with a vocabulary made from texts, as BERT's is; case is dropped.

    Args:
        texts: To train on; the same ones give the same vocabulary.
        size: Of the vocabulary, special tokens counted.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    read, normalizer = list(texts), normalizers.BertNormalizer(lowercase=True)
    letters = sorted({letter for text in read for letter in set(normalizer.normalize_str(text))})
    unknown, special = SPECIAL["unk_token"], list(SPECIAL.values())
    learned = Tokenizer(models.WordPiece(unk_token=unknown))
    learned.normalizer, learned.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
    # The trainer numbers inner letters in the order of a hash table, and ties between pairs go by number: given
    # beforehand, they have one order. They are special to the trainer alone, since the vocabulary is all that is kept.
    inner = [f"##{letter}" for letter in letters if not letter.isspace()]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=[*special, *inner], initial_alphabet=letters, show_progress=False
    )
    learned.train_from_iterator(read, trainer)
    made = Tokenizer(models.WordPiece(learned.get_vocab(), unk_token=unknown))
    made.normalizer, made.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
    cls, sep = SPECIAL["cls_token"], SPECIAL["sep_token"]
    made.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}",
        pair=f"{cls} $A {sep} $B:1 {sep}:1",
        special_tokens=[(name, made.token_to_id(name)) for name in (cls, sep)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, **SPECIAL)  # type: ignore[no-untyped-call]


def token_ids(tokenizer: Any, text: str) -> list[int]:
    """A text's tokens, without special ones."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def train_byte_pairs(texts: Iterable[str], *, size: int) -> Any:
    """A fast tokenizer of transformers that knows every byte, with a begin token before every text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[_BEGIN, _END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    raw.post_processor = processors.TemplateProcessing(
        single=f"{_BEGIN} $A", special_tokens=[(_BEGIN, raw.token_to_id(_BEGIN))]
    )
    return PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=_BEGIN, eos_token=_END)  # type: ignore[no-untyped-call]


def small_bert(tokenizer: Any, *, width: int, layers: int, positions: int, **more: Any) -> Any:
    """The config of a BERT with a head of attention per 64 numbers, at least two.

    Args:
        tokenizer: Whose tokens it embeds.
        width: Numbers per token.
        layers: Of the encoder.
        positions: Tokens that it reads at most.
        more: What a network has of its own, such as its labels.
    """
    import transformers

    return transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=max(2, width // 64),
        intermediate_size=4 * width,
        max_position_embeddings=positions,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )


def small_llama(tokenizer: Any, *, width: int, layers: int, positions: int, **more: Any) -> Any:
    """The config of a Llama with a head of attention per 32 numbers, at least two, and tied embeddings.

    Args:
        tokenizer: Whose tokens it embeds.
        width: Numbers per token.
        layers: Of the decoder.
        positions: Tokens that the adapter lets it read; positions are rotary.
        more: What a network has of its own, such as how fast these turn or how far apart its first weights are.
    """
    import transformers

    return transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(2, width // 32),
        max_position_embeddings=positions,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **({"initializer_range": width**-0.5} | more),
    )


def write_text_folder(
    folder: Path,
    model: Any,
    tokenizer: Any,
    *,
    name: str,
    task: str,
    adapter: str,
    interface: str,
    trained_on: Sequence[str],
    options: dict[str, Any],
) -> Path:
    """Writes a submission folder, whole or not at all; one that is there already is replaced.

    Args:
        folder: The submission folder.
        model: Of transformers, trained.
        tokenizer: Its own.
        name: On the board.
        task: That it is made for.
        adapter: That runs it.
        interface: That it serves.
        trained_on: Data sets named in the manifest.
        options: Of the adapter.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    weights = sum(one.numel() for one in model.parameters())
    kind = type(model).__name__.partition("For")[0].removesuffix("LMHeadModel")
    manifest = own_manifest(
        name,
        description=f"{kind} with {weights:,} weights, from scratch on one CPU thread",
        adapter=adapter,
        interface=interface,
        tasks=[task],
        trained_on=list(trained_on),
        options=options,
    )
    write_baseline_folder(folder, manifest, lambda: text_files(model, tokenizer), names=_NAMES)
    return folder


def text_files(model: Any, tokenizer: Any) -> dict[str, bytes]:
    """What ``save_pretrained`` would write, without what differs from machine to machine."""
    from safetensors.torch import save

    model.config.architectures = [type(model).__name__]
    weights, seen = {}, set()
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:  # tied weights stand once
            weights[name] = tensor.contiguous()
            seen.add(tensor.data_ptr())
    told = {"tokenizer_class": "PreTrainedTokenizerFast"} | tokenizer.special_tokens_map
    contents = (
        model.config.to_json_string().encode(),
        save(weights, {"format": "pt"}),
        tokenizer.backend_tokenizer.to_str().encode(),
        (json.dumps(told, indent=1) + "\n").encode(),
    )
    return dict(zip(_NAMES, contents, strict=True))


def training_command(
    arguments: Sequence[str],
    *,
    program: str,
    what: str,
    build: Build | Mapping[str, Build],
    chosen_by: str = "language",
) -> int:
    """What the area's training scripts do: train, tell how far they are, and write the folder named by ``--to``.

    Args:
        arguments: Of the command line.
        program: Its name.
        what: It does.
        build: Trains and writes the folder; where there are several, one for each value of an option.
        chosen_by: The option's name, without dashes.
    """
    parser = argparse.ArgumentParser(prog=program, description=what)
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="submission folder to write; replaced")
    if isinstance(build, Mapping):
        named = sorted(build)
        told_of = "of the task (default: %(default)s)"
        parser.add_argument(f"--{chosen_by}", choices=named, default=named[0], help=told_of)
    given = parser.parse_args(arguments)
    chosen = build[getattr(given, chosen_by)] if isinstance(build, Mapping) else build
    files = DataFiles.from_environment(download=True)
    return ended(lambda: f"written: {chosen(files, given.to, told_on_stderr)}")
