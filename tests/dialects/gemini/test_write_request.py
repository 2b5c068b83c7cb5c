"""Conversations as generateContent requests."""

from __future__ import annotations

from typing import Any

import pytest

from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Conversation,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Settings,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.gemini_generate.schemas import fitted_schema
from plano.dialects.gemini_generate.write_request import write_request
from plano.dialects.losses import Losses
from plano.dialects.proofs import sealed
from plano.errors import BadRequest
from plano.testing.scripted_provider.gemini_generate import fault_in

PNG = "iVBORw0KGgoAAAA"
G3, G25, PRO25, G2 = "gemini-3-pro-preview", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.0-flash"
READ = Tool("read", "reads", {"type": "object", "properties": {"path": {"type": "string"}}})


def user(*parts: Part) -> Turn:
    return Turn("user", list(parts))


def said(*parts: Part) -> Turn:
    return Turn("assistant", list(parts))


def written(*turns: Turn, model: str = G3, **more: Any) -> tuple[dict[str, Any], list[str]]:
    losses = Losses()
    members = write_request(Conversation(list(turns), model=model, **more), losses)
    assert fault_in(members, model) == ""
    return members, losses.names


def config(settings: Settings, model: str = G3, **more: Any) -> tuple[dict[str, Any], list[str]]:
    members, lost = written(user(Text("hi")), model=model, settings=settings, **more)
    return members.get("generationConfig", {}), lost


CALL = ToolCall("a", "read", '{"path":"x"}', proof=sealed("gemini", "U0lH"))


def test_neighbours_of_one_role_are_merged_and_blank_parts_left_out() -> None:
    turns = [user(Text("a"), Text("")), user(Text("b")), said(Text("c")), said(Text("d")), user(Text("e"))]
    members, lost = written(*turns)

    assert members["contents"] == [
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [{"text": "c"}, {"text": "d"}]},
        {"role": "user", "parts": [{"text": "e"}]},
    ]
    assert lost == []


def test_instructions_are_the_system_instruction() -> None:
    members, lost = written(user(Text("hi")), instructions=[Text("be kind", CacheMark())])

    assert members["systemInstruction"] == {"parts": [{"text": "be kind"}]}
    assert lost == ["cache"]


def test_instructions_alone_begin_a_conversation() -> None:
    assert written(instructions=[Text("be kind")])[0]["contents"][0]["role"] == "user"
    with pytest.raises(BadRequest):
        write_request(Conversation([]), Losses())


def test_results_name_their_call_stand_first_and_in_its_order() -> None:
    other = ToolCall("b", "now", "{}")
    results = [ToolResult("b", [Text("12")]), ToolResult("a", [Text("no")], is_error=True)]
    members, _ = written(user(Text("go")), said(CALL, other), user(*results, Text("well?")))

    assert members["contents"][2]["parts"] == [
        {"functionResponse": {"id": "a", "name": "read", "response": {"error": "no"}}},
        {"functionResponse": {"id": "b", "name": "now", "response": {"result": "12"}}},
        {"text": "well?"},
    ]


@pytest.mark.parametrize("rest", [[], [user(Text("never mind"))], [user(), user(Text("never mind"))]])
def test_a_call_without_result_gets_one(rest: list[Turn]) -> None:
    members, _ = written(user(Text("go")), said(CALL), *rest)

    assert members["contents"][2]["parts"][0]["functionResponse"]["response"] == {"error": "(no result)"}


def test_a_result_without_call_is_told_as_text() -> None:
    first, second = ToolResult("gone", [Text("12")]), ToolResult("gone", [Text("1")])
    members, _ = written(user(first), said(Text("ok")), user(second))

    assert all("functionResponse" not in part for content in members["contents"] for part in content["parts"])
    assert "12" in members["contents"][0]["parts"][0]["text"]


def test_the_model_never_begins() -> None:
    assert written(said(CALL), user(ToolResult("a", [Text("x")])))[0]["contents"][0]["role"] == "user"


