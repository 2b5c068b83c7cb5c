from __future__ import annotations

import pytest
from plano_pii import Detector
from plano_pii.findings import ENTITIES, NATIONAL_IDS
from plano_pii.settings import REGIONS

EVERYTHING = Detector([*ENTITIES, *NATIONAL_IDS], REGIONS)


def found(text: str, detector: Detector = EVERYTHING) -> list[tuple[str, str]]:
    return [(entity, text[start:stop]) for start, stop, entity in detector.find(text)]


KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        ("email", "john.doe+x@example.co.uk", "Mail {}."),
        ("email", "jörg@müller.de", "an {} bitte"),
        ("email", "用户@例子.公司", "写信给 {} 吧"),
        ("email", "राज@डाक.भारत", "{} पर"),
        ("email", "foo@bar.com", "邮箱是{}谢谢"),
        ("email", "a@b.io", "<{}>"),
        ("email", "ann@example.com", '{{"to": "{}"}}'),
        ("email", "ann@example.com", "mailto:{}?subject=x"),
        ("phone", "+49 (0)30 1234567", "Call {} now"),
        ("phone", "+14155552671", "{}"),
        ("phone", "(415) 555-2671", "at {}, please"),
        ("phone", "415-555-2671", "it is {}"),
        ("phone", "4155552671", "my phone: {}"),
        ("phone", "030/123456-78", "unter {} erreichbar"),
        ("phone", "0049 30 123456", "{}"),
        ("phone", "06 12 34 56 78", "au {} svp"),
        ("phone", "(11) 91234-5678", "{}"),
        ("card", "4111 1111 1111 1111", "card {} exp 12/26"),
        ("card", "4111-1111-1111-1111", "{}"),
        ("card", "378282246310005", "paid with {}."),
        ("card", "3782 822463 10005", "{}"),
        ("card", "6011000990139424", "{}"),
        ("iban", "DE89 3704 0044 0532 0130 00", "IBAN {} ok"),
        ("iban", "GB29NWBK60161331926819", "to {}."),
        ("iban", "GB29 NWBK 6016 1331 9268 19", "{} thanks"),
        ("ip", "192.168.1.10", "host {}:8080"),
        ("ip", "2001:db8::1", "ping {} please"),
        ("ip", "fe80:0:0:0:202:b3ff:fe1e:8329", "{}"),
        ("us_ssn", "536-90-4399", "{}"),
        ("us_ssn", "536904399", "SSN {}"),
        ("uk_nino", "AB123456C", "National Insurance number: {}"),
        ("uk_nino", "AB 12 34 56 C", "{}"),
        ("de_tax_id", "86095742719", "Steuer-ID {}"),
        ("de_tax_id", "86 095 742 719", "{}"),
        ("fr_nir", "1 85 05 78 006 084 91", "{}"),
        ("es_dni", "12345678Z", "DNI {}"),
        ("es_dni", "12345678-Z", "{}"),
        ("es_dni", "X1234567L", "{}"),
        ("es_dni", "X-1234567-L", "{}"),
        ("it_cf", "RSSMRA85T10A562S", "{}"),
        ("br_cpf", "529.982.247-25", "{}"),
        ("br_cpf", "52998224725", "CPF {}"),
        ("in_aadhaar", "2341 2341 2346", "{}"),
        ("pl_pesel", "44051401359", "PESEL: {}"),
        ("nl_bsn", "111222333", "BSN {}"),
        ("secret", "sk-ant-api03-AbCdEf123456789012345-xyz", "use {}"),
        ("secret", "AKIAIOSFODNN7EXAMPLE", "{}"),
        ("secret", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "{}."),
        ("secret", "9f8a7b6c5d4e3f2a1b0c", 'api_key = "{}"'),
        ("secret", "9f8a7b6c5d4e3f2a1b0c", '"secret": "{}",'),
        ("secret", "hunter2!", "password: {}"),
        ("secret", "Tr0ub4dor&3", "my password is {}."),
        ("secret", "abcdef1234567890abcdef", "Authorization: Bearer {}"),
        ("secret", "dXNlcjpwYXNzd29yZA==", "Authorization: Basic {}"),
        ("secret", "s3cr3t", "postgres://u:{}@db.host.com/x"),
        ("secret", JWT, "token {}"),
        ("secret", KEY, "here:\n{}\nend"),
    ],
)
def test_what_is_private_is_found_whole(entity: str, value: str, text: str) -> None:
    assert found(text.format(value)) == [(entity, value)]


