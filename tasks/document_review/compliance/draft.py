"""A document while it is written: lines by section, and where in the finished text the facts of each check stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import NamedTuple, TypeAlias

from .dice import Dice
from .wording import Wording

__all__ = ["Draft", "Fact", "Place", "Ref", "Value"]


class Fact(NamedTuple):
    """Text that shows that a check fails."""

    text: str
    check: str


class Ref(NamedTuple):
    """The number of another section's line: ``5.1``; the first line where several stand there."""

    section: str


Value: TypeAlias = "str | Fact | Ref | Sequence[Value]"


class Place(NamedTuple):
    """Where a fact stands: half-open ranges of characters.

    Attributes:
        check: That it shows to fail.
        start: First character of the fact.
        end: Behind its last character.
        line_start: First character of the line it stands in.
        line_end: Behind the line's last character, without the line's end.
    """

    check: str
    start: int
    end: int
    line_start: int
    line_end: int


class _Line(NamedTuple):
    template: str
    values: Mapping[str, Value]


@dataclass
class Draft:
    """Collects lines, then writes them with numbers.

    Attributes:
        wording: Of the language.
        dice: Draws which way a thing is said.
        roles: What every template may name: the parties' roles and what the document is called.
    """

    wording: Wording
    dice: Dice
    roles: Mapping[str, str]
    _sections: dict[str, list[_Line]] = field(default_factory=dict)
    _headings: dict[str, str] = field(default_factory=dict)

    def add(self, section: str, *keys: str, **values: Value) -> None:
        """A line at the end of a section, said in one of the ways that stand under the keys."""
        self.add_way(section, self.dice.pick(self.wording.ways(*keys)), **values)

    def add_way(self, section: str, template: str, **values: Value) -> None:
        """A line at the end of a section, said in this way."""
        self._sections.setdefault(section, []).append(_Line(template, values))

    def head(self, section: str, heading: str) -> None:
        """Gives a section its heading."""
        self._headings[section] = heading

    def has(self, section: str) -> bool:
        """Whether a section has lines."""
        return section in self._sections

    def mix(self, section: str, keep: int) -> None:
        """Shuffles a section's lines behind the first ``keep`` of them."""
        lines = self._sections[section]
        self._sections[section] = [*lines[:keep], *self.dice.shuffled(lines[keep:])]

    def write(
        self, title: str, *, numbered: Sequence[str], before: Sequence[str], after: Sequence[str]
    ) -> tuple[str, list[Place]]:
        """The text and its places.

        Args:
            title: Its first line.
            numbered: Sections with numbers, in their order; those without lines are left out.
            before: Sections without numbers before them.
            after: Sections without numbers behind them.
        """
        kept = [section for section in numbered if self.has(section)]
        number = {section: at for at, section in enumerate(kept, 1)}
        text, places = title, []
        for section in [*before, *kept, *after]:
            prefix = f"{number[section]}. " if section in number else ""
            text += f"\n\n{prefix}{self._headings[section]}"
            for at, line in enumerate(self._sections[section], 1):
                text += "\n"
                begin = len(text)
                text += f"{number[section]}.{at} " if section in number else ""
                facts: list[tuple[str, int, int]] = []
                for literal, name, _, _ in Formatter().parse(line.template):
                    text += literal
                    if name is not None:
                        value = line.values[name] if name in line.values else self.roles[name]
                        for part in _flat(value):
                            said, check = self._said(part, number)
                            if check is not None:
                                facts.append((check, len(text), len(text) + len(said)))
                            text += said
                places += [Place(check, start, end, begin, len(text)) for check, start, end in facts]
        return text + "\n", places

    @staticmethod
    def _said(part: str | Fact | Ref, number: Mapping[str, int]) -> tuple[str, str | None]:
        if isinstance(part, Fact):
            return part.text, part.check
        if isinstance(part, Ref):
            return f"{number[part.section]}.1", None
        return part, None


def _flat(value: Value) -> list[str | Fact | Ref]:
    if isinstance(value, str | Fact | Ref):
        return [value]
    return [part for one in value for part in _flat(one)]
