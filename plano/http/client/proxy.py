"""Which proxy leads to an origin: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, read once.

Names in lower case win over those in upper case, as for curl; `HTTP_PROXY` in upper case does not count at all: where
a CGI server started plano, it is the request header `Proxy` (httpoxy, CVE-2016-5385). Origins of either scheme are
reached through a tunnel (CONNECT), so that no proxy changes a request, or sees the key and prompts behind TLS.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct

from plano.config.values import Secret
from plano.http.client.resolver import DOCKER_HOST
from plano.http.wire.origin import Origin

_HOST: Final = re.compile(r"[a-z0-9._-]+\Z|[0-9a-f:.]+(%[a-z0-9._-]+)?\Z")
_PERCENT: Final = " (in a user name or password, write `@`, `/`, `:`, `#` and `?` as %40, %2F, %3A, %23 and %3F)"
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f]")
_DOMAIN: Final = re.compile(r"(?:\*?\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?\Z")
_WITH_PORT: Final = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::([0-9]{1,5}))?\Z")

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class UnusableProxy(ValueError):
    """A variable that names a proxy cannot be used. The message names the variable and never shows its value."""


class Proxy(Struct, frozen=True):
    """An HTTP proxy, reached plainly or by TLS as the origin's scheme says.

    `authorization` is the value of `Proxy-Authorization` (RFC 7617). `str()` is the address alone.
    """

    origin: Origin
    authorization: Secret | None = None

    def __str__(self) -> str:
        return str(self.origin)


class Exemption(Struct, frozen=True):
    """One entry of `no_proxy`: a network, or a domain with all below it ("" is every host); perhaps one port of it."""

    domain: str = ""
    network: _Network | None = None
    port: int | None = None

    def covers(self, host: str, address: _Address | None, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address is not None and address in self.network
        if not self.domain:
            return True
        return address is None and (host == self.domain or host.endswith("." + self.domain))


class ProxySettings(Struct, frozen=True):
    """What the environment says about proxies. `notices` are sentences on what of it counts for nothing."""

    https: Proxy | None = None
    http: Proxy | None = None
    exempt: tuple[Exemption, ...] = ()
    notices: tuple[str, ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> ProxySettings:
        """Read the variables; an empty one is like none. Raises `UnusableProxy`.

        `all_proxy` is for the schemes that have no variable of their own.
        """
        everything = _first(environ, "all_proxy", "ALL_PROXY")
        https = _first(environ, "https_proxy", "HTTPS_PROXY") or everything
        http = _first(environ, "http_proxy") or everything
        exempt, notices = _exemptions(_first(environ, "no_proxy", "NO_PROXY"))
        return cls(https and _proxy(*https), http and _proxy(*http), exempt, notices)

    def towards(self, origin: Origin) -> Proxy | None:
        """The proxy for an origin; None: go there directly, as always to this machine itself."""
        proxy = self.https if origin.is_tls else self.http
        if proxy is None:
            return None
        host = origin.host.lower().rstrip(".")
        address = _address(host)
        if _is_here(host, address) or any(one.covers(host, address, origin.port) for one in self.exempt):
            return None
        return proxy


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """Name and value of the first of these variables that is not empty."""
    found = ((name, environ.get(name, "").strip()) for name in names)
    return next((variable for variable in found if variable[1]), None)


def _proxy(variable: str, text: str) -> Proxy:
    if _UNFIT.search(text):
        raise UnusableProxy(f"{variable} must not hold spaces or control characters")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        raise UnusableProxy(f"{variable} is not a URL: its host or port cannot be read{_PERCENT}") from None
    if parts.scheme not in ("http", "https"):
        raise UnusableProxy(f"{variable} must begin with http:// or https://: other kinds of proxies are not spoken")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UnusableProxy(f"{variable} must end after the port{_PERCENT}")
    if not _HOST.match(parts.hostname or "") or port == 0:
        raise UnusableProxy(f"{variable} is not a URL: its host or port cannot be read{_PERCENT}")
    origin = Origin(parts.scheme, parts.hostname or "", port or (443 if parts.scheme == "https" else 80))
    return Proxy(origin, _authorization(variable, parts.username or "", parts.password or ""))


def _authorization(variable: str, user: str, password: str) -> Secret | None:
    """RFC 7617 section 2; UTF-8, as the percent signs say."""
    if not user and not password:
        return None
    name, word = unquote_to_bytes(user), unquote_to_bytes(password)
    if b":" in name:
        raise UnusableProxy(f"{variable} has a user name with a colon, which Basic authentication cannot carry")
    if any(byte < 32 or byte == 127 for byte in name + word):
        raise UnusableProxy(f"{variable} has a user name or password with control characters")
    return Secret("Basic " + base64.b64encode(name + b":" + word).decode())


def _exemptions(variable: tuple[str, str] | None) -> tuple[tuple[Exemption, ...], tuple[str, ...]]:
    """Entries between commas or spaces; one that cannot be read is left out, and a notice says which."""
    exempt: list[Exemption] = []
    notices: list[str] = []
    name, text = variable or ("", "")
    for place, entry in enumerate(re.split(r"[\s,]+", text.lower().strip(", \t")), 1):
        if not entry:
            continue
        if (found := _exemption(entry)) is not None:
            exempt.append(found)
        else:
            # Its place, not its text: people put URLs with passwords there too.
            notices.append(f"Entry {place} of {name} is neither a host, a domain, an address nor a network: ignored.")
    return tuple(exempt), tuple(notices)


def _exemption(entry: str) -> Exemption | None:
    if entry == "*":
        return Exemption()
    try:
        return Exemption(network=ipaddress.ip_network(entry, strict=False))
    except ValueError:
        found = _WITH_PORT.match(entry)
    if found is None:
        return None
    port = None if found[3] is None else int(found[3])
    if port is not None and not 0 < port < 65536:
        return None
    address = _address(found[1] or found[2])
    if address is not None:
        return Exemption(network=ipaddress.ip_network(address), port=port)
    domain = _DOMAIN.match(found[2] or "")
    return None if domain is None else Exemption(domain=domain[1], port=port)


def _address(host: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def _is_here(host: str, address: _Address | None) -> bool:
    """Loopback, by number or by name (RFC 6761 section 6.3), and Docker's name for the machine."""
    if address is not None:
        return address.is_loopback
    return host in ("localhost", DOCKER_HOST) or host.endswith(".localhost")
