"""Text as tokens for likelihoods: where a context ends and its continuation begins, each context tokenised once.

The border is that of lm-evaluation-harness, so that figures compare: spaces at the end of the context belong to the
continuation; ``whole = tokens(context + continuation)``, and the continuation is what ``whole`` holds behind as many
tokens as the context has by itself. Where that is none, because the border was merged away, both are tokenised apart.
An empty context becomes the tokenizer's begin token, else its end token.

A text that goes on from another is not tokenised again: only its end is, from a blank at which the tokenizer splits,
and only if the tokenizer is seen to do the same there by itself. A tokenizer that does not split at blanks reads the
whole text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InterfaceError

__all__ = ["Encoded", "PrefixTokenizer", "TokenRequest", "border", "requests_of", "within_window"]

_MARGIN_CHARACTERS = 24  # a text's end is read again from a blank at least so far before it
_TRIES = 3  # blanks that are looked at, each twice as far back


@dataclass(frozen=True)
class TokenRequest:
    """What a model is asked: how likely the continuation is behind the context.

    Attributes:
        tokens: Context and continuation, at least one token of each.
        scored: How many tokens at the end are the continuation.
        cut: How many tokens of the context were left out at its beginning to fit into the model's window.
    """

    tokens: tuple[int, ...]
    scored: int
    cut: int = 0


@dataclass(frozen=True)
class Encoded:
    """A text with its tokens.

    Attributes:
        text: The text.
        ids: Its tokens, without special ones.
        ends: For each token the place in the text behind its last character.
    """

    text: str
    ids: tuple[int, ...]
    ends: tuple[int, ...]


class PrefixTokenizer:
    """A fast tokenizer of transformers that reads a text's beginning once.

    Attributes:
        before: Tokens that stand before every text: the begin token, where the tokenizer puts one.
        empty: What an empty context becomes.
        tokenised: Characters that were given to the tokenizer so far.
    """

    def __init__(self, tokenizer: Any, *, begin: bool = True) -> None:
        """Takes a tokenizer.

        Args:
            tokenizer: A ``PreTrainedTokenizerFast``.
            begin: Whether the begin token stands before every text, where the tokenizer puts one there.

        Raises:
            InterfaceError: It has neither a begin nor an end token.
        """
        first, last = tokenizer.bos_token_id, tokenizer.eos_token_id
        if first is None and last is None:
            raise InterfaceError("the tokenizer has neither a begin nor an end token; an empty context needs one")
        self.empty: int = last if first is None else first
        added = tokenizer("")["input_ids"]
        self.before: tuple[int, ...] = (first,) if begin and first is not None and added[:1] == [first] else ()
        self.tokenised = 0
        self._backend = tokenizer.backend_tokenizer  # which neither cuts nor pads since it was asked above
        splitter = self._backend.pre_tokenizer
        self._splits = splitter is not None and len(splitter.pre_tokenize_str("a b")) > 1

    def encode(self, text: str) -> Encoded:
        """The tokens of a text."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[Encoded]:
        """The tokens of several texts."""
        self.tokenised += sum(map(len, texts))
        found = self._backend.encode_batch(list(texts), add_special_tokens=False)
        return [
            Encoded(text, tuple(one.ids), tuple([end for _, end in one.offsets]))
            for text, one in zip(texts, found, strict=True)
        ]

    def extend(self, start: Encoded, more: str) -> Encoded:
        """The tokens of ``start.text + more``; the same as ``encode`` gives, of which only the end is read."""
        return self.extend_all(start, [more])[0]

    def extend_all(self, start: Encoded, ends: Sequence[str]) -> list[Encoded]:
        """``extend`` for several ends of one text."""
        at = self._cut(start)
        if at is None:
            return self.encode_all([start.text + more for more in ends])
        token, character = at
        tails = self.encode_all([start.text[character:] + more for more in ends])
        return [
            Encoded(
                start.text + more,
                start.ids[:token] + tail.ids,
                start.ends[:token] + tuple([character + end for end in tail.ends]),
            )
            for more, tail in zip(ends, tails, strict=True)
        ]

    def _cut(self, start: Encoded) -> tuple[int, int] | None:
        """A token and a character of the text behind which it can be read by itself; None: there is no such place."""
        if not self._splits:
            return None
        text, margin = start.text, _MARGIN_CHARACTERS
        for _ in range(_TRIES):
            character = text.rfind(" ", 1, max(1, len(text) - margin))
            if character < 0:
                return None
            alone = not text[character - 1].isspace() and not text[character + 1].isspace()
            if alone and character in start.ends:
                token = len(start.ends) - start.ends[::-1].index(character)
                if self.encode(text[character:]).ids == start.ids[token:]:
                    return token, character
            margin *= 2
        return None


def border(text: str) -> tuple[str, str]:
    """A context without the blanks at its end, and these blanks, which belong to what follows."""
    bare = text.rstrip()
    return bare, text[len(bare) :]


def requests_of(tokenizer: PrefixTokenizer, context: Encoded, continuations: Sequence[str]) -> list[TokenRequest]:
    """Requests for continuations of one context, as the module says.

    Args:
        tokenizer: That made ``context``.
        context: The text before, without blanks at its end (see ``border``).
        continuations: With these blanks before them.

    Raises:
        InterfaceError: A continuation has no tokens.
    """
    found = []
    for more, whole in zip(continuations, tokenizer.extend_all(context, continuations), strict=True):
        size = len(context.ids)
        before, after = whole.ids[:size], whole.ids[size:]
        if size and not after:  # the border was merged away
            before, after = context.ids, tokenizer.encode(more).ids
        if not after:
            raise InterfaceError(f"a continuation has no tokens: {more!r:.80}")
        lead = tokenizer.before or (() if before else (tokenizer.empty,))
        found.append(TokenRequest((*lead, *before, *after), len(after)))
    return found


def within_window(request: TokenRequest, window: int | None) -> TokenRequest:
    """The request without the beginning of its context, where a model reads at most ``window`` tokens.

    The last ``window + 1`` tokens are kept: the very last is predicted and never read.

    Raises:
        InterfaceError: The continuation alone does not fit.
    """
    if window is None or len(request.tokens) <= window + 1:
        return request
    if request.scored > window:
        raise InterfaceError(
            f"a continuation of {request.scored:,} tokens does not fit behind one token of context into the model's "
            f"window of {window:,}"
        )
    cut = len(request.tokens) - window - 1
    return TokenRequest(request.tokens[cut:], request.scored, cut)
