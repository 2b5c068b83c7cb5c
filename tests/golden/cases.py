"""The cases, and how each is translated. Whatever `sides.py` lists is picked up, as soon as there are cases for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from plano.dialects.reply import ReplyTo
from plano.dialects.sides import CLIENT_SIDES, PROVIDER_SIDES
from plano.dialects.translating import ClientSide, ProviderSide
from plano.dialects.translation import Translated, Translation
from plano.testing.event_stream import event_stream_frame

HERE = Path(__file__).parent
CLIENTS: dict[str, ClientSide] = {side.name: side for side in CLIENT_SIDES.values()}
PROVIDERS: dict[str, ProviderSide] = {side.name: side for side in PROVIDER_SIDES.values()}
#: A model of each provider's that has everything the dialect has.
MODELS = {"bedrock_converse": "us.anthropic.claude-sonnet-4-5-20250929-v1:0"}
#: With these, an answer is an error reply of this status.
ERROR_CASE, ERROR_STATUS = "error", 429


class Pair(NamedTuple):
    """A client's dialect and a provider's."""

    client: str
    provider: str

    @property
    def translation(self) -> Translation:
        return Translation(CLIENTS[self.client], PROVIDERS[self.provider])

    @property
    def folder(self) -> Path:
        return HERE / f"{self.client}_to_{self.provider}"


#: Those that are translated; the same dialect on both sides is passed through as it is.
PAIRS = [Pair(client, provider) for client in CLIENTS for provider in PROVIDERS if client != provider]
#: The same dialect on both sides, through the hub.
ROUND_TRIPS = [Pair(name, name) for name in CLIENTS if name in PROVIDERS]


def request_of(client: str, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "requests" / f"{client}_{case}.json").read_text("utf-8"))
    return found


def request_cases(client: str) -> list[str]:
    return _cases("requests", client)


def answer_cases(provider: str) -> list[str]:
    return _cases("answers", provider)


def stream_cases(provider: str) -> list[str]:
    return _cases("streams", provider)


def _cases(folder: str, dialect: str) -> list[str]:
    return sorted(path.stem.removeprefix(f"{dialect}_") for path in (HERE / folder).glob(f"{dialect}_*"))


def answer_of(provider: str, case: str) -> bytes:
    return (HERE / "answers" / f"{provider}_{case}.json").read_bytes()


def stream_of(provider: str, case: str) -> bytes:
    """The bytes a provider sends."""
    events = HERE / "streams" / f"{provider}_{case}.sse"
    if events.exists():
        return events.read_bytes()
    lines = (HERE / "streams" / f"{provider}_{case}.jsonl").read_text("utf-8").splitlines()
    return b"".join(frame(*json.loads(line)) for line in lines)


def frame(name: str, payload: Any, kind: str = "event") -> bytes:
    return event_stream_frame(name, json.dumps(payload).encode(), kind=kind)


def translate(pair: Pair, members: dict[str, Any]) -> Translated:
    return pair.translation.request(members, model=MODELS.get(pair.provider, "a-model"), id="req1", created=1700000000)


def reply_to(pair: Pair) -> ReplyTo:
    """What answers are written with: for the plain request."""
    return translate(pair, request_of(pair.client, "plain")).to


def read_stream(pair: Pair, blocks: list[bytes], to: ReplyTo | None = None) -> bytes:
    """What the client gets of a stream that comes in these blocks."""
    stream = pair.translation.stream(to or reply_to(pair))
    told = [stream.feed(block) for block in blocks]
    return b"".join([*told, stream.close()])


def read_answer(pair: Pair, case: str) -> bytes:
    body = answer_of(pair.provider, case)
    if case == ERROR_CASE:
        return pair.translation.error(ERROR_STATUS, body, "req1")
    return pair.translation.document(body, reply_to(pair))[0]


def goldens(pair: Pair) -> Iterator[tuple[str, str]]:
    """Name and text of every file of a pair, as it is to be."""
    for case in request_cases(pair.client):
        told = translate(pair, request_of(pair.client, case))
        tools = {name: {"name": tool.name, "namespace": tool.namespace} for name, tool in told.to.tools.items()}
        whole = {"members": told.members, "dropped": told.dropped, "renamed_tools": tools}
        yield f"request_{case}.json", pretty(whole)
    for case in answer_cases(pair.provider):
        yield f"answer_{case}.json", pretty(json.loads(read_answer(pair, case)))
    for case in stream_cases(pair.provider):
        yield f"stream_{case}.sse", read_stream(pair, [stream_of(pair.provider, case)]).decode()


def pretty(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
