from __future__ import annotations

import signal
import subprocess

import pytest

from tests.cli.conftest import CommandLine


@pytest.fixture
def planoai_with_logs(planoai: CommandLine) -> CommandLine:
    planoai.home.prepare()
    logs = planoai.home.logs
    (logs / "access_llm.log").write_text("".join(f"llm {number}\n" for number in range(30)))
    (logs / "access_agent.log").write_text("agent 0\n")
    planoai.home.gateway_log.write_text("routed\n")
    planoai.home.worker_log.write_text("printed\n")
    return planoai


def test_without_logs_it_says_so(planoai: CommandLine) -> None:
    result = planoai("logs")
    assert result.returncode == 1
    assert result.stderr.startswith(f"✗ No logs in {planoai.home.logs}\n")


def test_the_last_lines_of_each_access_log_under_its_name(planoai_with_logs: CommandLine) -> None:
    result = planoai_with_logs("logs", "-n", "2")
    assert result.returncode == 0
    assert result.stdout == "==> access_agent.log <==\nagent 0\n\n==> access_llm.log <==\nllm 28\nllm 29\n"


def test_ten_lines_unless_told_otherwise(planoai_with_logs: CommandLine) -> None:
    assert planoai_with_logs("logs").stdout.count("llm ") == 10


def test_debug_adds_the_gateways_log_once_and_the_workers(planoai_with_logs: CommandLine) -> None:
    out = planoai_with_logs("logs", "--debug").stdout
    assert out.endswith("==> plano.log <==\nrouted\n\n==> worker.log <==\nprinted\n")
    assert "brightstaff" not in out


def test_follow_shows_new_lines_until_it_is_interrupted(planoai_with_logs: CommandLine) -> None:
    logs = planoai_with_logs.home.logs
    with planoai_with_logs.start("logs", "--follow", "-n", "1") as following:
        try:
            _read_until(following, "llm 29\n")
            _append(planoai_with_logs, "access_llm.log", "llm new\n")
            assert _read_until(following, "llm new\n") == ["llm new\n"]
            _append(planoai_with_logs, "access_agent.log", "agent new\n")
            header = ["\n", "==> access_agent.log <==\n"]
            assert _read_until(following, "agent new\n") == [*header, "agent new\n"]
            (logs / "access_llm.log").rename(logs / "access_llm.log.1")
            _append(planoai_with_logs, "access_llm.log", "llm rotated\n")
            _read_until(following, "llm rotated\n")
            _append(planoai_with_logs, "access_prompt.log", "prompt born\n")
            _read_until(following, "prompt born\n")
            following.send_signal(signal.SIGINT)
            assert following.wait(timeout=10) == 0
            assert following.stderr is not None
            assert following.stderr.read() == ""
        finally:
            following.kill()


def _append(planoai: CommandLine, name: str, line: str) -> None:
    with open(planoai.home.logs / name, "a") as log:
        log.write(line)


def _read_until(process: subprocess.Popen[str], line: str) -> list[str]:
    assert process.stdout is not None
    seen: list[str] = []
    while not seen or seen[-1] != line:
        fresh = process.stdout.readline()
        assert fresh, f"ended before {line!r}: {seen}"
        seen.append(fresh)
    return seen
