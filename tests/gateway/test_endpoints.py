"""Which path and method means what."""

from __future__ import annotations

import pytest

from plano.dialects.operation import OPERATIONS, Operation
from plano.errors import MethodNotAllowed, UnknownPath
from plano.gateway.endpoints import allowed_methods, model_endpoints

TABLE = model_endpoints()


@pytest.mark.parametrize("prefix", ["/v1", "", "/v1/v1"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_served_with_and_without_the_prefix(operation: Operation, prefix: str) -> None:
    path = (prefix + operation.suffix).encode()
    assert TABLE.find(b"POST", path).operation is operation
    assert TABLE.by_method_and_path[b"POST", path].operation is operation


@pytest.mark.parametrize(
    "path", [b"/healthz", b"/readyz", b"/", b"/api/hello", b"/v1/models", b"/models", b"/v1/models/a/b/c"]
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_what_is_read_is_read_with_get_and_head(method: bytes, path: bytes) -> None:
    endpoint = TABLE.find(method, path)
    assert endpoint.local
    assert endpoint.operation is None


@pytest.mark.parametrize(
    "path", [b"//", b"", b"*", b"/v1", b"/v1/", b"/v2/chat/completions", b"/v1/chat/completions/", b"/V1/models"]
)
def test_other_paths_are_unknown(path: bytes) -> None:
    with pytest.raises(UnknownPath):
        TABLE.find(b"GET", path)
    assert TABLE.methods(path) == {}


def test_another_method_is_told_what_would_do() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        TABLE.find(b"DELETE", b"/v1/messages")
    assert caught.value.allowed == ("POST", "OPTIONS")
    with pytest.raises(MethodNotAllowed) as caught:
        TABLE.find(b"POST", b"/v1/models/x")
    assert caught.value.allowed == ("GET", "HEAD", "OPTIONS")


def test_the_value_of_allow() -> None:
    assert allowed_methods([b"GET", b"HEAD"]) == b"GET, HEAD, OPTIONS"
