"""What Prometheus answers to an instant query (HTTP API, `/api/v1/query`), as a figure per model."""

from __future__ import annotations

import math
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

_LABEL: Final = "model_name"


class NoVector(Exception):
    """There are no figures in it. The message says what is wrong, and shows nothing of the text."""


class _Row(Struct, frozen=True):
    metric: dict[str, str]
    value: tuple[float, str]


class _Data(Struct, frozen=True):
    result_type: str = msgspec.field(name="resultType")
    result: list[Any]


class _Answer(Struct, frozen=True):
    status: str
    data: _Data | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def query_url(url: str, query: str) -> str:
    """Where to ask the server at `url`."""
    return f"{url.rstrip('/')}/api/v1/query?query={quote(query, safe='')}"


def read_vector(body: bytes) -> tuple[dict[str, float], int]:
    """Figures by the label `model_name`, and how many results were unfit: no label, no number, NaN, infinite.

    Of several results for one model the smallest counts, whatever order they come in.
    """
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NoVector("it is not an answer of Prometheus") from None
    if answer.status != "success" or answer.data is None:
        raise NoVector("Prometheus refuses the query")
    if answer.data.result_type != "vector":
        raise NoVector("the query does not give an instant vector")
    figures: dict[str, float] = {}
    skipped = 0
    for written in answer.data.result:
        found = _figure(written)
        if found is None:
            skipped += 1
        else:
            model, figure = found
            figures[model] = min(figure, figures.get(model, math.inf))
    return figures, skipped


def _figure(written: object) -> tuple[str, float] | None:
    try:
        row = msgspec.convert(written, _Row)
        model, figure = row.metric.get(_LABEL, ""), float(row.value[1])
    except (msgspec.MsgspecError, ValueError):
        return None
    return (model, figure) if model and math.isfinite(figure) else None
