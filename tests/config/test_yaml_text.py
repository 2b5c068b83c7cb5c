"""YAML as configs use it: anchors, merge keys, words that look like something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plano.config.tree import plain_value
from plano.config.yaml_text import NotYaml, parse

from .conftest import Complaints, Load

DOCUMENTS = sorted((Path(__file__).parent / "documents").glob("*.yaml"))


def value_of(text: str) -> object:
    return plain_value(parse(text)[0])


def test_scalars_are_read_as_yaml_reads_them_where_anything_may_stand() -> None:
    text = "a: 1\nb: 1.5\nc: yes\nd: ~\ne: '1'\nf: text\ng: 2025-01-01\nh: 1_000\ni: .5\nj: 1e3\nk:\n"
    assert value_of(text) == {
        "a": 1, "b": 1.5, "c": True, "d": None, "e": "1", "f": "text", "g": "2025-01-01",
        "h": 1000, "i": 0.5, "j": 1000.0, "k": None,
    }  # fmt: skip


def test_an_alias_is_a_copy_and_merge_keys_fill_in() -> None:
    text = "base: &b {x: 1, y: [1, 2]}\nthree: {<<: *b, y: 3}\nmany: {<<: [*b, {z: 9, x: 7}]}\n"
    assert value_of(text) == {
        "base": {"x": 1, "y": [1, 2]},
        "three": {"x": 1, "y": 3},
        "many": {"x": 1, "y": [1, 2], "z": 9},
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_pure_python_parser_reads_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text()
    fast = parse(text)[0]
    monkeypatch.setattr("plano.config.yaml_text._LOADER", yaml.SafeLoader)
    slow = parse(text)[0]
    assert plain_value(fast) == plain_value(slow)
    assert fast.key_lines == slow.key_lines


def test_json_is_fine() -> None:
    assert value_of('{"a": [1, {"b": "c"}], "d": "\\u00e9"}') == {"a": [1, {"b": "c"}], "d": "é"}


def test_keys_and_values_know_their_lines() -> None:
    root, _ = parse("a: 1\n\nb:\n  - x\n  - y: 1\n    z: 2\n")
    assert root.key_lines == {"a": 1, "b": 3}
    items = root.entries["b"].items  # type: ignore[union-attr]
    assert [item.line for item in items] == [4, 5]
    assert items[1].key_lines == {"y": 5, "z": 6}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("? [a]\n: b\n", "a key must be a simple text"),
        ("[" * 200, "nested deeper"),
        ("a: {b: [" + "[" * 5000, "nested deeper"),
        ("<<: 5\n", "`<<` takes the alias of a mapping"),
        ("a: \x00\n", "does not allow"),
        ("a: 'b\n", "not valid YAML"),
        ("text", "keys and values"),
        ("a: !!binary aGk=\n", "tag `binary`"),
    ],
)
def test_what_a_config_does_not_need_is_refused(text: str, words: str) -> None:
    with pytest.raises(NotYaml, match=words):
        parse(text)


def test_a_text_is_a_text_even_if_it_looks_like_a_truth_value_or_a_number(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - model: openai/gpt-4o
            name: no
            access_key: 0123
            api_version: 2025-01-01
            headers: {X-Count: 007}
        """
    )
    row = loaded.config.model_providers[0]
    assert (row.name, row.api_version) == ("no", "2025-01-01")
    assert row.access_key is not None
    assert (row.access_key.reveal(), row.headers["X-Count"].reveal()) == ("0123", "007")


def test_a_key_without_a_value_means_its_default(load: Load) -> None:
    loaded = load("model_providers:\nagents:\ntracing:\nrouting:\n  session_cache:\nmode:\n")
    assert loaded.config.model_providers == ()
    assert loaded.config.routing.session_cache.type == "memory"


def test_an_anchor_shared_by_two_listeners_upgrades_both(load: Load) -> None:
    loaded = load(
        """
        version: v0.3.0
        filters: [{id: guard, url: "http://h"}]
        listeners:
          - {type: model, name: a, port: 1, filter_chain: &chain [guard]}
          - {type: model, name: b, port: 2, filter_chain: *chain}
        """,
        whole=True,
    )
    assert [listener.input_filters for listener in loaded.config.listeners] == [("guard",), ("guard",)]


def test_a_problem_in_an_alias_is_shown_where_it_is_used(complaints: Complaints) -> None:
    found = complaints("agents:\n  - &x {id: a, url: 'http://h'}\n  - *x\n")
    assert found == ["agents[1].id: `a` is already taken in line 5 (ids are unique among agents and filters)"]
