"""Templates of submissions: for each adapter and interface a whole folder with untrained weights, made on the spot."""

from __future__ import annotations

from .commands import add_template_parser
from .kinds import TEMPLATES, Template
from .writing import write_template

__all__ = ["TEMPLATES", "Template", "add_template_parser", "write_template"]
