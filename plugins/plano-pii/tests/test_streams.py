from __future__ import annotations

import pytest
from plano_pii.masking import LINE_END, LONGEST, OVERLAP, Masking
from plano_pii.placeholders import Originals, Placeholders, Template
from plano_pii.restoring import Restoring
from test_detector import EVERYTHING, KEY

TEMPLATE = Template("[{entity}_{number}]")


def restoring() -> Restoring:
    placeholders = Placeholders(TEMPLATE, {})
    placeholders.of("email", "ann@example.com")
    return Restoring(Originals(placeholders, TEMPLATE))


def masking() -> Masking:
    return Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of)


@pytest.mark.parametrize(
    ("piece", "at_once"),
    [
        ("Hello", "Hello"),
        ("a list [", "a list "),
        ("a list [1", "a list [1"),
        ("see [EM", "see "),
        ("see [EX", "see [EX"),
        ("see [EMAIL_2", "see [EMAIL_2"),
        ("see \\", "see "),
        ("see \\n", "see \\n"),
        ("to [EMAIL_1]!", "to ann@example.com!"),
        ("[[EMAIL_1", "["),
    ],
)
def test_only_what_may_become_a_placeholder_waits(piece: str, at_once: str) -> None:
    text_filter = restoring()
    assert text_filter.feed(piece) == at_once


@pytest.mark.parametrize(
    "written",
    [
        "[EMAIL_1]",
        "[email_1]",
        "[Email_1]",
        r"[EMAIL\_1]",
        r"\[EMAIL\_1\]",
        "\uff3bEMAIL_1\uff3d",
        "\u3010EMAIL_1\u3011",
    ],
)
def test_placeholders_are_known_however_a_model_writes_them(written: str) -> None:
    text_filter = restoring()
    assert "".join([*map(text_filter.feed, written), text_filter.finish()]) == "ann@example.com"


@pytest.mark.parametrize("text", ["EMAIL_1", "[EMAIL_2]", "[EMAIL 1]", "[EMAIL_11]", "[EMAIL_1", "[PHONE_1]", "\\[x]"])
def test_other_words_stay_as_they_are(text: str) -> None:
    text_filter = restoring()
    assert text_filter.feed(text) + text_filter.finish() == text


def test_words_flow_as_soon_as_the_next_one_begins() -> None:
    text_filter = masking()
    assert [text_filter.feed(piece) for piece in ["The", " answer", " is", " 42"]] == ["", "The ", "answer ", "is "]
    assert text_filter.finish() == "42"


def test_groups_of_digits_wait_for_their_end() -> None:
    text_filter = masking()
    pieces = ["card", " 4111", " 1111", " 1111", " 1111", " is", " it"]
    assert [text_filter.feed(piece) for piece in pieces] == ["", "card ", "", "", "", "[CARD_1] ", "is "]


@pytest.mark.parametrize("size", [1, 7, 50, 10000])
def test_nothing_of_a_private_key_flows(size: int) -> None:
    text = f"the key is {KEY} and no more"
    text_filter = masking()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join([*map(text_filter.feed, pieces), text_filter.finish()]) == "the key is [SECRET_1] and no more"


def test_a_cut_off_key_does_not_flow_either() -> None:
    text_filter = masking()
    assert text_filter.feed(KEY[:50]) + text_filter.finish() == "[SECRET_1]"


@pytest.mark.parametrize("size", [1, 100, 10000])
def test_text_without_white_space_is_held_no_longer_than_the_limit(size: int) -> None:
    text = "x" * 1010 + "/ann@example.com/" + "y" * 3000
    text_filter = masking()
    done = ""
    fed = 0
    for at in range(0, len(text), size):
        done += text_filter.feed(text[at : at + size])
        fed += len(text[at : at + size])
        assert size > 100 or fed - len(done) < LONGEST + OVERLAP + 100
    done += text_filter.finish()
    assert done == text.replace("ann@example.com", "[EMAIL_1]")


@pytest.mark.parametrize("size", [1, 100, 10000])
def test_a_token_longer_than_the_limit_is_swallowed_whole(size: int) -> None:
    text = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIx" * 200 + ".abcdefgh then"
    text_filter = masking()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join([*map(text_filter.feed, pieces), text_filter.finish()]) == "[SECRET_1] then"


def test_the_name_of_a_secret_may_have_flown_before_it() -> None:
    text_filter = masking()
    assert "".join([*map(text_filter.feed, ["password", ":", " hunter2!", " ok"]), text_filter.finish()]) == (
        "password: [SECRET_1] ok"
    )


def test_patterns_with_white_space_wait_for_the_line() -> None:
    text_filter = Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of, LINE_END)
    assert text_filter.feed("to ann@example.com and ") == ""
    assert text_filter.feed("others\nnext") == "to [EMAIL_1] and others\n"
