"""What a provider is sent, byte by byte: address, credentials, headers, body."""

from __future__ import annotations

import json

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import RecordedRequest
from tests.end_to_end.conftest import KEYS
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import ask, chat, request

CREDENTIALS = (
    "authorization: Bearer sk-client",
    "x-api-key: sk-client",
    "api-key: sk-client",
    "x-goog-api-key: sk-client",
    "proxy-authorization: Basic sk-client",
    "cookie: session=sk-client",
    "openai-organization: org-client",
    "openai-project: proj-client",
)


@pytest.fixture
def asked(gateway: Gateway, provider: ScriptedProvider):
    """`asked(request)` sends it through the gateway and gives what the provider got."""

    def asked(data: bytes) -> RecordedRequest:
        count = provider.request_count
        answer = ask(gateway, data)
        assert answer.status == 200, answer
        assert provider.request_count == count + 1
        return provider.last_request

    return asked


# The body.


def test_only_the_model_changes_and_unknown_members_survive_byte_for_byte(asked) -> None:
    members = (
        b'"messages":[ {"role":"user","content":"\\u00e4\\/ \xc3\xa4 \xf0\x9f\x98\x80"} ]',
        b'"temperature":1.0e0',
        b'"max_tokens":100',
        b'"unheard_of":{"b" : 1,"a":[ 1 , 2.50,-0.0,1E+2,12345678901234567890123 ],"b":2}',
        b'"":null',
        b'"\\u0061bc":"x"',
    )
    before, after = b",".join(members[:3]), b",".join(members[3:])
    got = asked(request(b'{%b,"model":"mock/hello",%b}' % (before, after))).body
    assert got == b'{%b,"model":"hello",%b}' % (before, after.replace(b'"\\u0061bc"', b'"abc"'))


def test_a_body_that_needs_no_change_is_sent_as_it_came(asked) -> None:
    body = b' {\n "messages" : [{"role":"user","content":"hi"}] , "model" : "gpt-4o-mini", "x": 1 }\n'
    assert asked(request(body)).body == body


def test_white_space_inside_members_stays(asked) -> None:
    got = asked(request(b'{ "model" : "mock/hello" , "messages" : [ { "content" : "a" } ] }')).body
    assert got == b'{"model":"hello","messages":[ { "content" : "a" } ]}'


def test_a_large_body_arrives_whole(asked) -> None:
    text = "0123456789abcdef" * 200_000
    got = asked(chat("mock/hello", user=text))
    assert got.json()["user"] == text


def test_a_chunked_body_arrives_with_its_length(asked) -> None:
    body = json.dumps({"model": "mock/hello", "messages": []}).encode()
    chunks = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: plano\r\ntransfer-encoding: chunked\r\n\r\n"
    got = asked(head + chunks + b"0\r\nx-trailer: 1\r\n\r\n")
    assert got.json() == {"model": "hello", "messages": []}
    assert got.header("transfer-encoding") is None
    assert got.header("x-trailer") is None
    assert got.header("content-length") == str(len(got.body))


def test_members_for_plano_itself_are_not_sent_on(asked) -> None:
    got = asked(chat("mock/hello", routing_preferences=[], routing_policy={}))
    assert set(got.json()) == {"model", "messages"}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (None, {"include_usage": True}),
        ({"include_usage": False}, {"include_usage": True}),
        ({"include_obfuscation": False}, {"include_obfuscation": False, "include_usage": True}),
        ({"include_usage": True, "x": 1}, {"include_usage": True, "x": 1}),
    ],
)
def test_streams_are_asked_for_their_usage(asked, options: object, sent: object) -> None:
    assert asked(chat("mock/hello", stream=True, stream_options=options)).json()["stream_options"] == sent


def test_requests_that_do_not_stream_are_not_asked_for_usage(asked) -> None:
    assert "stream_options" not in asked(chat("mock/hello")).json()
    messages = {"model": "claude/hello", "max_tokens": 5, "messages": [], "stream": True}
    assert "stream_options" not in asked(request(messages, "/v1/messages")).json()
    responses = {"model": "mock/hello", "input": "hi", "stream": True}
    assert "stream_options" not in asked(request(responses, "/v1/responses")).json()


# Whose key.


