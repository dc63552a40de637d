"""Which hosts an endpoint may be at: by the address that is connected to, whatever the manifest or a name says."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from bad_server import Bad, said, serving
from sectorbench.harness.adapters.endpoint_options import read_endpoint_options
from sectorbench.harness.errors import SubmissionError, UsageError, WorkerError
from sectorbench.harness.executors import endpoint_hosts
from sectorbench.harness.executors.endpoint_client import EndpointClient
from sectorbench.harness.executors.endpoint_hosts import allowed_hosts, why_not_public

GOOD = said("yes")


def ask(url, *, allowed=(), times=1, **options):
    chosen = read_endpoint_options({"url": url, "model": "toy", "retries": 3, "timeout_s": 5} | options)
    client = EndpointClient(chosen, None, seed=0, allowed=allowed_hosts(allowed))
    try:
        return [client.post(f"row-{n}", "chat/completions", {"messages": []}, None) for n in range(times)]
    finally:
        client.close()


def at(host, url):
    """The server's address under another name of its host, over https where that name is not of this machine."""
    return url.replace("127.0.0.1", host)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("10.255.0.1", "private"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.127.255.255", "carrier-grade NAT"),
        ("127.8.8.8", "loopback"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "reserved"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarking"),
        ("203.0.113.7", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "private or reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b:1::808:808", "private or reserved"),
        ("2001::1", "reserved"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::1", "6to4"),
        ("fc00::1", "private or reserved"),
        ("fd12:3456::1", "private or reserved"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("ff02::1", "multicast"),
        *[(one, None) for one in ("1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1")],
        *[(one, None) for one in ("2606:4700::1111", "2001:4860:4860::8888", "64:ff9b::1.1.1.1")],
    ],
)
def test_an_address_is_public_or_of_a_kind_that_is_not(address, kind):
    assert why_not_public(address) == kind


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/v1",
        "https://0x7f000001/v1",
        "https://0x7f.1/v1",
        "https://0177.0.0.1/v1",
        "https://127.1/v1",
        "https://[fe80::1%25eth0]/v1",
        "https://[::1/v1",
        "https://[1.2.3.4]/v1",
        "https://user:word@models.example.com/v1",
        "https://models.example.com@127.0.0.1/v1",
        "https://models.example.com/v1#part",
        "https://models.example.com/v1?to=127.0.0.1",
        "https://models.example.com\\@127.0.0.1/v1",
        "https://models.example.com:0/v1",
        "https://models.example.com:/v1",
        "https://models.example.com:99999/v1",
        "https://models.example.com./v1",
        "https://models..example.com/v1",
        "https://-models.example.com/v1",
        "https://mod%65ls.example.com/v1",
        "https://模型.example.com/v1",
        "https://models.example.com/v1 HTTP/1.1",
        "https://models.example.com/v1\r\nX-Header: 1",
        'https://models.example.com/"v1"',
        "https://" + "a" * 64 + ".example.com/v1",
        "https://models.example.com/" + "v" * 300,
        "http://models.example.com/v1",
        "http://10.0.0.1/v1",
        "ftp://models.example.com/v1",
        "file:///etc/passwd",
    ],
)
def test_an_address_in_disguise_is_no_url_of_a_manifest(url):
    with pytest.raises(SubmissionError, match="SB103"):
        read_endpoint_options({"url": url, "model": "toy"})


@pytest.mark.parametrize("name", ["m\r\nX-Header: 1", "m\x00", "m\u2028n"])
def test_a_name_of_a_model_holds_no_line(name):
    with pytest.raises(SubmissionError, match="model is"):
        read_endpoint_options({"url": "https://models.example.com/v1", "model": name})


@pytest.mark.parametrize("asked", ["", "a:b", "localhost:0", "localhost:99999", "http://localhost", "::1", "a b", "*"])
def test_what_is_no_host_is_not_allowed(asked):
    with pytest.raises(UsageError, match="give HOST or HOST:PORT"):
        allowed_hosts([asked])


