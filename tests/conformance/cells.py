"""Cells of the table, each by translating."""

from __future__ import annotations

import json
from typing import Any

from plano.errors import BadRequest
from tests.conformance.answers import Answered, stream_bytes
from tests.conformance.requests import PLAIN, Feature
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
    if told is None or not (pair.client in answered.whole or pair.client in answered.otherwise):
        return NOT_THERE
    whole = json.loads(pair.translation.document(json.dumps(told).encode(), reply_to(pair))[0])
    stream = read_stream(pair, [stream_bytes(pair.provider, told)])
    found = [
        _answer_cell(answered, pair, whole, answered.whole),
        _answer_cell(answered, pair, READERS[pair.client](stream).documents, answered.streamed),
    ]
    return max(found, key=(CARRIED, OTHERWISE, LOST).index)


def _answer_cell(answered: Answered, pair: Pair, document: Any, places: dict[str, list[Any]]) -> str:
    if any(place.is_in(document) for place in places.get(pair.client, ())):
        return CARRIED
    if any(place.is_in(document) for place in answered.otherwise.get(pair.client, ())):
        return OTHERWISE
    return LOST
