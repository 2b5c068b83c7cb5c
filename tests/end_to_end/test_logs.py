"""What the worker writes down: a line per exchange, its life, its failures, and never a key."""

from __future__ import annotations

import re

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, compressed, json_answer
from tests.end_to_end.conftest import KEYS, StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import ask, chat, request

LINE = re.compile(
    r'\[(?P<start>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] "(?P<method>\S+) (?P<path>\S+) (?P<protocol>\S+)" '
    r"(?P<status>\d+) (?P<flags>\S+) (?P<rx>\d+) (?P<tx>\d+) (?P<duration>\d+) (?P<provider_time>\d+|-) "
    r'"(?P<xff>[^"]*)" "(?P<agent>[^"]*)" "(?P<id>[^"]*)" "(?P<authority>[^"]*)" "(?P<host>[^"]*)" '
    r'"(?P<provider>[^"]*)" attempts=(?P<attempts>\d+) model=(?P<model>.*?) tokens=(?P<tokens>\d+/\d+|-) '
    r"first_token_ms=(?P<first>\d+|-)"
)


def logged(gateway: Gateway, name: str) -> dict[str, str]:
    line = gateway.access_line(f'"{name}"')
    found = LINE.match(line)
    assert found is not None, line
    return found.groupdict()


def test_an_exchange_is_one_line_in_envoys_order(gateway: Gateway, provider: ScriptedProvider) -> None:
    body = b'{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":22}}'
    provider.script.then(json_answer(body))
    data = chat("mock/hello", "x-request-id: log-1", "user-agent: my agent/1", "x-forwarded-for: 10.9.8.7")
    assert ask(gateway, data).status == 200
    line = logged(gateway, "log-1")
    assert {name: line[name] for name in ("method", "path", "protocol", "status", "flags")} == {
        "method": "POST",
        "path": "/v1/chat/completions",
        "protocol": "HTTP/1.1",
        "status": "200",
        "flags": "-",
    }
    assert int(line["rx"]) == len(data.partition(b"\r\n\r\n")[2])
    assert int(line["tx"]) == len(body)
    assert (line["xff"], line["agent"], line["authority"]) == ("10.9.8.7", "my agent/1", "plano")
    assert (line["host"], line["provider"]) == (provider.base_url, "mock/*")
    assert (line["attempts"], line["model"], line["tokens"]) == ("1", "mock/hello", "11/22")
    assert int(line["provider_time"]) <= int(line["duration"]) < 5000


def test_an_answer_of_planos_own_has_the_name_it_is_logged_under(gateway: Gateway) -> None:
    answer = ask(gateway, request({}, "/v1/nowhere"))
    assert answer.status == 404
    assert logged(gateway, dict(answer.headers)["x-request-id"])["flags"] == "unknown_path"


def test_tokens_of_streams_are_counted_also_when_the_client_did_not_ask(gateway: Gateway) -> None:
    for path, body in (
        ("/v1/chat/completions", {"model": "mock/hello", "messages": []}),
        ("/v1/completions", {"model": "mock/hello", "prompt": "hi"}),
        ("/v1/responses", {"model": "mock/hello", "input": "hi"}),
        ("/v1/messages", {"model": "claude/hello", "messages": [], "max_tokens": 99}),
    ):
        name = f"log-stream-{path.rpartition('/')[2]}"
        assert ask(gateway, request({**body, "stream": True}, path, f"x-request-id: {name}")).status == 200
        line = logged(gateway, name)
        tokens = line["tokens"].split("/")
        assert int(tokens[0]) > 0, line
        assert int(tokens[1]) > 1, line
        assert line["first"] != "-", line


def test_tokens_of_packed_answers_are_counted(gateway: Gateway, provider: ScriptedProvider) -> None:
    body = b'{"x":"%b","usage":{"prompt_tokens":5,"completion_tokens":6}}' % (b"y" * 9000)
    provider.script.then(compressed(json_answer(body)))
    ask(gateway, chat("mock/hello", "x-request-id: log-packed", "accept-encoding: gzip"))
    assert logged(gateway, "log-packed")["tokens"] == "5/6"


