"""The relay's client against a real server that misbehaves: what is tried again, what is not, and how it ends."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from bad_server import Bad, said, serving
from sectorbench.harness.adapters.endpoint_options import read_endpoint_options
from sectorbench.harness.errors import WorkerError
from sectorbench.harness.executors import endpoint_client, endpoint_hosts
from sectorbench.harness.executors.endpoint_client import EndpointClient, backoff_s

GOOD = said("yes")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(endpoint_client, "_FIRST_WAIT_S", 0.01)


@pytest.fixture(autouse=True)
def public_here(monkeypatch):
    """Takes this machine for a public host; what is done with others stands in ``test_endpoint_hosts``."""
    monkeypatch.setattr(endpoint_hosts, "why_not_public", lambda address: None)
    monkeypatch.setattr(endpoint_hosts, "_is_this_machine", lambda sock: False)


def ask(url, *, key=None, since=None, **options):
    chosen = {"url": url, "model": "toy", "retries": 3, "timeout_s": 5} | options
    client = EndpointClient(read_endpoint_options(chosen), key, seed=0)
    try:
        return client.post("row-1", "chat/completions", {"messages": []}, since)
    finally:
        client.close()


def asked(*answers, **options):
    """The reply and how many requests it took."""
    bad = Bad(*answers)
    with serving(bad) as url:
        return ask(url, **options), bad.asked


def refused(*answers, **options):
    bad = Bad(*answers)
    with serving(bad) as url, pytest.raises(WorkerError) as info:
        ask(url, **options)
    return info.value, bad.asked


def test_an_answer_is_kept_with_what_it_took():
    reply, seen = asked(GOOD)
    assert reply.said == {
        "text": "yes",
        "finish": None,
        "model": "toy",
        "prompt_tokens": 10,
        "completion_tokens": 2,
    }
    assert (reply.retries, len(seen)) == (0, 1)
    assert seen[0][1] == "/v1/chat/completions"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": {}},
        {"status": 502, "content": b"<html>bad gateway</html>"},
        {"status": 408, "body": {}},
        {"status": 200, "content": b'{"choices": [{"mess'},
        {"status": 200, "content": b"[" * 50_000},
        {"status": 200, "body": {"choices": []}},
        {"status": 200, "body": {"choices": [{"message": {"content": 7}}]}},
        {"status": 200, "body": GOOD["body"], "only": 20},
        "reset",
    ],
    ids=["500", "502", "408", "half JSON", "deep JSON", "no choice", "number", "half an answer", "reset"],
)
def test_what_may_pass_is_asked_again(fault):
    reply, seen = asked(fault, fault, GOOD)
    assert (reply.said["text"], reply.retries) == ("yes", len(seen) - 1)
    assert len(seen) == 3


def test_a_time_out_is_asked_again():
    reply, _ = asked("silent", GOOD, timeout_s=0.3)
    assert (reply.said["text"], reply.retries) == ("yes", 1)


@pytest.mark.parametrize("place", [9, 20, 1_000], ids=["status", "headers", "body"])
def test_an_answer_that_drips_is_given_up_when_its_time_is_over(place):
    began = time.monotonic()
    err, seen = refused({"drip_s": 0.05, "from": place}, retries=1, timeout_s=0.5)
    assert time.monotonic() - began < 5
    assert (err.code, len(seen)) == ("SB211", 2)
    assert "TimeoutError" in str(err)


def test_a_connection_that_is_kept_has_its_whole_time_for_each_request():
    def late(_):
        time.sleep(0.6)
        return GOOD

    bad = Bad(late)
    with serving(bad) as url:
        client = EndpointClient(
            read_endpoint_options({"url": url, "model": "toy", "retries": 0, "timeout_s": 1}), None, seed=0
        )
        assert [client.post(name, "completions", {}, None).retries for name in "abc"] == [0, 0, 0]
        client.close()


def _in(seconds):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(status):
    busy = {"status": status, "headers": {"Retry-After": "1"}, "body": {}}
    _, seen = asked(busy, GOOD)
    assert seen[1][0] - seen[0][0] >= 1.0


def test_retry_after_may_be_a_date():
    busy = {"status": 429, "headers": {"Retry-After": _in(2)}, "body": {}}
    _, seen = asked(busy, GOOD)
    assert seen[1][0] - seen[0][0] >= 0.9  # a date has whole seconds


def test_all_requests_wait_where_one_was_told_to():
    bad = Bad({"status": 429, "headers": {"Retry-After": "1"}, "body": {}}, GOOD)
    with serving(bad) as url:
        options = read_endpoint_options({"url": url, "model": "toy"})
        client = EndpointClient(options, None, seed=0)
        first = threading.Thread(target=client.post, args=["a", "chat/completions", {}, None])
        first.start()
        while not bad.asked:
            time.sleep(0.01)
        time.sleep(0.1)
        client.post("b", "chat/completions", {}, None)
        first.join()
        client.close()
    assert min(at for at, *_ in bad.asked[1:]) - bad.asked[0][0] >= 1.0


def test_a_server_that_asks_for_an_hour_is_left_to_a_later_run():
    err, seen = refused({"status": 429, "headers": {"Retry-After": "3600"}, "body": {}})
    assert err.code == "SB211"
    assert "asks to wait 3600 s" in str(err)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (
            {"status": 500, "body": {"error": {"message": "GPU lost"}}},
            "SB211",
            "status 500: GPU lost, after 4 attempts",
        ),
        ("reset", "SB211", "after 4 attempts"),
        ({"status": 200, "content": b"nonsense"}, "SB213", "8 bytes that are no JSON, after 4 attempts"),
        ({"status": 200, "body": {"answer": "yes"}}, "SB213", "no answer of this API"),
    ],
)
def test_a_fault_that_does_not_pass_ends_with_a_code(fault, code, said):
    err, seen = refused(fault)
    assert (err.code, len(seen) >= 4) == (code, True)
    assert said in str(err)
    assert "'row-1'" in str(err)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
def test_a_refusal_is_not_asked_again(status):
    err, seen = refused({"status": status, "body": {"error": {"message": "model 'toy' does not exist"}}})
    assert err.code == "SB213"
    assert str(err) == f"the endpoint, asked 'row-1': status {status}: model 'toy' does not exist"
    assert len(seen) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_is_refused(status):
    other = Bad(GOOD)
    with serving(other) as elsewhere:
        err, _ = refused({"status": status, "headers": {"Location": f"{elsewhere}/chat/completions"}, "body": {}})
    assert err.code == "SB213"
    assert "redirects are not followed" in str(err)
    assert other.asked == []


def test_a_host_that_is_not_there_is_said_so():
    with serving(Bad(GOOD)) as url:
        pass
    with pytest.raises(WorkerError, match="ConnectionRefusedError") as info:
        ask(url, retries=0)
    assert info.value.code == "SB211"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    other = Bad(GOOD)
    with serving(other) as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere)
        asked(GOOD)
    assert other.asked == []


def test_the_key_is_sent_and_never_told():
    bad = Bad({"status": 401, "body": {"error": {"message": "bad key sesame-open-123"}}})
    with serving(bad) as url, pytest.raises(WorkerError) as info:
        ask(url, key="sesame-open-123")
    assert bad.asked[0][2]["Authorization"] == "Bearer sesame-open-123"
    assert "sesame" not in str(info.value)
    assert "bad key ***" in str(info.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate of this machine that nobody but its holder signed."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, own = folder / "key.pem", folder / "own.pem"
    words = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -keyout {key} -out {own}"
    subprocess.run(
        [*words.split(), "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=60
    )
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + own.read_bytes())
    return both, own


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    bad = Bad(GOOD)
    with serving(bad, certificate=certificate[0]) as url, pytest.raises(WorkerError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(url, retries=0)
    assert bad.asked == []


def test_an_owner_s_own_authority_is_trusted_where_the_environment_names_it(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    with serving(Bad(GOOD), certificate=certificate[0]) as url:
        assert ask(url, key="sesame").said["text"] == "yes"


def test_a_certificate_of_another_host_is_refused_whoever_vouches_for_it(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    bad = Bad(GOOD)
    with serving(bad, certificate=certificate[0]) as url, pytest.raises(WorkerError, match="Hostname mismatch"):
        ask(url.replace("127.0.0.1", "localhost"), retries=0)
    assert bad.asked == []


def test_log_probabilities_are_kept_behind_a_place_alone():
    told = {"tokens": ["The", " sky", " is"], "token_logprobs": [None, -1.5, -0.5], "text_offset": [0, 3, 7]}
    body = {"choices": [{"text": "The sky is", "logprobs": told}]}
    reply, _ = asked({"status": 200, "body": body}, since=4)
    assert reply.said["tail"] == [[" sky", -1.5, 3], [" is", -0.5, 7]]


@pytest.mark.parametrize(
    "usage",
    ["many", [1], 7, *({"prompt_tokens": 3, "completion_tokens": n} for n in (10**12, -1, True, 2.0, "2", None, [2]))],
    ids=str,
)
def test_a_usage_that_is_none_is_not_told(usage):
    reply, seen = asked(said("yes", usage=usage))
    assert (reply.said["text"], reply.said["completion_tokens"], len(seen)) == ("yes", None, 1)
    assert reply.said["prompt_tokens"] == (3 if isinstance(usage, dict) else None)


@pytest.mark.parametrize(
    ("nats", "at"),
    [("-1", 3), (True, 3), ([1], 3), (-(10**400), 3), (-1.0, "3"), (-1.0, 3.0), (-1.0, -1), (-1.0, None)],
)
def test_log_probabilities_of_another_form_are_no_answer_of_the_api(nats, at):
    told = {"tokens": ["The", " sky"], "token_logprobs": [None, nats], "text_offset": [0, at]}
    err, _ = refused({"status": 200, "body": {"choices": [{"text": "", "logprobs": told}]}}, since=3, retries=0)
    assert (err.code, "no answer of this API" in str(err)) == ("SB213", True)


def test_lone_surrogates_become_replacement_characters():
    told = {"tokens": ["The", "\ud800"], "token_logprobs": [None, -1.5], "text_offset": [0, 3]}
    body = {"model": "t\udfffy", "choices": [{"text": "\ud800 B", "finish_reason": "\udc00", "logprobs": told}]}
    reply, _ = asked({"status": 200, "body": body}, since=3)
    assert (reply.said["text"], reply.said["model"], reply.said["finish"]) == ("\ufffd B", "t\ufffdy", "\ufffd")
    assert reply.said["tail"] == [["\ufffd", -1.5, 3]]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("m" * 30_000, "m" * 200), ("\n" * 300, "\\n" * 100), ("模型", "模型"), ("", ""), (7, None), (["m"], None)],
    ids=["30 kB", "lines", "Chinese", "empty", "number", "list"],
)
def test_a_name_of_a_model_is_kept_up_to_200_printable_characters(name, kept):
    reply, _ = asked(said("yes", model=name))
    assert reply.said["model"] == kept


def test_a_pair_of_surrogates_is_the_character_that_it_stands_for():
    reply, _ = asked({"status": 200, "content": b'{"choices": [{"text": "\\ud83d\\ude00"}]}'})
    assert reply.said["text"] == "\U0001f600"


def test_waits_double_within_their_half_and_follow_the_seed():
    first = endpoint_client._FIRST_WAIT_S
    waits = [backoff_s(1, "row", attempt) for attempt in range(4)]
    for attempt, wait in enumerate(waits):
        assert first * 2**attempt / 2 <= wait <= first * 2**attempt
    assert waits == [backoff_s(1, "row", attempt) for attempt in range(4)]
    assert waits != [backoff_s(2, "row", attempt) for attempt in range(4)]
    assert backoff_s(1, "row", 1000) <= 60.0


def test_closing_ends_a_request_under_way():
    bad = Bad("silent")
    with serving(bad) as url:
        client = EndpointClient(read_endpoint_options({"url": url, "model": "toy", "timeout_s": 60}), None, seed=0)
        threading.Timer(0.3, client.close).start()
        began = time.monotonic()
        with pytest.raises(WorkerError):
            client.post("a", "chat/completions", {}, None)
    assert time.monotonic() - began < 5
