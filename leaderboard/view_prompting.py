"""What tracks put around inputs for language models, in words; and what became of the answers that these wrote."""

from __future__ import annotations

from ..harness.prompting import Prompting
from ..harness.records import Record
from ..harness.task import TaskCard
from ..harness.text import Text
from .catalogue import phrase
from .figures import fixed
from .safe_text import shown
from .views import Fact

__all__ = ["prompt_facts", "track_lines"]


def track_lines(card: TaskCard) -> tuple[Text, ...]:
    """A line per track with its title, then one for each thing that it puts around its inputs."""
    found = []
    for track in card.tracks:
        found.append(phrase("card_track_value", name=track.name, title=track.title))
        found += [phrase("card_track_value", name=track.name, title=one) for one in _lines(track.prompting)]
    return tuple(found)


def prompt_facts(record: Record) -> list[Fact]:
    """What was put around the inputs of a record, and how many written answers were cut or could not be read."""
    found, told, counts = [], record.protocol.prompting, record.counts
    lines = [] if told is None else _lines(Prompting(**told.model_dump()))
    if lines:
        found.append(Fact("env_prompting", tuple(lines)))
    if counts is not None:
        ends = {"written_unread": counts.unread, "written_truncated": counts.truncated}
        written = [phrase(name, n=fixed(n, 0)) for name, n in ends.items() if n is not None]
        if written:
            found.append(Fact("env_written", tuple(written)))
    return found


def _lines(prompting: Prompting) -> list[Text]:
    tokens = prompting.reasoning_tokens
    return [
        *([phrase("prompt_system", system=shown(prompting.system))] if prompting.system else []),
        *([phrase("prompt_examples", n=prompting.few_shot)] if prompting.few_shot else []),
        *([phrase("prompt_template")] if prompting.chat_template else []),
        *([] if tokens is None else [phrase("prompt_reasoning", n=fixed(tokens, 0))]),
    ]
