"""Free text out of a function's arguments."""

from __future__ import annotations

import json

import pytest

from plano.dialects.custom_input import CustomInput, input_of

TEXTS = [
    "",
    "*** Begin Patch\n*** Add File: a.py\n+print(\"hi\")\n*** End Patch",
    'back\\slash "quotes" \t tabs \u2028 umlaut \u00e4 \U0001f600 nul \x00',
    "\\" * 9 + '"' * 9,
    "a" * 5000 + "\n" * 50,
]


def arguments_of(text: str) -> list[str]:
    return [
        json.dumps({"input": text}),
        json.dumps({"input": text}, ensure_ascii=False),
        ' {\n "input" :\n ' + json.dumps(text) + ' \n}\n',
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_the_input_is_the_same_however_it_is_cut(text: str) -> None:
    for arguments in arguments_of(text):
        assert input_of(arguments) == text
        sizes = (1, 2, 3, 5, 7, 11, len(arguments)) if len(arguments) < 1000 else (64, len(arguments))
        for size in sizes:
            reading = CustomInput()
            pieces = [reading.feed(arguments[at : at + size]) for at in range(0, len(arguments), size)]
            assert "".join(pieces) + reading.finish() == text


def test_the_input_comes_while_it_is_written() -> None:
    reading = CustomInput()
    assert [reading.feed(piece) for piece in ('{"in', 'put": "a', "b\\", 'nc"', ', "more": 1}')] == [
        "",
        "a",
        "b",
        "\nc",
        "",
    ]
    assert reading.finish() == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"patch": "p"}', "p"),
        ('{"reason": "r", "input": "i"}', "i"),
        ('{"a": "1", "b": "2"}', '{"a": "1", "b": "2"}'),
        ('{"input": {"a": 1}}', '{"a":1}'),
        ("*** Begin Patch", "*** Begin Patch"),
        ('"quoted"', "quoted"),
        ("{}", ""),
        ('{"input": "line\nbreak"}', "line\nbreak"),
        ('{"input": "cut', "cut"),
        ('{"input": "\\ud83d lone"}', "\ufffd lone"),
        ('{"input": "\\ud83d\\u0041"}', "\ufffdA"),
        ('{"input": "\\uZZZZ!"}', "\ufffd!"),
    ],
)
def test_what_else_models_write_is_understood_in_the_end(arguments: str, text: str) -> None:
    assert input_of(arguments) == text
    for size in (1, 4, len(arguments)):
        reading = CustomInput()
        pieces = [reading.feed(arguments[at : at + size]) for at in range(0, len(arguments), size)]
        assert "".join(pieces) + reading.finish() == text
