"""What of prompts and routes is compared."""

from __future__ import annotations

import pytest

from plano.dialects.said import Said
from plano.routing.router_models.encoder.asked_text import asked_text
from plano.routing.router_models.encoder.question import Question, is_readable, question
from plano.routing.router_models.encoder.route_texts import MOST_PHRASES, RouteTexts, route_texts

CODE = "def add(a, b):\n    return a + b\n\nclass Sum:\n    total = 0"
LOG = "2024-03-01 12:00:01 [orders] user=4411 took=120ms\n2024-03-01 12:00:02 [cart] user=- took=9ms"
ASKED = "why does this fail when both are strings?"


@pytest.mark.parametrize("pasted", [CODE, LOG, f"```python\n{CODE}\n```"], ids=["code", "log", "fence"])
@pytest.mark.parametrize("is_first", [True, False])
def test_what_was_pasted_comes_last_wherever_it_stood(pasted: str, is_first: bool) -> None:
    text = f"{pasted}\n\n{ASKED}" if is_first else f"{ASKED}\n\n{pasted}"
    assert asked_text(text).splitlines()[0] == ASKED


@pytest.mark.parametrize("text", ["hi", ASKED, "binary search in Zig please", "x = 1", ""])
def test_a_line_stays_as_it_is(text: str) -> None:
    assert asked_text(text) == text


@pytest.mark.parametrize("text", ["word " * 100_000, "x = 1;\n" * 100_000, "\n \n" * 50_000, "```\n" * 50_000])
def test_little_is_left_of_much(text: str) -> None:
    assert len(asked_text(text)) < 1000


def turns(*told: str) -> tuple[Said, ...]:
    """User and assistant by turns, the user last."""
    roles = ["user", "assistant"] * len(told)
    return tuple(Said(role, text) for role, text in zip(roles[1 - len(told) % 2 :], told, strict=False))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ((), None),
        ((Said("assistant", "How can I help?"),), None),
        (turns("fix the bug"), Question("fix the bug")),
        (turns("fix the bug", "done", "and now in Go"), Question("and now in Go", "fix the bug\nand now in Go")),
        (
            turns("fix the bug", "done", "now write eight words or so about the sea"),
            Question("now write eight words or so about the sea"),
        ),
        (turns("a" * 900, "yes", "go on"), Question("go on", "a" * 594 + "\ngo on")),
    ],
)
def test_the_newest_turn_is_judged_with_those_before_where_it_is_short(
    said: tuple[Said, ...], wanted: Question | None
) -> None:
    assert question(said) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hello", True),
        ("Schreib mir bitte eine Funktion für Größen", True),
        ("Tiếng Việt có dấu", True),
        ("12 + 34 = ?", True),
        ("", True),
        ("请写一个 Terraform 模块", True),
        ("今天星期几？", True),
        ("クイックソートを書いて", True),
        ("퀵소트를 작성해 줘", False),
        ("Придумай сказку на ночь", False),
        ("نص عربي", False),
        ("नमस्ते, कैसे हो?", False),
    ],
)
def test_only_scripts_that_were_taught_can_be_read(text: str, wanted: bool) -> None:
    assert is_readable(text) is wanted


@pytest.mark.parametrize(
    ("name", "description", "examples", "wanted"),
    [
        ("code", "bugs", (), RouteTexts("code: bugs", ("code", "bugs"))),
        (
            "quick_small-tasks",
            "lookups, format conversions; small talk.",
            (),
            RouteTexts(
                "quick small tasks: lookups, format conversions; small talk.",
                ("quick small tasks", "lookups", "format conversions", "small talk"),
            ),
        ),
        ("_", " , ;", (), RouteTexts("_:  , ;", ("_",))),
        ("a", "b", ("c", "d"), RouteTexts("a: b", ("a", "b", "c", "d"))),
        ("a", "b", tuple("cdefg"), RouteTexts("a: b", ("a", "b"), tuple("cdefg"))),
    ],
)
def test_a_route_is_its_whole_and_its_phrases(
    name: str, description: str, examples: tuple[str, ...], wanted: RouteTexts
) -> None:
    assert route_texts(name, description, examples) == wanted


def test_endless_descriptions_are_read_in_part() -> None:
    told = route_texts("a", ", ".join(map(str, range(1000))))
    assert told.phrases == ("a", *map(str, range(MOST_PHRASES)))
