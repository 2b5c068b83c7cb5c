from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from plano.plugin_api import Passage, WholeFilter
from plano.plugins.trial import trial_answer, trial_exchange

ANSWER = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"}}]}'


class Shouting(WholeFilter):
    async def read(self, passages: Sequence[Passage]) -> None:
        await asyncio.sleep(0)
        for passage in passages:
            passage.text = passage.text.upper()


def test_a_trial_exchange_is_a_chat_unless_told_otherwise() -> None:
    exchange = trial_exchange()
    assert exchange.operation.name == exchange.record.operation == "chat"
    assert exchange.requested_model == "gpt-4o"
    assert exchange.envelope.encoded() == exchange.body


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/completions", "completions"),
        ("/v1/messages/count_tokens", "count_tokens"),
        ("/v1/messages", "messages"),
    ],
)
def test_the_path_decides_the_operation(path: str, operation: str) -> None:
    assert trial_exchange(path=path).operation.name == operation


def test_headers_and_body_are_the_clients() -> None:
    exchange = trial_exchange({"model": "m", "extra": [1]}, headers={"X-Team": "blue"})
    assert exchange.header("x-team") == "blue"
    assert exchange.envelope.get("extra") == [1]
    assert exchange.record.bytes_in == len(exchange.body)


def test_texts_are_read_once_and_shared() -> None:
    exchange = trial_exchange({"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert [(one.kind, one.text) for one in exchange.texts()] == [("text", "hi")]
    (passage,) = exchange.texts()
    exchange.set_model("n")
    exchange.texts().clear()
    assert exchange.texts()[0] is passage


def test_texts_are_read_again_when_their_members_were_set() -> None:
    exchange = trial_exchange()
    (before,) = exchange.texts()
    exchange.envelope.set("messages", [{"role": "user", "content": "bye"}])
    assert [one.text for one in exchange.texts()] == ["bye"]
    assert before.text == "hello"


def test_changed_texts_are_in_the_request_once_they_are_written_back() -> None:
    exchange = trial_exchange({"system": "be kind", "messages": []}, path="/v1/messages")
    (passage,) = exchange.texts()
    passage.text = "be brief"
    assert exchange.envelope.get("system") == "be kind"
    assert exchange.request_texts.write_back()
    assert exchange.envelope.get("system") == "be brief"
    assert exchange.texts() == [passage]
    assert not passage.is_changed


def test_no_change_is_lost_when_another_member_is_set() -> None:
    exchange = trial_exchange({"system": "be kind", "messages": []}, path="/v1/messages")
    exchange.texts()[0].text = "be brief"
    exchange.envelope.set("messages", [{"role": "user", "content": "bye"}])
    assert [one.text for one in exchange.texts()] == ["be brief", "bye"]
    assert exchange.envelope.get("system") == "be brief"


def test_an_answer_is_read_by_an_async_filter_as_well() -> None:
    assert trial_answer(trial_exchange(), Shouting(), ANSWER) == ANSWER.replace(b"hi", b"HI")
