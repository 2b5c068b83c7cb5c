"""What is shown: images, documents, thoughts, cache points."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Document,
    Foreign,
    Image,
    Part,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from plano.dialects.proofs import sealed
from plano.errors import BadRequest
from tests.dialects.bedrock_converse.asking import CLAUDE, asked, model, user

PNG, JPEG = "iVBORw0KGgoAAAANSUhEUg==", "/9j/4AAQSkZJRg=="
SIGNED = {"reasoningText": {"text": "hm", "signature": "SIG"}}
HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA, LLAMA = "us.amazon.nova-pro-v1:0", "meta.llama3-1-70b-instruct-v1:0"


def shown(part: Part) -> tuple[dict[str, Any], list[str]]:
    members, lost = asked(user("See:", part))
    return members["messages"][0]["content"][1], lost


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image("image/png", "QUJD"), {"format": "png", "source": {"bytes": "QUJD"}}),
        (Image("image/jpg", "QUJD"), {"format": "jpeg", "source": {"bytes": "QUJD"}}),
        (Image("image/png", JPEG), {"format": "jpeg", "source": {"bytes": JPEG}}),
        (Image("", PNG), {"format": "png", "source": {"bytes": PNG}}),
        (Image(url="s3://bucket/a.JPG"), {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.JPG"}}}),
    ],
)
def test_images_of_a_kind_bedrock_knows(image: Image, expected: dict[str, Any]) -> None:
    assert shown(image) == ({"image": expected}, [])


@pytest.mark.parametrize(
    ("part", "words", "lost"),
    [
        (Image(url="https://a.b/c.png"), "[image that cannot be shown here: https://a.b/c.png]", "image"),
        (Image(file_id="file-1"), "[image that cannot be shown here]", "image"),
        (Image("image/tiff", "QUJD"), "[image that cannot be shown here]", "image"),
        (Document(url="https://a.b/c.pdf"), "[document that cannot be shown here: https://a.b/c.pdf]", "document"),
        (Document("application/zip", "QUJD", name="a.zip"), "[document that cannot be shown here: a.zip]", "document"),
        (Audio("QUJD", "amr"), "[audio that cannot be shown here]", "audio"),
    ],
)
def test_of_what_cannot_be_shown_the_model_is_told_and_the_client_too(part: Part, words: str, lost: str) -> None:
    assert shown(part) == ({"text": words}, [lost])


def test_a_question_of_nothing_that_can_be_shown_is_refused() -> None:
    with pytest.raises(BadRequest, match="as data"):
        asked(user("a"), model("b"), user(Image(url="https://a.b/c.png")))


def test_an_older_turn_of_that_kind_is_no_obstacle() -> None:
    assert asked(user(Image(url="https://a.b/c.png")), model("b"), user("c"))[1] == ["image"]


@pytest.mark.parametrize(
    ("document", "kind", "name"),
    [
        (Document("application/pdf", "QUJD", name="Q3_report (final).pdf"), "pdf", "Q3 report (final) pdf"),
        (Document("text/plain", "QUJD", name="notes.md"), "md", "notes md"),
        (Document("", "QUJD", name="page.htm"), "html", "page htm"),
        (Document("text/x-python", "QUJD", name=""), "txt", "Document"),
        (Document(text="Grüße"), "txt", "Document"),
    ],
)
def test_documents_have_a_format_and_a_harmless_name(document: Document, kind: str, name: str) -> None:
    block, lost = shown(document)

    assert (block["document"]["format"], block["document"]["name"], lost) == (kind, name, [])


def test_plain_text_is_sent_as_data_and_to_be_cited_as_text() -> None:
    plain, _ = shown(Document(text="Grüße"))
    cited, _ = shown(Document(text="Grüße", cites=True, about="A letter"))

    assert b64decode(plain["document"]["source"]["bytes"]).decode() == "Grüße"
    assert cited["document"]["source"] == {"text": "Grüße"}
    assert (cited["document"]["citations"], cited["document"]["context"]) == ({"enabled": True}, "A letter")


def test_no_two_documents_have_one_name() -> None:
    members, _ = asked(user("a", *(Document("application/pdf", "QUJD", name="a.pdf") for _ in range(3))))

    names = [block["document"]["name"] for block in members["messages"][0]["content"][1:]]
    assert names == ["a pdf", "a pdf 2", "a pdf 3"]


def test_sound_is_carried() -> None:
    assert shown(Audio("QUJD", "wav"))[0] == {"audio": {"format": "wav", "source": {"bytes": "QUJD"}}}


def test_a_result_may_show_an_image_and_tells_what_it_cannot() -> None:
    content: list[Part] = [Image("image/png", PNG), Image(url="https://a"), Foreign("gemini", "video", {})]
    members, lost = asked(user("a"), model(ToolCall("1", "f", "{}")), user(ToolResult("1", content)))

    told = members["messages"][2]["content"][0]["toolResult"]["content"]
    assert [next(iter(block)) for block in told] == ["image", "text"]
    assert lost == ["tool_result.image", "tool_result.video"]


@pytest.mark.parametrize(
    ("thought", "name", "expected"),
    [
        (Reasoning("hm", sealed("bedrock_converse", "SIG")), CLAUDE, SIGNED),
        (Reasoning("hm", sealed("bedrock_converse", "SIG")), NOVA, SIGNED),
        (Reasoning("hm", sealed("anthropic_messages", "SIG")), CLAUDE, SIGNED),
        (Reasoning("", sealed("bedrock_converse", "QUJD"), is_redacted=True), CLAUDE, {"redactedContent": "QUJD"}),
        (Reasoning("hm", sealed("anthropic_messages", "SIG")), NOVA, None),
        (Reasoning("hm", sealed("openai_responses", "SIG")), CLAUDE, None),
        (Reasoning("hm", "SIG"), CLAUDE, None),
        (Reasoning("hm"), CLAUDE, None),
    ],
)  # fmt: skip
def test_thoughts_go_back_with_a_proof_their_model_takes(
    thought: Reasoning, name: str, expected: dict[str, Any] | None
) -> None:
    members, lost = asked(user("a"), model(thought, "b"), user("c"), model=name)

    found = [block["reasoningContent"] for block in members["messages"][1]["content"] if "reasoningContent" in block]
    assert found == ([expected] if expected else [])
    assert lost == ([] if expected else ["reasoning"])


def marked(number: int) -> tuple[dict[str, Any], list[str]]:
    return asked(*(user(Text(str(one), CacheMark())) for one in range(number)))


def test_the_last_four_cache_points_are_kept() -> None:
    members, lost = marked(6)

    kinds = [next(iter(block)) for block in members["messages"][0]["content"]]
    assert kinds == ["text", "text", *(["text", "cachePoint"] * 4)]
    assert lost == ["cache"]
    assert marked(4)[1] == []


@pytest.mark.parametrize(
    ("name", "kept", "ttl"),
    [(CLAUDE, 3, "1h"), ("", 3, "1h"), (NOVA, 2, None), (LLAMA, 0, None), (HAIKU_3, 0, None)],
)  # fmt: skip
def test_cache_points_are_for_models_that_cache(name: str, kept: int, ttl: str | None) -> None:
    mark = CacheMark("1h")
    members, lost = asked(
        user(Text("a", mark)), instructions=[Text("b", mark)], tools=[Tool("f", cache=mark)], model=name
    )

    found = [
        block["cachePoint"]
        for block in (*members["toolConfig"]["tools"], *members["system"], *members["messages"][0]["content"])
        if "cachePoint" in block
    ]
    assert [point.get("ttl") for point in found] == [ttl] * kept
    assert lost == ([] if kept == 3 else ["cache"])


def test_what_only_bedrock_has_goes_back_as_it_came() -> None:
    raw = {"guardContent": {"text": {"text": "x"}}}
    assert shown(Foreign("bedrock_converse", "guardContent", raw)) == (raw, [])
