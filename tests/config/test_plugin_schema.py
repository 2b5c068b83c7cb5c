from __future__ import annotations

from typing import Annotated, Any

import jsonschema
import pytest
from msgspec import Meta, Struct, field

from plano.config.plugin_schema import OWN_KEYS, config_schema_with
from plano.config.values import Duration, Secret
from plano.plugins import sections


class Depth(Struct, frozen=True, forbid_unknown_fields=True):
    metres: Annotated[int, Meta(ge=1)] = 3


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What it takes."""

    word: Annotated[str, Meta(description="Looked for.")]
    key: Secret = Secret("")
    wait: Duration = Duration(90)
    pause: Duration = field(default_factory=lambda: Duration(1), name="break")
    depths: list[Depth] = []


def entry(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"]["plugins"]["properties"][name]
    return found


def test_planos_own_keys_are_those_it_reads() -> None:
    assert tuple(OWN_KEYS) == sections.OWN_KEYS


def test_descriptions_and_defaults_come_from_the_struct() -> None:
    schema, problems = config_schema_with({"a": Settings})
    assert problems == []
    jsonschema.Draft202012Validator.check_schema(schema)
    told = entry(schema, "a")
    assert told["description"] == "What it takes."
    assert told["properties"]["word"]["description"] == "Looked for."
    assert told["properties"]["wait"]["default"] == "90s"
    assert told["required"] == ["word"]
    assert set(told["properties"]) == {"word", "key", "wait", "break", "depths", *OWN_KEYS}
    assert "plugins.a.Depth" in schema["$defs"]


def test_structs_of_one_name_are_kept_apart() -> None:
    class Other(Struct):
        depth: Depth | None = None

    schema, _ = config_schema_with({"a": Settings, "b": Other})
    assert {name for name in schema["$defs"] if name.endswith("Depth")} == {"plugins.a.Depth", "plugins.b.Depth"}


@pytest.mark.parametrize("section", [object, dict, Settings("x")])
def test_what_cannot_be_described_may_be_anything_and_is_told(section: object) -> None:
    schema, (problem,) = config_schema_with({"odd": section})
    assert problem.startswith("odd: its settings cannot be described")
    validator = jsonschema.Draft202012Validator(entry(schema, "odd") | {"$defs": schema["$defs"]})
    assert validator.is_valid({"anything": 1})
    assert not validator.is_valid({"on_fault": "ajar"})