def test_hosts_are_allowed_with_a_port_or_with_all():
    assert allowed_hosts(["LocalHost:8321", "gpu.lab", "[::1]:80", "[::1]"]) == (
        "localhost:8321",
        "gpu.lab",
        "[::1]:80",
        "[::1]",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_of_this_machine_is_asked_nothing_and_the_refusal_tells_the_flag(host):
    bad = Bad(GOOD)
    with serving(bad) as url:
        there = at(host, url)
        flag = there.removeprefix("http://").removesuffix("/v1")
        with pytest.raises(WorkerError) as info:
            ask(there)
        assert (info.value.code, bad.asked) == ("SB214", [])
        assert str(info.value).endswith(f"runs again with --allow-host {flag}")
        for allowed in (flag, host):
            assert ask(there, allowed=[allowed])[0].said["text"] == "yes"
        with pytest.raises(WorkerError, match="--allow-host"):
            ask(there, allowed=[f"{host}:1", "other.example"])


def leads_to(monkeypatch, *turns):
    """Has names lead to these addresses, the first time to the first ones, and so on; gives how often was asked."""
    asked = []

    def look(host, port, **_):
        asked.append(host)
        addresses = turns[min(len(asked), len(turns)) - 1]
        kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
        return [(kind, socket.SOCK_STREAM, 6, "", (one, port)) for kind, one in zip(kinds, addresses, strict=True)]

    monkeypatch.setattr(endpoint_hosts.socket, "getaddrinfo", look)
    return asked


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["2606:4700::1111", "fd00::1"]])
def test_a_name_that_leads_to_a_private_address_is_refused_and_the_address_is_not_told(monkeypatch, addresses):
    leads_to(monkeypatch, addresses)
    monkeypatch.setattr(endpoint_hosts.socket, "socket", lambda *_: pytest.fail("a connection was tried"))
    with pytest.raises(WorkerError) as info:
        ask("https://models.example.com/v1")
    assert info.value.code == "SB214"
    assert "models.example.com:443 leads to an address that is not public" in str(info.value)
    assert not any(one in str(info.value) for one in addresses)


def test_a_name_that_leads_elsewhere_a_moment_later_is_judged_again_for_each_connection(monkeypatch):
    """Of two connections the first is to a public address (here taken for one), the second would be to a private one:
    the address that was judged is the one that is connected to.
    """
    monkeypatch.setattr(endpoint_hosts, "_is_this_machine", lambda sock: False)
    judged = {"127.0.0.1": None}
    monkeypatch.setattr(endpoint_hosts, "why_not_public", lambda one: judged.get(one, why_not_public(one)))
    asked = leads_to(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    bad = Bad(GOOD | {"headers": {"Connection": "close"}})
    with serving(bad) as url, pytest.raises(WorkerError) as info:
        ask(at("localhost", url), times=2)
    assert (info.value.code, len(bad.asked), asked) == ("SB214", 1, ["localhost", "localhost"])


def test_every_request_to_a_host_that_is_not_allowed_is_refused_alike():
    options = read_endpoint_options({"url": "http://localhost:1/v1", "model": "toy", "retries": 0})
    client = EndpointClient(options, None, seed=0)
    codes = []
    for name in "abc":
        with pytest.raises(WorkerError) as info:
            client.post(name, "chat/completions", {"messages": []}, None)
        codes.append(info.value.code)
    client.close()
    assert codes == ["SB214"] * 3


def test_a_public_address_of_this_machine_itself_is_refused(monkeypatch):
    monkeypatch.setattr(endpoint_hosts, "why_not_public", lambda address: None)
    bad = Bad(GOOD)
    with serving(bad) as url, pytest.raises(WorkerError, match="this machine's own") as info:
        ask(url)
    assert (info.value.code, bad.asked) == ("SB214", [])


def test_a_name_whose_lookup_does_not_end_ends_with_its_time(monkeypatch):
    slow = threading.Event()
    monkeypatch.setattr(endpoint_hosts.socket, "getaddrinfo", lambda *_, **__: slow.wait(10))
    began = time.monotonic()
    with pytest.raises(WorkerError, match="was not resolved in time") as info:
        ask("https://models.example.com/v1", retries=0, timeout_s=0.3)
    slow.set()
    assert (info.value.code, time.monotonic() - began < 3) == ("SB211", True)


def test_a_name_that_is_none_is_told(monkeypatch):
    def none(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(endpoint_hosts.socket, "getaddrinfo", none)
    with pytest.raises(WorkerError, match="Name or service not known") as info:
        ask("https://models.example.com/v1", retries=0)
    assert info.value.code == "SB211"


def test_an_address_that_does_not_answer_is_followed_by_the_next(monkeypatch):
    leads_to(monkeypatch, ["127.0.0.2", "127.0.0.1"])  # the server listens at the second alone
    with serving(Bad(GOOD)) as url:
        assert ask(at("localhost", url), allowed=["localhost"], retries=0)[0].said["text"] == "yes"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": {"error": "secret of the house"}},
        {"status": 500, "content": b"secret of the house"},
        {"status": 302, "headers": {"Location": "http://secret.of.the.house/"}, "body": {}},
    ],
)
def test_words_of_a_server_that_is_not_public_are_in_no_message(answer):
    with serving(Bad(answer)) as url, pytest.raises(WorkerError) as info:
        ask(url, allowed=["127.0.0.1"], retries=0)
    assert "secret" not in str(info.value)
    assert f"status {answer['status']}" in str(info.value)
