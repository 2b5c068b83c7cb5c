"""Claude Code and Codex with guards between them and the model: the tool loop is neither refused nor harmed.

The model never sees the addresses of the task, only placeholders; it calls tools with those, and the client, which
gets the originals, reads and edits the real file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.clients.command_lines import Ran, claude, codex
from tests.end_to_end.clients.test_command_lines import APIS, CODEX_MODELS, api, programs
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import ROOT, Gateway
from tests.plugins.support import PLUGINS, install

__all__ = ["api", "programs"]

OLD, NEW = "blue@example.com", "green@example.com"
#: What a repository holds, private or only like it; every byte of it must survive the edit. `SECRET` is masked.
SECRET = "sk-proj-4f9aQ7LxV2mT8sKd0wRzBnYc"
FILE = f"""{{
  "name": "@acme/tool", "version": "10.2.30",
  "author": "Bo Day <bo.day@example.org> (https://example.org)",
  "maintainers": [
{OLD}
  ],
  "hosts": ["10.1.2.3", "fe80::1ff:fe23:4567:890a", "127.0.0.1:8080"],
  "commit": "9a2253de0c1b4f7788aa99bb00cc11dd22ee33ff", "id": "123e4567-e89b-12d3-a456-426614174000",
  "integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
  "phone": "+1 415 555 2671", "card": "4111 1111 1111 1111", "iban": "DE89 3704 0044 0532 0130 00",
  "api_key": "{SECRET}"
}}
"""
GUARDS = """
prompt_guards: {input_guards: {jailbreak: {on_exception: {message: "Not this."}}}}
plugins:
  moderation:
    blocklists: [{name: rivals, words: [globex corporation], action: mask, apply: [request, answer]}]
    patterns: [{name: tickets, pattern: '\\bTICKET-\\d{3,6}\\b', longest: 13, action: refuse, apply: [answer]}]
"""


@pytest.fixture(scope="session")
def guards(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A path on which Python finds the guards."""
    pytest.importorskip("phonenumbers", reason="plano-pii needs it")
    names = ("plano-pii", "plano-jailbreak", "plano-moderation")
    folders = [install(PLUGINS / name, tmp_path_factory.mktemp(name)) for name in names]
    return os.pathsep.join(map(str, (*folders, ROOT)))


@pytest.fixture(scope="module")
def guarded(
    programs: Path, guards: str, api: str, _provider: ScriptedProvider, start_gateway: StartGateway
) -> Iterator[Gateway]:
    """A gateway with all guards on, whose models all are the scripted agent, spoken to in the one API."""
    interface = f", provider_interface: {api}" if api in ("openai_responses", "gemini") else ""
    rows = f'\nmodel_providers:\n  - {{model: {api}/*, base_url: "{_provider.base_url}", access_key: key{interface}}}\n'
    aliases = [f"  {name}: {{target: {api}/agent}}\n" for name in ("claude-sonnet-4-5", *CODEX_MODELS)]
    config = rows + "model_aliases:\n" + "".join(aliases) + GUARDS
    with start_gateway(lambda port: listener(port) + config, PYTHONPATH=guards) as running:
        yield running


@pytest.mark.parametrize(
    ("run", "program", "model"),
    [(claude, "claude", "claude-sonnet-4-5"), *((codex, "codex", model) for model in CODEX_MODELS)],
)
def test_a_file_full_of_private_data_is_edited(
    programs: Path,
    guarded: Gateway,
    api: str,
    tmp_path: Path,
    provider: ScriptedProvider,
    run: Callable[[Path, str, str, str, Path], Ran],
    program: str,
    model: str,
) -> None:
    path = tmp_path / "work" / "ann@example.com.json"
    path.parent.mkdir()
    path.write_text(FILE)
    provider.forget_requests()
    task = f"In the file {path} replace {OLD} by {NEW}. Then say what it was."
    ran = run(programs / program, guarded.base_url, model, task, path.parent)
    assert ran.code == 0, ran.printed[-2000:]
    assert path.read_text() == FILE.replace(OLD, NEW), ran.printed[-2000:]
    assert f"{OLD}\nThe edit said: " in ran.text, ran.text
    assert [request.path.endswith(APIS[api]) for request in provider.requests] == [True] * 3
    for request in provider.requests:
        for word in (OLD, NEW, "ann@example.com", "bo.day@example.org", SECRET):
            assert word.encode() not in request.body
