"""A cache of keys and values that is written behind its end, where that of transformers copies all it holds per token.

Letters: n = rows, h = heads of keys and values, w = width of the cache, d = numbers per head.
"""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["growing_cache"]

_LEAST_ROOM = 128  # columns that are free behind a copy,
_ROOM_SHARE = 0.125  # or that share of what is held


def growing_cache() -> Any:
    """An empty cache for any model whose layers keep the keys and values of every token.

    Layers hold ``keys`` and ``values`` of shape ``(n, h, w, d)``, as those of transformers do, and take whatever these
    are set to. They have one method of their own, ``keep(first, columns)``: of the columns from ``first`` on these
    alone are left, numbered from there.
    """
    from transformers import DynamicCache

    made = DynamicCache()
    made.layer_class_to_replicate = _growing_layer()
    return made


@cache
def _growing_layer() -> type:
    from transformers.cache_utils import DynamicLayer

    class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]
        """A layer whose keys and values are the filled part of larger tensors."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._whole: dict[str, Any] = {}  # by name, with room behind what is filled
            self._filled: dict[str, Any] = {}  # what this layer last set there

        def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            """Writes new tokens behind the others, shape ``(n, h, t, d)`` each; returns all."""
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            self.keys = self._behind("keys", self.keys, key_states)
            self.values = self._behind("values", self.values, value_states)
            return self.keys, self.values

        def keep(self, first: int, columns: Any) -> None:
            """Of the columns from ``first`` on, leaves ``columns`` alone, numbered from there; shape ``(kept,)``."""
            for name in ("keys", "values"):
                held = getattr(self, name)
                held[:, :, first : first + len(columns)] = held[:, :, first:][:, :, columns]
                self._filled[name] = held[:, :, : first + len(columns)]
                setattr(self, name, self._filled[name])

        def _behind(self, name: str, held: Any, more: Any) -> Any:
            size = held.shape[2] if held.ndim == 4 else 0  # nothing yet
            wanted = size + more.shape[2]
            whole = self._whole.get(name)
            if whole is None or held is not self._filled[name] or wanted > whole.shape[2]:
                room = max(_LEAST_ROOM, int(_ROOM_SHARE * wanted))
                whole = more.new_empty((*more.shape[:2], wanted + room, more.shape[3]))
                if size:
                    whole[:, :, :size] = held
                self._whole[name] = whole
            whole[:, :, size:wanted] = more
            self._filled[name] = whole[:, :, :wanted]
            return self._filled[name]

    return GrowingLayer