@pytest.mark.parametrize(
    ("model", "path", "header", "value"),
    [
        ("openai/gpt-4o", "/v1/chat/completions", "authorization", "Bearer " + KEYS["OPENAI_KEY"]),
        ("custom/gpt-4o", "/v1/chat/completions", "authorization", "Bearer " + KEYS["CUSTOM_KEY"]),
        ("other/gpt-4o", "/v1/chat/completions", "authorization", "Bearer " + KEYS["SECOND_KEY"]),
        ("second account", "/v1/chat/completions", "authorization", "Bearer " + KEYS["SECOND_KEY"]),
        ("claude/hello", "/v1/messages", "x-api-key", KEYS["ANTHROPIC_KEY"]),
        ("claude/hello", "/v1/chat/completions", "x-api-key", KEYS["ANTHROPIC_KEY"]),
        ("custom/gpt-4o", "/v1/messages", "authorization", "Bearer " + KEYS["CUSTOM_KEY"]),
        ("azure_openai/my-gpt", "/v1/chat/completions", "api-key", KEYS["AZURE_KEY"]),
    ],
)
@pytest.mark.parametrize("credentials", [(), CREDENTIALS], ids=["anonymous", "with credentials"])
def test_the_configured_key_is_the_only_credential_sent(
    asked, model: str, path: str, header: str, value: str, credentials: tuple[str, ...]
) -> None:
    body = {"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    got = asked(request(body, path, *credentials))
    assert got.header(header) == value
    secrets = [name for name, text in got.headers if b"key" in name or b"auth" in name or b"sk-" in text]
    assert secrets == [header.encode()]
    assert not any(b"client" in text for _, text in got.headers)
    assert got.header("cookie") is None


def test_with_passthrough_auth_the_clients_own_credential_is_sent(asked) -> None:
    got = asked(
        chat(
            "client_pays/hello",
            "authorization: Bearer sk-client",
            "openai-organization: org-client",
            "cookie: session=1",
        )
    )
    assert got.header("authorization") == "Bearer sk-client"
    assert got.header("openai-organization") == "org-client"
    assert got.header("cookie") is None


def test_with_passthrough_auth_a_key_moves_to_the_header_the_provider_reads(asked) -> None:
    assert asked(chat("client_pays/hello", "x-api-key: k1")).header("authorization") == "Bearer k1"
    body = {"model": "claude_client_pays/hello", "max_tokens": 5, "messages": []}
    got = asked(request(body, "/v1/messages", "authorization: Bearer k2"))
    assert (got.header("x-api-key"), got.header("authorization")) == ("k2", None)
    got = asked(request(body, "/v1/messages", "authorization: Bearer sk-ant-oat-3"))
    assert (got.header("x-api-key"), got.header("authorization")) == (None, "Bearer sk-ant-oat-3")


def test_with_passthrough_auth_an_anonymous_client_stays_anonymous(asked) -> None:
    got = asked(chat("client_pays/hello"))
    assert got.header("authorization") is None
    assert got.header("x-api-key") is None


# Headers.


def test_where_a_request_came_from_stays_here(asked) -> None:
    got = asked(
        chat(
            "mock/hello",
            "forwarded: for=10.1.2.3",
            "via: 1.1 proxy",
            "x-forwarded-for: 10.1.2.3",
            "x-forwarded-proto: https",
            "x-forwarded-anything: 10.1.2.3",
            "x-real-ip: 10.1.2.3",
            "x-envoy-attempt-count: 1",
            "x-plano-cache: off",
            "x-plano-unheard-of: 1",
            "x-arch-llm-provider-hint: mock/hello",
            "x-model-affinity: s1",
        )
    )
    names = sorted(name for name, _ in got.headers)
    assert names == [b"authorization", b"content-length", b"content-type", b"host", b"x-request-id"]


def test_hop_by_hop_headers_stay_here_with_all_that_connection_names(asked) -> None:
    got = asked(
        chat(
            "mock/hello",
            "connection: keep-alive, X-Mine",
            "x-mine: 1",
            "keep-alive: timeout=5",
            "te: trailers",
            "proxy-connection: keep-alive",
            "x-kept: 1",
        )
    )
    assert got.header("x-kept") == "1"
    for name in ("connection", "x-mine", "keep-alive", "te", "proxy-connection"):
        assert got.header(name) is None, name


def test_other_headers_are_sent_on_as_they_are(asked) -> None:
    got = asked(
        chat(
            "mock/hello",
            "User-Agent: my-agent/1.0",
            "accept-encoding: gzip, br",
            "idempotency-key: i-1",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "baggage: a=1",
            "x-stainless-lang: python",
            "x-twice: 1",
            "x-twice: 2",
        )
    )
    assert got.header("user-agent") == "my-agent/1.0"
    assert got.header("accept-encoding") == "gzip, br"
    assert got.header("idempotency-key") == "i-1"
    assert got.header("baggage") == "a=1"
    assert [value for name, value in got.headers if name == b"x-twice"] == [b"1", b"2"]


def test_a_stream_is_asked_for_without_compression(asked) -> None:
    got = asked(chat("mock/hello", "accept-encoding: gzip", stream=True))
    assert [value for name, value in got.headers if name == b"accept-encoding"] == [b"identity"]


def test_the_provider_is_told_the_id_of_the_exchange(asked) -> None:
    got = asked(chat("mock/hello", "x-request-id: mine-1"))
    assert [value for name, value in got.headers if name == b"x-request-id"] == [b"mine-1"]


def test_configured_headers_and_host_win_over_the_clients(asked) -> None:
    got = asked(chat("dressed/hello", "x-team: red", "x-secret: mine"))
    assert [value for name, value in got.headers if name == b"x-team"] == [b"blue"]
    assert [value for name, value in got.headers if name == b"x-secret"] == [KEYS["HEADER_SECRET"].encode()]
    assert [value for name, value in got.headers if name == b"host"] == [b"models.example.com"]


def test_anthropics_version_is_added_unless_the_client_names_one(asked) -> None:
    body = {"model": "claude/hello", "max_tokens": 5, "messages": []}
    assert asked(request(body, "/v1/messages")).header("anthropic-version") == "2023-06-01"
    got = asked(request(body, "/v1/messages", "anthropic-version: 2099-01-01", "anthropic-beta: a,b"))
    assert [value for name, value in got.headers if name == b"anthropic-version"] == [b"2099-01-01"]
    assert got.header("anthropic-beta") == "a,b"


# Addresses.


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("openai/gpt-4o", "/v1/chat/completions"),
        ("openai/gpt-4o-mini", "/v1/chat/completions"),
        ("custom/gpt-4o", "/proxy/v1/chat/completions"),
        ("other/gpt-4o", "/v1/chat/completions"),
    ],
)
def test_every_spelling_of_base_url_leads_to_one_endpoint(asked, model: str, path: str) -> None:
    assert asked(chat(model)).path == path


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions"])
def test_the_clients_own_prefix_does_not_matter(asked, path: str) -> None:
    got = asked(request({"model": "mock/hello", "messages": []}, path))
    assert got.path == "/v1/chat/completions"


