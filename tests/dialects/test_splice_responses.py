"""Responses of several items: what was reasoned before the text, and what follows it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.registry import OPENAI_RESPONSES
from tests.dialects.transcripts import OPERATIONS, Reading

Json = dict[str, Any]


def events(*items: Json, number: int = 1, model: str = "m") -> list[bytes]:
    """A whole stream of the given output items, each with `pieces` of text, thoughts or arguments."""
    told: list[Json] = []
    output: list[Json] = []
    response = {"id": f"resp_{number}", "created_at": number, "model": model, "object": "response"}
    told.append({"type": "response.created", "response": {**response, "output": []}})
    for index, given in enumerate(items):
        pieces = given["pieces"]
        item = {name: value for name, value in given.items() if name != "pieces"} | {"id": f"item_{number}_{index}"}
        place = {"output_index": index, "item_id": item["id"]}
        told.append({"type": "response.output_item.added", "output_index": index, "item": {**item, "content": []}})
        part = {"type": "output_text", "text": "", "annotations": []}
        if item["type"] == "message":
            place["content_index"] = 0
            told.append({"type": "response.content_part.added", **place, "part": part})
            told += [{"type": "response.output_text.delta", **place, "delta": piece} for piece in pieces]
            part = {**part, "text": "".join(pieces)}
            told.append({"type": "response.output_text.done", **place, "text": part["text"]})
            told.append({"type": "response.content_part.done", **place, "part": part})
            item["content"] = [part]
        else:
            word = {"reasoning": "reasoning_summary_text", "function_call": "function_call_arguments"}[item["type"]]
            told += [{"type": f"response.{word}.delta", **place, "delta": piece} for piece in pieces]
            told.append({"type": f"response.{word}.done", **place})
        told.append({"type": "response.output_item.done", "output_index": index, "item": item})
        output.append(item)
    told.append({"type": "response.completed", "response": {**response, "output": output, "usage": {}}})
    return [
        b"event: %b\ndata: %b\n\n" % (document["type"].encode(), msgspec.json.encode(document))
        for document in ({**document, "sequence_number": place} for place, document in enumerate(told))
    ]


def message(*pieces: str) -> Json:
    return {"type": "message", "role": "assistant", "pieces": pieces}


def reasoning(*pieces: str) -> Json:
    return {"type": "reasoning", "summary": [], "pieces": pieces}


def call(name: str) -> Json:
    return {"type": "function_call", "name": name, "call_id": "c", "pieces": ('{"a"', ":1}")}


def rescued(first: list[bytes], other: list[bytes]) -> tuple[bytes, str]:
    delivered = OPENAI_RESPONSES.delivered()
    delivered.add(b"".join(first))
    if delivered.obstacle:
        return b"", delivered.obstacle
    splice = OPENAI_RESPONSES.splice(delivered, "replay")
    return b"".join([*first, *map(splice.feed, other)]), splice.state


def test_reasoning_before_the_text_is_told_once_wherever_the_stream_was_cut() -> None:
    first = events(reasoning("Let", " me"), message("The", " quick", " fox"), call("look"))
    other = events(reasoning("Well"), reasoning("so"), message("The qui", "ck fox"), call("look"), number=2)
    states = []
    for cut in range(1, len(first)):
        stream, state = rescued(first[:cut], other)
        states.append(state)
        if state == "spliced":
            reading = Reading(OPERATIONS["responses"], stream)
            assert (reading.text, reading.tools) == ("The quick fox", ["look"]), cut
            assert (b"Well" in stream) == (cut == 1)
    # The envelope; the reasoning; its end to the end of the text; the tool's call.
    assert states == ["spliced"] + ["its reasoning was cut"] * 4 + ["spliced"] * 9 + ["a tool call had begun"] * 5


def test_what_follows_a_text_that_was_whole_takes_the_next_place() -> None:
    first = events(message("The", " fox"))
    for cut in range(5, len(first)):
        stream, state = rescued(first[:cut], events(message("The fox"), call("look"), call("see"), number=2, model="n"))
        reading = Reading(OPERATIONS["responses"], stream)
        assert (state, reading.text, reading.tools) == ("spliced", "The fox", ["look", "see"])
        assert reading.documents[-1]["response"]["model"] == "n"


def test_items_that_are_no_text_do_not_make_up_for_the_text() -> None:
    first = events(message("The", " fox"))[:5]
    assert rescued(first, events(call("look"), message("The fox"), number=2)) == (b"".join(first), "mismatch")


@pytest.mark.parametrize(
    ("document", "obstacle"),
    [
        (
            {"type": "response.output_text.delta", "output_index": 0, "delta": "a", "logprobs": [{"token": "a"}]},
            "log probabilities were asked for",
        ),
        ({"type": "response.refusal.delta", "output_index": 0, "delta": "I"}, "a refusal had begun"),
        ({"type": "response.output_item.added", "output_index": 0, "item": {"type": "web_search_call"}}, "a tool"),
    ],
)
def test_what_cannot_be_given_twice_is_an_obstacle(document: Json, obstacle: str) -> None:
    delivered = OPENAI_RESPONSES.delivered()
    delivered.add(b"data: " + msgspec.json.encode(document) + b"\n\n")
    assert delivered.obstacle.startswith(obstacle)
