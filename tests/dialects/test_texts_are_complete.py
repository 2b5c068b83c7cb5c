"""Whatever stands in a request or an answer: nothing said is missed, and nothing else changes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.dialects.answer_texts import AnswerTexts
from plano.dialects.request_texts import RequestTexts
from plano.dialects.text_shapes import MESSAGE, SHAPES
from plano.http.wire.json_envelope import Envelope

MARK, MASK = "QZQ", "[*]"
encode = msgspec.json.encode

#: Something with the mark in it.
texts = st.tuples(st.text(max_size=6), st.text(max_size=6)).map(MARK.join)
numbers = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
anything = st.recursive(
    texts | numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
json_texts = anything.map(lambda value: encode(value).decode()).filter(lambda text: MARK in text) | texts


def part(type: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(type)}, optional=members)


def unknown() -> st.SearchStrategy[dict[str, Any]]:
    """A part nobody knows, with texts under names nobody knows."""
    inner = st.recursive(
        texts | numbers,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", ""]), inner, max_size=2),
        max_leaves=5,
    )
    return st.fixed_dictionaries({"type": st.just("hologram"), "id": st.just("h"), "layers": inner})


def contents(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return texts | st.none() | st.lists(st.one_of(*parts, unknown()), max_size=3)


text_parts = (
    part("text", text=texts, cache_control=st.just({"type": "ephemeral"})),
    part("input_text", text=texts),
    part("output_text", text=texts, annotations=st.just([]), logprobs=st.just([])),
    part("image_url", image_url=st.just({"url": "https://a", "detail": "low"})),
    part("refusal", refusal=texts),
)
called = st.fixed_dictionaries({"name": st.just("f"), "arguments": json_texts})
chat = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "critic"]), "content": contents(*text_parts)},
        optional={
            "name": st.just("ann"),
            "refusal": texts,
            "reasoning_content": texts,
            "weight": numbers,
            "note": texts,
            "function_call": called,
            "tool_calls": st.lists(
                st.fixed_dictionaries({"id": st.just("c"), "type": st.just("function"), "function": called}), max_size=2
            ),
        },
    ),
    max_size=4,
)
results = part("tool_result", tool_use_id=st.just("t"), content=contents(*text_parts))
blocks = (
    *text_parts,
    part("thinking", thinking=texts, signature=st.just("")),
    part("tool_use", id=st.just("t"), name=st.just("f"), input=anything),
    results,
    part("tool_result", content=contents(results)),
    part("document", title=texts, source=part("content", content=contents(*text_parts))),
    part("document", source=st.fixed_dictionaries({"type": st.just("text"), "data": texts})),
    part("search_result", title=texts, source=texts, content=contents(*text_parts)),
)
turns = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": contents(*blocks)}), max_size=4
)
items = st.lists(
    st.one_of(
        part("message", role=st.just("user"), content=contents(*text_parts)),
        st.fixed_dictionaries({"role": st.just("assistant"), "content": contents(*text_parts)}),
        part("function_call", name=st.just("f"), call_id=st.just("c"), arguments=json_texts),
        part("function_call_output", call_id=st.just("c"), output=contents(*text_parts)),
        part("custom_tool_call", name=st.just("f"), input=texts),
        part("custom_tool_call_output", output=contents(*text_parts)),
        part("reasoning", summary=st.lists(part("summary_text", text=texts), max_size=2)),
        part("mcp_call", name=st.just("f"), arguments=json_texts, output=texts, error=texts),
        part("local_shell_call", action=st.fixed_dictionaries({"type": st.just("exec"), "command": st.lists(texts)})),
        part("code_interpreter_call", code=texts, outputs=st.lists(part("logs", logs=texts), max_size=2)),
        unknown(),
    ),
    max_size=4,
)
about = {
    "model": st.just("m"),
    "temperature": numbers,
    "user": texts,
    "metadata": st.dictionaries(st.sampled_from(["id", "name", "x"]), texts, max_size=2),
    "vendor": st.fixed_dictionaries({"a": texts}),
}
REQUESTS = {
    "chat": st.fixed_dictionaries({"messages": chat}, optional=about),
    "messages": st.fixed_dictionaries({"messages": turns}, optional=about | {"system": contents(*text_parts)}),
    "responses": st.fixed_dictionaries({"input": items | texts}, optional=about | {"instructions": texts}),
    "completions": st.fixed_dictionaries({"prompt": texts | st.lists(texts)}, optional={"suffix": texts}),
    "embeddings": st.fixed_dictionaries({"input": texts | st.lists(texts) | st.lists(st.integers(0, 9))}),
    "rerank": st.fixed_dictionaries(
        {"query": texts, "documents": st.lists(texts | st.fixed_dictionaries({"name": texts, "text": texts}))}
    ),
}
ANSWERS = {
    "chat": st.fixed_dictionaries(
        {"id": st.just("a"), "choices": chat.map(lambda said: [{"index": 0, "message": one} for one in said])}
    ),
    "messages": st.fixed_dictionaries({"role": st.just("assistant"), "content": contents(*blocks)}),
    "responses": st.fixed_dictionaries({"output": items}),
}
#: Names with a meaning somewhere, in any combination. Some of them stand for definitions, or for what has no texts.
SILENT = {"tools", "pending_safety_checks", "result"}
NAMES = sorted({name for shape in (MESSAGE, *SHAPES.values()) for name in shape.rules} - SILENT)
odd = st.recursive(
    texts | numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda members, kind: members | kind,
            st.dictionaries(st.sampled_from([*NAMES, "note"]), inner, max_size=4),
            st.just({}) | st.sampled_from(sorted(SHAPES)).map(lambda kind: {"type": kind}),
        )
    ),
    max_leaves=20,
)


def masked(document: bytes) -> bytes:
    return document.replace(MARK.encode(), MASK.encode())


def check_request(operation: str, body: dict[str, Any]) -> None:
    document = encode(body)
    envelope = Envelope.open(document)
    found = RequestTexts(operation, envelope)
    assert not found.write_back()
    assert envelope.encoded() == document
    for passage in found.passages:
        passage.text = passage.text.replace(MARK, MASK)
    assert found.write_back() == (MARK.encode() in document)
    assert envelope.encoded() == masked(document)
    assert found.is_of(envelope)


def check_answer(operation: str, body: dict[str, Any]) -> None:
    document = encode(body)
    found = AnswerTexts(operation, document)
    assert found.encoded() is document
    for passage in found.passages:
        passage.text = passage.text.replace(MARK, MASK)
    assert found.encoded() == masked(document)


@pytest.mark.parametrize("operation", REQUESTS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_mark_in_every_text_of_a_request_goes_and_nothing_else_does(operation: str, data: st.DataObject) -> None:
    check_request(operation, data.draw(REQUESTS[operation]))


@pytest.mark.parametrize("operation", ANSWERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_mark_in_every_text_of_an_answer_goes_and_nothing_else_does(operation: str, data: st.DataObject) -> None:
    check_answer(operation, data.draw(ANSWERS[operation]))


@pytest.mark.parametrize(
    ("operation", "member"), [("chat", "messages"), ("responses", "input"), ("messages", "system")]
)
@settings(max_examples=150, deadline=None)
@given(value=odd)
def test_texts_are_found_in_what_makes_no_sense(operation: str, member: str, value: Any) -> None:
    check_request(operation, {member: value})


@settings(max_examples=150, deadline=None)
@given(value=odd)
def test_texts_are_found_in_answers_that_make_no_sense(value: Any) -> None:
    check_answer("responses", {"output": value})