@pytest.mark.parametrize(
    ("name", "model", "status", "flags"),
    [
        ("log-429", "mock/error-429", "429", "provider_status"),
        ("log-404", "nobody/x", "404", "model_not_found"),
        ("log-502", "mock/reset", "502", "provider_unreachable"),
        ("log-cut", "mock/cut", "200", "provider_protocol_error"),
    ],
)
def test_failures_are_told_by_a_word(gateway: Gateway, name: str, model: str, status: str, flags: str) -> None:
    ask(gateway, chat(model, f"x-request-id: {name}"))
    line = logged(gateway, name)
    assert (line["status"], line["flags"]) == (status, flags)


def test_a_provider_asked_twice_is_two_attempts(gateway: Gateway, provider: ScriptedProvider) -> None:
    ask(gateway, chat("mock/hello"))
    provider.script.then(Answer(body=(), framing="raw", closes=True))
    assert ask(gateway, chat("mock/hello", "x-request-id: log-again")).status == 200
    assert logged(gateway, "log-again")["attempts"] == "2"


def test_nothing_a_client_sends_can_forge_a_line(gateway: Gateway) -> None:
    forged = 'mock/x"\n[2020-01-01T00:00:00.000Z] "POST /forged HTTP/1.1" 200\r\x1b[31m'
    data = chat(forged, "x-request-id: log-forged", 'user-agent: a" "b\\', "x-forwarded-for: 1\t2")
    assert ask(gateway, data).status == 200
    line = gateway.access_line('"log-forged"')
    assert "/forged" in line
    assert not re.search(r"[\x00-\x1f\x7f]", line)
    assert line.count('"') == 14
    assert "\n[2020" not in gateway.all_logs()


def test_a_failing_provider_is_told_with_the_name_of_the_exchange(gateway: Gateway) -> None:
    ask(gateway, chat("mock/reset", "x-request-id: log-why"))
    line = gateway.log_line("log-why")
    assert re.match(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[warning\] request_id=log-why ", line)
    assert "provider=mock/*" in line
    assert "without an answer" in line


def test_no_key_is_ever_written(start_gateway: StartGateway) -> None:
    with ScriptedProvider.in_thread() as provider:
        rows = f"""
model_providers:
  - {{model: mock/*, base_url: "{provider.base_url}", provider_interface: openai, access_key: $OPENAI_KEY,
      headers: {{x-secret: $HEADER_SECRET}}}}
  - {{model: claude/*, base_url: "{provider.base_url}", provider_interface: anthropic, access_key: $ANTHROPIC_KEY}}
  - {{model: theirs/*, base_url: "{provider.base_url}", provider_interface: openai, passthrough_auth: true}}
  - {{model: lost/*, base_url: "http://127.0.0.1:9", provider_interface: openai, access_key: $CUSTOM_KEY}}
"""
        with start_gateway(lambda port: listener(port) + rows, LOG_LEVEL="debug") as gateway:
            told = b""
            for model in ("mock/hello", "mock/error-401", "mock/reset", "mock/cut", "theirs/hello", "lost/x", "no/x"):
                for stream in (False, True):
                    answer = ask(gateway, chat(model, "authorization: Bearer sk-clients-own", stream=stream))
                    told += answer.body + repr(answer.headers).encode()
            told += ask(gateway, request({"model": "claude/hello"}, "/v1/messages")).body
            told += ask(gateway, request(path="/v1/models", method="GET")).body
        assert provider.request_count > 5
        logs = gateway.all_logs()
    assert "POST /v1/chat/completions" in logs
    for secret in (*KEYS.values(), "sk-clients-own"):
        assert secret not in logs
        assert secret.encode() not in told


def test_the_life_of_the_worker_is_told(start_gateway: StartGateway) -> None:
    row = 'model_providers: [{model: mock/*, base_url: "http://127.0.0.1:9", provider_interface: openai}]\n'
    with start_gateway(lambda port: listener(port) + row) as gateway:
        assert f"listener models is open on 127.0.0.1:{gateway.port}" in gateway.log_line("is open")
        gateway.log_line("is ready")
    log = (gateway.log_dir / "plano.log").read_text("utf-8")
    assert log.splitlines()[-1].endswith("stopped")
