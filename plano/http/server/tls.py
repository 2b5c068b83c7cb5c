"""TLS towards clients: a context from the files of a listener, or the file that stands in the way and why.

Messages name files and reasons, never what is in a file. Files are read when a context is made and not again: a new
certificate takes a new context.
"""

from __future__ import annotations

import os
import re
import ssl
from binascii import Error as NotBase64
from binascii import a2b_base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from plano.config.listeners import ListenerTls

#: How long a handshake may take, in seconds; a client that is slower is let go.
HANDSHAKE_TIMEOUT_S: Final = 10.0
#: From when on `expiry_notice` warns.
EXPIRES_SOON: Final = timedelta(days=14)
#: TLS 1.2 with forward secrecy and authenticated encryption alone (RFC 9325 section 4.2); 1.3 has nothing else.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"
_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END (?:X509 |TRUSTED )?CERTIFICATE-----"
)
_REASONS: Final = {
    "EE_KEY_TOO_SMALL": "its key is too short to be safe",
    "CA_KEY_TOO_SMALL": "the key of one of its issuers is too short to be safe",
    "CA_MD_TOO_WEAK": "it is signed with a digest that is no longer safe",
    "EE_MD_TOO_WEAK": "it is signed with a digest that is no longer safe",
}


class UnusableTls(Exception):
    """A file of a listener's `tls` cannot be used. `key` is that of the config; `str()` names file and reason."""

    def __init__(self, key: str, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.key = key
        self.file = file
        self.reason = reason


def server_context(tls: ListenerTls) -> ssl.SSLContext:
    """What a listener serves HTTPS with. Raises `UnusableTls`; an expired certificate is none: see `expiry_notice`.

    Session tickets stay on: resuming by ticket costs no memory here, unlike OpenSSL's own cache that would take their
    place. Their keys live as long as the context, and differ between contexts: a reload ends resumption.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.set_ciphers(_CIPHERS)
    # A client that renegotiates makes the server compute for nothing (CVE-2011-1473).
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _load_pair(context, tls)
    if tls.client_ca is not None:
        _require_clients(context, tls.client_ca)
    return context


def certificate_expiry(certificate: str) -> datetime:
    """Until when the first certificate of a PEM file is valid. Raises `UnusableTls`."""
    found = _CERTIFICATE.search(_content("certificate", certificate))
    try:
        if found is None:
            raise ValueError("no certificate")
        return _not_after(a2b_base64(found[1]))
    except (ValueError, NotBase64, IndexError):
        raise UnusableTls("certificate", certificate, "holds no certificate in PEM form") from None


def expiry_notice(tls: ListenerTls, now_unix_s: float) -> str | None:
    """A sentence for a certificate that has expired or soon will. Raises `UnusableTls`."""
    expiry = certificate_expiry(tls.certificate)
    left = expiry - datetime.fromtimestamp(now_unix_s, UTC)
    day = f"{expiry:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta(0):
        return f"The certificate {tls.certificate} has expired: it was valid until {day}. Clients will refuse it."
    if left <= EXPIRES_SOON:
        return f"The certificate {tls.certificate} expires soon: it is valid until {day}."
    return None


def _load_pair(context: ssl.SSLContext, tls: ListenerTls) -> None:
    certificate_expiry(tls.certificate)
    _content("private_key", tls.private_key, limit=1)
    password = tls.private_key_password
    asked: list[bool] = []

    def tell() -> str:
        # Without this, OpenSSL would ask at the terminal.
        asked.append(True)
        return "" if password is None else password.reveal()

    try:
        context.load_cert_chain(tls.certificate, tls.private_key, tell)
    except ssl.SSLError as error:
        raise _pair_fault(tls, error, was_encrypted=bool(asked)) from None
    except OSError as error:  # Gone since it was looked at.
        raise UnusableTls("private_key", tls.private_key, error.strerror or type(error).__name__) from None
    except ValueError:
        reason = "`private_key_password` is longer than any password may be"
        raise UnusableTls("private_key_password", tls.private_key, reason) from None


def _pair_fault(tls: ListenerTls, error: ssl.SSLError, *, was_encrypted: bool) -> UnusableTls:
    """OpenSSL does not say which of the two files it stumbled over."""
    key, certificate = tls.private_key, tls.certificate
    if error.reason == "KEY_VALUES_MISMATCH":
        return UnusableTls("private_key", key, f"is not the key of the certificate in {certificate}")
    if error.reason in _REASONS:
        return UnusableTls("certificate", certificate, _REASONS[error.reason])
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        trial.load_verify_locations(certificate)
    except (ssl.SSLError, OSError):
        return UnusableTls("certificate", certificate, "holds no certificate in PEM form that can be read")
    if was_encrypted and tls.private_key_password is None:
        return UnusableTls("private_key", key, "is encrypted, and `private_key_password` is not set")
    if was_encrypted:
        return UnusableTls("private_key_password", key, "cannot be decrypted with `private_key_password`")
    return UnusableTls("private_key", key, "holds no private key in PEM form that can be read")


def _require_clients(context: ssl.SSLContext, client_ca: str) -> None:
    """Only clients with a certificate of these authorities, which need not be roots."""
    try:
        if os.path.isdir(client_ca):
            context.load_verify_locations(capath=client_ca)
        else:
            _content("client_ca", client_ca, limit=1)
            context.load_verify_locations(cafile=client_ca)
    except OSError as error:
        reason = "holds no certificate in PEM form that can be read"
        if not isinstance(error, ssl.SSLError):
            reason = error.strerror or reason
        raise UnusableTls("client_ca", client_ca, reason) from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_mode = ssl.CERT_REQUIRED


def _content(key: str, file: str, limit: int = 1024 * 1024) -> bytes:
    """The beginning of a file: OpenSSL's own errors do not say which file cannot be read, or why."""
    try:
        with Path(file).open("rb") as opened:
            return opened.read(limit)
    except OSError as error:
        raise UnusableTls(key, file, error.strerror or type(error).__name__) from None


def _not_after(der: bytes) -> datetime:
    """RFC 5280 section 4.1: certificate > tbsCertificate > version?, serial, algorithm, issuer, validity > notAfter.

    Python tells this only of a peer's certificate that it has verified. Raises `ValueError` or `IndexError`.
    """
    tag, certificate, _ = _element(der)
    inner_tag, rest, _ = _element(certificate)
    if (tag, inner_tag) != (0x30, 0x30):
        raise ValueError("no certificate")
    if rest[0] == 0xA0:
        rest = _element(rest)[2]
    for _ in range(3):
        rest = _element(rest)[2]
    _, validity, _ = _element(rest)
    tag, text, _ = _element(_element(validity)[2])
    written = text.decode("ascii")
    if tag == 0x17:  # UTCTime: the century is left out.
        written = ("19" if written[:2] >= "50" else "20") + written
    return datetime.strptime(written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content and what follows (X.690 section 8.1)."""
    length, start = data[1], 2
    if length & 0x80:
        size = length & 0x7F
        start += size
        length = int.from_bytes(data[2:start], "big")
        if not 0 < size <= 4:
            raise ValueError("a length out of range")
    if start + length > len(data):
        raise ValueError("cut short")
    return data[0], data[start : start + length], data[start + length :]
