"""Which hosts a stranger's endpoint may name: public ones, and those that the operator allows; a connection to them.

A manifest that names a host chooses whom the laboratory's machine talks to. So names are resolved here, every address
is judged, and the connection goes to one that was: a name that leads elsewhere a moment later gains nothing by it.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import threading
from collections.abc import Callable, Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from ..adapters.endpoint_options import is_host
from ..errors import UsageError, WorkerError

__all__ = ["Opened", "allowed_hosts", "default_port", "host_text", "open_socket", "port_of", "why_not_public"]

_CONNECT_S = 15.0  # to one address; whoever drops what comes in must not hold a run up
_PORTS = {"http": 80, "https": 443}
_ADDRESSES = 8  # of one name that are tried
_PORT = re.compile(r"[1-9]\d{0,4}")

# IANA's special-purpose registries of 2025; Python's own lists differ from one patch release to the next.
_NOT_PUBLIC_4 = {
    "0.0.0.0/8": "unspecified",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_PUBLIC_6 = IPv6Network("2000::/3")  # all that is given out; the rest is local, mapped, multicast or not in use
_NAT64 = IPv6Network("64:ff9b::/96")  # an address of version 4 behind it, as networks without version 4 are told
_NOT_PUBLIC_6 = {
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "3fff::/20": "documentation",
}
_BANNED_4 = [(IPv4Network(net), kind) for net, kind in _NOT_PUBLIC_4.items()]
_BANNED_6 = [(IPv6Network(net), kind) for net, kind in _NOT_PUBLIC_6.items()]
_NAMED_6 = (("is_unspecified", "unspecified"), ("is_loopback", "loopback"), ("is_multicast", "multicast"))


class Opened(NamedTuple):
    """A connection.

    Attributes:
        sock: It.
        public: Whether its far end is an address that everybody can reach.
    """

    sock: socket.socket
    public: bool


def why_not_public(address: str) -> str | None:
    """What kind of address it is that is not public; None for one that is.

    >>> [why_not_public(one) for one in ("10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
    ['private', 'link-local', 'loopback', 'loopback']
    >>> [why_not_public(one) for one in ("1.1.1.1", "2606:4700::1111")]
    [None, None]
    """
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped
        if inner is None and found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None:
            return _why_not_6(found)
        found = inner
    return next((kind for net, kind in _BANNED_4 if found in net), None)


def _why_not_6(found: IPv6Address) -> str | None:
    if found not in _PUBLIC_6:
        named = next((kind for name, kind in _NAMED_6 if getattr(found, name)), None)
        return named or ("link-local" if found.is_link_local else "private or reserved")
    return next((kind for net, kind in _BANNED_6 if found in net), None)


def allowed_hosts(asked: Iterable[str]) -> tuple[str, ...]:
    """What the operator allows, as ``HOST`` or ``HOST:PORT`` in lower case.

    Raises:
        UsageError: One of them has another form.
    """
    found = []
    for one in asked:
        host, colon, port = one.rpartition(":") if not one.endswith("]") else (one, "", "")
        host = host if colon else one
        good = is_host(host.lower()) and (not colon or (_PORT.fullmatch(port) is not None and int(port) < 1 << 16))
        if not good:
            raise UsageError(f"--allow-host {one}: give HOST or HOST:PORT, such as localhost:8321 or [::1]:8321")
        found.append(one.lower())
    return tuple(found)


def port_of(address: SplitResult) -> int:
    """The port that an address names, or that of its scheme."""
    return address.port or default_port(address.scheme)


def default_port(scheme: str) -> int:
    """The port of an address that names none."""
    return _PORTS[scheme]


def host_text(address: SplitResult) -> str:
    """``HOST:PORT`` of an address, as ``--allow-host`` takes it."""
    assert address.hostname is not None
    host = f"[{address.hostname}]" if ":" in address.hostname else address.hostname
    return f"{host}:{port_of(address)}"


def open_socket(address: SplitResult, allowed: Collection[str], *, left_s: Callable[[], float]) -> Opened:
    """A connection to the host of an address, at one of the very addresses that were judged.

    Args:
        address: Of the endpoint.
        allowed: See ``allowed_hosts``; these are talked to wherever they are.
        left_s: How long it may still take; raises where nothing is left.

    Raises:
        WorkerError: SB214: the host has an address that is not public, and the operator did not allow it.
        OSError: There is no such host, or it does not answer.
    """
    assert address.hostname is not None
    told = host_text(address)
    is_allowed = told in allowed or told.rpartition(":")[0] in allowed
    found = _looked_up(address.hostname, port_of(address), min(left_s(), _CONNECT_S))[:_ADDRESSES]
    kinds = [why_not_public(str(where[0])) for *_, where in found]
    if not is_allowed and (kind := next((one for one in kinds if one is not None), None)):
        raise _refused(told, kind)
    last: OSError = OSError(f"{told} has no address")
    for (family, kind_of, protocol, _, where), kind in zip(found, kinds, strict=True):
        with contextlib.ExitStack() as ends:
            sock = socket.socket(family, kind_of, protocol)
            ends.callback(sock.close)
            sock.settimeout(min(left_s(), _CONNECT_S))
            try:
                sock.connect(where)
            except OSError as err:
                last = err
                continue
            ours = _is_this_machine(sock)
            if ours and not is_allowed:
                raise _refused(told, "this machine's own")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ends.pop_all()
            return Opened(sock, kind is None and not ours)
    raise last


def _looked_up(host: str, port: int, limit_s: float) -> list[Any]:
    """What ``getaddrinfo`` says, in time: whoever serves a name decides how long its lookup takes.

    Raises:
        OSError: There is no such name, or nobody said so in time.
    """
    told: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look() -> None:
        try:
            told.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as err:
            told.put(err)

    threading.Thread(target=look, name="endpoint-lookup", daemon=True).start()
    try:
        found = told.get(timeout=limit_s)
    except queue.Empty as err:
        raise TimeoutError(f"the name {host} was not resolved in time") from err
    if isinstance(found, OSError):
        raise found
    return found


def _is_this_machine(sock: socket.socket) -> bool:
    """Whether both ends have one address: a public one of this machine leads to what serves it alone."""
    return bool(sock.getsockname()[0] == sock.getpeername()[0])


def _refused(told: str, kind: str) -> WorkerError:
    # Which address it is stands in no record: where names lead inside a network is that network's affair.
    return WorkerError(
        "SB214",
        f"{told} leads to an address that is not public ({kind}), and nothing was sent there. An operator who trusts "
        f"this server runs again with --allow-host {told}",
    )
