"""The schema for editors is current, and flags neither good configs nor old shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from plano.config.json_schema import config_schema, main, schema_text
from plano.config.zero_config import zero_config_text

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((Path(__file__).parent / "documents").glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(config_schema())


def test_the_file_in_the_repository_is_current() -> None:
    assert (ROOT / "config.schema.json").read_text("utf-8") == schema_text(), (
        "run python -m plano.config.json_schema"
    )


def test_it_is_a_valid_schema_and_made_the_same_each_time(tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(config_schema())
    main([str(tmp_path / "schema.json")])
    assert (tmp_path / "schema.json").read_text("utf-8") == schema_text() == schema_text()
    assert json.loads(schema_text())["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_sample_config_is_valid(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))] == []


def test_the_zero_config_is_valid() -> None:
    VALIDATOR.validate(yaml.safe_load(zero_config_text({"OPENAI_API_KEY": "k"})))


@pytest.mark.parametrize(
    "extra",
    [
        {"modle_providers": []},
        {"version": "v9.9"},
        {"listeners": [{"type": "model", "name": "x", "port": 70000}]},
        {"listeners": [{"type": "model", "name": "x", "agents": []}]},
        {"listeners": [{"name": "x"}]},
        {"listeners": [{"type": "model", "name": "x", "timeout": "soon"}]},
        {"listeners": {"outgress": {}}},
        {"model_providers": [{"name": "x"}]},
        {"model_aliases": {"x": "y"}},
    ],
)
def test_mistakes_are_flagged(extra: dict[str, Any]) -> None:
    config = {"version": "v0.4.0", "listeners": [{"type": "model", "name": "x"}], **extra}
    assert list(VALIDATOR.iter_errors(config))


def test_every_key_and_every_section_is_described() -> None:
    lacking = [
        f"{name}.{key}"
        for name, section in {**config_schema()["$defs"], "Config": config_schema()}.items()
        for key, rule in section.get("properties", {}).items()
        if "description" not in rule
        and rule.get("enum", [section.get("title")])
        and "const" not in rule
        and key != "type"
    ]
    assert lacking == []
    assert all("description" in section for section in config_schema()["$defs"].values())
