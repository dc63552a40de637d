"""Chat templates of checkpoints: how large one may be, what it must keep of a conversation, and where it fails.

A template is a small program of a stranger. It runs in the sandbox of transformers, which it cannot leave, but it may
lose what it is given: a model that never saw a question is not to be scored on its answer.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import SubmissionError
from .checkpoint_files import read_json
from .conversations import Messages

__all__ = ["ChatTemplate", "LeftOutError", "check_template", "template_fault"]

TEMPLATE_BYTES = 1 << 18
"""Of a template in UTF-8: those of models have up to some 20,000, and one of 10 million takes minutes to compile."""

_FILE, _TOKENIZER_CONFIG = "chat_template.jinja", "tokenizer_config.json"
_NAMES = ("<template>", "<unknown>")  # what jinja2 calls a template's own lines
_SHOWN = 200


class LeftOutError(Exception):
    """A chat template left out what the user says."""


class ChatTemplate:
    """Renders conversations with a tokenizer's template.

    Attributes:
        conversations: That were rendered with a system message.
        systemless: Of these, how many do not hold it.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.begins()

    def begins(self) -> None:
        """Counts from nothing again."""
        self.conversations = self.systemless = 0

    def render(self, messages: Messages) -> str:
        """A conversation up to where the model goes on.

        Raises:
            LeftOutError: It does not hold what the user says, but for blanks around it.
            Exception: Whatever the template raises.
        """
        text: str = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        for message in messages:
            held = message["content"].strip() in text
            if message["role"] == "user" and not held:
                said = f"it leaves out the user's message {message['content'].strip()[:40]!r}"
                raise LeftOutError(f"{said} and makes {text[:80]!r} of the conversation")
            if message["role"] == "system":
                self.conversations += 1
                self.systemless += not held
        return text

    def told(self) -> dict[str, str]:
        """How many system messages were left out, for the record; nothing where none was."""
        if not self.systemless:
            return {}
        return {"chat template": f"leaves out {self.systemless:,} of {self.conversations:,} system messages"}


def check_template(folder: Path, *, adapter: str) -> None:
    """Makes sure that a checkpoint's templates are not too large to be read.

    Args:
        folder: May hold ``chat_template.jinja`` and ``tokenizer_config.json``.
        adapter: Its name, for messages.

    Raises:
        SubmissionError: One is; the message begins with the code and names the file.
    """
    for name, size in _sizes(folder, adapter):
        if size > TEMPLATE_BYTES:
            raise SubmissionError(
                f"SB107 {name}: a chat template of {size:,} bytes, at most {TEMPLATE_BYTES:,}; save a shorter one"
            )


def _sizes(folder: Path, adapter: str) -> Iterator[tuple[str, int]]:
    """Files with the size of each template in them, in bytes."""
    for path in (folder / _FILE, *sorted((folder / "additional_chat_templates").glob("*.jinja"))):
        if path.is_file():
            yield str(path.relative_to(folder)), path.stat().st_size
    if not (folder / _TOKENIZER_CONFIG).is_file():
        return
    found = read_json(folder, _TOKENIZER_CONFIG, adapter=adapter).get("chat_template")
    named = (
        [one.get("template") if isinstance(one, dict) else one for one in found] if isinstance(found, list) else [found]
    )
    yield from ((_TOKENIZER_CONFIG, len(one.encode("utf-8", "replace"))) for one in named if isinstance(one, str))


def template_fault(err: BaseException) -> str:
    """What went wrong in a template: the kind, the template's line where it is known, and the message in one line."""
    said = " ".join(str(err).split()) or "no message"
    if isinstance(err, LeftOutError):
        return said
    lines = [frame.lineno for frame in traceback.extract_tb(err.__traceback__) if frame.filename in _NAMES]
    line = f" in line {lines[-1]}" if lines and lines[-1] is not None else ""
    return f"{type(err).__name__}{line}: {said[:_SHOWN]}"
