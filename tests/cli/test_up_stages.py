"""Each stage of `up` that can fail before anything is started."""

from __future__ import annotations

import socket

import pytest

from tests.cli.conftest import CommandLine, config_text


def test_a_named_file_that_is_missing_ends_it(planoai: CommandLine) -> None:
    result = planoai("up", "nowhere.yaml")
    assert result.returncode == 1
    assert result.stderr == f"✗ Config file not found: {planoai.directory}/nowhere.yaml\n"
    assert not planoai.home.root.exists()


@pytest.mark.parametrize("arguments", [["bad.yaml"], ["-f", "bad.yaml"], ["--file", "bad.yaml"]])
def test_an_invalid_config_is_named_with_all_its_problems(planoai: CommandLine, arguments: list[str]) -> None:
    path = planoai.write("bad.yaml", "version: v9\nlisteners: []\nunknown_key: 1\n")
    result = planoai("up", *arguments)
    assert result.returncode == 1
    headline, named, *problems = result.stderr.splitlines()
    assert headline == "✗ Validation failed"
    assert named == f"  {path}: invalid against schema"
    assert len(problems) >= 2
    assert all(problem.startswith(f"    {path}") for problem in problems)


@pytest.mark.parametrize("text", ["", "- just\n- a list\n", "a: [1,\n", "\x00", "&a [*a]\n"])
def test_what_is_no_config_at_all_is_an_error_and_no_traceback(planoai: CommandLine, text: str) -> None:
    planoai.write("config.yaml", text)
    result = planoai("up")
    assert result.returncode == 1
    assert result.stderr.startswith("✗ Validation failed")
    assert "Traceback" not in result.stderr


def test_bytes_that_are_not_utf8_are_an_error_and_no_traceback(planoai: CommandLine) -> None:
    (planoai.directory / "config.yaml").write_bytes(b"version: \xff\xfe\n")
    result = planoai("up")
    assert result.returncode == 1
    assert result.stderr.startswith("✗ Validation failed")


def test_the_config_is_judged_before_the_keys(planoai: CommandLine) -> None:
    planoai.write("config.yaml", config_text(12000, key="$MISSING_KEY", extra="unknown_key: 1\n"))
    result = planoai("up")
    assert "✗ Validation failed" in result.stderr
    assert "Missing API keys" not in result.stderr


def test_every_missing_key_is_named_with_the_way_to_set_it(planoai: CommandLine, free_port: int) -> None:
    text = config_text(free_port, key="$FIRST_KEY")
    text += "  - model: anthropic/claude-sonnet-4-5\n    access_key: ${SECOND_KEY}\n"
    planoai.write("config.yaml", text)
    result = planoai("up")
    assert result.returncode == 1
    assert result.stderr.startswith(
        "✗ Missing API keys!\n  • FIRST_KEY not found\n  • SECOND_KEY not found\n"
    )
    assert '  export FIRST_KEY="your-api-key"\n  export SECOND_KEY="your-api-key"\n' in result.stderr
    assert str(planoai.directory / ".env") in result.stderr
    assert not planoai.home.pid_file.exists()


def test_parts_this_version_cannot_run_are_refused_before_the_keys(planoai: CommandLine) -> None:
    extra = "agents:\n  - {id: weather, url: http://127.0.0.1:9}\n"
    planoai.write("config.yaml", config_text(12000, key="$MISSING_KEY", extra=extra))
    result = planoai("up")
    assert result.returncode == 1
    assert result.stderr.startswith("✗ This version cannot run this config\n  • `agents` is configured, but ")
    assert "Missing API keys" not in result.stderr

    check = planoai("check")
    assert check.returncode == 0
    assert "⚠ `agents` is configured, but " in check.stderr
    assert planoai("check", "--strict").returncode == 1


def test_a_taken_port_is_named_with_its_listener(planoai: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        planoai.write("config.yaml", config_text(port))
        result = planoai("up")
    assert result.returncode == 1
    assert f"Listener llm cannot listen on 127.0.0.1:{port}: Address already in use" in result.stderr
    assert not planoai.home.pid_file.exists()


def test_a_port_option_beside_a_config_is_mentioned(planoai: CommandLine) -> None:
    planoai.write("config.yaml", config_text(12000, key="$MISSING_KEY"))
    result = planoai("up", "--listener-port", "13000")
    assert "⚠ --listener-port is ignored" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--listener-port", "0"], {}),
        (["--listener-port", "http"], {}),
        (["--log-level", "loud"], {}),
        (["--timeout", "0"], {}),
        (["a.yaml", "-f", "b.yaml"], {}),
        (["a.yaml", "b.yaml"], {}),
        ([], {"LOG_LEVEL": "loud"}),
    ],
)
def test_wrong_usage_is_exit_code_2(
    planoai: CommandLine, arguments: list[str], environ: dict[str, str]
) -> None:
    result = planoai("up", *arguments, **environ)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_a_second_start_at_the_same_time_is_refused(planoai: CommandLine, free_port: int) -> None:
    import fcntl

    planoai.home.prepare()
    planoai.write("config.yaml", config_text(free_port))
    with open(planoai.home.start_lock, "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = planoai("up")
    assert result.returncode == 1
    assert result.stderr.endswith("✗ Plano is being started by another command\n")
