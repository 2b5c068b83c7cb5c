"""Claude Code and Codex read a file, edit it and tell what they saw, on models of every dialect.

They are run where `PLANO_CLIENTS=1` (npm installs them into a cache) or `PLANO_CLIENTS_HOME` names a folder for them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.clients.command_lines import PACKAGES, Ran, claude, codex
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway

#: Provider, and the end of the path at which its API is asked.
APIS = {
    "openai_responses": "/responses",
    "mistral": "/chat/completions",
    "anthropic": "/messages",
    "amazon_bedrock": "/converse-stream",
    "gemini": ":streamGenerateContent",
}
#: What Codex offers depends on the name: shell and patches; JavaScript that calls tools; a shell alone.
CODEX_MODELS = ("gpt-5.5", "gpt-6-sol", "unknown")
TASK = "In the file {path} replace blue by green. Then say what it was."
RESULTS = "The file said: {}blue\nThe edit said: {}"
INSTALL_S = 300


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the clients' commands."""
    named = os.environ.get("PLANO_CLIENTS_HOME")
    if not named and os.environ.get("PLANO_CLIENTS") != "1":
        pytest.skip("set PLANO_CLIENTS=1 to install and run Claude Code and Codex")
    home = Path(named) if named else Path.home() / ".cache" / "plano-clients"
    found = home / "node_modules" / ".bin"
    if not all((found / name).exists() for name in ("claude", "codex")):
        _install(home)
    return found


def _install(home: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which installs Claude Code and Codex, is not here")
    home.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    command = [npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install Claude Code and Codex: {done.stderr[-300:]}")


@pytest.fixture(scope="module", params=APIS)
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def answering(api: str, _provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    """A gateway whose models all are the scripted agent, spoken to in the one API."""
    interface = f", provider_interface: {api}" if api in ("openai_responses", "gemini") else ""
    row = f'{{model: {api}/*, base_url: "{_provider.base_url}", access_key: key{interface}}}'
    rows = f"\nmodel_providers:\n  - {row}\n"
    rows += "model_aliases:\n"
    for name in ("claude-sonnet-4-5", *CODEX_MODELS):
        rows += f"  {name}: {{target: {api}/agent}}\n"
    with start_gateway(lambda port: listener(port) + rows) as running:
        yield running


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    path = tmp_path / "work" / "colours.txt"
    path.parent.mkdir()
    path.write_text("first\nblue\nlast 4711\n")
    return path


def _runs(
    run: Callable[[Path, str, str, str, Path], Ran],
    program: Path,
    model: str,
    colours: Path,
    gateway: Gateway,
) -> str:
    ran = run(program, gateway.base_url, model, TASK.format(path=colours), colours.parent)
    assert ran.code == 0, ran.printed[-2000:]
    assert colours.read_text() == "first\ngreen\nlast 4711\n", ran.printed[-2000:]
    return ran.text


def _asked(provider: ScriptedProvider, before: int, ending: str) -> None:
    """The three steps went to the API, and each of them was answered once: nothing was tried again."""
    paths = [request.path for request in provider.requests[before - provider.request_count :]]
    assert [path.endswith(ending) for path in paths] == [True] * 3, paths


def test_claude_code_edits_a_file(
    programs: Path, api: str, answering: Gateway, colours: Path, provider: ScriptedProvider
) -> None:
    before = provider.request_count
    text = _runs(claude, programs / "claude", "claude-sonnet-4-5", colours, answering)
    assert text.startswith(RESULTS.format("2\t", f"The file {colours} has been updated")), text
    _asked(provider, before, APIS[api])


@pytest.mark.parametrize("model", CODEX_MODELS)
def test_codex_edits_a_file(
    programs: Path, model: str, api: str, answering: Gateway, colours: Path, provider: ScriptedProvider
) -> None:
    before = provider.request_count
    text = _runs(codex, programs / "codex", model, colours, answering)
    assert text.startswith(RESULTS.format("", "")), text
    assert "nothing" not in text
    _asked(provider, before, APIS[api])
