"""The keys of a listener: where they come from, where they are found, what is taken out of a request."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from plano.config.listeners import ApiKey, ModelListener
from plano.config.values import Secret
from plano.errors import Unauthorized
from plano.gateway.endpoints import model_endpoints
from plano.http.server.access import OPEN_PATHS, ApiKeys, UnusableKey, access_of
from plano.http.wire.head import RequestHead

KEY = "pk-team-blue-0123456789"
OTHER = "pk-team-red-9876543210"


def listener(*keys: ApiKey) -> ModelListener:
    return ModelListener(name="main", api_keys=keys)


def blue_and_red() -> ApiKeys:
    keys = access_of(
        listener(
            ApiKey(name="blue", key=Secret(KEY)),
            ApiKey(name="red", sha256=Secret(sha256(OTHER.encode()).hexdigest().upper())),
        )
    )
    assert keys is not None
    return keys


def head(*fields: tuple[str, str], method: bytes = b"POST", path: bytes = b"/v1/chat/completions") -> RequestHead:
    headers = [(b"host", b"plano"), *((name.encode(), value.encode()) for name, value in fields)]
    return RequestHead(method, path, b"", 1, headers, True)


def names(asked: RequestHead) -> list[bytes]:
    return [name for name, _ in asked.headers]


# Where a key is found.


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x-plano-api-key", KEY),
        ("authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer  {KEY}"),
        ("x-api-key", KEY),
        ("api-key", KEY),
    ],
)
def test_a_key_is_found_in_each_place_and_taken_out(field: str, value: str) -> None:
    asked = head(("accept", "*/*"), (field, value), ("x-request-id", "r"))
    blue_and_red().check(asked)
    assert asked.api_key == "blue"
    assert names(asked) == [b"host", b"accept", b"x-request-id"]


def test_a_key_given_as_its_hash_opens_too() -> None:
    asked = head(("x-api-key", OTHER))
    blue_and_red().check(asked)
    assert asked.api_key == "red"


@pytest.mark.parametrize(
    "fields",
    [
        [("authorization", f"Bearer {KEY}"), ("x-api-key", OTHER)],
        [("x-api-key", OTHER), ("authorization", f"Bearer {KEY}")],
        [("api-key", OTHER), ("x-plano-api-key", KEY)],
        [("authorization", "Bearer sk-of-the-user"), ("authorization", f"Bearer {KEY}")],
    ],
)
def test_of_several_keys_the_place_decides_and_none_is_left(fields: list[tuple[str, str]]) -> None:
    asked = head(*fields)
    blue_and_red().check(asked)
    assert asked.api_key == "blue"
    assert not any(KEY.encode() in value or OTHER.encode() in value for _, value in asked.headers)


def test_the_clients_other_credential_stays() -> None:
    asked = head(("authorization", "Bearer sk-ant-of-the-user"), ("x-api-key", KEY))
    blue_and_red().check(asked)
    assert asked.headers == [(b"host", b"plano"), (b"authorization", b"Bearer sk-ant-of-the-user")]


def test_the_same_key_in_a_place_only_providers_know_is_taken_out_and_opens_nothing() -> None:
    asked = head(("x-goog-api-key", KEY), ("x-api-key", KEY))
    blue_and_red().check(asked)
    assert names(asked) == [b"host"]
    with pytest.raises(Unauthorized):
        blue_and_red().check(head(("x-goog-api-key", KEY)))


# Who is refused.


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("authorization", "Bearer ")],
        [("authorization", "")],
        [("authorization", f"Basic {KEY}")],
        [("authorization", f"Bearer {KEY}x")],
        [("authorization", f"Bearer {KEY[:-1]}")],
        [("authorization", f"Bearer {KEY.upper()}")],
        [("x-api-key", f"{KEY} {KEY}")],
        [("x-api-key", sha256(KEY.encode()).hexdigest())],
        [("cookie", KEY)],
        [("x-plano-api-key2", KEY)],
    ],
)
def test_anything_else_is_refused_and_shows_no_key(fields: list[tuple[str, str]]) -> None:
    asked = head(*fields)
    with pytest.raises(Unauthorized) as raised:
        blue_and_red().check(asked)
    assert KEY not in raised.value.message + raised.value.detail
    assert asked.api_key == ""


def test_a_missing_key_is_told_from_a_wrong_one() -> None:
    with pytest.raises(Unauthorized, match="needs an API key"):
        blue_and_red().check(head())
    with pytest.raises(Unauthorized, match="not one of this listener's"):
        blue_and_red().check(head(("x-api-key", "wrong")))


def test_nobody_can_have_thousands_of_hashes_made() -> None:
    with pytest.raises(Unauthorized, match="more API keys"):
        blue_and_red().check(head(*[("x-api-key", "wrong")] * 9, ("x-api-key", KEY)))
    asked = head(*[("x-api-key", "wrong")] * 7, ("x-api-key", KEY))
    blue_and_red().check(asked)
    assert asked.api_key == "blue"


# Who needs none.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (b"GET", b"/healthz"),
        (b"HEAD", b"/readyz"),
        (b"OPTIONS", b"/v1/chat/completions"),
    ],
)
def test_health_checks_and_preflights_need_no_key(method: bytes, path: bytes) -> None:
    for length in ([], [("content-length", "0")]):
        asked = head(*length, method=method, path=path)
        blue_and_red().check(asked)
        assert asked.api_key == ""


@pytest.mark.parametrize("framing", [("content-length", "10"), ("transfer-encoding", "chunked")])
def test_one_with_a_body_needs_a_key_like_everybody(framing: tuple[str, str]) -> None:
    with pytest.raises(Unauthorized):
        blue_and_red().check(head(framing, method=b"GET", path=b"/healthz"))


@pytest.mark.parametrize(
    ("method", "path"),
    [(b"GET", b"/v1/models"), (b"GET", b"/healthz/"), (b"GET", b"/nowhere"), (b"POST", b"/healthz")],
)
def test_everything_else_needs_a_key(method: bytes, path: bytes) -> None:
    with pytest.raises(Unauthorized):
        blue_and_red().check(head(method=method, path=path))


def test_the_open_paths_are_the_health_checks_that_are_served() -> None:
    local = {path for (_, path), endpoint in model_endpoints().by_method_and_path.items() if endpoint.local}
    # Who greets a listener with keys learns from the 401 that somebody is there.
    assert local - OPEN_PATHS == {b"/v1/models", b"/models", b"/", b"/api/hello"}
    assert local >= OPEN_PATHS


# Where keys come from.


def test_a_listener_without_keys_is_open() -> None:
    assert access_of(listener()) is None


@pytest.mark.parametrize(
    "content",
    [
        KEY,
        f"{KEY}\n",
        f"\ufeff{KEY}\r\n",
        "sha256:" + sha256(KEY.encode()).hexdigest(),
        "sha256: " + sha256(KEY.encode()).hexdigest() + "\n",
    ],
)
def test_a_file_holds_a_key_or_its_hash(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content, "utf-8")
    keys = access_of(listener(ApiKey(name="blue", file=str(file))))
    assert keys is not None
    assert keys.name_of(KEY.encode()) == "blue"


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "key"
    entry = ApiKey(name="blue", file=str(file))
    found = []
    for key in (KEY, OTHER):
        file.write_text(key)
        keys = access_of(listener(entry))
        assert keys is not None
        found.append([bool(keys.name_of(KEY.encode())), bool(keys.name_of(OTHER.encode()))])
    assert found == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hunter2 and more", "is not one word"),
        (b"hunter2\nhunter3", "is not one word"),
        (b"hunter2\xff", "is not one word"),
        (b"sha256:hunter2", "not 64 hexadecimal digits"),
        (b"hunter2" * 1000, "over 4096 bytes"),
    ],
)
def test_a_file_without_a_key_is_named_and_its_content_is_not(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(UnusableKey, match=why) as raised:
        access_of(listener(ApiKey(name="blue", file=str(file))))
    assert str(file) in raised.value.message
    assert "`main`" in raised.value.message
    assert "`blue`" in raised.value.message
    assert "hunter" not in raised.value.message


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    for file, why in ((str(tmp_path / "none"), "No such file"), (str(tmp_path), "directory"), ("a\0b", "null byte")):
        with pytest.raises(UnusableKey, match=why) as raised:
            access_of(listener(ApiKey(name="blue", file=file)))
        assert raised.value.__cause__ is None


def test_two_names_for_one_key_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    with pytest.raises(UnusableKey, match="`blue` and `red` of `api_keys` are the same key"):
        access_of(listener(ApiKey(name="blue", key=Secret(KEY)), ApiKey(name="red", file=str(file))))


def test_no_key_is_in_a_repr() -> None:
    assert repr(blue_and_red()) == "ApiKeys(count=2)"
