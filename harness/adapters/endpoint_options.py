"""The manifest's options of the adapter ``endpoint``: where the server is, what is asked of it, what that costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from ..errors import SubmissionError, no_such_option

__all__ = ["KEY_PREFIX", "EndpointOptions", "Price", "idle_options", "is_host", "read_endpoint_options"]

KEY_PREFIX = "SECTORBENCH_KEY"
"""What the name of a variable with a key begins with: a manifest is a stranger's and must name no other secret."""

_LOCAL = ("localhost", "127.0.0.1", "::1")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as a last label: an address in disguise, such as 2130706433 or 0x7f.1
_HOST_CHARACTERS = 253
_URL_PATH = re.compile(r"(/[A-Za-z0-9._~%:@!$&'()*+,;=-]*)*")
_KEY_NAME = re.compile(rf"{KEY_PREFIX}(_[A-Z0-9]{{1,16}}){{0,3}}")
_SYSTEM_CHARACTERS = 4_000
_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|key|api|gsk|hf|ghp|xai|AKIA)[-_]?[A-Za-z0-9_\-]{20,}|Bearer\s+\S{8,}", re.I
)
_FIELD = "submission.yaml, field 'options"
_OF_TEXTS = ("max_tokens", "temperature", "system", "price")


@dataclass(frozen=True)
class Price:
    """What the server's owner asks.

    Attributes:
        currency: ISO 4217.
        input: Per million tokens that are read.
        output: Per million tokens that are written.
    """

    currency: str
    input: float
    output: float


@dataclass(frozen=True)
class EndpointOptions:
    """The options with their defaults.

    Attributes:
        url: Base address, such as ``https://models.example.com/v1``; paths are put behind it.
        model: What the server calls the model.
        api: ``chat`` or ``completions`` of texts; ``arrow``: batches of rows, in any interface.
        key_env: Name of the environment variable that holds the key; None: none is sent.
        concurrency: Requests under way at a time.
        timeout_s: Seconds a request may take.
        retries: How often a request that failed is sent again.
        max_tokens: Tokens that may be written for a question of ``choice`` or ``extraction``.
        temperature: 0 is greedy.
        system: System prompt, put before every conversation; None: none.
        price: None: not told.
        rows: Of one request, of ``arrow`` alone.
    """

    url: str
    model: str
    api: Literal["chat", "completions", "arrow"] = "chat"
    key_env: str | None = None
    concurrency: int = 4
    timeout_s: float = 120.0
    retries: int = 6
    max_tokens: int = 1024
    temperature: float = 0.0
    system: str | None = None
    price: Price | None = None
    rows: int = 16

    @property
    def address(self) -> SplitResult:
        """The parts of the base address."""
        return urlsplit(self.url)


