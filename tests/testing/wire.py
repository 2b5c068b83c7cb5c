"""A client of bare sockets: what really arrives, byte by byte."""

from __future__ import annotations

import socket

from plano.testing import ScriptedProvider


def connect(provider: ScriptedProvider) -> socket.socket:
    family = socket.AF_INET6 if ":" in provider.host else socket.AF_INET
    client = socket.socket(family)
    client.settimeout(5)
    client.connect((provider.host, provider.port))
    return client


def post(
    body: bytes, path: str = "/v1/chat/completions", *, version: str = "1.1", headers: str = ""
) -> bytes:
    head = f"POST {path} HTTP/{version}\r\nhost: provider\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def read_all(client: socket.socket) -> bytes:
    """Everything up to the end of the connection."""
    received = b""
    while part := client.recv(65536):
        received += part
    return received


def read_until(client: socket.socket, mark: bytes) -> bytes:
    received = b""
    while mark not in received:
        part = client.recv(65536)
        assert part, f"the connection ended before {mark!r}: {received!r}"
        received += part
    return received


def read_answer(client: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one answer that announces its length."""
    head, _, body = read_until(client, b"\r\n\r\n").partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        part = client.recv(65536)
        assert part, "the connection ended within the body"
        body += part
    return head, body


def exchange(provider: ScriptedProvider, request: bytes) -> bytes:
    """Everything the provider sends for one request until it closes."""
    with connect(provider) as client:
        client.sendall(request)
        return read_all(client)
