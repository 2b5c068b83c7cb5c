"""Rows of `model_providers` for tests, and what stands in a target."""

from __future__ import annotations

from typing import Any

from plano.config.models import ModelProvider
from plano.config.values import Secret
from plano.dialects.operation import OPERATIONS, Operation
from plano.providers.provider import Provider
from plano.providers.target import Target

KEY = "sk-our-own-key"
OPERATION = {operation.name: operation for operation in OPERATIONS}


def row(
    model: str, *, key: str | None = KEY, headers: dict[str, str] | None = None, **settings: Any
) -> ModelProvider:
    """One entry of `model_providers`."""
    return ModelProvider(
        model=model,
        access_key=None if key is None else Secret(key),
        headers={name: Secret(value) for name, value in (headers or {}).items()},
        **settings,
    )


def provider(model: str, **settings: Any) -> Provider:
    return Provider(row(model, **settings))


def target(model: str, operation: Operation = OPERATION["chat"], **settings: Any) -> Target:
    """The target of a provider that must speak the operation."""
    built = provider(model, **settings)
    found = built.target(operation, built.model_id)
    assert found is not None, f"{model} does not speak {operation.name}"
    return found


def url(found: Target) -> str:
    query = f"?{found.query.decode()}" if found.query else ""
    return f"{found.origin}{found.path.decode()}{query}"


def lines(rendered: bytes) -> dict[str, str]:
    """Rendered header lines as a dict; fails on a line that is not one or comes twice."""
    pairs = [line.split(": ", 1) for line in rendered.decode("latin-1").split("\r\n")[:-1]]
    parsed = dict(pairs)
    assert len(parsed) == len(pairs)
    return parsed