def read_endpoint_options(options: Mapping[str, Any]) -> EndpointOptions:
    """The options with their defaults.

    Raises:
        SubmissionError: There is no such option, or it has a wrong value; the message names all that is wrong.
    """
    wrong: list[str] = []
    known = set(EndpointOptions.__dataclass_fields__)
    if unknown := set(options) - known:
        secret = any(re.search("key|token", str(name)) for name in unknown)
        hint = ". A key stays out of files: name its variable with 'key_env'" if secret else ""
        wrong.append(no_such_option(unknown, EndpointOptions.__dataclass_fields__) + hint)
    found = {name: value for name, value in options.items() if name in known and value is not None}
    wrong += [f"{name} holds what looks like a key; it stays out of files" for name in found if _holds_key(found[name])]
    if wrong:  # a value that may be a key is not repeated in a message
        raise SubmissionError(f"SB103 {_FIELD}': {'; '.join(wrong)}")
    checks = {
        "url": (_is_url(found.get("url")), "https://HOST[:PORT]/v1, or http:// for localhost; no user, '?' or '#'"),
        "model": (_is_line(found.get("model"), 200), "the server's name of the model"),
        "api": (found.get("api", "chat") in ("chat", "completions", "arrow"), "chat, completions or arrow"),
        "key_env": (_is_key_name(found.get("key_env")), f"the name of a variable that begins with {KEY_PREFIX}"),
        "concurrency": (_is_number(found.get("concurrency", 4), 1, 64, whole=True), "a whole number, 1 to 64"),
        "timeout_s": (_is_number(found.get("timeout_s", 120), 0.1, 3600), "seconds, 0.1 to 3600"),
        "retries": (_is_number(found.get("retries", 6), 0, 20, whole=True), "a whole number, 0 to 20"),
        "max_tokens": (_is_number(found.get("max_tokens", 1024), 1, 1 << 17, whole=True), "1 to 131072 tokens"),
        "temperature": (_is_number(found.get("temperature", 0), 0, 2), "0 (greedy) to 2"),
        "system": (_is_text(found.get("system", "")), f"a text of at most {_SYSTEM_CHARACTERS:,} characters"),
        "price": (_is_price(found.get("price")), "currency (ISO 4217), and input and output per million tokens"),
        "rows": (_is_number(found.get("rows", 16), 1, 1024, whole=True), "a whole number of rows, 1 to 1024"),
    }
    wrong = [
        f"{name} is {str(found.get(name))[:80]!r}, expected {rule}" for name, (good, rule) in checks.items() if not good
    ]
    api = found.get("api", "chat")
    if idle := [name for name in idle_options(api) if name in found]:
        other = "chat and completions" if api == "arrow" else "arrow"
        wrong.append(f"{', '.join(idle)}: of no use with api {api!r:.80}; they belong to {other}")
    if wrong:
        raise SubmissionError(f"SB103 {_FIELD}': {'; '.join(wrong)}")
    price = found.pop("price", None)
    return EndpointOptions(
        **found | {"url": found["url"].rstrip("/")},
        price=None if price is None else Price(price["currency"], float(price["input"]), float(price["output"])),
    )


def idle_options(api: object) -> tuple[str, ...]:
    """The options that an API has no use for."""
    return _OF_TEXTS if api == "arrow" else ("rows",)


def _holds_key(value: Any) -> bool:
    return isinstance(value, str) and _LOOKS_LIKE_A_KEY.search(value) is not None and not _is_key_name(value)


def _is_key_name(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _KEY_NAME.fullmatch(value) is not None)


def _is_url(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]{1,300}", value) or any(c in value for c in "@?#\\"):
        return False
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or port == 0 or parts.netloc.endswith(":") or not _URL_PATH.fullmatch(parts.path):
        return False
    named = f"[{host}]" if ":" in host else host
    return is_host(named) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


def is_host(host: str) -> bool:
    """Whether it is a name, an address of version 4 in four numbers, or one of version 6 in brackets, in lower case.

    >>> [is_host(one) for one in ("models.example.com", "localhost", "10.0.0.1", "[::1]")]
    [True, True, True, True]
    >>> [is_host(one) for one in ("2130706433", "0x7f.1", "127.1", "010.0.0.1", "[fe80::1%eth0]", "a..b", "例.cn")]
    [False, False, False, False, False, False, False]
    """
    if host.startswith("["):
        return host.endswith("]") and "%" not in host and _is_address(host[1:-1], IPv6Address)
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _is_address(host, IPv4Address)
    return len(host) <= _HOST_CHARACTERS and all(_LABEL.fullmatch(one) for one in labels)


def _is_address(text: str, kind: type[IPv4Address] | type[IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _is_line(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _SYSTEM_CHARACTERS


def _is_number(value: Any, least: float, most: float, *, whole: bool = False) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most


def _is_price(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping) or set(value) != {"currency", "input", "output"}:
        return False
    currency = value["currency"]
    named = isinstance(currency, str) and re.fullmatch(r"[A-Z]{3}", currency) is not None
    return named and all(_is_number(value[name], 0, 1e6) for name in ("input", "output"))
