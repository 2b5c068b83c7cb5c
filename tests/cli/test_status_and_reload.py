"""A running instance is asked, and given another config."""

from __future__ import annotations

import json
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import CommandLine


def config_text(port: int, more: str = "") -> str:
    return f"""version: v0.4.0
listeners: [{{type: model, name: llm, address: 127.0.0.1, port: {port}}}]
model_providers: [{{model: mock/*, base_url: "http://127.0.0.1:9", provider_interface: openai, access_key: $KEY}}]
{more}"""


def test_what_is_not_running_cannot_be_asked(planoai: CommandLine) -> None:
    for command in ("status", "reload"):
        ended = planoai(command)
        assert (ended.returncode, ended.stdout, ended.stderr) == (3, "Plano is not running\n", "")


def test_status_shows_workers_listeners_and_providers(planoai: CommandLine, free_port: int) -> None:
    config = planoai.write("config.yaml", config_text(free_port))
    assert planoai("up", "--workers", "2", KEY="sk-status-1").returncode == 0
    told = planoai("status")
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert re.match(r"Plano \S+ is running, PID \d+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\d+s\)", lines[0])
    assert lines[1].startswith(f"Config: {config}, served since ")
    workers = [line.split() for line in lines if re.match(r"[12] ", line)]
    assert [worker[2] for worker in workers] == ["ready", "ready"]
    assert re.search(rf"^llm +model +http://127\.0\.0\.1:{free_port} +- +0 +0 +0$", told.stdout, re.MULTILINE)
    assert re.search(r"^mock/\* +http://127\.0\.0\.1:9 +0 +0$", told.stdout, re.MULTILINE)
    assert "sk-status-1" not in told.stdout


def test_status_shows_how_the_targets_that_were_asked_are_doing(planoai: CommandLine, free_port: int) -> None:
    spare = '  - {model: mock/a, name: spare, base_url: "http://127.0.0.1:9", provider_interface: openai}\n'
    text = config_text(free_port).replace("[{model: mock/*,", "\n  - {model: mock/a,").replace("$KEY}]", "$KEY}")
    planoai.write("config.yaml", text + spare)
    assert planoai("up", KEY="sk-status-1").returncode == 0
    assert "TARGET" not in planoai("status").stdout
    question = Request(
        f"http://127.0.0.1:{free_port}/v1/chat/completions",
        b'{"model": "mock/a", "messages": [{"role": "user", "content": "hi"}]}',
        {"content-type": "application/json"},
    )
    with pytest.raises(HTTPError, match="502"):
        urlopen(question, timeout=10)
    told = planoai("status").stdout
    for name in ("mock/a", "spare"):
        assert re.search(rf"^{name} +mock/a +ok +- +1 +unreachable +ok$", told, re.MULTILINE), told
    targets = json.loads(planoai("status", "--json").stdout)["workers"][0]["targets"]
    assert [(one["name"], one["failures"]) for one in targets] == [("mock/a", 1), ("spare", 1)]


def test_status_as_json_is_for_programs(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    assert planoai("up", KEY="x").returncode == 0
    told = json.loads(planoai("status", "--json").stdout)
    assert told["workers"][0]["listeners"][0]["port"] == free_port
    assert told["pid"] != told["workers"][0]["pid"]


def test_reload_serves_the_changed_config_and_shows_the_changes(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    assert planoai("up", KEY="sk-reload-1").returncode == 0
    same = planoai("reload")
    assert (same.returncode, same.stdout) == (0, "✓ The config has not changed\n")
    planoai.write("config.yaml", config_text(free_port, "model_aliases: {fast: {target: mock/x}}\n"))
    changed = planoai("reload")
    assert (changed.returncode, changed.stdout) == (0, "  + model_aliases.fast\n✓ The new config is served\n")


def test_a_key_in_dotenv_is_renewed_by_a_reload_and_not_shown(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    planoai.write(".env", "KEY=sk-dotenv-1\n")
    assert planoai("up").returncode == 0
    planoai.write(".env", "KEY=sk-dotenv-2\n")
    reload = planoai("reload")
    assert reload.stdout == "  ~ model_providers[mock/*].access_key: (not shown)\n✓ The new config is served\n"


def test_a_bad_config_is_refused_with_all_its_problems(planoai: CommandLine, free_port: int) -> None:
    config = planoai.write("config.yaml", config_text(free_port))
    assert planoai("up", KEY="x").returncode == 0
    planoai.write("config.yaml", config_text(free_port, "model_alias: {}\nworkrs: 2\n"))
    refused = planoai("reload")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0] == "✗ The new config is refused, the old one stays"
    assert f"{config}:4: model_alias: this key is not known here (did you mean `model_aliases`?)" in refused.stderr
    assert "workrs" in refused.stderr
    told = planoai("status")
    assert told.returncode == 0
    assert "⚠ The last reload was refused:" in told.stderr


def test_an_instance_deep_down_in_the_file_system_is_reached(planoai: CommandLine, free_port: int) -> None:
    """A Unix socket's address holds 107 bytes."""
    planoai.write("config.yaml", config_text(free_port))
    home = {"PLANO_HOME": str(planoai.directory / ("deep" * 20) / ("down" * 20))}
    assert planoai("up", KEY="x", **home).returncode == 0
    try:
        assert planoai("status", **home).returncode == 0
    finally:
        assert planoai("down", **home).returncode == 0


def test_workers_that_cannot_be_counted_are_a_usage_error(planoai: CommandLine) -> None:
    for wrong in ("0", "-1", "many"):
        ended = planoai("up", "--workers", wrong)
        assert ended.returncode == 2
        assert "neither a number of at least 1 nor 'auto'" in ended.stderr
