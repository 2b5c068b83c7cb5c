from __future__ import annotations

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plano_pii import Pii
from plano_pii import Settings as PiiSettings
from plano_pii.masking import Masking
from plano_pii.placeholders import Originals, Placeholders, Template
from plano_pii.restoring import Restoring
from private import BESIDE, PRIVATE, PROSE, VALUES
from test_detector import EVERYTHING

from plano.plugin_api import Passage, Place, TextFilter

TEMPLATE = Template("[{entity}_{number}]")
TEXTS = st.lists(st.tuples(PROSE, PRIVATE), min_size=1, max_size=6)
CUTS = st.lists(st.integers(0, 400), max_size=40)
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def joined(parts: list[tuple[str, str]]) -> str:
    return "".join(prose + value for prose, value in parts)


def through(text_filter: TextFilter, text: str, cuts: list[int]) -> str:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:stop] for start, stop in pairwise(places)]
    return "".join([*map(text_filter.feed, pieces), text_filter.finish()])


def masked(*texts: str) -> tuple[list[Passage], Placeholders]:
    plugin = Pii()
    plugin.started(PiiSettings())
    passages = [Passage(Place("text", "user"), text) for text in texts]
    placeholders = plugin.mask(passages)
    assert placeholders is not None
    return passages, placeholders


@SLOW
@given(VALUES, st.lists(st.tuples(BESIDE, VALUES), min_size=1, max_size=6))
def test_every_value_is_found_whole_whatever_stands_beside_it(first: str, more: list[tuple[str, str]]) -> None:
    text = first
    spans = [(0, len(first))]
    for beside, value in more:
        spans.append((len(text + beside), len(text + beside + value)))
        text += beside + value
    covered = {place for start, stop, _ in EVERYTHING.find(text) for place in range(start, stop)}
    for start, stop in spans:
        assert all(place in covered for place in range(start, stop) if text[place].isalnum()), text[start:stop]


@SLOW
@given(VALUES, st.lists(st.tuples(BESIDE, VALUES), max_size=6), CUTS)
def test_masked_streams_are_as_whole_texts_whatever_stands_beside_values(
    first: str, more: list[tuple[str, str]], cuts: list[int]
) -> None:
    text = first + "".join(beside + value for beside, value in more)
    whole = through(Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of), text, [])
    assert through(Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of), text, cuts) == whole
    for value in (first, *[value for _, value in more]):
        assert value not in whole


@SLOW
@given(TEXTS)
def test_no_original_leaves(parts: list[tuple[str, str]]) -> None:
    passages, _ = masked(joined(parts))
    for _, value in parts:
        assert value not in passages[0].text


@SLOW
@given(TEXTS, CUTS)
def test_what_was_masked_comes_back_however_the_answer_is_cut(parts: list[tuple[str, str]], cuts: list[int]) -> None:
    passages, placeholders = masked(joined(parts))
    restoring = Restoring(Originals(placeholders, TEMPLATE))
    assert through(restoring, passages[0].text, cuts) == joined(parts)


@SLOW
@given(TEXTS, CUTS)
def test_a_model_that_says_private_things_is_masked_however_it_is_cut(
    parts: list[tuple[str, str]], cuts: list[int]
) -> None:
    text = joined(parts)
    whole = through(Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of), text, [])
    assert through(Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of), text, cuts) == whole
    for _, value in parts:
        assert value not in whole


@SLOW
@given(st.text("aB1 4[]\\_-:.@+(\n\u3002", max_size=60), st.lists(st.integers(0, 60), max_size=20))
def test_any_text_is_masked_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    whole = through(Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of), text, [])
    assert through(Masking(EVERYTHING, Placeholders(TEMPLATE, {}).of), text, cuts) == whole


@SLOW
@given(st.text("[\u3010(email\\_1203]\u3011 E", max_size=40), st.lists(st.integers(0, 40), max_size=20))
def test_any_text_is_restored_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    placeholders = Placeholders(TEMPLATE, {})
    for number in range(12):
        placeholders.of("email", f"ann{number}@example.com")
    originals = Originals(placeholders, TEMPLATE)
    assert through(Restoring(originals), text, cuts) == through(Restoring(originals), text, [])


@SLOW
@given(TEXTS, TEXTS)
def test_a_longer_conversation_begins_like_a_shorter_one(
    first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    text = joined(first).replace("[", "").replace("\u3010", "")
    more = joined(second).replace("[", "").replace("\u3010", "")
    assert masked(text)[0][0].text == masked(text, more)[0][0].text
