"""Private values at random, for property tests; all of them are found wherever white space stands around them."""

from __future__ import annotations

from hypothesis import strategies as st

DIGITS = st.integers(0, 9)


def with_luhn(digits: list[int]) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += digit if place % 2 else sum(divmod(digit * 2, 10))
    return "".join(map(str, [*digits, -total % 10]))


def grouped(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def iban(digits: str) -> str:
    check = 98 - int(digits + "131400") % 97
    return f"DE{check:02}{digits}"


NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
EMAILS = st.tuples(NAMES, NAMES).map(lambda names: f"{names[0]}@{names[1]}.example.com")
ACCOUNTS = st.lists(DIGITS, min_size=14, max_size=14).filter(lambda digits: len(set(digits)) > 1)
CARDS = ACCOUNTS.map(lambda digits: with_luhn([4, *digits]))
IBANS = st.text("0123456789", min_size=18, max_size=18).map(iban)
PHONES = st.integers(1_000_000, 9_999_999).map(lambda number: f"+49 30 {number}")
SSN_PARTS = st.tuples(st.integers(1, 665), st.integers(1, 99), st.integers(1, 9999))
SSNS = SSN_PARTS.map(lambda parts: "{:03}-{:02}-{:04}".format(*parts))
KEYS = st.text("0123456789abcdef", min_size=36, max_size=36).filter(
    lambda key: len(set(key)) > 9 and any(map(str.isdecimal, key[4:]))
).map(lambda key: f"ghp_{key}")  # fmt: skip

PRIVATE = st.one_of(EMAILS, CARDS, CARDS.map(grouped), IBANS, IBANS.map(grouped), PHONES, SSNS, KEYS)
#: What stands between them; bars keep groups of digits apart.
SIGNS = st.sampled_from("abc xyz. [EMAIL_1] [\\_]\u3011\u3010\u4e2d\u3002\n|é")
PROSE = st.text(SIGNS, max_size=30).map(lambda text: f" | {text} | ")
