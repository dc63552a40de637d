"""Greedy generation of many answers at once, in which an answer that has ended makes room for the next prompt.

Rows stand in one cache of keys and values, padded on the left, and take a step together. Where a quarter of the places
have become free, what has ended is taken out of the cache, columns that only padding is left of are cut, and waiting
prompts are read and put in: a long answer holds up no short one. Of prompts that begin alike, such as many questions
about one text, the beginning is read once. Where it is long beside what is its own of each, they stand behind it in one
row (see ``shared_beginning``), if the model is found to say the same there.

Every row gets the tokens that it would get alone, up to rounding: padding is masked and positions are the row's own. A
model whose cache is not plain keys and values (a state, a sliding window), whose positions depend on the longest text,
or which prepares its inputs by itself, is run by ``generate`` of transformers in batches that last as long as their
longest answer.

Continuous batching of transformers itself (``generate_batch``, tried with 5.24.0 on a CPU) gave the same tokens, but
took 12 to 14 CPU seconds for six answers of a model of 32 dimensions, which ``generate`` gives one by one in 0.2, knows
no stop strings, and sizes its cache by the memory that is free.

Letters: n = rows, w = width of the cache, v = words of the model.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .at_once import AtOnce
from .growing_cache import growing_cache
from .packed_attention import CLOSE_NATS, mask_of, why_not_packed
from .prompt_families import Family, families_of, unfinished
from .shared_beginning import reads_packed, write_behind

if TYPE_CHECKING:
    import torch

__all__ = ["Answer", "ContinuousGenerator"]

_PLACES = 16  # answers on their way at once
_FREE_SHARE = 0.25  # of them, from which on they are filled anew
_READ_TOKENS = 8_192  # of prompts at once, padding included; a longer one is read by itself
_WORTH_PACKING = 0.25  # of what is its own of 16 answers, a beginning behind which all stand in one row
_BY_LENGTH = ("dynamic", "longrope")  # rotary positions that depend on the longest text of a batch


@dataclass(eq=False)
class Answer:
    """One answer on its way.

    Attributes:
        ids: The prompt's tokens, at least one.
        stop: Strings that end the answer.
        limit: Tokens that may be generated; there is room for them in the window.
        new: Tokens generated so far, an end token included.
        done: Whether it has ended.
        truncated: Whether it was the limit that ended it.
        broken: Whether it ended because the model's logits are not finite.
    """

    ids: list[int]
    stop: Sequence[str]
    limit: int
    new: list[int] = field(default_factory=list)
    done: bool = False
    truncated: bool = False
    broken: bool = False

    def __post_init__(self) -> None:
        self.done = self.truncated = self.limit < 1

    def take(self, token: int, ended: Callable[[Answer], bool]) -> None:
        """One more token, unless it has ended."""
        if self.done:
            return
        self.new.append(token)
        if ended(self):
            self.done = True
        elif len(self.new) >= self.limit:
            self.done = self.truncated = True

    def breaks(self) -> None:
        """No likeliest token can be told, unless it has ended."""
        if not self.done:
            self.done = self.broken = True


@dataclass
class _Places:
    """Answers under way with what the model has read of them.

    Attributes:
        rows: The answers, ``n``.
        cache: Keys and values per layer, ``w`` places.
        mask: Which places are a row's own, shape ``(n, w)``.
        position: Of each row's last token, shape ``(n,)``; it is not read yet.
    """

    rows: list[Answer]
    cache: Any
    mask: torch.Tensor
    position: torch.Tensor


@dataclass
class _Beginning:
    """What prompts begin with: its tokens, and the cache of one row that has read them."""

    ids: list[int]
    cache: Any


class ContinuousGenerator:
    """Writes answers with one model, greedily.

    Attributes:
        continuous: Whether rows come and go; else batches are run by ``generate``.
        packs: Whether answers may stand behind a beginning in one row; None: not tried yet.
        passes: Forward passes of the continuous way so far, for those who measure.
        at_once: Answers on their way at once.
    """

    def __init__(
        self, model: Any, ended: Callable[[Answer], bool], *, pad: int, window: int | None, device: str
    ) -> None:
        """Takes a loaded model.

        Args:
            model: A causal language model of transformers, in evaluation mode.
            ended: Whether an answer ends with its last token.
            pad: The token of padding.
            window: Positions that the model has; None: any number.
            device: Where it is.
        """
        self._model, self._ended, self._pad, self._window, self._device = model, ended, pad, window, device
        takes = inspect.signature(model.forward).parameters
        self._cache_name = "cache" if "cache" in takes else "past_key_values"
        self._keeps_logits = "logits_to_keep" in takes
        self.continuous = _is_plain(model) and {self._cache_name, "position_ids", "attention_mask"} <= set(takes)
        self.packs: bool | None = None if self.continuous and _may_pack(model) else False
        self.passes, self.at_once = 0, AtOnce(_PLACES, "answers", device)

    def write(self, answers: Sequence[Answer]) -> None:
        """Goes on with all answers to their ends; from where they are, fewer at once, where memory runs out.

        Raises:
            WorkerError: SB204: memory does not hold a single one.
        """
        while asked := [one for one in answers if not one.done]:
            try:
                self._write(asked)
            except Exception as err:  # raised again where it is not of memory
                self.at_once.less(err)
                self.packs = False  # many answers in one row take the most

    def _write(self, asked: Sequence[Answer]) -> None:
        import torch

        with torch.inference_mode():
            if self.continuous:
                families = families_of(asked)
                for one in families:
                    if self._is_packed(one):
                        write_behind(one.shared, one.rows, self._read_on, self._note)
                self._come_and_go(unfinished(families))
                return
            by_length = sorted(asked, key=lambda one: len(one.ids))
            for first in range(0, len(by_length), self.at_once.size):
                self._in_one_batch(by_length[first : first + self.at_once.size])

    def _is_packed(self, family: Family) -> bool:
        shared, rows = family
        own = sum(len(one.ids) - len(shared) + one.limit for one in rows) / len(rows)
        if not shared or self.packs is False or len(shared) < _WORTH_PACKING * _PLACES * own:
            return False
        if self.packs is None:
            close = CLOSE_NATS.get(str(self._model.dtype).removeprefix("torch."), 0.0)
            self.packs = reads_packed(rows[0].ids, self._read_on, close_nats=close)
        return self.packs

    def _read_on(self, ids: Any, position: Any, seen: Any, cache: Any, places: Any) -> Any:
        """A pass for ``shared_beginning``."""
        mask = ids.new_ones(ids.shape) if seen is None else mask_of(seen, self._model, self._model.dtype)
        places = places.to(self._device)
        logits = self._pass(ids, mask, position, cache, places)[2][0]
        return logits if len(logits) == len(places) else logits[places]

    def _come_and_go(self, families: Sequence[Family]) -> None:
        waiting = deque((one.shared, row) for one in families for row in one.rows)
        places: _Places | None = None
        beginning: _Beginning | None = None
        while waiting or places is not None:
            left = 0 if places is None else sum(not one.done for one in places.rows)
            free = self.at_once.size - left
            if places is not None and left < len(places.rows) and (not left or free >= _FREE_SHARE * self.at_once.size):
                places = _kept(places) if left else None
            if waiting and free >= _FREE_SHARE * self.at_once.size:
                shared, first = waiting.popleft()
                coming = [first]
                while waiting and waiting[0][0] is shared and len(coming) < free:
                    longest = max(len(waiting[0][1].ids), *(len(one.ids) for one in coming)) - len(shared)
                    if (len(coming) + 1) * longest > _READ_TOKENS:
                        break
                    coming.append(waiting.popleft()[1])
                if not shared:
                    beginning = None
                elif beginning is None or beginning.ids is not shared:
                    beginning = None  # its memory is free before the next one is read
                    beginning = _Beginning(shared, self._read([shared], None)[0])
                places = _joined(places, self._begun(coming, beginning))
            elif places is not None:
                self._step(places)

    def _begun(self, rows: list[Answer], beginning: _Beginning | None) -> _Places:
        """Reads prompts up to their first new tokens."""
        import torch

        size = 0 if beginning is None else len(beginning.ids)
        whole = [[*one.ids, *one.new] for one in rows]
        cache, mask, logits = self._read([ids[size:] for ids in whole], beginning)
        self._note(rows, logits)
        position = torch.tensor([len(ids) for ids in whole], device=self._device)
        return _Places(rows, cache, mask, position)

    def _read(self, texts: Sequence[Sequence[int]], beginning: _Beginning | None) -> tuple[Any, Any, Any]:
        """Reads texts behind what they begin with: cache, mask of shape ``(n, w)``, and logits ``(n, v)`` behind them.

        Where texts are not equally long, padding stands between the beginning and them.
        """
        import torch

        size = 0 if beginning is None else len(beginning.ids)
        width = max(map(len, texts))
        ids = torch.full((len(texts), width), self._pad)
        mask = torch.ones(len(texts), size + width, dtype=torch.long)
        for row, text in enumerate(texts):
            ids[row, width - len(text) :] = torch.tensor(text)
            mask[row, size : size + width - len(text)] = 0
        position = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, size:]
        cache = growing_cache()
        if beginning is not None:
            for number, layer in _filled(beginning.cache):
                keys, values = (one.expand(len(texts), *one.shape[1:]) for one in (layer.keys, layer.values))
                cache.update(keys, values, number)
        return self._last(ids, mask, position, cache)

    def _last(self, ids: Any, mask: Any, position: Any, cache: Any) -> tuple[Any, Any, Any]:
        cache, mask, logits = self._pass(ids, mask, position, cache, 1)
        return cache, mask, logits[:, -1]

    def _pass(self, ids: Any, mask: Any, position: Any, cache: Any, places: Any) -> tuple[Any, Any, Any]:
        """Cache, mask and logits, at least those of ``places``: as many last ones, or these."""
        self.passes += 1
        mask = mask.to(self._device)
        said = self._model(
            input_ids=ids.to(self._device),
            attention_mask=mask,
            position_ids=position.to(self._device),
            use_cache=True,
            **{self._cache_name: cache},
            **({"logits_to_keep": places} if self._keeps_logits else {}),
        )
        return cache, mask, said.logits

    def _step(self, places: _Places) -> None:
        """One more token of every answer; one that has ended is taken along, its position stays."""
        import torch

        rows, device = places.rows, self._device
        own = torch.tensor([[int(not one.done)] for one in rows], device=device)  # (n, 1)
        ids = torch.tensor([[one.new[-1]] for one in rows], device=device)
        mask = torch.cat([places.mask, own], dim=1)
        places.cache, places.mask, logits = self._last(ids, mask, places.position[:, None], places.cache)
        self._note(rows, logits)
        more = torch.tensor([int(not one.done) for one in rows], device=device)
        places.position = places.position + more

    def _note(self, rows: Sequence[Answer], logits: Any) -> None:
        logits = logits.float()
        tokens = logits.argmax(dim=-1)
        _mark_broken(rows, logits, tokens)
        for row, token in zip(rows, tokens.tolist(), strict=True):
            row.take(token, self._ended)

    def _in_one_batch(self, rows: Sequence[Answer]) -> None:
        """Goes on with all rows by ``generate``.

        A row that has ended goes on unread until its batch stops, so a batch takes no more steps than every row has
        room for in the window; what has more room goes on without the others.
        """
        while left := [row for row in rows if not row.done]:
            steps = max(row.limit - len(row.new) for row in left)
            if self._window is not None:
                steps = min(steps, *(self._window - len(row.ids) - len(row.new) for row in left))
            self._generate(left, steps)

    def _generate(self, rows: Sequence[Answer], steps: int) -> None:
        import torch

        whole = [[*row.ids, *row.new] for row in rows]
        width = max(map(len, whole))
        ids = [[self._pad] * (width - len(one)) + one for one in whole]  # (n, t), padded on the left
        mask = [[0] * (width - len(one)) + [1] * len(one) for one in whole]

        def looked_at(tokens: Any, logits: Any) -> Any:
            _mark_broken(rows, logits, logits.argmax(dim=-1))
            return logits

        def ended(tokens: Any, scores: Any, **more: Any) -> Any:
            for row, token in zip(rows, tokens[:, -1].tolist(), strict=True):
                row.take(token, self._ended)
            return torch.tensor([row.done for row in rows], device=tokens.device)

        self._model.generate(
            input_ids=torch.tensor(ids, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
            max_new_tokens=steps,
            do_sample=False,
            use_cache=True,
            pad_token_id=self._pad,
            logits_processor=[looked_at],
            stopping_criteria=[ended],
        )


def _mark_broken(rows: Sequence[Answer], logits: Any, tokens: Any) -> None:
    """Ends answers whose greatest logit is not finite: NaN counts as the greatest, and words may be ruled out by -inf.

    Args:
        rows: The answers.
        logits: Shape ``(n, v)``.
        tokens: Where the greatest stand, shape ``(n,)``.
    """
    for row, finite in zip(rows, logits.gather(1, tokens[:, None])[:, 0].isfinite().tolist(), strict=True):
        if not finite:
            row.breaks()


def _may_pack(model: Any) -> bool:
    """Whether a pack is tried: windows of places in a row would be filled with other answers."""
    return why_not_packed(model) is None and not getattr(model.config.get_text_config(), "window_size", None)


def _is_plain(model: Any) -> bool:
    """Whether all that a model keeps of a text are keys and values of every token, the same whatever comes later."""
    from transformers import DynamicCache, GenerationMixin
    from transformers.cache_utils import DynamicLayer

    prepares = type(model).prepare_inputs_for_generation is not GenerationMixin.prepare_inputs_for_generation
    config = model.config.get_text_config()
    rotary = str([getattr(config, name, None) for name in ("rope_parameters", "rope_scaling")])
    if getattr(model, "_is_stateful", False) or prepares or any(kind in rotary for kind in _BY_LENGTH):
        return False
    layers = DynamicCache(config=model.config).layers
    return all(type(layer) is DynamicLayer for layer in layers)


def _filled(cache: Any) -> list[tuple[int, Any]]:
    """Layers of a cache that hold something, with their numbers: layers may share the keys and values of others."""
    return [(number, layer) for number, layer in enumerate(cache.layers) if layer.keys is not None]


def _kept(places: _Places) -> _Places:
    """The answers that have not ended, without columns that are padding to all of them."""
    import torch

    left = [at for at, one in enumerate(places.rows) if not one.done]
    at = torch.tensor(left, device=places.mask.device)
    mask = places.mask[at]
    first = int(mask.any(dim=0).int().argmax())
    for _, layer in _filled(places.cache):
        layer.keys, layer.values = (one[at, :, first:] for one in (layer.keys, layer.values))
    return _Places([places.rows[one] for one in left], places.cache, mask[:, first:], places.position[at])


def _joined(one: _Places | None, other: _Places) -> _Places:
    """Both, the narrower one padded on the left."""
    import torch

    if one is None:
        return other
    width = max(one.mask.shape[1], other.mask.shape[1])

    def both(first: Any, second: Any, dim: int) -> Any:
        padded = []
        for tensor in (first, second):
            lacking = list(tensor.shape)
            lacking[dim] = width - tensor.shape[dim]
            padded.append(torch.cat([tensor.new_zeros(lacking), tensor], dim=dim) if lacking[dim] else tensor)
        return torch.cat(padded)

    for (_, own), (_, more) in zip(_filled(one.cache), _filled(other.cache), strict=True):
        own.keys, own.values = both(own.keys, more.keys, 2), both(own.values, more.values, 2)
    position = torch.cat([one.position, other.position])
    return _Places([*one.rows, *other.rows], one.cache, both(one.mask, other.mask, 1), position)
