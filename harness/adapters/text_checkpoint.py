"""What checkpoints of language models have in common: config, architecture, tokenizer, looked at before loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import SubmissionError
from .checkpoint_files import first_line, read_json, refuse_packed, silent_transformers

__all__ = [
    "TextModelKind",
    "check_text_folder",
    "check_vocabulary",
    "load_tokenizer",
    "lost_by_tokenizer",
    "text_architecture",
]

_CONFIG, _TOKENIZER, _TOKENIZER_CONFIG = "config.json", "tokenizer.json", "tokenizer_config.json"


_PROBES: Mapping[str, str] = {
    "en": 'Fees: 1.5 % (net),\n\tthen A-7 of "Annex B".',
    "zh": "甲方应于2026年11月付款1.5%，\n“附件B”除外。",
}


class TextModelKind(NamedTuple):
    """Architectures of transformers that answer in one way.

    Attributes:
        title: For messages.
        endings: Of their class names.
        table: Name of the table of transformers that lists them, in ``models.auto.modeling_auto``.
    """

    title: str
    endings: tuple[str, ...]
    table: str


def check_text_folder(folder: Path, kinds: Sequence[TextModelKind], *, adapter: str) -> tuple[str, TextModelKind]:
    """Looks at what of config and tokenizer the adapters rely on; loads nothing.

    Args:
        folder: With ``config.json`` and ``tokenizer.json``.
        kinds: That the adapter runs.
        adapter: Its name, for messages.

    Returns:
        The architecture's class name and its kind.

    Raises:
        SubmissionError: Something is wrong; the message begins with the code and names the file.
    """
    config = read_json(folder, _CONFIG, adapter=adapter)
    refuse_packed(folder, config)
    wrong: list[str] = []
    named = config.get("architectures")
    one = named[0] if isinstance(named, list) and len(named) == 1 and isinstance(named[0], str) else ""
    kind = next((kind for kind in kinds if one.endswith(kind.endings)), None)
    if kind is None:
        expected = " or one ".join(f"{kind.title} (...{kind.endings[0]})" for kind in kinds)
        wrong.append(f"architectures is {named!r:.80}, expected one {expected} in a list")
    if "auto_map" in config:
        wrong.append("auto_map names code of the checkpoint's own, which is never run")
    if wrong or kind is None:
        raise SubmissionError(f"SB107 {_CONFIG}: {'; '.join(wrong)}")
    if not isinstance(read_json(folder, _TOKENIZER, adapter=adapter).get("model"), dict):
        raise SubmissionError(f"SB107 {_TOKENIZER}: has no 'model'; save it with a fast tokenizer's save_pretrained")
    if (folder / _TOKENIZER_CONFIG).is_file() and "auto_map" in read_json(folder, _TOKENIZER_CONFIG, adapter=adapter):
        raise SubmissionError(f"SB107 {_TOKENIZER_CONFIG}: auto_map names code of the checkpoint's own, never run")
    return one, kind


def text_architecture(name: str, kind: TextModelKind) -> Any:
    """The class of transformers.

    Raises:
        SubmissionError: It is none of its kind.
    """
    import transformers
    from transformers.models.auto import modeling_auto

    if name not in getattr(modeling_auto, kind.table).values() or not hasattr(transformers, name):
        said = f"{name!r} is no {kind.title} of transformers {transformers.__version__}"
        raise SubmissionError(f"SB107 {_CONFIG}: architectures: {said}")
    return getattr(transformers, name)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer as ``tokenizer.json`` says it.

    Raises:
        SubmissionError: It does not load.
    """
    from transformers import PreTrainedTokenizerFast

    with silent_transformers():
        try:
            return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        except Exception as err:  # a crafted file can make the library fail in any way
            raise SubmissionError(f"SB107 {_TOKENIZER}: does not load: {first_line(err)}") from err


def check_vocabulary(tokenizer: Any, model: Any) -> None:
    """Makes sure that the model has an embedding for every token.

    Raises:
        SubmissionError: It has fewer.
    """
    known = int(model.get_input_embeddings().weight.shape[0])
    if len(tokenizer) > known:
        said = f"knows {len(tokenizer):,} tokens, the model embeds {known:,}: they are not of one model"
        raise SubmissionError(f"SB107 {_TOKENIZER}: {said}")


def lost_by_tokenizer(tokenizer: Any, language: str) -> dict[str, str]:
    """What a text of a language becomes on its way to the tokens and back, for the record; nothing where it stays.

    Whoever writes through such a tokenizer cannot write every text: capitals, line breaks or signs are lost.
    """
    probe = _PROBES.get(language, _PROBES["en"])
    ids = tokenizer(probe, add_special_tokens=False)["input_ids"]
    back = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return {} if back.strip() == probe else {"texts come back from tokens as": repr(back)}
