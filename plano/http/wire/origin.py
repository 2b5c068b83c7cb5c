"""Where a connection leads: scheme, host and port. The key of the connection pool and of everything bound to a host."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(Struct, frozen=True):
    """Scheme, host (no brackets) and port of an HTTP server (RFC 6454 section 4)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> tuple[Origin, str]:
        """Split `https://host:port/prefix` into its origin and its path without the closing slash.

        Raises `ValueError` for another scheme, a missing host, a bad port, user information, a query or a fragment.
        """
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError("the scheme must be http or https")
        if not parts.hostname:
            raise ValueError("the host is missing")
        if parts.username is not None or parts.password is not None:
            raise ValueError("user information is not allowed in a URL")
        if parts.query or parts.fragment:
            raise ValueError("a query or fragment is not allowed here")
        port = parts.port if parts.port is not None else _DEFAULT_PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname, port), parts.path.rstrip("/")

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def host_header(self) -> bytes:
        """The value of `Host`: IPv6 in brackets, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}").encode("ascii")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_header.decode()}"
