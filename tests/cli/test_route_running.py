"""`planoai route` with a router that is asked through the running instance."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import pytest

from plano.testing import Answer, RecordedRequest, ScriptedProvider
from plano.testing.scripted_provider import json_answer
from tests.cli.conftest import CommandLine, config_text

ROUTES = """\
routing_preferences:
  - {name: riddles, description: guessing riddles, models: [mock/hello]}
  - {name: poems, description: writing poems, models: [mock/hello]}
routing: {router: {type: remote, model: judge/words}}
"""


def judged(asked: RecordedRequest) -> Answer | None:
    if asked.json()["model"] != "words":
        return None
    last = re.findall(r'"content": "(.*?)"', asked.json()["messages"][-1]["content"])[-1]
    route = "poems" if "poem" in last else "riddles" if "riddle" in last else "other"
    message = {"role": "assistant", "content": json.dumps({"route": route})}
    return json_answer({"object": "chat.completion", "choices": [{"index": 0, "message": message}]})


@pytest.fixture
def judge() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        running.script.on_request(judged)
        yield running


def config_of(port: int, judge: ScriptedProvider, more: str = "") -> str:
    row = f'  - {{model: judge/*, base_url: "{judge.base_url}", provider_interface: openai, access_key: sk-1}}\n'
    return config_text(port, extra=row + ROUTES).replace(f"    port: {port}", f"    port: {port}{more}")


def test_nobody_there_is_told(planoai: CommandLine, free_port: int, judge: ScriptedProvider) -> None:
    planoai.write("config.yaml", config_of(free_port, judge))
    ended = planoai("route", "a poem, please")
    assert ended.returncode == 1
    assert f"✗ Nobody answers at http://127.0.0.1:{free_port}: " in ended.stderr
    assert "The router `remote` is asked through the running instance: planoai up" in ended.stderr


def test_the_running_instance_is_asked(planoai: CommandLine, free_port: int, judge: ScriptedProvider) -> None:
    path = planoai.write("config.yaml", config_of(free_port, judge))
    assert planoai("up").returncode == 0
    told = planoai("route", "a poem, please")
    assert (told.returncode, told.stderr) == (0, "")
    assert "✓ poems → mock/hello\n  remote, " in told.stdout
    none = json.loads(planoai("route", "--json", "good morning").stdout)
    assert (none["route"], none["score"], none["models"]) == (None, None, ["mock/hello"])
    rows = (("a riddle", "riddles"), ("hm", "poems"), ("hm", "none"))
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    planoai.write("prompts.jsonl", "\n".join(lines))
    counted = planoai("route", "eval", "prompts.jsonl").stdout
    assert "accuracy, `none` included   0.667\n" in counted
    assert "AUROC of `none`             -\n" in counted
    assert "threshold" not in counted
    assert "this router tells no scores" in planoai("route", "tune", "prompts.jsonl").stderr
    path.write_text(path.read_text().replace("name: poems", "name: verses"))
    ended = planoai("route", "a poem, please")
    assert ended.returncode == 1
    assert "has other routes than the config\n  Make it read the config: planoai reload" in ended.stderr


def test_a_listener_with_keys_and_a_certificate_is_asked_too(
    planoai: CommandLine, free_port: int, judge: ScriptedProvider
) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "365", "-subj", "/CN=plano.example", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=planoai.directory, check=True, capture_output=True)
    more = "\n    api_keys: [{name: team, key: $TEAM}]\n    tls: {certificate: cert.pem, private_key: key.pem}"
    planoai.write("config.yaml", config_of(free_port, judge, more))
    assert planoai("up", TEAM="team-key-of-32-letters-0123456789").returncode == 0
    refused = planoai("route", "a riddle", TEAM="x" * 32)
    assert refused.returncode == 1
    assert "asks for an API key\n  Give one with --api-key, or in PLANO_API_KEY." in refused.stderr
    for arguments, environ in (
        (("--api-key", "team-key-of-32-letters-0123456789"), {}),
        ((), {"PLANO_API_KEY": "team-key-of-32-letters-0123456789"}),
    ):
        told = planoai("route", "a riddle", *arguments, TEAM="x" * 32, **environ)
        assert (told.returncode, told.stderr) == (0, "")
        assert "✓ riddles → mock/hello" in told.stdout


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(body=(b"hello",)), "does not answer like plano: status 200"),
        (json_answer({"routing": []}), "does not answer like plano: status 200"),
        (json_answer({"oops": 1}, status=404), "does not answer like plano: status 404"),
        (json_answer({"error": {"message": "busy"}}, status=503), "refuses the request: busy"),
    ],
)
def test_somebody_else_at_the_port_is_told(planoai: CommandLine, answer: Answer, told: str) -> None:
    with ScriptedProvider.in_thread() as stranger:
        stranger.script.on_request(lambda asked: answer)
        planoai.write("config.yaml", config_of(int(stranger.base_url.rpartition(":")[2]), stranger))
        ended = planoai("route", "a riddle")
    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