@pytest.mark.parametrize(
    ("proof", "model", "expected"),
    [
        (sealed("gemini", "U0lH"), G3, "U0lH"),
        (sealed("gemini", "U0lH"), G25, "U0lH"),
        ("U0lH", G3, "U0lH"),  # As Google's compatible endpoint gave it to a chat client.
        (sealed("openai_responses", "U0lH"), G3, "skip_thought_signature_validator"),
        ("", G3, "skip_thought_signature_validator"),
        ("", "gemini-flash-latest", "skip_thought_signature_validator"),
        ("", G25, None),
    ],
)
def test_a_call_has_its_signature_or_what_stands_for_one(proof: str, model: str, expected: str | None) -> None:
    first, second = ToolCall("a", "read", "{}", proof=proof), ToolCall("b", "read", "{}")
    members, _ = written(user(Text("go")), said(first, second), model=model)

    parts = members["contents"][1]["parts"]
    assert parts[0].get("thoughtSignature") == expected
    assert "thoughtSignature" not in parts[1]


def test_a_proof_goes_back_to_the_text_it_stood_with() -> None:
    proof = sealed("gemini", "U0lH")
    turn = said(Reasoning("hm", sealed("gemini", "VEhJ")), Text("a"), Reasoning(proof=proof, is_redacted=True))
    members, lost = written(user(Text("go")), turn, user(Text("and?")))

    assert members["contents"][1]["parts"] == [
        {"text": "hm", "thought": True, "thoughtSignature": "VEhJ"},
        {"text": "a", "thoughtSignature": "U0lH"},
    ]
    assert lost == []


def test_others_thoughts_are_left_out() -> None:
    members, lost = written(user(Text("go")), said(Reasoning("hm", "sig"), Text("a")), user(Text("and?")))

    assert members["contents"][1]["parts"] == [{"text": "a"}]
    assert lost == ["reasoning"]


def test_arguments_that_are_no_object_are_told_as_text() -> None:
    members, _ = written(user(Text("go")), said(ToolCall("a", "read", '{"path":"x')))

    assert members["contents"][1]["parts"][0]["functionCall"]["args"] == {"arguments": '{"path":"x'}


