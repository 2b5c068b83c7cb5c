"""Check digits of cards, accounts and national numbers. Each takes characters without separators, in upper case."""

from __future__ import annotations

from datetime import date

DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
VERHOEFF_PRODUCT = tuple(
    tuple(int(digit) for digit in row)
    for row in (
        "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
        "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
    )
)  # fmt: skip
VERHOEFF_TURNED = tuple(
    tuple(int(digit) for digit in row)
    for row in (
        "0123456789", "1576283094", "5803796142", "8916043527",
        "9453126870", "4286573901", "2793806415", "7046913258",
    )
)  # fmt: skip
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
CF_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: payment cards."""
    total = sum(map(int, digits[-1::-2]))
    for digit in digits[-2::-2]:
        total += DOUBLED[int(digit)]
    return total % 10 == 0


def mod97(account: str) -> bool:
    """ISO 13616: IBANs."""
    return int("".join([str(int(character, 36)) for character in account[4:] + account[:4]])) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Aadhaar; never begins with 0 or 1."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = VERHOEFF_PRODUCT[check][VERHOEFF_TURNED[place % 8][int(digit)]]
    return check == 0 and digits[0] not in "01"


def us_ssn(digits: str) -> bool:
    """No check digit: areas 000, 666 and 900-999, group 00 and serial 0000 are never given out; samples are none."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    is_sample = digits in {"123456789", "078051120", "219099999"} or len(set(digits)) == 1
    return area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000" and not is_sample


def de_tax_id(digits: str) -> bool:
    """Steuerliche Identifikationsnummer: ISO 7064 mod 11,10; of ten digits one or two are missing."""
    if digits[0] == "0" or not 7 <= len(set(digits[:10])) <= 9:
        return False
    product = 10
    for digit in digits[:10]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[10])


def fr_nir(characters: str) -> bool:
    """Numéro de sécurité sociale with its key: sex, year, month, department (2A and 2B are Corsica)."""
    digits = characters.replace("2A", "19").replace("2B", "18") if not characters.isdecimal() else characters
    if not digits.isdecimal() or digits[0] not in "123478":
        return False
    month = int(digits[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(digits[:13]) % 97 == int(digits[13:])


def es_dni(characters: str) -> bool:
    """DNI `12345678Z` and NIE `X1234567L`."""
    number = characters[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return DNI_LETTERS[int(number) % 23] == characters[-1]


def it_cf(characters: str) -> bool:
    """Codice fiscale."""
    total = 0
    for place, character in enumerate(characters[:15]):
        value = int(character) if character.isdecimal() else ord(character) - 65
        total += value if place % 2 else CF_ODD[value]
    return chr(65 + total % 26) == characters[15]


def br_cpf(digits: str) -> bool:
    """CPF: two check digits mod 11."""
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum(int(digit) * (length + 1 - place) for place, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True


def pl_pesel(digits: str) -> bool:
    """PESEL: a date of birth, whose month tells the century, and a check digit."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True))
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[int(digits[2:4]) // 20]
    try:
        date(century + int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6]))
    except ValueError:
        return False
    return total % 10 == 0


def nl_bsn(digits: str) -> bool:
    """Burgerservicenummer: the eleven test; eight digits stand for nine."""
    digits = digits.zfill(9)
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0 and int(digits) > 9_999_999
