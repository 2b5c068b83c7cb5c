"""`planoai init`: what is written, what is refused, and that every template is a config."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest
import yaml

from plano.cli.init import PREVIEW_LINES, TEMPLATES, template_text
from plano.config.document import Config
from plano.config.engines import unavailable_sections
from plano.config.listeners import AgentListener, ModelListener
from plano.config.load import load_text
from tests.cli.conftest import ROOT, CommandLine

FOLDER = ROOT / "plano" / "cli" / "templates"


def config_of(template_id: str) -> Config:
    return load_text(template_text(template_id), name=template_id, environ={}).config


def at_a_terminal(planoai: CommandLine, typed: bytes, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `planoai init` at a terminal where somebody types; ^D (4) is the end of input."""
    ours, theirs = os.openpty()
    try:
        os.write(ours, typed)
        command = [sys.executable, "-P", "-m", "plano", "init", *arguments]
        process = subprocess.Popen(
            command, cwd=planoai.directory, env=planoai.environ, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        while block := _read(ours):
            shown += block
        return process.wait(60), shown.decode().replace("\r\n", "\n")
    finally:
        os.close(ours)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # EIO: the last process at the terminal has left.
        return b""


# What is written.


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_a_template_is_written_as_it_is(planoai: CommandLine, template_id: str) -> None:
    result = planoai("init", "--template", template_id)
    assert result.returncode == 0
    assert result.stdout.startswith(f"✓ Wrote config.yaml ({template_id})\n\nConfig preview\n")
    text = (planoai.directory / "config.yaml").read_text("utf-8")
    assert text == (FOLDER / f"{template_id}.yaml").read_text("utf-8")
    assert planoai("check").returncode == 0


def test_a_clean_start_is_a_file_with_one_line_break(planoai: CommandLine) -> None:
    result = planoai("init", "--clean")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "✓ Wrote config.yaml\n\nConfig preview\n  (empty)\n"
    assert (planoai.directory / "config.yaml").read_bytes() == b"\n"


def test_the_preview_ends_where_it_becomes_long(planoai: CommandLine) -> None:
    text = template_text("coding_agent_routing").splitlines()
    assert len(text) > PREVIEW_LINES
    shown = planoai("init", "--template", "coding_agent_routing").stdout.splitlines()[3:]
    assert shown == [*(f"  {line}".rstrip() for line in text[:28]), "  ... (truncated)"]


def test_folders_on_the_way_are_made(planoai: CommandLine) -> None:
    result = planoai("init", "--template", "model_gateway", "-o", "deep/down/plano.yaml")
    assert result.stdout.startswith("✓ Wrote deep/down/plano.yaml (model_gateway)\n")
    assert (planoai.directory / "deep/down/plano.yaml").is_file()


@pytest.mark.parametrize("start", [("--clean",), ("--template", "model_gateway")])
def test_a_file_that_is_there_is_replaced_only_by_force(planoai: CommandLine, start: tuple[str, ...]) -> None:
    path = planoai.write("mine.yaml", "mine\n")
    refused = planoai("init", *start, "--output", "mine.yaml")
    assert refused.returncode == 1
    assert refused.stderr == "✗ Refusing to overwrite existing file: mine.yaml (use --force)\n"
    assert path.read_text("utf-8") == "mine\n"
    assert planoai("init", *start, "--output", "mine.yaml", "--force").returncode == 0
    assert "mine" not in path.read_text("utf-8")


def test_a_link_to_nowhere_counts_as_a_file(planoai: CommandLine) -> None:
    (planoai.directory / "config.yaml").symlink_to("elsewhere.yaml")
    assert planoai("init", "--clean").returncode == 1
    assert not (planoai.directory / "elsewhere.yaml").exists()


def test_a_file_where_a_folder_should_be_is_named(planoai: CommandLine) -> None:
    planoai.write("taken", "")
    result = planoai("init", "--clean", "-o", "taken/config.yaml")
    assert (result.returncode, result.stderr) == (1, "✗ taken: File exists\n")


# Ways to ask.


def test_the_templates_are_listed(planoai: CommandLine) -> None:
    result = planoai("init", "--list-templates")
    assert (result.returncode, result.stderr) == (0, "")
    heading, *lines = result.stdout.splitlines()
    assert heading == "Available templates"
    assert [re.split(r"\s+- ", line.strip(), maxsplit=1) for line in lines] == [list(row) for row in TEMPLATES.items()]
    assert not (planoai.directory / "config.yaml").exists()


@pytest.mark.parametrize("unknown", ["", "nonesuch", "../templates/model_gateway", "model-gateway"])
def test_an_unknown_template_is_an_error_that_says_where_to_look(planoai: CommandLine, unknown: str) -> None:
    result = planoai("init", "--template", unknown)
    assert result.returncode == 1
    assert f"Unknown template: {unknown}\n" in result.stderr
    assert "--list-templates" in result.stderr
    assert not (planoai.directory / "config.yaml").exists()


def test_clean_and_a_template_exclude_each_other(planoai: CommandLine) -> None:
    result = planoai("init", "--clean", "--template", "model_gateway")
    assert result.returncode == 2
    assert "--clean and --template exclude each other" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--force",), ("-o", "other.yaml")])
def test_without_a_terminal_it_does_not_ask(planoai: CommandLine, arguments: tuple[str, ...]) -> None:
    result = planoai("init", *arguments)
    assert result.returncode == 1
    headline, *suggestions = result.stderr.splitlines()
    assert headline == "✗ Interactive mode requires a TTY."
    assert [line.split()[2] for line in suggestions] == ["--list-templates", "--template", "--clean"]
    assert [*planoai.directory.glob("*.yaml")] == []


# At a terminal.


def test_at_a_terminal_it_asks_what_and_where(planoai: CommandLine) -> None:
    number = [*TEMPLATES].index("preference_aware_routing") + 1
    code, shown = at_a_terminal(planoai, b"%d\nmine.yaml\n" % number)
    assert code == 0
    assert "✓ Wrote mine.yaml (preference_aware_routing)\n" in shown.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert (planoai.directory / "mine.yaml").read_text("utf-8") == template_text("preference_aware_routing")


def test_at_a_terminal_enter_alone_takes_the_first_template_to_the_named_file(planoai: CommandLine) -> None:
    code, _ = at_a_terminal(planoai, b"\n\n", "-o", "named.yaml")
    assert code == 0
    assert (planoai.directory / "named.yaml").read_text("utf-8") == template_text(next(iter(TEMPLATES)))


def test_at_a_terminal_the_last_number_is_the_empty_file(planoai: CommandLine) -> None:
    code, shown = at_a_terminal(planoai, b"%d\n\n" % (len(TEMPLATES) + 1))
    assert code == 0
    assert "(empty)" in shown
    assert (planoai.directory / "config.yaml").read_bytes() == b"\n"


def test_at_a_terminal_a_wrong_number_is_asked_for_again(planoai: CommandLine) -> None:
    code, shown = at_a_terminal(planoai, b"99\nfirst\n1\n\n")
    assert code == 0
    assert shown.count("Error:") == 2
    assert (planoai.directory / "config.yaml").exists()


@pytest.mark.parametrize(
    ("answer", "arguments", "is_replaced"),
    [(b"y\n", (), True), (b"n\n", (), False), (b"\n", (), False), (b"", ("--force",), True)],
)
def test_at_a_terminal_it_asks_before_it_overwrites(
    planoai: CommandLine, answer: bytes, arguments: tuple[str, ...], is_replaced: bool
) -> None:
    path = planoai.write("config.yaml", "mine\n")
    code, shown = at_a_terminal(planoai, b"1\n\n" + answer, *arguments)
    assert code == 0
    assert (path.read_text("utf-8") == "mine\n") is not is_replaced
    assert ("Cancelled." in shown) is not is_replaced
    assert ("Overwrite it?" in shown) is not ("--force" in arguments)


@pytest.mark.parametrize("typed", [b"\x04", b"1\n\x04"])
def test_at_a_terminal_leaving_is_no_failure(planoai: CommandLine, typed: bytes) -> None:
    code, shown = at_a_terminal(planoai, typed)
    assert code == 0
    assert shown.endswith("\nCancelled.\n")
    assert [*planoai.directory.glob("*.yaml")] == []


# The templates.


def test_the_table_and_the_folder_name_the_same_templates() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(TEMPLATES)


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_a_template_is_valid_and_needs_no_advice(template_id: str) -> None:
    loaded = load_text(template_text(template_id), name=template_id, environ={})
    assert all(notice.startswith("`routing_preferences` has no effect") for notice in loaded.notices)
    assert set(loaded.missing_variables) <= {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}
    assert loaded.missing_variables[0] == "OPENAI_API_KEY"


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_what_up_will_refuse_is_said_in_one_line_each(planoai: CommandLine, template_id: str) -> None:
    sections = unavailable_sections(config_of(template_id))
    result = planoai("init", "--template", template_id)
    assert result.stderr.splitlines() == [f"⚠ 'planoai up' will refuse this: {line}" for line in sections]


def test_the_first_template_is_served_completely(planoai: CommandLine, free_port: int) -> None:
    first = next(iter(TEMPLATES))
    assert unavailable_sections(config_of(first)) == ()
    planoai("init", "--template", first)
    planoai.write("config.yaml", template_text(first).replace("12000", str(free_port)))
    started = planoai("up", OPENAI_API_KEY="sk-test-1", ANTHROPIC_API_KEY="sk-test-2")
    assert started.returncode == 0, started.stderr
    with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/v1/models", timeout=10) as answer:
        names = {model["id"] for model in json.load(answer)["data"]}
    assert {"fast", "smart"} <= names


def test_the_gateway_template_has_two_vendors_and_names_of_its_own() -> None:
    config = config_of("model_gateway")
    assert [type(listener) for listener in config.listeners] == [ModelListener]
    assert {row.prefix for row in config.model_providers} == {"openai", "anthropic"}
    assert len(config.model_aliases) == 2


def test_the_orchestration_template_describes_its_agents_at_length() -> None:
    config = config_of("sub_agent_orchestration")
    assert {agent.id: agent.url for agent in config.agents} == {
        "weather_agent": "http://localhost:10510",
        "flight_agent": "http://localhost:10520",
    }
    [listener] = [listener for listener in config.listeners if isinstance(listener, AgentListener)]
    assert (listener.name, listener.port, listener.router) == (
        "travel_booking_service",
        8001,
        "plano_orchestrator_v1",
    )
    assert all(len(agent.description) > 150 for agent in listener.agents)


def test_the_coding_template_has_routes_and_the_alias_of_claude_code() -> None:
    config = config_of("coding_agent_routing")
    assert {route.name: route.models[0] for route in config.routing_preferences} == {
        "code generation": "openai/gpt-5-2025-08-07",
        "code understanding": "openai/gpt-4.1-2025-04-14",
    }
    assert config.model_aliases["arch.claude.code.small.fast"].target == "anthropic/claude-haiku-4-5"
    assert [row.model for row in config.model_providers if row.default] == ["anthropic/claude-sonnet-4-5"]
    assert "ollama/llama3.1" in [row.model for row in config.model_providers]


def test_the_preference_template_has_a_default_and_a_model_for_each_route() -> None:
    config = config_of("preference_aware_routing")
    assert [row.model for row in config.model_providers if row.default] == ["openai/gpt-4o-mini"]
    assert {route.name: route.models[0] for route in config.routing_preferences} == {
        "code understanding": "openai/gpt-4o",
        "code generation": "anthropic/claude-sonnet-4-6",
    }


def test_the_filter_template_guards_before_it_rewrites_before_it_retrieves() -> None:
    config = config_of("filter_chain_guardrails")
    assert {row.type for row in config.filters} == {"http"}
    agents = [agent for listener in config.listeners for agent in getattr(listener, "agents", ())]
    assert [agent.input_filters for agent in agents] == [("input_guards", "query_rewriter", "context_builder")]
    assert set(config.model_aliases) == {"fast-llm", "smart-llm"}


def test_the_conversation_template_remembers_in_memory() -> None:
    config = config_of("conversational_state_v1_responses")
    assert config.state_storage is not None
    assert config.state_storage.type == "memory"


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_a_template_explains_itself_and_fits_a_screen(template_id: str) -> None:
    lines = template_text(template_id).splitlines()
    assert lines[0].startswith("# ")
    assert max(map(len, lines)) <= 120
    assert yaml.safe_load(template_text(template_id))["version"] == "v0.4.0"


# The package.


def test_the_templates_are_in_the_wheel_and_in_the_sdist(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "plano" / "cli", tree / "plano" / "cli", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "plano/__init__.py"):
        shutil.copy(ROOT / name, tree / name)
    # Without setup.py nothing is compiled, which is the build's only slow part.
    code = (
        "import sys; from setuptools import build_meta; to = sys.argv[1]; "
        "build_meta.build_wheel(to); build_meta.build_sdist(to)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=tree, capture_output=True, check=True)
    wanted = {f"plano/cli/templates/{template_id}.yaml" for template_id in TEMPLATES}
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        assert wanted - {*wheel.namelist()} == set()
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sdist:
        assert wanted - {name.partition("/")[2] for name in sdist.getnames()} == set()
