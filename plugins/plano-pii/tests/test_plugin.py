from __future__ import annotations

import logging
import re
from pathlib import Path

import msgspec
import pytest
from plano_pii import Detector, Pii, Settings

from plano.plugin_api import Passage, PieceFilter, Place, Refuse

USER = Place("text", "user")
README = Path(__file__).parents[1] / "README.md"


def plugin(**settings: object) -> Pii:
    made = Pii()
    made.started(msgspec.convert(settings, made.config_section()))
    return made


def masked(one: Pii, *texts: str, place: Place = USER) -> list[str]:
    passages = [Passage(place, text) for text in texts]
    one.mask([passage for passage in passages if one.is_wanted(passage.place)])
    return [passage.text for passage in passages]


def test_one_value_has_one_placeholder_for_all_of_a_conversation() -> None:
    assert masked(plugin(), "ann@example.com and bob@example.com", "bob@example.com, 10.0.0.1") == [
        "[EMAIL_1] and [EMAIL_2]",
        "[EMAIL_2], [IP_1]",
    ]


def test_a_placeholder_that_already_stands_there_is_passed_over() -> None:
    assert masked(plugin(), "what is [EMAIL_1]? ann@example.com") == ["what is [EMAIL_1]? [EMAIL_2]"]


def test_without_originals_placeholders_of_earlier_answers_keep_their_meaning() -> None:
    texts = masked(plugin(reversible=False), "I am ann@example.com", "Hello [EMAIL_1]")
    assert texts == ["I am [EMAIL_1]", "Hello [EMAIL_1]"]


def test_untouched_passages_stay_unchanged() -> None:
    passage = Passage(USER, "hello")
    assert plugin().mask([passage]) is None
    assert not passage.is_changed


def test_patterns_of_ones_own() -> None:
    own = [{"name": "employee", "pattern": r"EMP-\d{6}", "placeholder": "staff"}]
    assert masked(plugin(custom=own), "EMP-123456 wrote to ann@example.com") == ["[STAFF_1] wrote to [EMAIL_1]"]


def test_placeholders_of_another_style() -> None:
    assert masked(plugin(placeholder="<{entity}_{number}>"), "ann@example.com") == ["<EMAIL_1>"]


def test_only_wanted_kinds_and_roles_are_looked_at() -> None:
    assert masked(plugin(kinds=["result"]), "ann@example.com") == ["ann@example.com"]
    assert masked(plugin(roles=["user"]), "ann@example.com", place=Place("text", "assistant")) == ["ann@example.com"]


def test_blocking_names_kinds_and_never_values() -> None:
    with pytest.raises(Refuse) as refused:
        masked(plugin(mode="block"), "ann@example.com 10.0.0.1")
    assert str(refused.value) == "the request contains private data: email, ip"
    assert refused.value.code == "pii_found"


def test_reporting_changes_nothing_and_logs_no_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "plano_pii"):
        assert masked(plugin(mode="report"), "ann@example.com") == ["ann@example.com"]
    assert caplog.messages == ["found in a request: email 1"]


def test_nothing_shows_values() -> None:
    one = plugin()
    placeholders = one.mask([Passage(USER, "ann@example.com")])
    assert placeholders
    assert "ann" not in repr(placeholders)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"entities": ["mail"]}, "entity 'mail' is not known"),
        ({"mode": "hide"}, "Invalid enum value 'hide'"),
        ({"placeholder": "EMAIL"}, "must be like"),
        ({"placeholder": "[{entity}]"}, "must be like"),
        ({"placeholder": "[{entity}_{number})"}, "must be like"),
        ({"regions": ["XX"]}, "there is no region 'XX'"),
        ({"custom": [{"name": "a", "pattern": "("}]}, "no regular expression"),
        ({"custom": [{"name": "a", "pattern": "x*"}]}, "matches empty text"),
        ({"custom": [{"name": "email", "pattern": "x"}]}, "the name 'email' is taken"),
        ({"custom": [{"name": "A b", "pattern": "x"}]}, "must be a word"),
        ({"allow": [""]}, "an empty value"),
        ({"masked": True}, "unknown field `masked`"),
    ],
)
def test_settings_that_make_no_sense_say_so(settings: dict[str, object], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=re.escape(told)):
        msgspec.convert(settings, Settings)


def test_every_setting_of_the_readme_is_accepted() -> None:
    yaml = pytest.importorskip("yaml")
    block = re.search(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    assert block
    settings = yaml.safe_load(block[1])["plugins"]["pii"]
    msgspec.convert(settings, Settings)
    assert set(settings) == set(Settings.__struct_fields__)


def test_the_example_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert block
    code, _, printed = block[1].partition("# ")
    exec(code, {"Detector": Detector})
    assert capsys.readouterr().out == printed


def test_answers_are_restored_after_they_were_masked() -> None:
    from plano_pii.masking import Masks
    from plano_pii.placeholders import Originals, Placeholders
    from plano_pii.restoring import Restorer

    one = plugin(answer=True)
    placeholders = one.mask([Passage(USER, "ann@example.com")])
    assert placeholders
    restorer: PieceFilter = Restorer(Originals(placeholders, one._template))
    assert isinstance(restorer, Restorer)
    restorer.masks = Masks(one._detector, Placeholders(one._template, {}, placeholders.normals()).of, one.is_wanted)
    text_filter = restorer.open(Place("text", "assistant"))
    assert text_filter
    pieces = ["I", " told", " [EM", "AIL_1", "] of", " bob@", "example.com", "."]
    assert "".join([*map(text_filter.feed, pieces), text_filter.finish()]) == "I told ann@example.com of [EMAIL_2]."