@pytest.mark.parametrize(
    "text",
    [
        "uuid 550e8400-e29b-41d4-a716-446655440000",
        "sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "at 1760000000, or 1760000000000 ms, on 2024-01-15 12:30:45 and 01.02.2024",
        "order 123456789012, tracking 1Z999AA10123456784",
        "ISBN 978-3-16-148410-0",
        "it costs $1,234.56 or 1.234.567,89 €",
        "version 1.2.3.4 and 1.2.3.4.5, v10.0.0.1",
        "std::vector<int> a::b; 12:30:45",
        "4111 1111 1111 1112",
        "DE88 3704 0044 0532 0130 00",
        "SSN 000-12-3456 and 666-12-3456",
        "12345678A and X1234567A",
        "git clone git@github.com:ann/it.git, icon@2x.png, a@b, @name",
        "the key: value pair, token: none, password: required, max_tokens: 4096",
        "password = os.environ['PASSWORD'], api_key=$API_KEY, key: <your-key-here-123456>",
        "sk-learn-is-a-library-of-models and a bearer certificates12",
        "localhost 127.0.0.1 and ::1",
        "https://example.com/orders/4155552671?page=2",
        "[EMAIL_1] [PHONE_2]",
    ],
)
def test_what_only_looks_private_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_only_what_is_asked_for_is_found() -> None:
    detector = Detector(["email"])
    assert found("ann@example.com 4111 1111 1111 1111", detector) == [("email", "ann@example.com")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Fax: 345-899-3560x4587", "345-899-3560x4587"),
        ("call 415-555-2671 ext. 4, please", "415-555-2671 ext. 4"),
        ("+49 30 901820 Durchwahl 12", "+49 30 901820 Durchwahl 12"),
        ("50-98-28-96-Office, and", "50-98-28-96"),
        ("The Company\n785 8949 office\n", "785 8949"),
        ("a card\n001-748-088-2851x818-Fax", "001-748-088-2851x818"),
        ("They are not answering at 785 8949.", "785 8949"),
        ("Desk: 785 8949", "785 8949"),
    ],
)
def test_labels_on_both_sides_and_extensions_of_telephone_numbers(text: str, number: str) -> None:
    assert found(text) == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        "we have 1 500 000 mobile users and 2 000 000 home owners",
        "sold 785 8949 phone, each",
        "1024x768 and 300 400x500, 12 34x5",
        "a house at 1234-5678-homework",
        "room 12-345678-office-b",
    ],
)
def test_words_like_labels_make_no_telephone_number(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("4111 1111 1111 1111 203.0.113.7", ["card", "ip"]),
        ("203.0.113.7 4111 1111 1111 1111 203.0.113.8", ["ip", "card", "ip"]),
        ("DE89 3704 0044 0532 0130 00 4111 1111 1111 1111", ["iban", "card"]),
        ("+49 30 901820 4111 1111 1111 1111", ["phone", "card"]),
        ("4111 1111 1111 1111/536-90-4399", ["card", "us_ssn"]),
        ("ann@example.com/4111 1111 1111 1111", ["email", "card"]),
        ("415-555-2671|ann@example.com", ["phone", "email"]),
        ("4111 1111 1111 1111 12345678-Z", ["card", "es_dni"]),
        ("+49 30 901820 2001:db8::1", ["phone", "ip"]),
        ("415-555-2671) (415-555-2671", ["phone", "phone"]),
        ("order_12345678 4111 1111 1111 1111", ["card"]),
    ],
)
def test_values_side_by_side_do_not_hide_one_another(text: str, entities: list[str]) -> None:
    assert [entity for entity, _ in found(text)] == entities


def test_numbers_side_by_side_are_told_apart() -> None:
    text = "4111 1111 1111 1111 5500 0055 5555 5559 +49 30 1234567"
    assert [entity for entity, _ in found(text)] == ["card", "card", "phone"]


def test_allowed_values_and_hosts_are_left_alone() -> None:
    detector = Detector(["email"], allow=["Help@Example.com", "@example.org"])
    assert found("help@example.com x@example.org ann@example.com", detector) == [("email", "ann@example.com")]


def test_the_machine_itself_counts_when_asked_for() -> None:
    detector = Detector(["ip"], loopback=True)
    assert found("127.0.0.1 and ::1", detector) == [("ip", "127.0.0.1"), ("ip", "::1")]


@pytest.mark.parametrize("text", ["1 " * 20000, "a@" * 20000, "-" * 40000, ":" * 40000, "1." * 20000, "key=" * 20000,
                                  "A1" * 20000, "eyJ" * 20000, "-----BEGIN " * 4000, "+1 (" * 10000,
                                  "4111 1111 1111 1111 " * 2000, "1111 " * 8000, "415-555-2671 " * 3000,
                                  "12345678-Z/" * 4000, "1.1.1.1 " * 5000, "1x1 " * 10000,
                                  "a|a@b.cd " * 5000])  # fmt: skip
def test_odd_texts_cost_no_more_than_others(text: str) -> None:
    from time import process_time

    started = process_time()
    EVERYTHING.find(text)
    assert process_time() - started < 2.0
