"""What a router model answers: a known route or no match with a reason, twice the same, and short to tell."""

from __future__ import annotations

from collections.abc import Iterator

from plano.intent import MATCHED, NO_MATCH, NONSENSE, Route, RouteSet
from plano.routing.router_models.answers import read_answer

TOKENS = tuple(
    b"{|}|[|]|(|)|\"|'|`|:|,|\\|\\u00e9|\\ud83d|\\n|```json\n|<think>|</think>|**|{\"route\": |{'route': |[\"|\"]|"
    b"null|None|other|none|code_generation|what's new|say \"hi\"|[x]|Route: |\n| |\xc3\xa9|\xf0\x9f\x98\x80|{{|}}"
    .split(b"|")
)
NAMES = ("code_generation", "what's new", 'say "hi"', "[x]", "é")
ROUTES = RouteSet(tuple(Route(name, "about it") for name in NAMES))
LONGEST_DETAIL = 400


def seeds() -> Iterator[bytes]:
    for answer in (
        '{"route": "code_generation"}',
        "{'route': ['what\\'s new', 'other']}",
        '```json\n{"route": null}\n```',
        '<think>{"route": "[x]"}?</think>{{"route": ["say \\"hi\\""]}}',
        "The best route is **code_generation**, since [1] and (2).",
        '"{\\"route\\": \\"\\u00e9\\"}"',
        "code_generation\n\nBecause it is code.",
        "def f():\n    return {}",
    ):
        yield answer.encode()


def check(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    judged = read_answer(text, ROUTES)
    assert read_answer(text, ROUTES) == judged
    assert judged.reason in (MATCHED, NO_MATCH, NONSENSE)
    assert (judged.reason == MATCHED) == (judged.route in ROUTES.names)
    assert (judged.reason == NONSENSE) <= bool(judged.detail)
    assert len(judged.detail) <= LONGEST_DETAIL
    assert judged.route is not None or not judged.scores
