"""Cells of the table, each by translating."""

from __future__ import annotations

import json
from typing import Any

from plano.errors import BadRequest
from tests.conformance.requests import PLAIN, Feature
from tests.golden.cases import Pair, translate

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
