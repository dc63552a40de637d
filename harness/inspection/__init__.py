"""Inspection: what can be known of a submission without loading its model, every problem at once."""

from __future__ import annotations

from .folder import Look, Terms, look_at

__all__ = ["Look", "Terms", "look_at"]
