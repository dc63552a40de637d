"""How likely a causal language model finds continuations of contexts; every shared beginning is read once.

Requests become packs (see ``likelihood_plan``), packs of nearly equal length a batch under a budget of tokens and
bytes, and logits exist only behind the tokens that something is predicted of: their memory is that number times the
vocabulary. Likelihoods are sums of log-softmax in float32, added in float64.

A pack needs a model that takes a mask of who sees whom and positions of its own. Which models do is known of some that
do not (a state that is carried along, positions made from the mask, windows of attention that are shorter than the
text) and tried with all others: requests that begin alike are read both ways, and where these differ by more than
rounding, every request is read as a plain row. What was done is told in ``Engine.way``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import InterfaceError
from .at_once import is_of_memory
from .likelihood_plan import Pack, batches_of, packs_of, plain_packs, shared_length
from .packed_attention import CLOSE_NATS, fuse_activations, last_by_itself, mask_of, split_attention, why_not_packed
from .text_tokens import TokenRequest

if TYPE_CHECKING:
    import torch

__all__ = ["Budget", "Engine", "Likelihood", "Work"]

_TRIED_REQUESTS = 64
_WINDOWS = ("sliding_window", "attention_chunk_size")  # of positions, which the mask of a pack knows nothing of
_PLACE_WINDOWS = ("window_size",)  # of places in a row, which a pack fills with other requests


class Likelihood(NamedTuple):
    """What the model says of one continuation.

    Attributes:
        nats: Its log-likelihood.
        greedy: Whether each of its tokens is the likeliest one, or one of several that are; None where nobody asked.
    """

    nats: float
    greedy: bool | None


@dataclass(frozen=True)
class Budget:
    """What one forward pass may take.

    Attributes:
        tokens: Of one row; a pack of one request may be longer.
        logits_bytes: Of logits, in float32; those of one row may take twice as much, rather than have it read twice.
        mask_bytes: Of masks.
        batch_tokens: Of several rows together, padding included; 0: as many as of one.
    """

    tokens: int
    logits_bytes: int
    mask_bytes: int
    batch_tokens: int = 0

    @classmethod
    def of(cls, device: str) -> Budget:
        """What is sensible on a kind of device."""
        if device.startswith("cuda"):
            return cls(tokens=32_768, logits_bytes=2 << 30, mask_bytes=1 << 30)
        # More rows at once than stay in a core's cache are slower: 512 to 1,024 tokens are read fastest.
        return cls(tokens=2_048, logits_bytes=32 << 20, mask_bytes=64 << 20, batch_tokens=1_024)

    def halved(self) -> Budget:
        """Half of everything."""
        return Budget(
            max(1, self.tokens // 2),
            max(1, self.logits_bytes // 2),
            max(1, self.mask_bytes // 2),
            self.batch_tokens // 2,
        )


@dataclass
class Work:
    """What was done, for those who measure.

    Attributes:
        requests: Answered.
        tokens: Read by the model, without padding.
        padded: The same with padding.
        passes: Forward passes.
        heads: Places that logits were made of.
    """

    requests: int = 0
    tokens: int = 0
    padded: int = 0
    passes: int = 0
    heads: int = 0

    def add(self, more: Work) -> None:
        """Counts what was done elsewhere, but for its requests."""
        self.tokens, self.padded = self.tokens + more.tokens, self.padded + more.padded
        self.passes, self.heads = self.passes + more.passes, self.heads + more.heads


@dataclass
class Engine:
    """Answers requests with one model.

    Attributes:
        model: A causal language model of transformers, in evaluation mode; in float32 its activations are changed for
            faster ones of the same formula.
        device: Where it is.
        dtype: Of its weights.
        budget: Halved by itself where memory runs out.
        sharing: Whether beginnings are shared at all.
        greedy: Whether it is looked for the likeliest tokens, too.
        way: How requests are read, for the record; None until the first are.
        work: What was done so far.
    """

    model: Any
    device: str
    dtype: str
    budget: Budget
    sharing: bool = True
    greedy: bool = True
    way: str | None = None
    work: Work = field(default_factory=Work)

    def __post_init__(self) -> None:
        config = self.model.config.get_text_config()
        self._vocabulary = int(self.model.get_output_embeddings().weight.shape[0])
        self._window, self._place_window = (
            min((w for name in names if (w := getattr(config, name, None))), default=math.inf)
            for names in (_WINDOWS, _PLACE_WINDOWS)
        )
        self._added_mask = config._attn_implementation == "eager"
        if self.dtype == "float32":  # in lower precision, one rounding instead of eight would move what is said
            fuse_activations(self.model)
        if not self.sharing:
            self.way = "plain rows: sharing was turned off"
        elif why := why_not_packed(self.model):
            self.way, self.sharing = f"plain rows: {why}", False

    def score(self, requests: Sequence[TokenRequest]) -> list[Likelihood]:
        """The likelihood of each request, in their order.

        Raises:
            InterfaceError: Memory does not hold a single row.
        """
        self.work.requests += len(requests)
        found: dict[int, Likelihood] = {}
        while left := [number for number in range(len(requests)) if number not in found]:
            try:
                if self.way is None and (known := self._try(requests[:_TRIED_REQUESTS])):
                    found |= {number: known[one] for number, one in enumerate(requests) if one in known}
                    left = [number for number in left if number not in found]
                self._answer([requests[number] for number in left], left, found)
            except Exception as err:
                if not is_of_memory(err):
                    raise
                self._smaller(err)
        return [found[number] for number in range(len(requests))]

    def held_told(self) -> dict[str, str]:
        """How many tokens memory held at once, for the record; nothing where it held all that are read together."""
        first = Budget.of(self.device).tokens
        if self.budget.tokens >= first:
            return {}
        return {"asked at once": f"{self.budget.tokens:,} tokens, not {first:,}: memory held no more"}

    def _smaller(self, err: BaseException) -> None:
        import torch

        if self.budget.tokens <= 1:
            raise InterfaceError(
                f"one row alone does not fit into the memory of {self.device}: {str(err).splitlines()[0][:200]}"
            ) from err
        self.budget = self.budget.halved()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _try(self, requests: Sequence[TokenRequest]) -> dict[TokenRequest, Likelihood]:
        """Reads requests that begin alike together, the last of them alone as well, and decides.

        Returns what was said of them together, if that is right.
        """
        alike = _alike(requests)
        if not alike:
            return {}  # nothing stands between a beginning and its end yet
        last, work, self.work = len(alike) - 1, self.work, Work()
        wanted, together = self.sharing, Work()
        said: dict[bool, dict[int, Likelihood]] = {True: {}, False: {}}
        for self.sharing, asked in ((True, alike), (False, alike[-1:])):
            try:
                self._answer(asked, range(len(alike) - len(asked), len(alike)), said[self.sharing])
                together = self.work if self.sharing else together
                self.work = Work()
            except Exception as err:
                if not self.sharing or is_of_memory(err):
                    self.sharing, self.work = wanted, work
                    raise
                self.way = f"plain rows: the model takes no mask of its own ({type(err).__name__})"
        self.work = work
        off = abs(said[True][last].nats - said[False][last].nats) if last in said[True] else math.inf
        self.sharing = off <= CLOSE_NATS[self.dtype]  # False where NaN
        if self.sharing:
            self.way = "shared beginnings"
            self.work.add(together)
            return {one: said[True][number] for number, one in enumerate(alike)}
        if self.way is None:
            self.way = f"plain rows: shared beginnings moved a likelihood by {off:.1e} nats"
        return {}

    def _answer(self, requests: Sequence[TokenRequest], numbers: Sequence[int], found: dict[int, Likelihood]) -> None:
        """Puts the likelihood of each request under its number, batch by batch."""
        heads = max(1, self.budget.logits_bytes // (4 * self._vocabulary))
        if not self.sharing:
            packs = plain_packs(requests)
        else:
            packs = packs_of(requests, tokens=self.budget.tokens, heads=2 * heads)
            packs = [pack for one in packs for pack in self._within(one, requests)]
        pairs = max(1, self.budget.mask_bytes // (4 if self._added_mask else 1))
        # Plain rows by themselves: they are read with the model's own mask, which may reach less far than a pack's.
        for own in ([pack for pack in packs if pack.chain], [pack for pack in packs if not pack.chain]):
            together = self.budget.batch_tokens or self.budget.tokens
            for batch in batches_of(own, tokens=together, heads=heads, pairs=pairs):
                for at, said in self._read(batch):
                    found[numbers[at]] = said

    def _within(self, pack: Pack, requests: Sequence[TokenRequest]) -> list[Pack]:
        """The pack, or plain rows of it where attention reaches less far back than it is deep."""
        if pack.chain or (pack.depth <= self._window and len(pack.tokens) <= self._place_window):
            return [pack]
        numbers = [number for number, _, _ in pack.asked]
        plain = plain_packs([requests[number] for number in numbers])
        for one in plain:
            one.asked = [(numbers[at], heads, targets) for at, heads, targets in one.asked]
        return plain

    def _read(self, batch: Sequence[Pack]) -> list[tuple[int, Likelihood]]:
        """What one forward pass says of each request of the batch, by its place among those that were packed."""
        import torch

        width = max(len(pack.tokens) for pack in batch)
        tokens = torch.zeros(len(batch), width, dtype=torch.long)
        places = torch.zeros(len(batch), width, dtype=torch.long)
        for row, pack in enumerate(batch):
            tokens[row, : len(pack.tokens)] = torch.tensor(pack.tokens)
            places[row, : len(pack.tokens)] = torch.tensor(pack.depths)
        given: dict[str, Any] = {"input_ids": tokens}
        if all(pack.chain for pack in batch):
            given["attention_mask"] = torch.zeros_like(tokens)
            for row, pack in enumerate(batch):
                given["attention_mask"][row, : len(pack.tokens)] = 1
        else:
            given["position_ids"] = places
            given["attention_mask"] = self._mask(batch, width)
        given = {name: tensor.to(self.device) for name, tensor in given.items()}
        asked = torch.tensor(
            [row * width + place for row, pack in enumerate(batch) for place in pack.heads], device=self.device
        )
        packed = "position_ids" in given
        plain = min(pack.plain for pack in batch) if packed else 0
        last = last_by_itself(self.model, asked) if packed else nullcontext()
        with torch.inference_mode(), split_attention(plain), last:
            logits = self._logits(given, asked)  # (h, v)
            scored = _Scored.of(logits, batch, greedy=self.greedy)
        self.work.tokens += sum(len(pack.tokens) for pack in batch)
        self.work.padded += len(batch) * width
        self.work.passes += 1
        self.work.heads += len(asked)
        found, first = [], 0
        for pack in batch:
            for number, heads, targets in pack.asked:
                found.append((number, scored.likelihood([first + head for head in heads], targets)))
            first += len(pack.heads)
        return found

    def _mask(self, batch: Sequence[Pack], width: int) -> torch.Tensor:
        """Who sees whom, shape ``(rows, 1, width, width)``: true or, where attention adds it to its scores, 0."""
        import torch

        seen = torch.from_numpy(np.stack([pack.visible(width) for pack in batch]))[:, None]
        return mask_of(seen, self.model, getattr(torch, self.dtype))

    def _logits(self, given: dict[str, torch.Tensor], asked: torch.Tensor) -> torch.Tensor:
        """Logits behind the asked places, shape ``(h, v)``: the head is given these alone.

        What a model does with its logits afterwards (caps, scales) happens to them as to all.
        """
        with _only(self.model.get_output_embeddings(), asked) as cut:
            logits: torch.Tensor = self.model(**given, use_cache=False).logits
        return logits[0] if cut.done == 1 else logits.reshape(-1, logits.shape[-1])[asked]


class _Scored(NamedTuple):
    """Log-likelihoods and ranks of the tokens that are asked about."""

    place: dict[tuple[int, int], int]
    nats: list[float]
    greedy: list[bool] | None

    @classmethod
    def of(cls, logits: torch.Tensor, batch: Sequence[Pack], *, greedy: bool) -> _Scored:
        """From logits of shape ``(h, v)``."""
        import torch

        place: dict[tuple[int, int], int] = {}
        first = 0
        for pack in batch:
            for _, heads, targets in pack.asked:
                for head, target in zip(heads, targets, strict=True):
                    place.setdefault((first + head, target), len(place))
            first += len(pack.heads)
        rows, tokens = torch.tensor(list(place), device=logits.device).T  # (asked,) each
        logits = logits.float()
        greatest = logits.amax(dim=-1, keepdim=True)  # (h, 1)
        normaliser = (logits - greatest).exp_().sum(dim=-1).log_() + greatest[:, 0]  # (h,)
        nats = logits[rows, tokens] - normaliser[rows]
        likeliest = torch.eq(logits[rows, tokens], greatest[rows, 0]).tolist() if greedy else None
        return cls(place, nats.tolist(), likeliest)

    def likelihood(self, heads: Sequence[int], targets: Sequence[int]) -> Likelihood:
        """Of a continuation: its tokens behind their places."""
        at = [self.place[pair] for pair in zip(heads, targets, strict=True)]
        greedy = None if self.greedy is None else all(self.greedy[one] for one in at)
        return Likelihood(float(sum(self.nats[one] for one in at)), greedy)


@dataclass
class _Cut:
    done: int = 0


@contextmanager
def _only(head: Any, asked: torch.Tensor) -> Any:
    """While it lasts, the head of a model is given the hidden states of these places alone."""
    cut = _Cut()

    def before(module: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        cut.done += 1
        hidden = given[0]
        return (hidden.reshape(-1, hidden.shape[-1])[asked][None], *given[1:])

    handle = head.register_forward_pre_hook(before)
    try:
        yield cut
    finally:
        handle.remove()


def _alike(requests: Sequence[TokenRequest]) -> list[TokenRequest]:
    """Requests of which each begins mostly as the one before and then goes another way, in the order of a pack.

    The longest such row among the longest texts; the last request stands furthest from what it begins with. Empty where
    there are no two.
    """
    longest = sorted(requests, key=lambda one: -len(one.tokens))[:_TRIED_REQUESTS]
    found: list[TokenRequest] = []
    row: list[TokenRequest] = []
    for one in sorted(longest, key=lambda one: one.tokens):
        shared = shared_length(row[-1].tokens[:-1], one.tokens[:-1]) if row else 0
        goes_on = row and shared < min(len(row[-1].tokens), len(one.tokens)) - 1 and 2 * shared >= len(one.tokens)
        row = [*row, one] if goes_on else [one]
        found = row if len(row) > max(1, len(found)) else found
    return found
