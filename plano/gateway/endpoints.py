"""What is served where: path and method -> endpoint, one table per listener kind, built at start-up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from plano.dialects.operation import DECISIONS, EXPLAIN, OPERATIONS, Operation
from plano.errors import MethodNotAllowed, UnknownPath


class Endpoint(Struct, frozen=True):
    """Something a listener answers: an operation at a provider, or plano's own page called `local`."""

    operation: Operation | None = None
    local: str = ""


_MODELS: Final = Endpoint(local="models")
_HEALTH: Final = Endpoint(local="healthz")
_READY: Final = Endpoint(local="readyz")
_MODEL_PREFIXES: Final = (b"/v1/models/", b"/models/")


class Endpoints:
    """The table of one listener."""

    def __init__(self, methods_of: dict[bytes, dict[bytes, Endpoint]]) -> None:
        self._methods_of = methods_of
        self.by_method_and_path: dict[tuple[bytes, bytes], Endpoint] = {
            (method, path): endpoint for path, methods in methods_of.items() for method, endpoint in methods.items()
        }

    def find(self, method: bytes, path: bytes) -> Endpoint:
        """Raises `UnknownPath` or `MethodNotAllowed`."""
        endpoint = self.by_method_and_path.get((method, path))
        if endpoint is not None:
            return endpoint
        methods = self.methods(path)
        if not methods:
            raise UnknownPath(f"nothing is served at {path.decode('latin-1')}")
        if method in methods:
            return methods[method]
        allowed = tuple(name.decode() for name in (*methods, b"OPTIONS"))
        raise MethodNotAllowed(
            f"{method.decode('latin-1')} is not allowed at {path.decode('latin-1')}; use {' or '.join(allowed)}",
            allowed=allowed,
        )

    def methods(self, path: bytes) -> dict[bytes, Endpoint]:
        """What the path understands; empty for an unknown one."""
        found = self._methods_of.get(path)
        if found is not None:
            return found
        if path.startswith(_MODEL_PREFIXES) and b"/v1/models" in self._methods_of:
            return {b"GET": Endpoint(local="model"), b"HEAD": Endpoint(local="model")}
        return {}


def model_endpoints() -> Endpoints:
    """The table of a model listener.

    Clients whose base URL lacks `/v1`, or whose SDK adds a second one, are served as well.
    """
    table: dict[bytes, dict[bytes, Endpoint]] = {}
    for operation in OPERATIONS:
        endpoint = Endpoint(operation)
        suffix = operation.suffix.encode()
        for path in (b"/v1" + suffix, suffix, b"/v1/v1" + suffix):
            table[path] = {b"POST": endpoint}
    for decision in DECISIONS:
        table[b"/routing/v1" + decision.suffix.encode()] = {b"POST": Endpoint(decision)}
    for path in (b"/v1/explain", b"/explain"):
        table[path] = {b"POST": Endpoint(EXPLAIN)}
    for path in (b"/v1/models", b"/models"):
        table[path] = _readable(_MODELS)
    # Claude Code looks with HEAD at its base URL, and at /api/hello, whether anybody is there.
    for path in (b"/healthz", b"/", b"/api/hello"):
        table[path] = _readable(_HEALTH)
    table[b"/readyz"] = _readable(_READY)
    return Endpoints(table)


def _readable(endpoint: Endpoint) -> dict[bytes, Endpoint]:
    return dict.fromkeys((b"GET", b"HEAD"), endpoint)


def allowed_methods(methods: Iterable[bytes]) -> bytes:
    """The value of `Allow` for a path (RFC 9110 section 10.2.1)."""
    return b", ".join((*methods, b"OPTIONS"))
