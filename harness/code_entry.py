"""One code: what it means and what to do about it, in both languages."""

from __future__ import annotations

from typing import NamedTuple

from .text import Text

__all__ = ["Code"]


class Code(NamedTuple):
    """What a code means and what to do about it."""

    meaning: Text
    remedy: Text
