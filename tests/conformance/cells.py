"""Cells of the table, each by translating."""

from __future__ import annotations

import json
from typing import Any

from plano.errors import BadRequest
from tests.conformance.answers import Answered, stream_bytes
from tests.conformance.asking import CHAT, MESSAGES, PLAIN, Feature, Json
from tests.golden.cases import Pair, read_stream, reply_to, translate
from tests.golden.lifecycles import READERS

CARRIED, OTHERWISE, DROPPED, REFUSED, NOT_THERE, LOST = "✓", "≈", "–", "400", "n/a", "✗"


def request_cell(feature: Feature, pair: Pair) -> str:
    said = feature.said.get(pair.client)
    if said is None:
        return NOT_THERE
    try:
        told = translate(pair, {**PLAIN[pair.client], **said})
    except BadRequest:
        return REFUSED
    if any(place.is_in(told.members) for place in feature.native.get(pair.provider, ())):
        return CARRIED
    if any(place.is_in(told.members) for place in feature.about.get(pair.provider, ())):
        return OTHERWISE
    if feature.probe and feature.probe in json.dumps(told.members, ensure_ascii=False):
        return OTHERWISE
    return DROPPED if told.dropped else LOST


def answer_cell(answered: Answered, pair: Pair) -> str:
    """The worse of the whole answer and the streamed one."""
    told = answered.told.get(pair.provider)
    if told is None or pair.client not in (answered.whole | answered.streamed | answered.otherwise):
        return NOT_THERE
    found = []
    if answered.whole:
        whole = json.loads(pair.translation.document(json.dumps(told).encode(), reply_to(pair))[0])
        found.append(_answer_cell(answered, pair, whole, answered.whole))
    if answered.streamed:
        stream = read_stream(pair, [stream_bytes(pair.provider, told)])
        found.append(_answer_cell(answered, pair, READERS[pair.client](stream).documents, answered.streamed))
    return max(found, key=(CARRIED, OTHERWISE, LOST).index)


def _answer_cell(answered: Answered, pair: Pair, document: Any, places: dict[str, list[Any]]) -> str:
    if any(place.is_in(document) for place in places.get(pair.client, ())):
        return CARRIED
    if any(place.is_in(document) for place in answered.otherwise.get(pair.client, ())):
        return OTHERWISE
    return LOST


def proof_cell(answered: Answered, pair: Pair) -> str:
    """A proof that goes to the client, and comes back with the client's next request to the same provider."""
    told = answered.told.get(pair.provider)
    if told is None:
        return NOT_THERE
    document = json.loads(pair.translation.document(json.dumps(told).encode(), reply_to(pair))[0])
    asked = translate(pair, {**PLAIN[pair.client], **_history(pair.client, document)})
    sent = json.dumps(asked.members)
    if any(f'"{proof}"' in sent for proof in PROOFS):
        return CARRIED
    return DROPPED if asked.dropped else LOST


#: As providers tell them in `answers.py`: what comes back must be no more and no less.
PROOFS = ("c2ln", "cmVk")


def _history(client: str, document: Json) -> Json:
    """What a client keeps of an answer, and asks next."""
    if client == CHAT:
        said = {name: value for name, value in document["choices"][0]["message"].items() if value is not None}
        results = [{"role": "tool", "tool_call_id": call["id"], "content": "ok"} for call in said.get("tool_calls", ())]
        return {"messages": [*PLAIN[client]["messages"], said, *results, {"role": "user", "content": "Go on"}]}
    if client == MESSAGES:
        uses = [block for block in document["content"] if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": use["id"], "content": "ok"} for use in uses]
        said = {"role": "assistant", "content": document["content"]}
        more = {"role": "user", "content": [*results, {"type": "text", "text": "Go on"}]}
        return {"messages": [*PLAIN[client]["messages"], said, more]}
    calls = [item for item in document["output"] if item["type"] == "function_call"]
    outputs = [{"type": "function_call_output", "call_id": call["call_id"], "output": "ok"} for call in calls]
    return {"input": [*PLAIN[client]["input"], *document["output"], *outputs, {"role": "user", "content": "Go on"}]}
