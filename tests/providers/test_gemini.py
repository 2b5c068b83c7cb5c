"""Where Gemini's own API is, and when it is spoken."""

from __future__ import annotations

import pytest

from plano.dialects.operation import CHAT, GENERATE
from plano.providers.paths import gemini_paths

from .rows import lines, provider, target


def test_a_stream_is_asked_for_at_another_path() -> None:
    found = target("gemini/gemini-3-pro", GENERATE, key="k")

    assert found.start_line == b"POST /v1beta/models/gemini-3-pro:generateContent HTTP/1.1\r\n"
    assert found.streaming_start_line == (
        b"POST /v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse HTTP/1.1\r\n"
    )
    assert lines(found.fixed_headers)["x-goog-api-key"] == "k"


def test_at_home_both_apis_are_spoken() -> None:
    found = target("gemini/gemini-3-pro", CHAT, key="k")

    assert found.path == b"/v1beta/openai/chat/completions"
    assert lines(found.fixed_headers)["authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("base_url", "interface", "spoken"),
    [
        ("http://proxy:1", "gemini", GENERATE),
        ("http://proxy:1/v1beta", "gemini", GENERATE),
        ("http://proxy:1/v1beta/openai", "gemini", CHAT),
        ("http://proxy:1", None, CHAT),
    ],
)
def test_elsewhere_the_interface_says_which(base_url: str, interface: str | None, spoken: object) -> None:
    more = {"provider_interface": interface} if interface else {}
    found = provider("gemini/m", base_url=base_url, **more)

    assert [one for one in (CHAT, GENERATE) if found.target(one, "m") is not None] == [spoken]


@pytest.mark.parametrize(
    ("base_path", "model", "expected"),
    [
        ("", "m", "/v1beta/models/m"),
        ("/v1beta/openai/", "m", "/v1beta/models/m"),
        ("/openai/chat/completions", "m", "/v1beta/models/m"),
        ("/v1", "models/m", "/v1/models/m"),
        ("/v1beta/models/other:generateContent", "m", "/v1beta/models/m"),
        ("/team/v1beta", "tunedModels/mine", "/team/v1beta/tunedModels/mine"),
        ("", "a/../b", "/v1beta/models/a%2F..%2Fb"),
    ],
)
def test_the_model_is_one_segment_of_the_path(base_path: str, model: str, expected: str) -> None:
    paths = (f"{expected}:generateContent", f"{expected}:streamGenerateContent")

    assert gemini_paths(base_path, GENERATE, model) == paths


def test_a_model_of_dots_leads_nowhere() -> None:
    assert gemini_paths("", GENERATE, "..") is None
    assert gemini_paths("", CHAT, "m") is None
