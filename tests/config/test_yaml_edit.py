"""One value is set in a config's text, and everything else stays as it was written."""

from __future__ import annotations

import pytest
import yaml

from plano.config.yaml_edit import CannotEdit, with_value

PATH = ("routing", "router", "threshold")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1 # one\n", "a: 1 # one\n\nrouting:\n  router:\n    threshold: 0.3\n"),
        ("a: 1", "a: 1\n\nrouting:\n  router:\n    threshold: 0.3\n"),
        ("a: 1\r\n", "a: 1\r\n\r\nrouting:\r\n  router:\r\n    threshold: 0.3\r\n"),
        ("\ufeffa: ä\n", "\ufeffa: ä\n\nrouting:\n  router:\n    threshold: 0.3\n"),
        ("{a: 1}\n", "{a: 1, routing: {router: {threshold: 0.3}}}\n"),
        (
            "routing:   # how\n    on_no_match: default  # so\nb: 2\n",
            "routing:   # how\n    router:\n      threshold: 0.3\n    on_no_match: default  # so\nb: 2\n",
        ),
        ("routing: {on_no_match: a}  # so\n", "routing: {on_no_match: a, router: {threshold: 0.3}}  # so\n"),
        (
            "routing:\n  router:\n    # ours\n    type: encoder\n  on_no_match: default\n",
            "routing:\n  router:\n    # ours\n    threshold: 0.3\n    type: encoder\n  on_no_match: default\n",
        ),
        ("routing:\n  router: {type: encoder}\nb: 2", "routing:\n  router: {type: encoder, threshold: 0.3}\nb: 2"),
        (
            "routing:\n  router:\n    threshold: 0.55  # by hand\n    type: encoder\n",
            "routing:\n  router:\n    threshold: 0.3  # by hand\n    type: encoder\n",
        ),
        ("routing: {router: {threshold: '0.5', queue: 3}}", "routing: {router: {threshold: 0.3, queue: 3}}"),
        ("b: 😀\nrouting: {router: {threshold: 1}}", "b: 😀\nrouting: {router: {threshold: 0.3}}"),
        ('"routing": {"router": {"queue": 3}}', '"routing": {"router": {"queue": 3, threshold: 0.3}}'),
    ],
)
def test_the_value_is_set_and_nothing_else_moves(before: str, after: str) -> None:
    edited = with_value(before, PATH, "0.3")
    assert edited == after
    wanted = yaml.safe_load(before)
    wanted.setdefault("routing", {}).setdefault("router", {})["threshold"] = 0.3
    assert yaml.safe_load(edited) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "{}\n",
        "routing:\nb: 2\n",
        "routing: {}\n",
        "routing: {router: }\n",
        "routing: {router: {threshold: [1]}}",
        "a: [1",
    ],
)
def test_a_shape_that_is_not_edited_is_told(text: str) -> None:
    with pytest.raises(CannotEdit):
        with_value(text, PATH, "0.3")
