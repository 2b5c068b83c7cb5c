"""Reloads and restarts while clients never stop asking, from a second process: no request may fail."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.gateway_process import ROOT, free_port, wait_for
from tests.run.instance import running_instance

RELOADS = 20


def config(url: str, workers: int) -> Callable[[int], str]:
    return lambda port: f"""version: v0.4.0
listeners:
  - {{type: model, name: models, address: 127.0.0.1, port: {port}}}
model_providers: [{{model: mock/*, base_url: "{url}", provider_interface: openai}}]
workers: {workers}
shutdown_delay: 500ms
"""


@contextmanager
def steady_load(port: int) -> Iterator[Callable[[], dict[str, Any]]]:
    """Clients in a process of their own; what is given ends them and tells how they fared."""
    command = [sys.executable, "-m", "tests.run.steady_load", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, encoding="utf-8") as clients:
        assert clients.stdout is not None
        assert "answered" in clients.stdout.readline()

        def end() -> dict[str, Any]:
            clients.send_signal(signal.SIGTERM)
            assert clients.stdout is not None
            result: dict[str, Any] = json.loads(clients.stdout.readline())
            return result

        try:
            yield end
        finally:
            clients.kill()


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_fails_over_twenty_reloads(tmp_path: Path, workers: int) -> None:
    with (
        ScriptedProvider.in_thread() as provider,
        running_instance(tmp_path / "instance", config(provider.base_url, workers)) as instance,
        steady_load(instance.port) as end,
    ):
        text = instance.config.read_text()
        for number in range(RELOADS):
            more = ""
            if number % 2:  # A listener that comes and goes, and settings of the one under load.
                more = f"  - {{type: model, name: more, address: 127.0.0.1, port: {free_port()}}}\n"
            changed = text.replace("model_providers:", f"{more}model_providers:")
            changed = changed.replace(f"port: {instance.port}}}", f"port: {instance.port}, timeout: {60 + number}s}}")
            changed += f"model_aliases: {{alias-{number}: {{target: mock/hello}}}}\n"
            result = instance.reload(changed)
            assert result.accepted, result.problems
            assert not instance.reload(changed + "nonsense: true\n").accepted
        result_of_load = end()
        status = instance.status()
    assert result_of_load["failures"] == []
    assert min(result_of_load["counts"].values()) > 0
    assert status.reloads == RELOADS
    assert [worker.restarts for worker in status.workers] == [0] * workers


def test_no_request_fails_while_workers_come_and_go(tmp_path: Path) -> None:
    with (
        ScriptedProvider.in_thread() as provider,
        running_instance(tmp_path / "instance", config(provider.base_url, 1)) as instance,
        steady_load(instance.port) as end,
    ):
        text = instance.config.read_text()
        for workers in (2, 3, 1, 2):
            assert instance.reload(text.replace("workers: 1", f"workers: {workers}")).accepted
            wait_for(instance.is_serving)
        result = end()
    assert result["failures"] == []