def test_azure_wants_deployment_and_version(asked) -> None:
    got = asked(chat("azure_openai/my-gpt"))
    assert got.path == "/openai/deployments/my-gpt/chat/completions"
    assert got.query == "api-version=2025-01-01"
    assert got.json()["model"] == "my-gpt"


def test_the_clients_query_is_sent_on(asked) -> None:
    body = {"model": "claude/hello", "max_tokens": 5, "messages": []}
    assert asked(request(body, "/v1/messages?beta=true&a=%2F")).query == "beta=true&a=%2F"


# Names.


@pytest.mark.parametrize(
    ("name", "model", "key"),
    [
        ("openai/gpt-4o", "gpt-4o", "OPENAI_KEY"),
        ("gpt-4o", "gpt-4o", "OPENAI_KEY"),
        ("gpt-4o-mini", "gpt-4o-mini", "OPENAI_KEY"),
        ("openai/o9-not-released", "o9-not-released", "OPENAI_KEY"),
        ("custom/gpt-4o", "gpt-4o", "CUSTOM_KEY"),
        ("mock/deep/er/name", "deep/er/name", "CUSTOM_KEY"),
        ("fast.v1", "hello", "CUSTOM_KEY"),
        ("plain", "gpt-4o", "CUSTOM_KEY"),
        ("none", "gpt-4o", "OPENAI_KEY"),
        ("", "gpt-4o", "OPENAI_KEY"),
        (None, "gpt-4o", "OPENAI_KEY"),
    ],
)
def test_every_name_leads_to_its_model_and_account(asked, name: str | None, model: str, key: str) -> None:
    got = asked(request({"model": name, "messages": []}))
    assert got.json()["model"] == model
    assert got.header("authorization") == "Bearer " + KEYS[key]


def test_a_request_without_a_model_goes_to_the_default(asked) -> None:
    assert asked(request({"messages": []})).json() == {"messages": [], "model": "gpt-4o"}


def test_a_name_with_escapes_is_the_same_name(asked) -> None:
    got = asked(request(b'{"model":"m\\u006fck\\/hello","messages":[]}'))
    assert got.body == b'{"model":"hello","messages":[]}'


@pytest.mark.parametrize("name", ["a\r\nx-evil: 1\r\n\r\n", "\u00e4\u2028\U0001f600\u0000", '"\\', "%0d%0a"])
def test_hostile_model_names_change_nothing_but_the_model(
    gateway: Gateway, provider: ScriptedProvider, name: str
) -> None:
    answer = ask(gateway, chat(f"mock/{name}"))
    assert answer.status == 200
    assert provider.last_request.json()["model"] == name
    assert answer.header("x-evil") is None
    assert provider.last_request.header("x-evil") is None
    shown = answer.header("x-plano-model")
    assert shown is not None
    assert shown.isascii()
    assert shown.isprintable()
