"""Words, patterns and topics, in requests and in answers however they are cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plano_moderation import Moderation, Settings
from plano_moderation.topics import newest_turn

from plano.plugin_api import Encoder, Passage, Place, PluginTools, Refuse, trial_exchange


def settings(**members: Any) -> Settings:
    return msgspec.convert(members, Settings)


def started(told: Settings, encoder: Encoder | None = None) -> Moderation:
    plugin = Moderation()
    asyncio.run(plugin.started(told, PluginTools(encoder=lambda: encoder)))
    return plugin


def asked(plugin: Moderation, text: str) -> str:
    exchange = trial_exchange({"model": "m", "messages": [{"role": "user", "content": text}]})
    asyncio.run(plugin.filter(exchange))
    return exchange.texts()[-1].text


def answered(plugin: Moderation, pieces: Sequence[str]) -> str:
    exchange = trial_exchange()
    answer = plugin.filter_answer(exchange)
    if answer is None:
        return "".join(pieces)
    text = answer.open(Place("text", "assistant"))
    assert text is not None
    return "".join(text.feed(piece) for piece in pieces) + text.finish()


MASKS = settings(
    blocklists=[{"words": ["acme corp", "Gr\u00fcn", "kumquat"], "action": "mask", "mask": "[-]"}],
    patterns=[{"pattern": r"\bT-\d{3,6}\b", "longest": 8, "action": "mask", "mask": "[ticket]"}],
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ask ACME  corp", "Ask ACME  corp"),
        ("Ask ACME corp!", "Ask [-]!"),
        ("grun und GRU\u0308N", "[-] und [-]"),
        ("kumquats are not a kumquat", "kumquats are not a [-]"),
        ("see T-1234, XT-1234 and T-12", "see [ticket], XT-1234 and T-12"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    plugin = started(MASKS)
    assert asked(plugin, text) == masked
    assert answered(plugin, [text]) == masked
    assert answered(plugin, list(text)) == masked


@given(st.lists(st.sampled_from(["acme", " ", "corp", "gr\u00fcn", "T-", "12", "345", "-", "kum", "quat", ".", "x"])))
def test_any_cutting_gives_the_same(pieces: list[str]) -> None:
    plugin = started(MASKS)
    assert answered(plugin, pieces) == answered(plugin, ["".join(pieces)])


def test_a_refusal_speaks_with_the_lists_own_words() -> None:
    plugin = started(settings(blocklists=[{"words": ["kumquat"], "message": "No fruit."}], status=451))
    with pytest.raises(Refuse) as refused:
        asked(plugin, "a Kumquat?")
    assert (str(refused.value), refused.value.status, refused.value.code) == ("No fruit.", 451, "content_refused")


def test_a_stream_is_refused_in_its_middle_and_what_came_before_was_told() -> None:
    plugin = started(settings(blocklists=[{"words": ["kumquat"]}]))
    answer = plugin.filter_answer(trial_exchange())
    assert answer is not None
    text = answer.open(Place("text", "assistant"))
    assert text is not None
    assert text.feed("I like a kum") == "I like a "
    with pytest.raises(Refuse):
        text.feed("quat.")


def test_reports_change_nothing_and_never_tell_what_was_found(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    plugin = started(settings(blocklists=[{"name": "fruit", "words": ["kumquat"], "action": "report"}]))
    assert asked(plugin, "kumquat, kumquat") == "kumquat, kumquat"
    assert [record.getMessage() for record in caplog.records] == ["request req-1: fruit in the request: report"]


@pytest.mark.parametrize(("side", "sees"), [("request", (True, False)), ("answer", (False, True))])
def test_a_list_applies_where_it_says(side: str, sees: tuple[bool, bool]) -> None:
    plugin = started(settings(blocklists=[{"words": ["plum"], "action": "mask", "apply": [side]}]))
    assert (asked(plugin, "plum") != "plum", answered(plugin, ["plum"]) != "plum") == sees


def test_words_come_out_of_files(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("# fruit\nplum\n\n  bad apple \n", "utf-8")
    plugin = started(settings(blocklists=[{"files": [str(path)], "action": "mask"}]))
    assert asked(plugin, "a plum, a bad apple, # fruit") == "a ***, a ***, # fruit"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"blocklists": [{"files": ["/nowhere/x"]}]}, "cannot be read: FileNotFoundError"),
        ({"patterns": [{"pattern": "("}]}, "is no regular expression"),
        ({"patterns": [{"pattern": "a*"}]}, "finds nothing at all everywhere"),
        ({"blocklists": [{"words": ["\u200b"]}]}, "has nothing to look for"),
        ({"topics": {"denied": [{"name": "a", "description": "b"}]}}, "topics need the encoder"),
    ],
)
def test_what_cannot_work_stops_the_start(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        started(settings(**told))


class Compass:
    """An encoder that knows three things."""

    async def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        known = ("tax", "poem")
        return [[*(float(word in text) for word in known), float(not any(map(text.count, known)))] for text in texts]


TOPICS = settings(topics={"denied": [{"name": "tax", "description": "tax advice", "message": "No tax."}]})
ONLY = settings(topics={"allowed": [{"name": "poem", "description": "a poem"}], "message": "Poems only."})


@pytest.mark.parametrize(
    ("told", "text", "refusal"),
    [
        (TOPICS, "how do I pay less tax", "No tax."),
        (TOPICS, "how do I write a poem", ""),
        (ONLY, "how do I write a poem", ""),
        (ONLY, "how do I pay less tax", "Poems only."),
        (ONLY, "yes please", ""),
    ],
)
def test_topics(told: Settings, text: str, refusal: str) -> None:
    plugin = started(told, Compass())
    if refusal:
        with pytest.raises(Refuse, match=refusal):
            asked(plugin, text)
    else:
        assert asked(plugin, text) == text


def test_only_the_newest_turn_has_a_topic() -> None:
    passages = [
        Passage(Place("instructions", "system"), "s"),
        Passage(Place("text", "user"), "old"),
        Passage(Place("text", "assistant"), "answer"),
        Passage(Place("result", "tool"), "result"),
        Passage(Place("text", "user"), "new"),
        Passage(Place("text", "user"), "turn"),
    ]
    assert newest_turn(passages) == "new\nturn"
