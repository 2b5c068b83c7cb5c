"""Documents with private values in known places, and others that only look like them: the set plano-pii is judged by.

Values come from Faker and from the example numbers of `phonenumbers`, in the formats people write them in. Nothing here
is shared with the tests of the plugin, and no rule was tuned on these sentences.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import phonenumbers
from faker import Faker

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "en_IN")
FORMATS = (
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.NATIONAL,
)
ALNUM = string.ascii_letters + string.digits


class Label(NamedTuple):
    start: int
    stop: int
    entity: str


class Document(NamedTuple):
    text: str
    labels: list[Label]


class Samples:
    """`documents(count)`: the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        Faker.seed(seed)
        self.fakers = {locale: Faker(locale) for locale in LOCALES}
        self.makers: dict[str, Callable[[], tuple[str, tuple[str, ...]]]] = {
            "email": self.email, "phone": self.phone, "card": self.card, "iban": self.iban, "ip": self.ip,
            "secret": self.secret, "us_ssn": self.us_ssn, "uk_nino": self.uk_nino, "de_tax_id": self.de_tax_id,
            "fr_nir": self.fr_nir, "es_dni": self.es_dni, "it_cf": self.it_cf, "br_cpf": self.br_cpf,
            "in_aadhaar": self.in_aadhaar, "pl_pesel": self.pl_pesel, "nl_bsn": self.nl_bsn,
        }  # fmt: skip

    def documents(self, count: int) -> list[Document]:
        return [self.document() for _ in range(count)]

    def document(self) -> Document:
        """One to four sentences of filler, up to two values, up to three things that only look like some."""
        text = ""
        labels: list[Label] = []
        parts = ["filler"] * self.random.randint(1, 4) + ["value"] * self.random.choice((0, 1, 1, 2))
        parts += ["other"] * self.random.choice((0, 1, 2, 3))
        self.random.shuffle(parts)
        for part in parts:
            text += self.random.choice((" ", " ", "\n")) if text else ""
            if part == "filler":
                text += self.fakers[self.random.choice(LOCALES)].sentence()
            elif part == "other":
                text += self.other()
            else:
                entity = self.random.choice(tuple(self.makers))
                value, sentences = self.makers[entity]()
                before, _, after = self.random.choice(sentences).partition("%")
                text += before
                labels.append(Label(len(text), len(text) + len(value), entity))
                text += value + after
        return Document(text, labels)

    def digits(self, count: int) -> str:
        return "".join(self.random.choices(string.digits, k=count))

    def some(self, letters: str, count: int) -> str:
        return "".join(self.random.choices(letters, k=count))

    def email(self) -> tuple[str, tuple[str, ...]]:
        faker = self.fakers[self.random.choice(LOCALES)]
        value = self.random.choice((faker.email, faker.company_email, faker.free_email, faker.ascii_safe_email))()
        if self.random.random() < 0.15:
            value = value.replace("@", f"+{faker.word()}@")
        if self.random.random() < 0.1:
            value = f"{faker.first_name().lower()}@b\u00fccher-{self.digits(2)}.de"
        return value.replace(" ", ""), (
            "You can write to %, we answer daily.", "Contact: <%>", "From: Anna <%>", '{"email":"%","id":7}',
            "cc % and the team", "email=%", "Meine Adresse lautet %.", "% \u00e8 il mio indirizzo",
        )  # fmt: skip

    def phone(self) -> tuple[str, tuple[str, ...]]:
        region = self.random.choice(LOCALES)[-2:]
        kind = self.random.choice((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE))
        example = phonenumbers.example_number_for_type(region, kind)
        while True:
            changed = phonenumbers.PhoneNumber()
            changed.merge_from(example)
            written = str(example.national_number)
            changed.national_number = int(written[:-5] + self.digits(5))
            if phonenumbers.is_valid_number(changed):
                break
        value = phonenumbers.format_number(changed, self.random.choice(FORMATS))
        if self.random.random() < 0.2:
            value = value.replace(" ", self.random.choice("-."))
        return value, (
            "You can call me at %.", "Phone: %", "my number is %, after six", "Tel. %", "Meine Telefonnummer: %",
            "T\u00e9l\u00e9phone : %", "tel\u00e9fono %", "bel me op %", "WhatsApp %", "reach us on % any time",
        )  # fmt: skip

    def card(self) -> tuple[str, tuple[str, ...]]:
        value = self.fakers["en_US"].credit_card_number()
        if len(value) == 16 and self.random.random() < 0.6:
            sign = self.random.choice(" -")
            value = sign.join(value[at : at + 4] for at in range(0, 16, 4))
        elif len(value) == 15 and self.random.random() < 0.5:
            value = f"{value[:4]} {value[4:10]} {value[10:]}"
        return value, (
            "Please charge %.", "card number %, cvc 123", "Kreditkarte %", "% expires next May", '{"pan": "%"}',
            "I paid with % yesterday", "tarjeta %",
        )  # fmt: skip

    def iban(self) -> tuple[str, tuple[str, ...]]:
        value = self.fakers[self.random.choice(LOCALES[1:-1])].iban()
        if self.random.random() < 0.5:
            value = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
        return value, ("Transfer it to %.", "IBAN: %", "Konto %, danke", "% is the account", "mon compte %")

    def ip(self) -> tuple[str, tuple[str, ...]]:
        faker = self.fakers["en_US"]
        value = self.random.choice((faker.ipv4_public, faker.ipv4_private, faker.ipv6))()
        return value, ("The request came from %.", "ssh root@%", "[%] refused", "client=% status=200", "banned % today")

    def secret(self) -> tuple[str, tuple[str, ...]]:
        faker = self.fakers["en_US"]
        kind = self.random.randrange(9)
        if kind == 0:
            return f"AKIA{self.some(string.ascii_uppercase + '234567', 16)}", ("use % please", "aws_access_key_id = %")
        if kind == 1:
            return f"ghp_{self.some(ALNUM, 36)}", ("git clone https://%@github.com/a/b", "the token % expired")
        if kind == 2:
            return f"sk-proj-{self.some(ALNUM, 48)}", ("OPENAI_API_KEY=%", "my key is % and it fails")
        if kind == 3:
            return f"xoxb-{self.digits(11)}-{self.digits(12)}-{self.some(ALNUM, 24)}", ("slack: %", "% posts nothing")
        if kind == 4:
            return f"AIza{self.some(ALNUM + '-_', 34)}x", ("?key=%", "maps needs %")
        if kind == 5:
            parts = [b'{"alg":"HS256","typ":"JWT"}', faker.json(num_rows=1).encode(), self.random.randbytes(32)]
            value = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
            return "eyJ" + value[3:], ("Authorization: Bearer %", "cookie session=%;")
        if kind == 6:
            value = faker.password(length=self.random.randint(8, 14), special_chars=False)
            return value, ("password: %", "PASSWORD=%", 'db_password = "%"', "my password is % by the way")
        if kind == 7:
            value = self.some(string.hexdigits.lower(), 32)
            return value, ("api_key: %", "client_secret=%", 'private token: "%"')
        value = faker.password(length=12, special_chars=False)
        return value, ("postgres://app:%@db.example.com/x", "redis://default:%@cache:6379")

    def us_ssn(self) -> tuple[str, tuple[str, ...]]:
        value = self.fakers["en_US"].ssn()
        if self.random.random() < 0.3:
            return value.replace("-", ""), ("SSN %", "social security number: %")
        return value, ("SSN: %", "my social is %", "employee % was paid", "Social Security Number %.")

    def uk_nino(self) -> tuple[str, tuple[str, ...]]:
        # Faker's begin with ZZ, which is never given out.
        letters = self.random.choice(("AB", "CE", "EG", "HJ", "JK", "LM", "NP", "PW", "SR", "TX", "WE", "YZ"))
        value = f"{letters}{self.digits(6)}{self.random.choice('ABCD')}"
        if self.random.random() < 0.5:
            value = f"{value[:2]} {value[2:4]} {value[4:6]} {value[6:8]} {value[8:]}"
        return value, ("NI number %", "National Insurance: %", "My NINO is %.", "nino=%")

    def de_tax_id(self) -> tuple[str, tuple[str, ...]]:
        digits = self.random.sample(string.digits[1:], 9)
        digits.insert(self.random.randint(1, 9), digits[self.random.randrange(9)])
        product = 10
        for digit in digits:
            product = 2 * ((int(digit) + product) % 10 or 10) % 11
        value = "".join(digits) + str((11 - product) % 10)
        if self.random.random() < 0.5:
            value = f"{value[:2]} {value[2:5]} {value[5:8]} {value[8:]}"
        return value, ("Steuer-ID: %", "meine Steueridentifikationsnummer ist %", "IdNr. %", "German tax ID %")

    def fr_nir(self) -> tuple[str, tuple[str, ...]]:
        value = self.fakers["fr_FR"].ssn().replace(" ", "")
        if self.random.random() < 0.5:
            cuts = (0, 1, 3, 5, 7, 10, 13, 15)
            value = " ".join(value[start:stop] for start, stop in pairwise(cuts))
        return value, ("num\u00e9ro de s\u00e9curit\u00e9 sociale %", "NIR : %", "S\u00e9cu %", "% est mon num\u00e9ro")

    def es_dni(self) -> tuple[str, tuple[str, ...]]:
        faker = self.fakers["es_ES"]
        value = self.random.choice((faker.nie, faker.nif))()
        return value, ("DNI %", "mi NIE es %", "con documento %,", "% (NIF)")

    def it_cf(self) -> tuple[str, tuple[str, ...]]:
        return self.fakers["it_IT"].ssn(), ("codice fiscale %", "CF: %", "il signor % ha pagato")

    def br_cpf(self) -> tuple[str, tuple[str, ...]]:
        value = self.fakers["pt_BR"].cpf()
        if self.random.random() < 0.3:
            value = value.replace(".", "").replace("-", "")
        return value, ("CPF %", "meu cpf: %", "CPF n\u00ba %")

    def in_aadhaar(self) -> tuple[str, tuple[str, ...]]:
        value = verhoeff(self.random.choice("23456789") + self.digits(10))  # Faker's have no right check digit.
        if self.random.random() < 0.6:
            value = f"{value[:4]} {value[4:8]} {value[8:]}"
        return value, ("Aadhaar %", "my aadhar no. %", "UIDAI number %")

    def pl_pesel(self) -> tuple[str, tuple[str, ...]]:
        return self.fakers["pl_PL"].pesel(), ("PESEL %", "numer PESEL: %", "pesel=%")

    def nl_bsn(self) -> tuple[str, tuple[str, ...]]:
        return self.fakers["nl_NL"].ssn(), ("BSN %", "mijn burgerservicenummer is %", "bsn: %")

    def other(self) -> str:
        """Something that is nobody's secret."""
        faker = self.fakers["en_US"]
        return self.random.choice((
            lambda: f"Order {self.digits(self.random.randint(8, 14))} has shipped.",
            lambda: f"invoice no. {self.digits(4)}-{self.digits(6)}",
            lambda: f"Upgrade to {self.random.randint(1, 20)}.{self.digits(1)}.{self.digits(2)}.{self.digits(3)} first.",  # noqa: E501
            lambda: f"version {self.digits(1)}.{self.digits(1)}.{self.digits(1)}.{self.digits(1)}",
            lambda: f"commit {faker.sha1()}",
            lambda: f"sha256:{faker.sha256()}",
            lambda: f"md5 {faker.md5()}",
            lambda: f"id {faker.uuid4()}",
            lambda: f"at {faker.unix_time():.0f}",
            lambda: f"ts={self.random.randint(1_500_000_000_000, 1_900_000_000_000)}",
            lambda: f"{faker.iso8601()} started",
            lambda: f"{faker.date('%d/%m/%Y')} {faker.time()}",
            lambda: f"It costs ${self.random.randint(1, 9_999_999):,}.99 or {self.random.randint(1000, 99999)},00 \u20ac.",  # noqa: E501
            lambda: f"ISBN {faker.isbn13()}",
            lambda: f"ISBN-10: {faker.isbn10()}",
            lambda: f"EAN {faker.ean13()}",
            lambda: f"tracking 1Z{self.some(string.ascii_uppercase + string.digits, 16)}",
            lambda: f"FedEx {self.digits(12)}",
            lambda: f"USPS {self.digits(22)}",
            lambda: f"part {self.digits(3)}-{self.digits(4)}-{self.digits(2)}",
            lambda: f"{faker.latitude()}, {faker.longitude()}",
            lambda: f"mac {faker.mac_address()}",
            lambda: f"for (int i = {self.digits(3)}; i < {self.digits(6)}; i++) a[i] = 0x{self.some('0123456789abcdef', 8)};",  # noqa: E501
            lambda: f"std::map<std::string, int> m{self.digits(2)}; @Override public void f() {{}}",
            lambda: f"see {faker.uri()}?page={self.digits(2)}&id={self.digits(9)}",
            lambda: f"pip install {faker.word()}=={self.digits(1)}.{self.digits(2)}.{self.digits(1)}",
            lambda: f"Room {self.digits(3)}, {faker.street_address()}, {faker.zipcode_plus4()}",
            lambda: f"The population grew from {self.digits(3)} {self.digits(3)} to {self.digits(3)} {self.digits(3)}.",
            lambda: f"keys: {faker.word()}, token count: {self.digits(5)}, secret: {faker.word()}",
            lambda: f"case {self.digits(2)}-cv-{self.digits(5)} of {faker.year()}",
            lambda: f"serial {self.some(string.ascii_uppercase, 2)}{self.digits(8)}",
            lambda: f"{self.digits(1)}.{self.digits(4)} {self.digits(1)}.{self.digits(4)} {self.digits(1)}.{self.digits(4)}",  # noqa: E501
        ))()  # fmt: skip


def verhoeff(digits: str) -> str:
    """`digits` with their check digit, by the dihedral group of the pentagon."""
    check = 0
    for place, digit in enumerate(reversed(digits + "0")):
        turned = int(digit)
        for _ in range(place % 8):
            turned = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[turned]
        check = product(check, turned)
    return digits + str(next(last for last in range(10) if product(check, last) == 0))


def product(one: int, other: int) -> int:
    """Of two symmetries of a pentagon: 0 to 4 turn it, 5 to 9 flip it first."""
    if one < 5:
        return (one + other) % 5 if other < 5 else 5 + (one + other - 5) % 5
    return 5 + (one - 5 - other) % 5 if other < 5 else (one - other) % 5
