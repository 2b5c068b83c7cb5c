from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from plano_pii import _spots, spots, spots_twin

PIECES = [
    "sk-", "ghp_", "-----BEGIN ", "eyJ", "AIza", "AKIA", "ASIA", "Bearer ", "basic ", "Password ", "api_key", "token",
    ": ", "=", "://", "@", "::", "fe80", ".", " ", "(", "+", "-", "12", "3456", "7", "DE89", "AB", "x", "\u00e9",
    "\u4e2d", "\U0001f600", 'secret"', "_", "/", "a.b", "0123456789abcdef", "\u00a0", "\n",
]  # fmt: skip
TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=3), st.text("0123456789abAB:.@-_ +(", max_size=8)), max_size=40
).map("".join)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_both_builds_find_the_same(text: str) -> None:
    assert _spots.spots(text) == spots_twin.spots(text)


def test_the_compiled_one_is_used() -> None:
    assert spots.IS_COMPILED
    assert spots.spots is _spots.spots
