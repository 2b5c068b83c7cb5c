"""Turns of a conversation as contents, in the order Gemini demands (ai.google.dev: function calling).

It demands: a user begins, as many results follow a turn of calls as it has calls and nothing stands between them, no
part is empty. Clients' conversations keep only some of that: neighbours are merged, and what is lacking is made up.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from plano.dialects.conversation import Conversation, ToolResult, Turn
from plano.dialects.gemini_generate.parts import Json, PartWriter

_BEGINNING: Final = "Please begin."


def write_contents(conversation: Conversation, writer: PartWriter) -> list[Json]:
    contents: list[Json] = []
    for turn in conversation.turns:
        if turn.role == "assistant":
            _add_said(contents, turn, writer)
        else:
            _add_shown(contents, turn, writer)
        if turn.name:
            writer.losses.drop("name")
    if not contents or contents[0]["role"] != "user":
        contents.insert(0, {"role": "user", "parts": [{"text": _BEGINNING}]})
    if any("functionCall" in part for part in contents[-1]["parts"]):
        contents.append({"role": "user", "parts": []})
    for before, content in pairwise(contents):
        if content["role"] == "user":
            _answer(before["parts"], content)
    if any("functionResponse" in part for part in contents[0]["parts"]):
        _answer([], contents[0])
    return contents


def _add_said(contents: list[Json], turn: Turn, writer: PartWriter) -> None:
    merges = bool(contents) and contents[-1]["role"] == "model"
    parts: list[Json] = contents[-1]["parts"] if merges else []
    for part in turn.parts:
        writer.add_said(parts, part)
    if parts and not merges:
        contents.append({"role": "model", "parts": parts})


def _add_shown(contents: list[Json], turn: Turn, writer: PartWriter) -> None:
    results: list[Json] = []
    rest: list[Json] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            result, shown = writer.result(part)
            results.append(result)
            rest += shown
        else:
            writer.add_shown(rest, part, "")
    if turn.role == "system":
        # There is no such role in the middle of a conversation.
        rest = [{"text": f"<system>\n{one['text']}\n</system>"} if "text" in one else one for one in rest]
    if not results and not rest:
        return
    if contents and contents[-1]["role"] == "user":
        contents[-1]["parts"] += [*results, *rest]
    else:
        contents.append({"role": "user", "parts": [*results, *rest]})


def _answer(before: list[Json], content: Json) -> None:
    """Put one result for each call first; of results nobody asked for only the content is kept."""
    parts: list[Json] = content["parts"]
    calls = [part["functionCall"] for part in before if "functionCall" in part]
    if not calls and not any("functionResponse" in part for part in parts):
        return
    told: dict[str, Any] = {}
    rest: list[Json] = []
    asked = {call.get("id", ""): call for call in calls}
    for part in parts:
        result = part.get("functionResponse")
        if result is None:
            rest.append(part)
        elif result.get("id", "") in asked and result.get("id", "") not in told:
            told[result.get("id", "")] = part
        else:
            rest += _content_alone(result)
    content["parts"] = [*(told.get(id) or _no_result(call) for id, call in asked.items()), *rest]


def _no_result(call: Json) -> Json:
    result = {"id": call["id"]} if "id" in call else {}
    return {"functionResponse": {**result, "name": call["name"], "response": {"error": "(no result)"}}}


def _content_alone(result: Json) -> list[Json]:
    text = next(iter(result["response"].values()), "")
    return [{"text": f"Result of a tool call ({result.get('id', '')}):\n{text}"}, *result.get("parts", ())]
