"""`planoai config schema`: the schema of what this version reads, on stdout or in a file."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from plano.cli.init import TEMPLATES, template_text
from tests.cli.conftest import ROOT, CommandLine


def test_it_prints_what_the_repository_holds(planoai: CommandLine) -> None:
    result = planoai("config", "schema")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (ROOT / "config.schema.json").read_text("utf-8")


def test_it_writes_a_file_and_replaces_the_one_before(planoai: CommandLine) -> None:
    path = planoai.write("deep/plano.schema.json", "an older one, which may have been longer" * 5000)
    result = planoai("config", "schema", "--output", "deep/plano.schema.json")
    assert (result.returncode, result.stdout, result.stderr) == (0, "✓ Wrote deep/plano.schema.json\n", "")
    assert path.read_text("utf-8") == (ROOT / "config.schema.json").read_text("utf-8")


def test_folders_on_the_way_are_made(planoai: CommandLine) -> None:
    assert planoai("config", "schema", "--output", "new/one/schema.json").returncode == 0
    assert json.loads((planoai.directory / "new/one/schema.json").read_text("utf-8"))["title"] == "plano config"


def test_a_file_that_cannot_be_written_is_one_line(planoai: CommandLine) -> None:
    planoai.write("taken", "")
    result = planoai("config", "schema", "--output", "taken/schema.json")
    assert (result.returncode, result.stderr) == (1, "✗ taken: File exists\n")


def test_the_group_alone_shows_what_it_has(planoai: CommandLine) -> None:
    result = planoai("config", "--help")
    assert result.returncode == 0
    assert "schema  Print the JSON Schema of the config file." in result.stdout
    assert planoai("config", "nonesuch").returncode == 2


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_an_editor_flags_nothing_in_a_template(planoai: CommandLine, template_id: str) -> None:
    schema = json.loads(planoai("config", "schema").stdout)
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(template_text(template_id)))
