"""No key is ever told: not in logs, errors, command output, process lists, files or reprs, whatever goes wrong."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from plano.cli.main import COMMANDS
from plano.config.load import load_source, read_source
from plano.dialects.operation import CHAT, MESSAGES
from plano.run.app import App
from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, RecordedRequest, json_answer, raw_answer
from tests.cli.conftest import ROOT, CommandLine
from tests.end_to_end.gateway_process import free_port, wait_for
from tests.end_to_end.wire import Wire, chat, request
from tests.http.client.conftest import make_authority


class Address:
    host = "127.0.0.1"

    def __init__(self, port: int) -> None:
        self.port = port


#: Each is used in one place only, so that a leak tells where it comes from.
SECRETS = {
    name: f"zq{number:02d}-{name}-x7Kp93Lm"
    for number, name in enumerate(
        (
            "literal-key",
            "key-of-the-environment",
            "key-of-dotenv",
            "literal-header",
            "header-of-the-environment",
            "key-of-nobody",
            "key-of-tls",
            "plugin-setting",
            "proxy-password",
            "key-of-a-certificate",
            "key-of-a-listener",
            "key-of-a-file",
            "clients-bearer",
            "clients-api-key",
            "clients-google-key",
            "clients-query",
            "clients-cookie",
            "clients-userinfo",
            "clients-prompt",
            "misplaced",
        )
    )
}
PLUGIN = '''
from typing import Any
from msgspec import Struct
from plano.plugin_api import hookimpl

class Settings(Struct):
    api_key: str
    many: int = 0

@hookimpl
def config_section() -> type[Struct]:
    return Settings

@hookimpl
def pre_route(exchange: Any) -> None:
    if exchange.requested_model == "mock/crash":
        raise RuntimeError("no", exchange, exchange.request, exchange.envelope, exchange.record, exchange.sink)
'''


def forms(secret: str) -> Iterator[bytes]:
    """As it is, and as base64 wherever it may stand in what was encoded."""
    plain = secret.encode()
    yield plain
    for before in (b"", b"a", b"ab"):
        encoded = base64.b64encode(before + plain)
        yield encoded[4 if before else 0 : -4]


def told_in(place: bytes) -> list[str]:
    """The names of the secrets that can be read there."""
    return [name for name, secret in SECRETS.items() if any(form in place for form in forms(secret))]


def test_a_secret_is_found_in_every_form() -> None:
    secret = SECRETS["literal-key"]
    assert told_in(f"Bearer {secret}".encode()) == ["literal-key"]
    for before in ("", "u:", "usr:", "user:"):
        assert told_in(b"Basic " + base64.b64encode(f"{before}{secret}".encode())) == ["literal-key"]
    assert told_in(b"zq00-literal-ke") == []


def config_text(port: int, provider: ScriptedProvider, secure: str = "") -> str:
    return f"""
