"""Private values at random, for property tests; all of them are found wherever white space stands around them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from plano_pii import checksums

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


def checked(check: Callable[[str], bool], length: int, first: str = "123456789") -> st.SearchStrategy[str]:
    """Runs of digits whose check digits are right."""

    def made(seed: int) -> str:
        chance = random.Random(seed)
        while True:
            digits = chance.choice(first) + "".join(chance.choices("0123456789", k=length - 1))
            if check(digits):
                return digits

    return st.integers(0, 2**32).map(made)


def parts(digits: str, lengths: Sequence[int], gap: str = " ") -> str:
    at, found = 0, []
    for length in lengths:
        found.append(digits[at : at + length])
        at += length
    return gap.join(found)


def nir(number: int) -> str:
    digits = f"1850578006{number:03}"
    return parts(digits + f"{97 - int(digits) % 97:02}", (1, 2, 2, 2, 3, 3, 2))


def fiscal(seed: int) -> str:
    chance = random.Random(seed)
    front = "".join(chance.choices("BCDFGLMNPRSTV", k=6)) + f"{chance.randrange(100):02}A{chance.randrange(1, 32):02}"
    return _ended(front + f"H{chance.randrange(1000):03}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", checksums.it_cf)


def _ended(front: str, letters: str, check: Callable[[str], bool]) -> str:
    return next(front + letter for letter in letters if check(front + letter))


OCTETS = st.integers(1, 254)
IPS = st.tuples(st.integers(11, 126), OCTETS, OCTETS, OCTETS).map(lambda four: ".".join(map(str, four)))
IPS6 = st.tuples(st.integers(1, 0xFFFF), st.integers(0, 0xFFFF)).map(lambda two: f"2001:db8:{two[0]:x}::{two[1]:x}")
AMERICANS = st.tuples(st.integers(2, 9), st.integers(0, 9999)).map(lambda two: f"(415) {two[0]}55-{two[1]:04}")
DASHED = st.tuples(st.integers(2, 9), st.integers(0, 9999)).map(lambda two: f"415-{two[0]}55-{two[1]:04}")
FRENCH = st.integers(10_000_000, 99_999_999).map(lambda number: "06 " + parts(str(number), (2, 2, 2, 2)))
BRITISH = st.tuples(st.integers(0, 999), st.integers(0, 9999)).map(lambda two: f"+44 20 7{two[0]:03} {two[1]:04}")
TAX_IDS = checked(checksums.de_tax_id, 11).map(lambda digits: parts(digits, (2, 3, 3, 3)))
AADHAARS = checked(checksums.verhoeff, 12, "23456789").map(grouped)
CPFS = checked(checksums.br_cpf, 11).map(lambda digits: parts(digits[:9], (3, 3, 3), ".") + "-" + digits[9:])
NIRS = st.integers(1, 999).map(nir)
DNIS = st.integers(10_000_000, 99_999_999).map(lambda one: _ended(str(one), checksums.DNI_LETTERS, checksums.es_dni))
NIES = st.integers(1_000_000, 9_999_999).map(lambda one: _ended(f"X{one}", checksums.DNI_LETTERS, checksums.es_dni))
CFS = st.integers(0, 2**32).map(fiscal)
NINOS = st.integers(100_000, 999_999).map(lambda one: f"AB {parts(str(one), (2, 2, 2))} C")
AMEX = st.lists(DIGITS, min_size=12, max_size=12).map(lambda digits: parts(with_luhn([3, 7, *digits]), (4, 6, 5)))

#: Of everything that is found without a word in front of it.
VALUES = st.one_of(
    PRIVATE, IPS, IPS6, AMERICANS, DASHED, FRENCH, BRITISH, TAX_IDS, AADHAARS, CPFS, NIRS, DNIS, NIES, CFS, NINOS, AMEX,
    CARDS.map(lambda digits: parts(digits, (4, 4, 4, 4), "-")), DNIS.map(lambda dni: f"{dni[:8]}-{dni[8]}"),
)  # fmt: skip
BESIDE = st.sampled_from(
    [" ", ", ", ",", "; ", ";", " / ", "/", "\n", "\t", ") (", "] [", " (", ") ", "|", " - ", " and "]
)
