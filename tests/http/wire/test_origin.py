"""Origins: what a URL is split into, and what is refused."""

from __future__ import annotations

import pytest

from plano.http.wire.origin import Origin


@pytest.mark.parametrize(
    ("url", "origin", "path", "host_header"),
    [
        ("https://api.openai.com", Origin("https", "api.openai.com", 443), "", b"api.openai.com"),
        ("https://api.openai.com/v1/", Origin("https", "api.openai.com", 443), "/v1", b"api.openai.com"),
        ("http://localhost:8000/a/b", Origin("http", "localhost", 8000), "/a/b", b"localhost:8000"),
        ("http://h:80", Origin("http", "h", 80), "", b"h"),
        ("https://h:80", Origin("https", "h", 80), "", b"h:80"),
        ("HTTP://HOST", Origin("http", "host", 80), "", b"host"),
        ("http://[::1]:8080/x", Origin("http", "::1", 8080), "/x", b"[::1]:8080"),
        ("https://[2001:db8::1]", Origin("https", "2001:db8::1", 443), "", b"[2001:db8::1]"),
    ],
)
def test_a_url_is_split(url: str, origin: Origin, path: str, host_header: bytes) -> None:
    assert Origin.parse(url) == (origin, path)
    assert origin.host_header == host_header
    assert str(origin) == f"{origin.scheme}://{host_header.decode()}"
    assert origin.is_tls == (origin.scheme == "https")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://h", "scheme"),
        ("h:80", "scheme"),
        ("", "scheme"),
        ("http://", "host is missing"),
        ("http://:80", "host is missing"),
        ("http://u:p@h", "user information"),
        ("http://u@h", "user information"),
        ("http://h?a=b", "query"),
        ("http://h/#f", "fragment"),
        ("http://h:99999", "[Pp]ort"),
        ("http://h:x", "[Pp]ort"),
        ("http://[::1", "IPv6"),
    ],
)
def test_another_url_is_refused(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Origin.parse(url)


def test_origins_are_keys() -> None:
    assert {Origin("http", "h", 80): 1}[Origin.parse("http://h/x")[0]] == 1