version: v0.4.0
listeners:
  - {{type: model, name: models, address: 127.0.0.1, port: {port}}}
{secure}
model_providers:
  - model: mock/*
    base_url: "{provider.base_url}"
    provider_interface: openai
    access_key: {SECRETS["literal-key"]}
    headers: {{x-secret: {SECRETS["literal-header"]}, x-other: $HEADER_KEY}}
  - {{model: claude/*, base_url: "{provider.base_url}", provider_interface: anthropic, access_key: $SHELL_KEY}}
  - {{model: dotenv/*, base_url: "{provider.base_url}", provider_interface: openai, access_key: $DOTENV_KEY}}
  - {{model: theirs/*, base_url: "{provider.base_url}", provider_interface: openai, passthrough_auth: true}}
  - model: lost/*
    base_url: "http://127.0.0.1:{free_port()}"
    provider_interface: openai
    access_key: {SECRETS["key-of-nobody"]}
  - model: tls/*
    base_url: "https://127.0.0.1:{provider.port}"
    provider_interface: openai
    access_key: {SECRETS["key-of-tls"]}
  - {{model: proxied/*, base_url: "http://proxied.invalid", provider_interface: openai, access_key: $SHELL_KEY}}
plugins:
  crashing: {{api_key: {SECRETS["plugin-setting"]}}}
"""


def echoing(asked: RecordedRequest) -> Answer | None:
    """What a careless or hostile provider makes of the key it was given."""
    key = (asked.header("authorization") or asked.header("x-api-key") or "").encode()
    if b"echo-401" in asked.body:
        return json_answer({"error": {"message": f"Incorrect API key provided: {key.decode()}"}}, status=401)
    if b"echo-reason" in asked.body:
        return raw_answer(b"HTTP/1.1 401 " + key + b"\r\ncontent-length: 0\r\nwww-authenticate: " + key + b"\r\n\r\n")
    if b"echo-garbage" in asked.body:
        return raw_answer(key * 3)
    if b"echo-header" in asked.body:
        return raw_answer(b"HTTP/1.1 200 OK\r\n" + key + b": \x00\r\n\r\n")
    if b"echo-redirect" in asked.body:
        return raw_answer(b"HTTP/1.1 302 Found\r\nlocation: /?k=" + key + b"\r\ncontent-length: 0\r\n\r\n")
    if b"echo-id" in asked.body:
        return raw_answer(b"HTTP/1.1 500 No\r\nx-request-id: " + key + b"\r\ncontent-length: 0\r\n\r\n")
    return None


CREDENTIALS = (
    f"authorization: Bearer {SECRETS['clients-bearer']}",
    f"x-api-key: {SECRETS['clients-api-key']}",
    f"x-goog-api-key: {SECRETS['clients-google-key']}",
    f"cookie: session={SECRETS['clients-cookie']}",
)
QUERY = f"?key={SECRETS['clients-query']}"
USERINFO = f"http://user:{SECRETS['clients-userinfo']}@plano"
MODELS = (
    *(f"{prefix}/{what}" for prefix in ("mock", "dotenv", "theirs") for what in ("hello", "error-401", "error-500")),
    *(f"mock/{what}" for what in ("error-429", "reset", "close", "cut", "malformed", "no-done", "crash")),
    *("lost/x", "tls/x", "proxied/x", "nobody/x", "gpt-4o"),
)
ECHOES = ("echo-401", "echo-reason", "echo-garbage", "echo-header", "echo-redirect", "echo-id")


def traffic() -> Iterator[tuple[bytes, bool]]:
    """Requests, and whether the provider's own words are relayed in answer, which plano does not censor."""
    prompt = [{"role": "user", "content": SECRETS["clients-prompt"]}]
    for model in MODELS:
        for stream in (False, True):
            yield chat(model, *CREDENTIALS, stream=stream, messages=prompt), False
    for echo in ECHOES:
        for model in ("mock", "dotenv", "theirs"):
            yield chat(f"{model}/{echo}", *CREDENTIALS), True
        body = {"model": f"claude/{echo}", "max_tokens": 9, "messages": prompt}
        yield request(body, "/v1/messages", *CREDENTIALS), True
    yield request(path=f"/v1/models{QUERY}", method="GET"), False
    yield request({"model": "mock/hello"}, f"/v1/nowhere{QUERY}", *CREDENTIALS), False
    yield request({"model": "mock/reset"}, f"/v1/chat/completions{QUERY}", *CREDENTIALS), False
    yield request({"model": "nobody/x"}, f"{USERINFO}/v1/chat/completions{QUERY}", *CREDENTIALS), False
    yield request({"model": "nobody/x"}, f"{USERINFO}{QUERY}", *CREDENTIALS), False
    yield request({"model": "x"}, f"{USERINFO}/v1/chat/completions{QUERY}", *CREDENTIALS, "bad header"), False
    yield request(f'{{"model": "mock/hello", "x": {SECRETS["clients-prompt"]}'.encode(), "/v1/messages"), False
    yield request({"model": [SECRETS["clients-prompt"]]}), False
    yield b"GET /v1/models%b HTTP/1.1\r\nauthorization: Bearer %b\r\n\r\n" % (
        QUERY.encode(),
        SECRETS["clients-bearer"].encode(),
    ), False
    yield b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n%b\r\ncontent-length: x\r\n\r\n" % CREDENTIALS[0].encode(), False
    yield b"%b\r\n\r\n" % CREDENTIALS[0].encode(), False


def guarded_listener(folder: Path, port: int) -> str:
    """A row of the config: HTTPS with an encrypted key, and keys that clients must send."""
    authority = make_authority(folder)
    password = SECRETS["key-of-a-certificate"]
    command = ["openssl", "pkcs8", "-topk8", "-in", str(authority.key), "-out", str(folder / "locked.key")]
    subprocess.run([*command, "-passout", f"pass:{password}"], check=True, capture_output=True)
    return f"""
  - type: model
    name: guarded
    address: 127.0.0.1
    port: {port}
    tls:
      certificate: "{authority.certificate}"
      private_key: "{folder / "locked.key"}"
      private_key_password: $CERTIFICATE_KEY
    api_keys:
      - {{name: team, key: $LISTENER_KEY}}
      - {{name: filed, file: "{folder / "team.key"}"}}
"""


def installed_plugin(folder: Path) -> Path:
    """A folder for PYTHONPATH in which the plugin is found as if pip had installed it."""
    facts = folder / "crashing-1.0.dist-info"
    facts.mkdir(parents=True)
    (folder / "crashing.py").write_text(PLUGIN)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: crashing\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[plano]\ncrashing = crashing\n")
    return folder


def guarded_traffic() -> Iterator[bytes]:
    """Keys that open the listener, in every header, and the client's own where they do not."""
    for key in (SECRETS["key-of-a-listener"], SECRETS["key-of-a-file"], SECRETS["clients-bearer"]):
        for header in (f"authorization: Bearer {key}", f"x-api-key: {key}", f"x-plano-api-key: {key}"):
            for model in ("mock/hello", "mock/reset", "nobody/x", "theirs/hello"):
                yield chat(model, header)
        yield chat("mock/hello", f"authorization: {key}", f"x-plano-api-key: {key}x")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything a running plano says, by where it says it."""
    found: dict[str, bytes] = {}
    line = CommandLine(tmp_path_factory.mktemp("secrets"))
    plugin = installed_plugin(line.directory / "plugins")
    line.write(".env", f"DOTENV_KEY={SECRETS['key-of-dotenv']}\n")
    environ = {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{plugin}",
        "SHELL_KEY": SECRETS["key-of-the-environment"],
        "HEADER_KEY": SECRETS["header-of-the-environment"],
        "LOG_LEVEL": "debug",
        "CERTIFICATE_KEY": SECRETS["key-of-a-certificate"],
        "LISTENER_KEY": SECRETS["key-of-a-listener"],
        "no_proxy": "127.0.0.1",
    }
    line.write("team.key", SECRETS["key-of-a-file"] + "\n")

    def command(*arguments: str) -> int:
        done = line(*arguments, **environ)
        found[f"planoai {' '.join(arguments)}"] = (done.stdout + done.stderr).encode()
        return done.returncode

    with ScriptedProvider.in_thread() as provider:
        provider.script.on_request(echoing)
        environ["http_proxy"] = f"http://user:{SECRETS['proxy-password']}@127.0.0.1:{provider.port}"
        port, guarded = free_port(), free_port()
        secure = guarded_listener(line.directory, guarded)
        line.write("config.yaml", config_text(port, provider, secure))
        for arguments in (("check",), ("check", "--strict"), ("up", "--verbose")):
            assert command(*arguments) == 0, found
        try:
            answers = bytearray()
            for data, is_relayed in traffic():
                with Wire(Address(port)) as wire:
                    wire.send(data)
                    with suppress(AssertionError):  # Some answers are cut.
                        reply = wire.reply()
                        if not is_relayed:
                            answers += f"{reply.reason} {reply.headers}".encode() + reply.body
            for data in guarded_traffic():
                with Wire(Address(guarded)) as wire:
                    context = ssl.create_default_context(cafile=str(line.directory / "ca.pem"))
                    wire.socket = context.wrap_socket(wire.socket, server_hostname="localhost")
                    reply = wire.ask(data)
                    answers += f"{reply.reason} {reply.headers}".encode() + reply.body
            found["answers"] = bytes(answers)
            wait_for(lambda: b"echo-id" in (line.home.logs / "access_llm.log").read_bytes())
            for name in ("status", "reload", "health"):
                if name in COMMANDS:
                    command(name)
            found["process list"] = b"\n".join(_command_lines())
            line.write("config.yaml", config_text(port, provider, secure) + f"overrides: {SECRETS['misplaced']}\n")
            command("check")
            if "reload" in COMMANDS:
                command("reload")
            for arguments in (("logs",), ("logs", "--help"), ("config", "schema")):
                command(*arguments)
        finally:
            command("down")
        found["requests"] = b"\n".join(value for asked in provider.requests for _, value in asked.headers)
    for path in line.home.root.rglob("*"):
        if path.is_file():
            found[str(path.relative_to(line.home.root))] = path.read_bytes()
    return found


def _command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield path.read_bytes()


def test_nothing_that_runs_tells_a_key(told: dict[str, bytes]) -> None:
    places = {place: names for place, said in told.items() if place != "requests" and (names := told_in(said))}
    assert not places, {place: (names, _around(told[place], names[0])) for place, names in places.items()}


def test_the_keys_were_in_use_and_the_failures_happened(told: dict[str, bytes]) -> None:
    """Otherwise the test above would prove nothing."""
    sent = set(told_in(told["requests"]))
    assert sent >= {
        "literal-key",
        "key-of-the-environment",
        "key-of-dotenv",
        "literal-header",
        "header-of-the-environment",
        "clients-bearer",
    }
    log = next(said for place, said in told.items() if place.endswith("logs/plano.log"))
    assert b"the proxy http://127.0.0.1" in log
    for sign in (b"Traceback", b"RuntimeError", b"cannot connect", b"without an answer", b"provider_protocol_error"):
        assert sign in log
    access = next(said for place, said in told.items() if place.endswith("access_llm.log"))
    for sign in (b" 401 provider_status", b" 500 plugin_failed", b" 404 model_not_found", b" 400 "):
        assert sign in access
    assert b"plano.run" in told["process list"]


def _around(said: bytes, name: str) -> bytes:
    at = next(found for form in forms(SECRETS[name]) if (found := said.find(form)) >= 0)
    return said[max(0, at - 160) : at + 80]


# Keys in the wrong place of a config.

KEY = SECRETS["misplaced"]
ROW = "model: mock/*, base_url: 'http://127.0.0.1:9', provider_interface: openai"
MISTAKES = {
    "an unknown member": f"model_providers: [{{{ROW}, acces_key: {KEY}}}]",
    "a list": f"model_providers: [{{{ROW}, access_key: [{KEY}]}}]",
    "a mapping": f"model_providers: [{{{ROW}, access_key: {{{KEY}: {KEY}}}}}]",
    "headers as a text": f"model_providers: [{{{ROW}, headers: '{KEY}'}}]",
    "a header with a line break": f'model_providers: [{{{ROW}, headers: {{x: "a\\n{KEY}"}}}}]',
    "a key with a line break": f'model_providers: [{{{ROW}, access_key: "{KEY}\\nb"}}]',
    "a key beyond ASCII": f'model_providers: [{{{ROW}, access_key: "{KEY}\u00e9"}}]',
    "a switch": f"model_providers: [{{{ROW}, passthrough_auth: {KEY}}}]",
    "a row": f"model_providers: [{KEY}]",
    "all rows": f"model_providers: {KEY}",
    "user and password of an address": (
        f"model_providers: [{{model: mock/*, base_url: 'http://user:{KEY}@127.0.0.1:9', provider_interface: openai}}]"
    ),
    "the query of an address": (
        f"model_providers: [{{model: mock/*, base_url: 'http://127.0.0.1:9/?key={KEY}', provider_interface: openai}}]"
    ),
    "an alias nobody defined": f"model_providers: [{{{ROW}, access_key: *{KEY}}}]",
    "a tag": f"model_providers: [{{{ROW}, access_key: !{KEY} x}}]",
    "an open quote": f"model_providers: [{{{ROW}, access_key: '{KEY}}}]",
    "a tab": f"model_providers:\n\t- {KEY}",
    "an open bracket": f"model_providers: [{{{ROW}, access_key: [{KEY}",
    "a default of a variable": f"model_providers: [{{{ROW}, access_key: '${{NOT_SET:-{KEY}'}}]",
    "a setting of a plugin nobody has": f"plugins: {{nobody: {{api_key: {KEY}}}}}",
    "a plugin's whole section": f"plugins: {{crashing: {KEY}}}",
    "a list for a plugin": f"plugins: {{crashing: {{api_key: [{KEY}]}}}}",
    "a wrong type for a plugin": f"plugins: {{crashing: {{api_key: x, many: {KEY}}}}}",
    "a key of a listener": f"plugins: {{}}\nratelimits: {KEY}",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_key_in_the_wrong_place_is_not_shown(tmp_path: Path, mistake: str, plugin_path: str) -> None:
    """By the worker, which prints to stderr and logs what it finds."""
    config = tmp_path / "config.yaml"
    start = f"version: v0.4.0\nlisteners: [{{type: model, name: m, address: 127.0.0.1, port: {free_port()}}}]\n"
    config.write_text(start + MISTAKES[mistake] + "\n", "utf-8")
    environ = {**os.environ, "PYTHONPATH": plugin_path, "PLANO_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-P", "-m", "plano.run.worker", "--config", str(config), "--log-dir", str(tmp_path)]
    for one in (command, [sys.executable, "-P", "-m", "plano", "check", "--strict", str(config)]):
        process = subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ, cwd=tmp_path)
        try:
            out, _ = process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            process.terminate()
            out, _ = process.communicate()
        assert not told_in(out), out
        assert out.strip()
    assert not told_in(b"".join(path.read_bytes() for path in tmp_path.glob("*.log")))


@pytest.fixture(scope="module")
def plugin_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"{ROOT}{os.pathsep}{installed_plugin(tmp_path_factory.mktemp('plugins'))}"


# Objects that somebody may print, in a debugger, a plugin or a traceback.


def test_no_object_of_a_plan_shows_a_key(tmp_path: Path) -> None:
    with ScriptedProvider.in_thread() as provider:
        (tmp_path / "config.yaml").write_text(config_text(9, provider).partition("plugins:")[0], "utf-8")
    (tmp_path / ".env").write_text(f"DOTENV_KEY={SECRETS['key-of-dotenv']}\n")
    keys = {
        "SHELL_KEY": SECRETS["key-of-the-environment"],
        "HEADER_KEY": SECRETS["header-of-the-environment"],
    }
    source = read_source(tmp_path / "config.yaml")
    loaded = load_source(source, keys)
    app = App(loaded.config)
    plan = app.setup.plans[0]
    seen: list[object] = [source, loaded, loaded.config, *loaded.config.model_providers]
    seen += [app, app.setup, plan, plan.names, plan.calls]
    for provider_row in plan.providers:
        for operation in (CHAT, MESSAGES):
            target = provider_row.target(operation, "x")
            seen += [provider_row, target, [] if target is None else target.__rich_repr__()]
    for name in ("mock/hello", "dotenv/x", "lost/y"):
        decision = plan.names.resolve(name)
        seen += [decision, *decision.candidates, plan.calls.find(decision.candidates[0], CHAT)]
    for one in seen:
        for text in (repr(one), str(one), f"{one}", f"{[one]}"):
            assert not told_in(text.encode()), type(one)
