"""How the sources look: their size, their words, their docstrings, and that tests mirror them."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import ROOT, sources
from tests.architecture.test_import_rules import FLOORS

MOST_LINES = 600
#: Words that say nothing about the thing they name; docs/vocabulary.md has better ones.
EMPTY_WORDS = frozenset(
    [
        "handler",
        "handlers",
        "manager",
        "managers",
        "processor",
        "processors",
        "helper",
        "helpers",
        "util",
        "utils",
        "common",
        "core",
        "base",
        "service",
        "services",
        "context",
        "backend",
        "backends",
        "downstream",
        "misc",
    ]
)
#: Rooms without a folder of tests: what their tests need is tested where it is used.
NOT_MIRRORED = {"plano._speedups"}


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def files() -> list[str]:
    """Everything people write, of the product and around it."""
    suffixes = {".py", ".pyx", ".pxd", ".pyi"}
    folders = ("plano", "plugins", "tests", "bench")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def test_no_file_is_longer_than_a_person_reads() -> None:
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in files()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_every_module_says_what_it_is() -> None:
    silent = [source.shown for source in sources() if source.text.strip() and not ast.get_docstring(source.tree)]
    assert silent == []


def test_the_first_line_of_a_module_is_a_sentence() -> None:
    unfinished = []
    for source in sources():
        first = (ast.get_docstring(source.tree) or "x.").partition("\n\n")[0].rstrip()
        if first[-1] not in ".:?`" or not (first[0].isupper() or not first[0].isalpha() or first.startswith("plano")):
            unfinished.append(source.shown)
    assert unfinished == []


def test_no_file_has_an_empty_word_for_a_name() -> None:
    assert [name for name in files() if words(name.rpartition("/")[2].partition(".")[0]) & EMPTY_WORDS] == []


def test_no_class_has_an_empty_word_for_a_name() -> None:
    named = [
        f"{source.shown}:{node.lineno} {node.name}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and words(node.name) & EMPTY_WORDS
    ]
    assert named == []


@pytest.mark.parametrize("name", ["BaseHandler", "event_manager", "HTTPUtils", "core"])
def test_empty_words_are_seen_in_any_spelling(name: str) -> None:
    assert words(name) & EMPTY_WORDS


def test_every_room_has_tests_in_a_folder_of_its_name() -> None:
    missing = []
    for room in [room for floor in FLOORS for room in floor] + ["plano.testing"]:
        folder = room.replace(".", "/")
        if (ROOT / folder).is_dir() and room not in NOT_MIRRORED:
            tests = ROOT / folder.replace("plano/", "tests/", 1)
            if not any(tests.rglob("test_*.py")):
                missing.append(str(tests.relative_to(ROOT)))
    assert missing == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    found = [f"{source.shown}: {match[0]}" for source in sources() if (match := marks.search(source.text))]
    assert found == []


def test_nobody_imports_the_rest_of_the_world_with_a_star() -> None:
    starred = [
        f"{source.shown}:{node.lineno}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]
    assert starred == []
