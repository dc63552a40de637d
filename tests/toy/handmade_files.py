"""Stands for the data files of a task: texts by the names of the files."""

from __future__ import annotations

from pathlib import PurePosixPath


class Handmade:
    """Answers ``read`` with the one text that it was given, or with the text of the file's name."""

    def __init__(self, text=None, **texts):
        self.text, self.texts = text, texts

    def read(self, file):
        return (self.texts[PurePosixPath(file.path).stem] if self.text is None else self.text).encode()
