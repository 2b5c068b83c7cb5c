"""What plano answers by itself: health and the list of models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

import orjson

from plano.errors import UnknownModel
from plano.http.wire.head import RequestHead
from plano.routing.model_names import ListedModel, ModelNames

#: Rows are plain dicts: no Struct would tell more, and orjson is the quickest for those.
_encode: Final = orjson.dumps

OK: Final = b"HTTP/1.1 200 OK\r\n"
JSON: Final = b"content-type: application/json\r\n"


class LocalAnswers:
    """Ready-made answers of one plan; each is (status, head lines, body)."""

    def __init__(self, names: ModelNames, created_unix_s: float) -> None:
        listing = names.listing()
        self._names = names
        self._created = int(created_unix_s)
        self._openai = {model.id: _openai_row(model) for model in listing}
        self._anthropic = {model.id: _anthropic_row(model) for model in listing}
        self._openai_list = _encode({"object": "list", "data": list(self._openai.values())})
        self._anthropic_list = _encode(_anthropic_page(list(self._anthropic.values())))

    def health(self) -> tuple[int, bytes, bytes]:
        """`/healthz`: the process is alive."""
        return 200, OK + JSON, b'{"status":"ok"}'

    def ready(self, *, is_draining: bool, is_loading: bool = False) -> tuple[int, bytes, bytes]:
        """`/readyz`: new requests are welcome. Loading is what the router model does at the start."""
        if is_draining or is_loading:
            word = b"draining" if is_draining else b"loading"
            return 503, b"HTTP/1.1 503 Service Unavailable\r\n" + JSON, b'{"status":"%b"}' % word
        return 200, OK + JSON, b'{"status":"ready"}'

    def models(self, head: RequestHead) -> tuple[int, bytes, bytes]:
        """`GET /v1/models`, in Anthropic's shape for Anthropic's clients."""
        if head.get(b"anthropic-version") is not None:
            return 200, OK + JSON, self._anthropic_list
        return 200, OK + JSON, self._openai_list

    def model(self, head: RequestHead) -> tuple[int, bytes, bytes]:
        """`GET /v1/models/{id}`; the id may hold slashes. Raises `UnknownModel`."""
        model_id = unquote(head.path.decode("latin-1").partition("/models/")[2])
        rows = self._openai if head.get(b"anthropic-version") is None else self._anthropic
        row = rows.get(model_id)
        if row is None:
            row = self._row_of_unlisted(model_id, rows)
        return 200, OK + JSON, _encode(row)

    def _row_of_unlisted(self, model_id: str, rows: dict[str, dict[str, object]]) -> dict[str, object]:
        """A model that is served without being listed: a bare id, or one a wildcard covers."""
        decision = self._names.resolve(model_id)
        if decision.reason == "default":
            raise UnknownModel(f"the model {model_id!r} does not exist", param="model")
        candidate = decision.candidates[0]
        model = ListedModel(
            id=model_id,
            owned_by=candidate.provider.owned_by,
            created=self._created,
            display_name=model_id,
        )
        return _openai_row(model) if rows is self._openai else _anthropic_row(model)


def _openai_row(model: ListedModel) -> dict[str, object]:
    return {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}


def _anthropic_row(model: ListedModel) -> dict[str, object]:
    created = datetime.fromtimestamp(model.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": model.id, "display_name": model.display_name, "created_at": created}


def _anthropic_page(rows: list[dict[str, object]]) -> dict[str, object]:
    first = rows[0]["id"] if rows else None
    last = rows[-1]["id"] if rows else None
    return {"data": rows, "has_more": False, "first_id": first, "last_id": last}
