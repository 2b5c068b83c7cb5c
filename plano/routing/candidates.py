"""What routing answers: the provider and model to try, and why."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from plano.providers.provider import Provider


class Candidate(Struct, frozen=True):
    """A model at a provider.

    `model_id` is the id as the vendor knows it, `model_json` the same as JSON for the request's body,
    `full_name` is `prefix/model_id`.
    """

    provider: Provider
    model_id: str
    full_name: str
    model_json: bytes

    @classmethod
    def of(cls, provider: Provider, model_id: str) -> Candidate:
        return cls(provider, model_id, f"{provider.prefix}/{model_id}", msgspec.json.encode(model_id))


class Decision(Struct, frozen=True):
    """Who may answer a request: `candidates` in order, never empty.

    `requested` is the model as the client wrote it ("" for none), `route` the preference that matched,
    `reason` a word for the record: alias, model, name, id, wildcard, known id, default.
    """

    candidates: tuple[Candidate, ...]
    requested: str
    route: str | None
    reason: str
