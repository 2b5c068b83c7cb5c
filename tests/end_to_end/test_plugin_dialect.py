"""A dialect that pip installed: every client reaches a provider that speaks it, through a worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import ROOT, Gateway, wait_for
from tests.end_to_end.test_translation import BROKEN, CLIENTS, CUT, ENDS, Client
from tests.end_to_end.wire import Wire, chat, request
from tests.plugins.parrot import Parrot, parrot
from tests.plugins.support import PLUGINS, fresh_interpreter, install

EXAMPLE = PLUGINS / "plano-example-parrot"
KEY = "seeds-7f3a"
ROWS = """
model_providers:
  - {model: birds/*, base_url: "URL", provider_interface: parrot, access_key: SEEDS}
  - {model: exact/grey, base_url: "URL/parrots/grey/say", provider_interface: parrot, access_key: SEEDS, strict: true}
  - {model: free/*, base_url: "URL", provider_interface: parrot}
  - {model: guests/*, base_url: "URL", provider_interface: parrot, passthrough_auth: true}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("parrot"))


@pytest.fixture(scope="module")
def bird() -> Iterator[Parrot]:
    with parrot() as sitting:
        yield sitting


def beside(installed: Path) -> str:
    return os.pathsep.join((str(installed), str(ROOT)))


@pytest.fixture(scope="module")
def zoo(bird: Parrot, installed: Path, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace("URL", bird.base_url).replace("SEEDS", KEY)
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=beside(installed)) as running:
        yield running


@pytest.fixture(params=sorted(CLIENTS))
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(dialect: str, zoo: Gateway) -> Iterator[Client]:
    made = CLIENTS[dialect](zoo)
    yield made
    made.close()


@pytest.mark.parametrize("streams", [False, True])
def test_every_client_is_answered(client: Client, dialect: str, bird: Parrot, streams: bool) -> None:
    said = client.ask("birds/grey", "say it again", streams=streams)
    assert said == ("say it again", [], ENDS[dialect], (2, 3))
    heard = bird.heard[-1]
    assert heard.path == f"/zoo/parrots/grey/{'say-slowly?as=events' if streams else 'say'}"
    assert heard.body["lines"] == [{"from": "guest", "words": "say it again"}]
    assert heard.body.keys() <= {"lines", "limit"}
    assert (heard.headers["x-parrot-key"], heard.headers["parrot-version"]) == (KEY, "2")
    assert "authorization" not in heard.headers
    assert "x-api-key" not in heard.headers


@pytest.mark.parametrize("streams", [False, True])
def test_why_an_answer_ended_reaches_the_client(client: Client, dialect: str, streams: bool) -> None:
    assert client.ask("birds/grey", "one two", streams=streams, max_tokens=1).stop == CUT[dialect]


@pytest.mark.parametrize(
    ("model", "streams"),
    [
        ("squawking", False),
        ("squawking", True),
        ("mumbling", False),
        ("mumbling", True),
        ("silent", True),
        ("crying", True),
    ],
)
def test_no_client_takes_a_failure_for_an_answer(client: Client, model: str, streams: bool) -> None:
    with pytest.raises(BROKEN):
        client.ask(f"birds/{model}", "hello there", streams=streams)


def test_what_a_plugin_trips_over_is_in_the_log_with_its_dialect(zoo: Gateway) -> None:
    with Wire(zoo) as wire:
        reply = wire.ask(chat("birds/mumbling"))
    assert (reply.status, reply.json()["error"]["code"]) == (502, "provider_protocol_error")
    assert "TypeError" not in reply.body.decode()
    zoo.log_line("an answer in the dialect parrot could not be translated")
    zoo.log_line("TypeError in parrot")


def test_an_error_reply_is_told_in_the_clients_dialect(zoo: Gateway) -> None:
    with Wire(zoo) as wire:
        reply = wire.ask(chat("birds/squawking"))
    assert reply.status == 429
    assert reply.json()["error"]["message"] == "too many guests"


def test_what_the_dialect_cannot_say_is_named(zoo: Gateway) -> None:
    tool = {"type": "function", "function": {"name": "fly", "parameters": {"type": "object"}}}
    with Wire(zoo) as wire:
        reply = wire.ask(chat("birds/grey", top_p=0.5, tools=[tool]))
        refused = wire.ask(chat("exact/grey", top_p=0.5))
        fine = wire.ask(chat("exact/grey"))
    assert reply.header("x-plano-dropped") == "tools.fly, top_p"
    assert (refused.status, refused.json()["error"]["param"]) == (400, "top_p")
    assert (fine.status, fine.json()["choices"][0]["message"]["content"]) == (200, "hi")


def test_the_models_id_is_one_piece_of_the_path(zoo: Gateway, bird: Parrot) -> None:
    with Wire(zoo) as wire:
        wire.ask(chat("birds/grey/../x?y"))
        assert bird.heard[-1].path == "/zoo/parrots/grey%2F..%2Fx%3Fy/say"
        heard = len(bird.heard)
        assert wire.ask(chat("birds/..")).status >= 400
    assert len(bird.heard) == heard


def test_a_clients_own_key_goes_where_the_dialect_wants_it_and_only_with_leave(zoo: Gateway, bird: Parrot) -> None:
    with Wire(zoo) as wire:
        wire.ask(chat("guests/grey", "authorization: Bearer own"))
        assert bird.heard[-1].headers["x-parrot-key"] == "own"
        wire.ask(chat("guests/grey", "x-parrot-key: mine"))
        assert bird.heard[-1].headers["x-parrot-key"] == "mine"
        wire.ask(chat("free/grey", "x-parrot-key: mine"))
        assert "x-parrot-key" not in bird.heard[-1].headers


def test_tokens_are_estimated_and_what_it_does_not_offer_is_refused(zoo: Gateway) -> None:
    body = {"model": "birds/grey", "messages": [{"role": "user", "content": "hi"}]}
    with Wire(zoo) as wire:
        assert wire.ask(request(body, "/v1/messages/count_tokens")).json()["input_tokens"] > 0
        refused = wire.ask(request({"model": "birds/grey", "input": "hi"}, "/v1/embeddings"))
    assert "does not offer /embeddings" in refused.json()["error"]["message"]


def distribution(directory: Path, name: str, code: str) -> None:
    """What pip leaves of a plugin of one module."""
    metadata = directory / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[plano]\n{name} = {name}\n")
    (directory / f"{name}.py").write_text(code)


CLUMSY = """
from msgspec.structs import replace
from plano.plugin_api import hookimpl
import plano_example_parrot as parrot

def trips(*given):
    raise KeyError("stumble")

@hookimpl
def dialects():
    (known,) = parrot.dialects()
    faulty = {"mute": "write_request", "deaf": "reader", "lost": "read_error"}
    sides = [replace(known.side, name=name, **{function: trips}) for name, function in faulty.items()]
    return [replace(known, side=side) for side in sides]
"""


def test_a_clumsy_plugin_leaves_no_client_waiting(
    bird: Parrot, installed: Path, tmp_path: Path, start_gateway: StartGateway
) -> None:
    distribution(tmp_path, "clumsy", CLUMSY)
    rows = "model_providers:\n" + "".join(
        f"  - {{model: {name}/*, base_url: '{bird.base_url}', provider_interface: {name}}}\n"
        for name in ("mute", "deaf", "lost", "parrot")
    )
    path = os.pathsep.join((str(tmp_path), beside(installed)))
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=path) as gateway, Wire(gateway) as wire:
        for model, status in (("mute/grey", 500), ("deaf/grey", 500), ("lost/squawking", 502)):
            reply = wire.ask(chat(model, stream=True))
            assert (model, reply.status) == (model, status)
            assert "stumble" not in reply.body.decode()
        assert wire.ask(chat("parrot/grey", stream=True)).status == 200
        assert gateway.all_logs().count("KeyError: 'stumble'") == 3


def has_reloaded(gateway: Gateway, times: int) -> bool:
    return gateway.all_logs().count("the new config is served") == times


OWN = """
from msgspec.structs import replace
from plano.dialects.sides import PROVIDER_SIDES
from plano.plugin_api import ProviderDialect, hookimpl

WAYS = {
    "chat": {"path": "/v1/chat/completions"},
    "responses": {"path": "/v1/responses"},
    "messages": {"path": "/v1/messages", "auth": "x-api-key", "headers": {"anthropic-version": "2023-06-01"}},
    "converse": {"path": "/model/{model}/converse", "streaming_path": "/model/{model}/converse-stream"},
    "generate_content": {
        "path": "/v1beta/models/{model}:generateContent",
        "streaming_path": "/v1beta/models/{model}:streamGenerateContent?alt=sse",
        "auth": "x-goog-api-key",
    },
}

@hookimpl
def dialects():
    assert WAYS.keys() == PROVIDER_SIDES.keys()
    return [ProviderDialect(side=replace(PROVIDER_SIDES[name], name=f"my-{name}"), **WAYS[name]) for name in WAYS]
"""
DOORS = ("chat", "responses", "messages", "converse", "generate_content")


@pytest.fixture(scope="module")
def doors(
    _provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory, start_gateway: StartGateway
) -> Iterator[Gateway]:
    directory = tmp_path_factory.mktemp("doors")
    distribution(directory, "doors", OWN)
    rows = "model_providers:\n" + "".join(
        f"  - {{model: {name}/*, base_url: '{_provider.base_url}', provider_interface: my-{name}, access_key: k}}\n"
        for name in DOORS
    )
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=beside(directory)) as running:
        yield running


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("door", DOORS)
def test_planos_own_dialects_could_come_in_by_this_door(
    doors: Gateway, dialect: str, provider: ScriptedProvider, door: str, streams: bool
) -> None:
    client = CLIENTS[dialect](doors)
    try:
        said = client.ask(f"{door}/hello", "Hello there", streams=streams)
        assert said.text.startswith("Hello! I am plano's scripted provider")
        assert said.stop == ENDS[dialect]
        called = client.ask(f"{door}/hello", "What does weather say?", streams=streams, tool=True)
        assert [name for name, _ in called.calls] == ["weather"]
    finally:
        client.close()


def is_served(gateway: Gateway, model: str) -> bool:
    with Wire(gateway) as wire:
        return wire.ask(chat(model)).status == 200


def test_the_dialect_stays_when_the_config_is_read_again(
    bird: Parrot, installed: Path, start_gateway: StartGateway
) -> None:
    def config_text(port: int) -> str:
        return listener(port) + ROWS.replace("URL", bird.base_url).replace("SEEDS", KEY)

    with start_gateway(config_text, PYTHONPATH=beside(installed)) as gateway:
        gateway.log_line("is ready")
        config = gateway.log_dir.with_suffix(".yaml")
        settings = "plugins: {parrot: {enabled: true}}\n"
        for times, (more, model) in enumerate((("", "flock/grey"), (settings, "swarm/grey")), 1):
            row = f"  - {{model: {model}, base_url: '{bird.base_url}', provider_interface: parrot}}\n"
            config.write_text(f"{config_text(gateway.port)}{row}{more}", "utf-8")
            gateway.process.send_signal(signal.SIGHUP)
            wait_for(partial(has_reloaded, gateway, times))
            assert is_served(gateway, model)
        config.write_text(config_text(gateway.port).replace("parrot,", "parot,"), "utf-8")
        gateway.process.send_signal(signal.SIGHUP)
        gateway.log_line("the new config is refused, the old one stays")
        assert is_served(gateway, "swarm/grey")


def test_check_knows_the_names_of_installed_plugins(installed: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"

    def check(interface: str, more: str = "") -> subprocess.CompletedProcess[str]:
        row = f"{{model: birds/*, base_url: 'http://localhost:1', provider_interface: {interface}}}"
        config.write_text(f"{listener(12000)}model_providers: [{row}]\n{more}", "utf-8")
        environ = os.environ | {"PYTHONPATH": beside(installed)}
        command = [sys.executable, "-P", "-m", "plano", "check", str(config)]
        return subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    fine = check("parrot")
    assert (fine.returncode, fine.stderr) == (0, "")
    misspelt = check("parot")
    assert misspelt.returncode == 1
    assert "`parot` is not known" in misspelt.stderr
    assert "did you mean `parrot`?" in misspelt.stderr
    off = check("parrot", "plugins: {parrot: {enabled: false}}\n")
    assert off.returncode == 1
    assert "`parrot` is not known" in off.stderr
    assert "no such plugin is installed" in check("parrot", "plugins: {parot: {}}\n").stderr


def test_the_examples_own_tests_pass(installed: Path) -> None:
    tests = str(EXAMPLE / "tests")
    assert "2 passed" in fresh_interpreter(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests)


def test_the_readme_shows_the_example_as_it_is() -> None:
    code = (EXAMPLE / "plano_example_parrot.py").read_text(encoding="utf-8")
    readme = (PLUGINS / "README.md").read_text(encoding="utf-8")
    assert f"<!-- dialect: begin -->\n```python\n{code}```\n<!-- dialect: end -->" in readme
