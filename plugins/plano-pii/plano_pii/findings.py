"""What was found in a text."""

from __future__ import annotations

#: `(start, stop, entity)`, a stretch of the text.
Finding = tuple[int, int, str]

#: In the order of the documentation; national numbers are those with a country in front.
ENTITIES = ("email", "phone", "card", "iban", "ip", "secret")
NATIONAL_IDS = (
    "us_ssn", "uk_nino", "de_tax_id", "fr_nir", "es_dni", "it_cf", "br_cpf", "in_aadhaar", "pl_pesel", "nl_bsn",
)  # fmt: skip
