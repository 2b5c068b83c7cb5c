"""Every way in which models say a route is read, and what says nothing is no match."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.intent import MATCHED, NO_MATCH, NONSENSE
from plano.routing.router_models.answers import read_answer
from tests.routing.router_models.route_sets import route_set

ROUTES = route_set("code_generation", "complex reasoning", "what's new", 'say "hi"', "Code Review", "a, b: {c}")


@pytest.mark.parametrize(
    ("answer", "route"),
    [
        ('{"route": "code_generation"}', "code_generation"),
        ('{"route": ["code_generation"]}', "code_generation"),
        ('{"route": ["complex reasoning", "code_generation"]}', "complex reasoning"),
        ('{"route": ["made up", "code_generation"]}', "code_generation"),
        ('{"route": ["other", "code_generation"]}', "code_generation"),
        ('["code_generation"]', "code_generation"),
        ("[code_generation]", "code_generation"),
        ('{"routes": ["code_generation"]}', "code_generation"),
        ('{"route": {"name": "code_generation", "description": "..."}}', "code_generation"),
        ('{"route": [{"name": "code_generation"}]}', "code_generation"),
        ('{"route": "CODE_GENERATION "}', "code_generation"),
        ('{"route": "code review"}', "Code Review"),
        ('```json\n{"route": "code_generation"}\n```', "code_generation"),
        ('```\n{"route": "code_generation"}', "code_generation"),
        ('```json\n["code_generation"]\n```', "code_generation"),
        ("{'route': 'code_generation'}", "code_generation"),
        ("{'route': ['code_generation', None]}", "code_generation"),
        ("{'route': ('code_generation',)}", "code_generation"),
        ("{route: code_generation}", "code_generation"),
        ('{"route": "code_generation",}', "code_generation"),
        ('{{"route": ["code_generation"]}}', "code_generation"),
        ('{\\n"route": "code_generation"\\n}', "code_generation"),
        ('"{\\"route\\": \\"code_generation\\"}"', "code_generation"),
        ('{"route": "code\\u005fgeneration"}', "code_generation"),
        ('{"route": "what\'s new"}', "what's new"),
        ("{'route': \"what's new\"}", "what's new"),
        ("{'route': 'what\\'s new'}", "what's new"),
        ("{'route': 'what's new'}", "what's new"),
        ('{"route": "say \\"hi\\""}', 'say "hi"'),
        ('{"route": "say "hi""}', 'say "hi"'),
        ("{'route': 'say \"hi\"'}", 'say "hi"'),
        ('{"route": "a, b: {c}"}', "a, b: {c}"),
        ('{"route": "code_generation"} since the user wants {"code": 1}', "code_generation"),
        ('The user wants code.\n\n{"route": "code_generation"}\n\nHope this helps!', "code_generation"),
        ('It is of the form {"route": "route_name"}: {"route": "code_generation"}', "code_generation"),
        ('{"route": "code_generation"}\nUser: now prove it\n{"route": "complex reasoning"}', "code_generation"),
        ('<think>Is it {"route": "complex reasoning"}? No.</think>\n{"route": "code_generation"}', "code_generation"),
        ('so {"route": "complex reasoning"}? No.\n</think>{"route": "code_generation"}', "code_generation"),
        ("<THINKING>complex reasoning</THINKING>code_generation", "code_generation"),
        ("code_generation", "code_generation"),
        ("  'code_generation'.\n", "code_generation"),
        ("**code_generation**", "code_generation"),
        ("Route: code_generation", "code_generation"),
        ("The best route is: `code_generation`", "code_generation"),
        ("what's new", "what's new"),
        ("a, b: {c}", "a, b: {c}"),
        ("code_generation\n\nBecause functions are to be written.", "code_generation"),
        ("Functions are to be written, so:\ncode_generation", "code_generation"),
        ('I would choose the route "code_generation" here.', "code_generation"),
        ("<route>code_generation</route>", "code_generation"),
        ("| [1] see [the docs] | so `code_generation`", "code_generation"),
    ],
)
def test_a_route_is_read(answer: str, route: str) -> None:
    judged = read_answer(answer, ROUTES)
    assert (judged.route, judged.reason) == (route, MATCHED)
    assert judged.score is None


@pytest.mark.parametrize(
    "answer",
    [
        '{"route": "other"}',
        '{"route": ["other"]}',
        '{"route": "None"}',
        '{"route": "none"}',
        '{"route": null}',
        "{'route': None}",
        '{"route": []}',
        '{"route": ""}',
        '{"route": [""]}',
        '{"route": [null]}',
        '{"route": false}',
        "{}",
        "[]",
        "null",
        "None",
        "other",
        "Other.",
        "Route: none",
        '"other"',
        '```json\n{"route": []}\n```',
        '<think>code_generation?</think>{"route": "other"}',
        '{"route": "other"}\n\nUser: and now?\n{"route": "code_generation"}',
    ],
)
def test_no_route_is_no_match(answer: str) -> None:
    judged = read_answer(answer, ROUTES)
    assert (judged.route, judged.reason, judged.detail) == (None, NO_MATCH, "")


@pytest.mark.parametrize("answer", ['{"route": "made up"}', '{"route": ["made up", "also"]}', "{'route': 'made up'}"])
def test_unknown_names_are_dropped_and_told(answer: str) -> None:
    judged = read_answer(answer, ROUTES)
    assert (judged.route, judged.reason) == (None, NO_MATCH)
    assert "'made up'" in judged.detail


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "  \n",
        "<think>It is code_generation, clearly, but let me",
        "<think>code_generation</think>",
        "Sure! Here is a function:\n\ndef add(a, b):\n    return a + b",
        "I think code_generation would do, and complex reasoning too.",
        '{"answer": "code"}',
        "{{{{[[[[",
        '{"route": ',
        "See [1] and [2].",
        "\x00\ufffd",
    ],
)
def test_what_says_nothing_is_nonsense(answer: str) -> None:
    judged = read_answer(answer, ROUTES)
    assert (judged.route, judged.reason) == (None, NONSENSE)
    assert judged.detail


@pytest.mark.parametrize("name", ["other", "none", "null", "<b>", "[x]", "{}", "route", "a\\b", "\\n", "`", "😀", "ß"])
def test_a_route_may_have_any_name(name: str) -> None:
    assert read_answer(json.dumps({"route": name}), route_set("first", name)).route == name


def test_the_end_of_a_long_answer_is_read() -> None:
    assert read_answer("So. " * 50_000 + '{"route": "code_generation"}', ROUTES).route == "code_generation"


def test_details_stay_short() -> None:
    assert len(read_answer("word " * 50_000, ROUTES).detail) < 200


_name = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda name: name.strip() != "")


@given(st.lists(_name, min_size=1, max_size=4, unique_by=lambda name: name.strip().casefold()), st.data())
def test_json_of_any_name_is_read(names: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(names))
    for ascii_only in (True, False):
        written = json.dumps({"route": wanted}, ensure_ascii=ascii_only)
        assert read_answer(written, route_set(*names)).route == wanted
        assert read_answer(f"```json\n{written}\n```", route_set(*names)).route == wanted


_PIECES = st.sampled_from(
    [*"{}[]()\"':,\\\n", "\\u", "route", "code_generation", "<think>", "</think>", "```", "None", "null", "other"]
) | st.sampled_from(["what's new", "\ud800", "é", "\x00", " "])


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=200).map("".join)))
def test_nothing_makes_it_raise(answer: str) -> None:
    judged = read_answer(answer, ROUTES)
    assert judged.route is None or judged.route in ROUTES.names
    assert (judged.route is not None) == (judged.reason == MATCHED)
    assert judged.reason in (MATCHED, NO_MATCH, NONSENSE)


@pytest.mark.parametrize("piece", ["{", "[", '{"', '{"a":', "['", "'", "[[],", "<think>", "``` ", "\\", "' "])
def test_answers_made_to_be_slow_are_not(piece: str) -> None:
    # Steps of the reader, not time, are what is bounded; a hang would show as a timeout of the suite.
    read_answer(piece * 200_000, ROUTES)
