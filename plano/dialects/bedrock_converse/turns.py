"""Turns of a conversation as messages, in the strict order Bedrock demands.

It demands: a user begins, roles take turns, results of tools come first in the message that follows their calls, each
call has one, no result is without its call, no text is blank. Clients' conversations keep only some of that, so
neighbours are merged, and what is lacking is made up.
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.bedrock_converse.blocks import Block, BlockWriter
from plano.dialects.conversation import Conversation, ToolResult, Turn
from plano.errors import BadRequest

_BEGINNING: Final = "Please begin."
_ABOUT_DOCUMENTS: Final = "See the attached documents."


def write_messages(conversation: Conversation, writer: BlockWriter) -> list[dict[str, Any]]:
    """Raises `BadRequest` where nothing can be shown of what the user said last."""
    messages: list[dict[str, Any]] = []
    last = next((turn for turn in reversed(conversation.turns) if turn.role == "user"), None)
    for turn in conversation.turns:
        shown_before = writer.not_shown
        results, rest = _blocks_of(turn, writer)
        if turn is last and rest and not results and writer.not_shown - shown_before == len(rest):
            raise BadRequest(
                "Amazon Bedrock can be shown nothing of the last turn of the user: it takes images, documents and "
                "audio as data, not by URL or file id, and only in some formats"
            )
        if results or rest:
            _add(messages, "assistant" if turn.role == "assistant" else "user", results, rest)
    _put_in_order(messages)
    return messages


def _blocks_of(turn: Turn, writer: BlockWriter) -> tuple[list[Block], list[Block]]:
    """Results of tools, and everything else."""
    results: list[Block] = []
    rest: list[Block] = []
    of_user = turn.role != "assistant"
    for part in turn.parts:
        blocks = writer.blocks(part, of_user=of_user)
        if isinstance(part, ToolResult):
            results += blocks
        else:
            rest += blocks
    if turn.role == "system" and rest:
        rest = [_as_instruction(block) for block in rest]
    if turn.name and rest:
        writer.losses.drop("name")
    return results, rest


def _as_instruction(block: Block) -> Block:
    """There is no such role in the middle of a conversation."""
    return {"text": f"<system>\n{block['text']}\n</system>"} if "text" in block else block


def _add(messages: list[dict[str, Any]], role: str, results: list[Block], rest: list[Block]) -> None:
    if not messages or messages[-1]["role"] != role:
        messages.append({"role": role, "content": [*results, *rest]})
        return
    content = messages[-1]["content"]
    if results:
        at = _end_of_results(content)
        content[at:at] = results
    content += rest


def _end_of_results(content: list[Block]) -> int:
    """Behind the last result and its cache point."""
    at = max((index + 1 for index, block in enumerate(content) if "toolResult" in block), default=0)
    return at + 1 if at and at < len(content) and "cachePoint" in content[at] else at


def _put_in_order(messages: list[dict[str, Any]]) -> None:
    if not messages or messages[0]["role"] != "user":
        messages.insert(0, {"role": "user", "content": [{"text": _BEGINNING}]})
    index = 0
    while index < len(messages):
        content = messages[index]["content"]
        if messages[index]["role"] == "user":
            called = _calls_in(messages[index - 1]["content"]) if index else []
            messages[index]["content"] = content = _answered(content, called)
            if any("document" in block for block in content) and not any("text" in block for block in content):
                content.append({"text": _ABOUT_DOCUMENTS})
        elif index + 1 == len(messages) and _calls_in(content):
            messages.append({"role": "user", "content": []})
        index += 1
    _end_cleanly(messages[-1])


def _calls_in(content: list[Block]) -> list[str]:
    return [block["toolUse"]["toolUseId"] for block in content if "toolUse" in block]


def _answered(content: list[Block], called: list[str]) -> list[Block]:
    """`content` with one result for each call; of the results nobody asked for only the content is kept."""
    if not called and not any("toolResult" in block for block in content):
        return content
    lacking = dict.fromkeys(called)
    results: list[Block] = []
    rest: list[Block] = []
    for index, block in enumerate(content):
        result = block.get("toolResult")
        if result is None:
            follows_result = index > 0 and "toolResult" in content[index - 1] and "cachePoint" in block
            (results if follows_result and results else rest).append(block)
        elif result["toolUseId"] in lacking:
            del lacking[result["toolUseId"]]
            results.append(block)
        else:
            rest += _content_alone(result)
    return [*results, *map(_no_result, lacking), *rest]


def _no_result(id: str) -> Block:
    return {"toolResult": {"toolUseId": id, "content": [{"text": "(no result)"}], "status": "error"}}


def _content_alone(result: Block) -> list[Block]:
    return [{"text": f"Result of a tool call ({result['toolUseId']}):"}, *result["content"]]


def _end_cleanly(last: dict[str, Any]) -> None:
    """What the model is to go on with must not end in white space."""
    block = last["content"][-1]
    if last["role"] == "assistant" and "text" in block:
        last["content"][-1] = {"text": block["text"].rstrip()}
