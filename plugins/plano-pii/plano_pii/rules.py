"""What numbers of a fixed shape may be: cards and national numbers, by the lengths of their groups of digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from plano_pii import checksums

#: An issuer's first digits, and how many digits its cards have.
ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?=.{16}\Z)(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|220[0-4])\d+"
    r"|3[47]\d{13}"
    r"|(?=.{14}\Z)3(?:0[0-59]|[689])\d+"
    r"|(?=.{16,19}\Z)(?:6011|64[4-9]|65|62|35(?:2[89]|[3-8])|60|81|82|50|5[6-8]|63|67)\d+"
)


class Rule(NamedTuple):
    """`shapes`: lengths of groups. `gaps`: what may part them. `words`: what is said before numbers of this kind.

    `needs_words`: the shapes that are too common to be believed without.
    """

    entity: str
    shapes: tuple[tuple[int, ...], ...]
    gaps: tuple[str, ...]
    check: Callable[[str], bool]
    words: re.Pattern[str] | None = None
    needs_words: tuple[tuple[int, ...], ...] = ()


def card(digits: str) -> bool:
    return ISSUERS.fullmatch(digits) is not None and checksums.luhn(digits) and len(set(digits)) > 1


def said(words: str) -> re.Pattern[str]:
    """A word of context; general ones hold for every kind of national number."""
    general = "national id|identity n|id n(?:umber|o)|tax[ -](?:id|n)|citizen|tin\\b"
    return re.compile(rf"(?i)\b(?:{words}|{general})")


SPACES = (" ", "\u00a0")
SPACE_OR_DASH = (*SPACES, "-")

RULES = (
    Rule(
        "card",
        ((16,), (15,), (14,), (13,), (19,), (18,), (17,), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)),
        SPACE_OR_DASH,
        card,
    ),
    Rule(
        "us_ssn",
        ((3, 2, 4), (9,)),
        SPACE_OR_DASH,
        checksums.us_ssn,
        said(r"ssn|social[ -]?security|seguro social"),
        ((9,),),
    ),
    Rule(
        "de_tax_id",
        ((2, 3, 3, 3), (11,)),
        SPACES,
        checksums.de_tax_id,
        said(r"steuer|st-?id|idnr|identifikationsn"),
        ((11,),),
    ),
    Rule("fr_nir", ((1, 2, 2, 2, 3, 3, 2), (15,), (13, 2)), (*SPACE_OR_DASH, "."), checksums.fr_nir),
    Rule("br_cpf", ((3, 3, 3, 2), (11,), (9, 2)), (".", "-", " "), checksums.br_cpf, said("cpf|cadastro"), ((11,),)),
    Rule(
        "in_aadhaar",
        ((4, 4, 4), (12,)),
        SPACE_OR_DASH,
        checksums.verhoeff,
        said("aadh?aa?r|uidai|uid\\b|आधार"),
        ((12,),),
    ),
    Rule("pl_pesel", ((11,),), (), checksums.pl_pesel, said("pesel"), ((11,),)),
    Rule(
        "nl_bsn",
        ((9,), (8,), (4, 2, 3), (3, 3, 3)),
        (*SPACE_OR_DASH, "."),
        checksums.nl_bsn,
        said("bsn|burgerservice|sofi"),
        ((9,), (8,), (4, 2, 3), (3, 3, 3)),
    ),
)


def rules_by_shape(entities: Collection[str]) -> dict[tuple[int, ...], list[Rule]]:
    """Those of the rules for `entities`; cards first, then in the order above."""
    table: dict[tuple[int, ...], list[Rule]] = {}
    for rule in RULES:
        if rule.entity in entities:
            for shape in rule.shapes:
                table.setdefault(shape, []).append(rule)
    return table
