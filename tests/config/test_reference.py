"""The configuration reference is current and whole, and its examples load."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from plano.config.engines import engines_lacking, idle_keys, unavailable_sections
from plano.config.json_schema import config_schema
from plano.config.load import load_text
from plano.config.reference import BEGIN, END, Key, Section, anchor, document, reference, sections, with_reference
from plano.config.reference_examples import EXAMPLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"
ROOT = document()
SECTIONS = {section.path: section for section in sections(ROOT)}
KEYS = {key.path: key for section in (ROOT, *SECTIONS.values()) for key in section.keys}
BESIDES: dict[str, Any] = {
    "version": "v0.4.0",
    "listeners": [{"type": "model", "name": "llm"}],
    "model_providers": [{"model": "openai/gpt-4o-mini", "access_key": "$OPENAI_API_KEY"}],
}
#: The variables the examples name.
ENVIRON = {
    **dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "SEARCH_TEAM_KEY", "POSTHOG_KEY"), "k"),
    "DATABASE_URL": "postgresql://plano@db/plano",
    "REDIS_URL": "redis://cache",
}


def test_the_page_holds_the_current_reference() -> None:
    text = PAGE.read_text("utf-8")
    assert with_reference(text) == text, "run: python -m plano.config.reference docs/reference/configuration.md"


def test_every_key_of_the_schema_is_on_the_page() -> None:
    schema = config_schema()
    names = {name for part in (schema, *schema["$defs"].values()) for name in part.get("properties", {})}
    old = {"llm_providers", "filter_chain", "message_format", "ingress_traffic", "egress_traffic"}
    assert names - old == {key.name for key in KEYS.values()}


def test_every_key_and_section_has_one_anchor_that_never_moves() -> None:
    anchors = re.findall(r'<a id="([^"]+)">', PAGE.read_text("utf-8"))
    assert len(anchors) == len(set(anchors))
    assert {anchor(path) for path in KEYS} <= set(anchors)
    assert {"listeners-tls", "listeners-tls-certificate", "model_providers-access_key"} <= set(anchors)


def test_every_link_within_the_page_leads_somewhere() -> None:
    text = PAGE.read_text("utf-8")
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(re.findall(r'<a id="([^"]+)">', text))


def test_every_key_and_section_is_described() -> None:
    assert [path for path, key in KEYS.items() if not (key.type and key.description)] == []
    assert [path for path, section in SECTIONS.items() if not section.about] == []


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("version", {"default": "**required**"}),
        ("workers", {"type": "whole number of at least 1 or `auto`", "default": "`1`"}),
        ("shutdown_grace", {"type": "[length of time](#lengths-of-time)", "default": "`30s`"}),
        ("listeners.port", {"default": "`12000` (model), `10000` (prompt), **required** (agent)", "types": ()}),
        ("listeners.router", {"types": ("agent",)}),
        ("listeners.tls.private_key_password", {"is_secret": True}),
        ("model_providers.headers", {"is_secret": True, "type": "names and values"}),
        ("model_providers.model", {"is_secret": False}),
        ("model_metrics_sources.query", {"types": ("latency",), "default": "**required**"}),
    ],
)
def test_a_key_is_told_as_it_is(path: str, wanted: dict[str, Any]) -> None:
    told = KEYS[path]._asdict()
    assert {name: told[name] for name in wanted} == wanted


def test_what_is_required_stands_first() -> None:
    for section in (ROOT, *SECTIONS.values()):
        required = ["required" in key.default for key in section.keys]
        assert required == sorted(required, reverse=True)


def test_what_this_version_cannot_do_is_marked_where_it_stands() -> None:
    assert {path.partition(": ")[0] for path in engines_lacking()} | idle_keys().keys() <= KEYS.keys()
    marked = {path for path in engines_lacking() if ": " not in path}
    rows = {path: _row_of(KEYS[path]) for path in KEYS}
    assert {path for path, row in rows.items() if "Not in this version" in row} == marked
    assert all("Without effect" in rows[path] for path in idle_keys())


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_loads_and_shows_its_section(path: str) -> None:
    example = yaml.safe_load(EXAMPLES[path])
    loaded = load_text(yaml.safe_dump(BESIDES | example), name="config.yaml", environ=ENVIRON)
    assert all("is deprecated" not in notice for notice in loaded.notices)
    assert loaded.missing_variables == ()
    assert _is_in(example, path.split("."))
    is_lacking = any(path.startswith(place.partition(": ")[0]) for place in engines_lacking() if ": " not in place)
    assert is_lacking <= bool(unavailable_sections(loaded.config))


def test_an_example_is_of_a_section_that_exists() -> None:
    assert EXAMPLES.keys() <= SECTIONS.keys()
    shallow = {path for path in SECTIONS if "." not in path}
    assert shallow <= EXAMPLES.keys()


def test_only_the_text_between_the_markers_is_replaced() -> None:
    assert with_reference(f"above\n{BEGIN}old{END}below\n") == f"above\n{BEGIN}\n{reference()}\n{END}below\n"
    with pytest.raises(ValueError, match="markers"):
        with_reference("no markers here")


def test_the_generator_rewrites_a_file_and_prints_without_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}{END}")
    command = [sys.executable, "-m", "plano.config.reference"]
    subprocess.run([*command, str(page)], check=True)
    assert page.read_text() == f"{BEGIN}\n{reference()}\n{END}"
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == reference()


def _row_of(key: Key) -> str:
    section: Section = SECTIONS.get(key.path.rpartition(".")[0], ROOT)
    text = PAGE.read_text("utf-8")
    table = text[text.index(f'<a id="{anchor(section.path)}"></a>\n\n#') if section.path else 0 :]
    return next(line for line in table.splitlines() if line.startswith("| ") and f"`{key.name}`" in line.split("|")[1])


def _is_in(example: Any, path: list[str]) -> bool:
    if not path:
        return True
    if isinstance(example, list):
        return any(_is_in(entry, path) for entry in example)
    return isinstance(example, dict) and path[0] in example and _is_in(example[path[0]], path[1:])