@pytest.mark.parametrize(
    ("part", "expected", "lost"),
    [
        (Image("image/jpg", PNG), {"inlineData": {"mimeType": "image/png", "data": PNG}}, []),
        (Image("image/webp", "xxx"), {"inlineData": {"mimeType": "image/webp", "data": "xxx"}}, []),
        (Image("image/gif", "R0lGODxx"), {"text": "[image that cannot be shown here]"}, ["image"]),
        (Image(url="https://a/b.png"), {"fileData": {"fileUri": "https://a/b.png", "mimeType": "image/png"}}, []),
        (Image(url="https://a/b"), {"fileData": {"fileUri": "https://a/b"}}, []),
        (Image(file_id="file-1"), {"text": "[image that cannot be shown here]"}, ["image"]),
        (
            Document(file_id="files/abc"),
            {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
            [],
        ),
        (Document("application/pdf", "JVBE"), {"inlineData": {"mimeType": "application/pdf", "data": "JVBE"}}, []),
        (Document(data="JVBE", name="a.pdf"), {"inlineData": {"mimeType": "application/pdf", "data": "JVBE"}}, []),
        (
            Document("application/msword", "xx", name="a.doc"),
            {"text": "[document that cannot be shown here: a.doc]"},
            ["document"],
        ),
        (Document(text="words", name="t"), {"text": "<document>\nt\nwords\n</document>"}, []),
        (Audio("xx", "wav"), {"inlineData": {"mimeType": "audio/wav", "data": "xx"}}, []),
    ],
)
def test_what_the_user_shows(part: Part, expected: dict[str, Any], lost: list[str]) -> None:
    members, names = written(user(part))

    assert members["contents"][0]["parts"] == [expected]
    assert names == lost


def test_older_models_fetch_nothing() -> None:
    assert written(user(Image(url="https://a/b.png")), model=G2)[1] == ["image"]


def test_pictures_of_a_result_stand_in_it_or_behind_all_results() -> None:
    turns = [user(Text("go")), said(CALL), user(ToolResult("a", [Text("see"), Image("image/png", PNG)]))]
    inline = {"inlineData": {"mimeType": "image/png", "data": PNG}}

    newer, older = written(*turns)[0]["contents"][2]["parts"], written(*turns, model=G25)[0]["contents"][2]["parts"]

    assert newer[0]["functionResponse"]["parts"] == [inline]
    assert len(newer) == 1
    assert "parts" not in older[0]["functionResponse"]
    assert older[1:] == [{"text": "Content of the result of read:"}, inline]


def test_tools_have_plain_json_schemas() -> None:
    tools = [READ, Tool("now", parameters={"type": "object", "properties": {}})]
    members, _ = written(user(Text("hi")), tools=tools)

    assert members["tools"] == [
        {
            "functionDeclarations": [
                {"name": "read", "description": "reads", "parametersJsonSchema": READ.parameters},
                {"name": "now"},
            ]
        }
    ]
    assert "toolConfig" not in members


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}),
        (ToolChoice("none"), {"mode": "NONE"}),
        (ToolChoice("required"), {"mode": "ANY"}),
        (ToolChoice("tool", "read"), {"mode": "ANY", "allowedFunctionNames": ["read"]}),
        (ToolChoice("allowed", names=("read",), is_required=True), {"mode": "ANY", "allowedFunctionNames": ["read"]}),
    ],
)
def test_the_choice_of_tools(choice: ToolChoice, expected: dict[str, Any]) -> None:
    members, lost = written(user(Text("hi")), tools=[READ], tool_choice=choice)

    assert members["toolConfig"] == {"functionCallingConfig": expected}
    assert lost == []


def test_of_a_free_choice_among_some_only_those_are_offered() -> None:
    choice = ToolChoice("allowed", names=("read",))
    members, _ = written(user(Text("hi")), tools=[READ, Tool("now")], tool_choice=choice)

    assert [one["name"] for one in members["tools"][0]["functionDeclarations"]] == ["read"]


