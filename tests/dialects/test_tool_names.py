"""Tools as providers can take them, and the way back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from plano.dialects.conversation import Conversation, Foreign, Tool, ToolCall, ToolChoice, ToolResult, Turn
from plano.dialects.sides import PROVIDER_SIDES
from plano.dialects.tool_names import rename_tools

CHAT, RESPONSES = PROVIDER_SIDES["chat"], PROVIDER_SIDES["responses"]
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /x+/"}


def talk(*tools: Tool, parts: list[Any] | None = None, choice: ToolChoice | None = None) -> Conversation:
    turns = [Turn("assistant", parts)] if parts else []
    return Conversation(turns, tools=list(tools), tool_choice=choice)


def test_plain_tools_stay_as_they_are() -> None:
    tool = Tool("read_file", "d", {"type": "object"})
    conversation = talk(tool, Tool("web", foreign=Foreign("x", "web", {})))
    assert rename_tools(conversation, CHAT) == {}
    assert conversation.tools[0] is tool


def test_a_custom_tool_is_a_function_with_one_string_and_its_grammar_is_told() -> None:
    tool = Tool("apply_patch", "Edit files.", is_custom=True, format=GRAMMAR)
    call, result = ToolCall("c", "apply_patch", "xxx", is_custom=True), ToolResult("c", [], is_custom=True)
    conversation = talk(tool, parts=[call, result], choice=ToolChoice("tool", "apply_patch"))
    assert rename_tools(conversation, CHAT) == {"apply_patch": tool}
    told = conversation.tools[0]
    assert not told.is_custom
    assert told.parameters is not None
    assert told.parameters["required"] == ["input"]
    assert "Edit files." in told.description
    assert "start: /x+/" in told.description
    assert (call.is_custom, call.arguments) == (False, '{"input":"xxx"}')
    assert not result.is_custom


def test_the_format_of_the_chat_dialect_is_understood_too() -> None:
    tool = Tool("p", is_custom=True, format={"type": "grammar", "grammar": GRAMMAR})
    conversation = talk(tool)
    rename_tools(conversation, CHAT)
    assert "start: /x+/" in conversation.tools[0].description


def test_who_takes_custom_tools_gets_them() -> None:
    tool = Tool("apply_patch", is_custom=True, format=GRAMMAR)
    conversation = talk(tool, parts=[ToolCall("c", "apply_patch", "xxx", is_custom=True)])
    assert rename_tools(conversation, RESPONSES) == {}
    assert conversation.turns[0].parts == [ToolCall("c", "apply_patch", "xxx", is_custom=True)]


def test_a_namespace_is_a_part_of_the_name() -> None:
    mail, calendar = Tool("list", namespace="mail"), Tool("list", namespace="calendar")
    call = ToolCall("c", "list", "{}", namespace="calendar")
    choice = ToolChoice("tool", "list", namespace="mail")
    conversation = talk(mail, calendar, parts=[call], choice=choice)
    assert rename_tools(conversation, CHAT) == {"mail__list": mail, "calendar__list": calendar}
    assert [tool.namespace for tool in conversation.tools] == ["", ""]
    assert (call.name, call.namespace) == ("calendar__list", "")
    assert conversation.tool_choice == ToolChoice("tool", "mail__list")
    conversation = talk(mail, calendar)
    assert rename_tools(conversation, RESPONSES) == {}
    assert conversation.tools[0].namespace == "mail"


def test_a_call_of_a_tool_that_is_offered_no_longer_has_a_flat_name() -> None:
    call = ToolCall("c", "list", "{}", namespace="mail")
    rename_tools(talk(parts=[call]), CHAT)
    assert (call.name, call.namespace) == ("mail__list", "")


@pytest.mark.parametrize("name", ["x" * 200, "dots.and spaces", "käse", "a/b"])
def test_names_are_made_of_what_every_vendor_takes(name: str) -> None:
    tool, call = Tool(name), ToolCall("c", name, "{}")
    conversation = talk(tool, parts=[call])
    (told,) = rename_tools(conversation, CHAT)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", told)
    assert conversation.tools[0].name == call.name == told


def test_no_two_tools_get_the_same_name() -> None:
    tools = [Tool("mail__list"), Tool("list", namespace="mail"), Tool("mail..list"), Tool("mail//list")]
    tools += [Tool("x" * 100 + str(number)) for number in range(5)]
    conversation = talk(*tools)
    rename_tools(conversation, CHAT)
    names = [tool.name for tool in conversation.tools]
    assert len(set(names)) == len(names)
    assert names[0] == "mail__list"


def test_the_same_name_gets_the_same_short_name_every_time() -> None:
    def told() -> list[str]:
        conversation = talk(Tool("x" * 100), Tool("list", namespace="a"))
        rename_tools(conversation, CHAT)
        return [tool.name for tool in conversation.tools]

    assert told() == told(), "or no provider could cache the prompt"
