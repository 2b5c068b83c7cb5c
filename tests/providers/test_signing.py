"""Signatures beside a plain reading of what AWS says of Signature Version 4, and where credentials come from."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import hmac
import logging
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.auth
import pytest

from plano.errors import MissingKey
from plano.providers.signing import Signer

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token=="
MOMENT = datetime.datetime(2015, 8, 30, 12, 36, 0, tzinfo=datetime.UTC)
STAMP, DAY = "20150830T123600Z", "20150830"
HOST = "bedrock-runtime.us-east-1.amazonaws.com"
PATH = b"/model/anthropic.claude-v1%3A0/converse"
BODY = b'{"messages":[]}'


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials but what a test gives, and a clock that stands still."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: MOMENT, raising=True)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def signer(service: str = "bedrock") -> Signer:
    return Signer(origin=f"https://{HOST}", host=HOST, region="us-east-1", service=service)


def lines(rendered: bytes) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in rendered.decode().split("\r\n")[:-1])


def expected_signature(headers: dict[str, str], path: bytes, query: str, body: bytes) -> str:
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, step by step."""
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            "POST",
            quote(path.decode(), safe="/-_.~"),  # Encoded once more: every service but S3.
            query,
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{DAY}/us-east-1/bedrock/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{STAMP}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (DAY, "us-east-1", "bedrock", "aws4_request", to_sign):
        last, key = key, hmac.new(key, part.encode(), hashlib.sha256).digest()
        assert last
    return f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={names}, Signature={key.hex()}"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("body", [BODY, b"", "grüße".encode() * 9000])
@pytest.mark.parametrize(
    "path", [PATH, b"/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Aprofile%2Fx.y-z/converse-stream", b"/a/model/m/converse"]
)
def test_a_request_is_signed_as_aws_describes_it(path: bytes, body: bytes) -> None:
    made = lines(signer().lines("POST", path, b"", body))

    digest = hashlib.sha256(body).hexdigest()
    signed = {"host": HOST, "x-amz-content-sha256": digest, "x-amz-date": STAMP}
    assert made["authorization"] == expected_signature(signed, path, "", body)
    assert made["x-amz-date"] == STAMP
    assert made["x-amz-content-sha256"] == digest
    assert "x-amz-security-token" not in made


@pytest.mark.usefixtures("keys")
def test_a_session_token_is_sent_and_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)

    made = lines(signer().lines("POST", PATH, b"a=1&b=2", BODY))

    digest = hashlib.sha256(BODY).hexdigest()
    signed = {"host": HOST, "x-amz-content-sha256": digest, "x-amz-date": STAMP, "x-amz-security-token": TOKEN}
    assert made["x-amz-security-token"] == TOKEN
    assert made["authorization"] == expected_signature(signed, PATH, "a=1&b=2", BODY)


def test_credentials_of_a_profile_are_found(tmp_path: Path) -> None:
    stored = f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    (tmp_path / "credentials").write_text(stored)

    assert f"Credential={KEY_ID}/".encode() in signer().lines("POST", PATH, b"", BODY)


def test_without_credentials_the_error_says_what_to_do() -> None:
    with pytest.raises(MissingKey, match="access_key"):
        signer().lines("POST", PATH, b"", BODY)


def test_a_broken_source_of_credentials_is_told_without_its_words(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[default]\ncredential_process = /bin/sh -c 'echo {SECRET} >&2; exit 3'\n")

    with pytest.raises(MissingKey) as caught:
        signer().lines("POST", PATH, b"", BODY)

    assert SECRET not in f"{caught.value} {caught.value.detail}"
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("keys")
def test_credentials_are_fetched_beside_the_loop_once_for_all_who_wait() -> None:
    asked = []
    made = signer()
    find = made._session.get_credentials
    made._session.get_credentials = lambda: (asked.append(1), find())[1]

    async def several() -> None:
        await asyncio.gather(*(made.prepare() for _ in range(5)))

    assert not made.is_ready
    asyncio.run(several())
    assert made.is_ready
    assert asked == [1]


def test_whoever_waits_in_vain_is_told_and_the_next_one_tries_again() -> None:
    made = signer()
    for _ in range(2):
        with pytest.raises(MissingKey):
            asyncio.run(made.prepare())
    assert not made.is_ready


@pytest.mark.usefixtures("keys")
def test_credentials_about_to_expire_are_fetched_anew() -> None:
    class Expiring:
        def __init__(self) -> None:
            self.is_old = False

        def refresh_needed(self) -> bool:
            return self.is_old

        def get_frozen_credentials(self) -> Any:
            self.is_old = False

    made = signer()
    made._credentials = held = Expiring()
    assert made.is_ready
    held.is_old = True
    assert not made.is_ready
    asyncio.run(made.prepare())
    assert made.is_ready


@pytest.mark.usefixtures("keys")
def test_secrets_never_show(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    made = signer()
    with caplog.at_level(logging.DEBUG):
        made.lines("POST", PATH, b"", BODY)

    shown = f"{made!r} {caplog.text}"
    assert SECRET not in shown
    assert TOKEN not in shown


def test_without_botocore_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with pytest.raises(ValueError, match=r"planoai\[bedrock\]"):
        signer()