def test_strict_tools_are_validated_where_the_model_can() -> None:
    strict = Tool("read", parameters=READ.parameters, strict=True)

    members, _ = written(user(Text("hi")), tools=[strict])

    assert members["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    assert written(user(Text("hi")), tools=[strict], model=G2)[1] == ["tools.strict"]


def test_a_search_of_the_vendor_becomes_googles_where_no_function_is_in_its_way() -> None:
    search = Tool("web_search", foreign=Foreign("anthropic_messages", "web_search_20250305", {}))

    assert written(user(Text("hi")), tools=[search])[0]["tools"] == [{"googleSearch": {}}]
    assert written(user(Text("hi")), tools=[search, READ])[1] == ["tools.web_search"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$schema": "x", "type": "object"}, {"type": "object"}),
        ({"const": 1}, {"enum": [1]}),
        ({"$ref": "#/$defs/a", "description": "d"}, {"$ref": "#/$defs/a"}),
        (
            {"properties": {"a": {"type": "string"}, "b": {"items": {"const": "x"}}}},
            {"properties": {"a": {"type": "string"}, "b": {"items": {"enum": ["x"]}}}},
        ),
        ({"anyOf": [{"const": 1}, {"type": "null"}]}, {"anyOf": [{"enum": [1]}, {"type": "null"}]}),
        ({"properties": {"const": {"type": "string"}}}, {"properties": {"const": {"type": "string"}}}),
    ],
)
def test_schemas_are_made_fit(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    before = repr(schema)

    assert fitted_schema(schema) == expected
    assert repr(schema) == before


def test_settings_have_their_own_names() -> None:
    settings = Settings(
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop=["a", ""],
        seed=7,
        n=2,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
        modalities=["text", "image"],
        output_format=OutputFormat({"type": "object"}),
    )

    assert config(settings) == (
        {
            "maxOutputTokens": 9,
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 3,
            "presencePenalty": 0.1,
            "frequencyPenalty": 0.2,
            "candidateCount": 2,
            "seed": 7,
            "stopSequences": ["a"],
            "responseLogprobs": True,
            "logprobs": 2,
            "responseModalities": ["TEXT", "IMAGE"],
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
        },
        [],
    )


def test_what_cannot_be_told_is_said() -> None:
    settings = Settings(seed=1 << 40, logit_bias={"1": 1}, user="me", store=False, service_tier="odd")
    settings.stop = list("abcdef")

    assert config(settings)[1] == ["seed", "stop", "logit_bias", "user", "service_tier"]


@pytest.mark.parametrize(
    ("model", "thinking", "expected", "lost"),
    [
        (G3, Thinking(effort="medium"), {"thinkingLevel": "high", "includeThoughts": True}, []),
        ("gemini-3.1-pro", Thinking(effort="medium"), {"thinkingLevel": "medium", "includeThoughts": True}, []),
        ("gemini-3-flash", Thinking(effort="minimal"), {"thinkingLevel": "minimal", "includeThoughts": True}, []),
        (G3, Thinking(is_on=False), {"thinkingLevel": "low"}, ["thinking"]),
        (G3, Thinking(True, budget_tokens=30_000), {"thinkingLevel": "high", "includeThoughts": True}, []),
        (G3, Thinking(True, effort="low", shows="none"), {"thinkingLevel": "low"}, []),
        (G25, Thinking(True, budget_tokens=2_000), {"thinkingBudget": 2_000, "includeThoughts": True}, []),
        (G25, Thinking(effort="max"), {"thinkingBudget": 24_576, "includeThoughts": True}, []),
        (G25, Thinking(is_on=False), {"thinkingBudget": 0}, []),
        (PRO25, Thinking(effort="none"), {"thinkingBudget": 128}, ["thinking"]),
        (G25, Thinking(True, is_adaptive=True), {"thinkingBudget": -1, "includeThoughts": True}, []),
        (G2, Thinking(effort="high"), None, ["thinking"]),
        (G2, Thinking(is_on=False), None, []),
    ],
)
def test_thinking(model: str, thinking: Thinking, expected: dict[str, Any] | None, lost: list[str]) -> None:
    told, names = config(Settings(thinking=thinking), model)

    assert told.get("thinkingConfig") == expected
    assert names == lost


def test_a_word_for_thinking_leaves_room_for_the_answer() -> None:
    told, _ = config(Settings(max_tokens=4_000, thinking=Thinking(effort="high")), G25)

    assert told["thinkingConfig"]["thinkingBudget"] <= 2_000


def test_older_models_are_asked_for_json_in_words_beside_tools() -> None:
    settings = Settings(output_format=OutputFormat({"type": "object"}))
    members, lost = written(user(Text("hi")), model=G25, settings=settings, tools=[READ])

    assert "generationConfig" not in members
    assert "JSON" in members["systemInstruction"]["parts"][-1]["text"]
    assert lost == ["output_format"]


def test_members_of_the_api_itself_pass() -> None:
    unknown = {
        "safetySettings": [1],
        "extra_body": {"google": {"cached_content": "c", "thinking_config": {"thinking_budget": 1}}},
        "odd": 1,
    }
    members, lost = written(user(Text("hi")), unknown=unknown)

    assert members["safetySettings"] == [1]
    assert members["cachedContent"] == "c"
    assert members["generationConfig"] == {"thinkingConfig": {"thinking_budget": 1}}
    assert lost == ["odd"]
