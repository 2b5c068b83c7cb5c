"""Variables, `.env`, and who wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.config import yaml_text
from plano.config.environment import read_dotenv, variable_names
from plano.config.load import load_config
from plano.config.problems import ConfigProblems

from .conftest import Complaints, Load

CONFIG = """\
version: v0.4.0
listeners: [{type: model, name: main, port: "${PORT:-12000}"}]
model_providers:
  - {model: openai/gpt-4o, access_key: $OPENAI_API_KEY}
  - {model: anthropic/claude, access_key: "${ANTHROPIC_API_KEY}"}
"""


def keys(path: Path, environ: dict[str, str]) -> list[str]:
    rows = load_config(path, environ).config.model_providers
    return [row.access_key.reveal() for row in rows if row.access_key is not None]


def test_keys_come_from_the_dotenv_from_the_shell_and_from_both(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    shell = {"OPENAI_API_KEY": "shell-o", "ANTHROPIC_API_KEY": "shell-a"}
    assert keys(path, shell) == ["shell-o", "shell-a"]
    (tmp_path / ".env").write_text("OPENAI_API_KEY=file-o\nANTHROPIC_API_KEY=file-a\nPORT=1\n")
    assert keys(path, {}) == ["file-o", "file-a"]
    assert keys(path, {"ANTHROPIC_API_KEY": "shell-a"}) == ["file-o", "shell-a"]
    assert keys(path, shell) == ["shell-o", "shell-a"]
    assert load_config(path, {}).config.listeners[0].port == 1
    assert load_config(path, {"PORT": "2"}).config.listeners[0].port == 2


def test_a_dotenv_is_read_as_shells_write_it() -> None:
    variables, strange = read_dotenv(
        '# comment\n\nPLAIN=a b # note\n export EXPORTED = x \nDOUBLE="a # \'b\' \\n\\"c\\""  # note\n'
        "SINGLE='a \\n $b'\nEMPTY=\nHASH=a#b\nURL=postgres://u:p@h/d?x=y\nnonsense\n1BAD=x\nPLAIN=last\nCOMMENT=#x\n"
    )
    assert variables == {
        "PLAIN": "last",
        "EXPORTED": "x",
        "DOUBLE": "a # 'b' \n\"c\"",
        "SINGLE": "a \\n $b",
        "EMPTY": "",
        "HASH": "a#b",
        "URL": "postgres://u:p@h/d?x=y",
        "COMMENT": "",
    }
    assert strange == (10, 11)


def test_a_line_of_the_dotenv_that_is_none_is_told_without_its_text(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / ".env").write_text("sk-pasted-without-a-name\n")
    notices = load_config(tmp_path / "config.yaml", {}).notices
    assert notices == (f"Line 1 of {tmp_path / '.env'} is not `NAME=value` and is passed over.",)


def test_a_dotenv_that_is_not_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(ConfigProblems, match=r"\.env:1: the file is not UTF-8 text"):
        load_config(tmp_path / "config.yaml", {})


def test_every_missing_name_is_listed_once_in_order_wherever_it_stands(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - model: openai/gpt-4o
            access_key: $B
            base_url: http://${A}:${PORT}/v1
            headers: {X-Org: "$C and $B"}
        state_storage: {type: postgres, connection_string: "postgresql://${USER_NAME}@h/${B}"}
        plugins: {x: [{y: $D}]}
        tracing: {span_attributes: {static: {team: $E}}}
        """
    )
    assert loaded.missing_variables == ("B", "A", "PORT", "C", "USER_NAME", "D", "E")
    row = loaded.config.model_providers[0]
    assert row.access_key is not None
    assert (row.access_key.reveal(), row.base_url) == ("", "http://:/v1")


def test_defaults_dollars_and_other_texts(load: Load) -> None:
    text = 'plugins: {x: {a: "${A:-one}", b: "${B:-}", c: "$$A", d: "5$ or $5", e: "$A$B_C", f: "${A}B"}}\n'
    assert load(text, {"A": "", "B": "b", "B_C": "bc"}).config.plugins["x"] == {
        "a": "one", "b": "b", "c": "$A", "d": "5$ or $5", "e": "bc", "f": "B",
    }  # fmt: skip


def test_a_variable_may_stand_for_a_number_and_for_a_truth_value(load: Load) -> None:
    loaded = load(
        """
        version: v0.4.0
        listeners: [{type: model, name: main, port: $PORT, timeout: $WAIT}]
        model_providers: [{model: openai/gpt-4o, default: $IS_DEFAULT}]
        """,
        {"PORT": "1234", "WAIT": "90", "IS_DEFAULT": "true"},
        whole=True,
    )
    listener = loaded.config.listeners[0]
    assert (listener.port, listener.timeout, loaded.config.model_providers[0].default) == (1234, 90.0, True)


def test_a_missing_variable_where_no_text_can_stand_means_the_default(load: Load) -> None:
    text = "version: v0.4.0\nlisteners: [{type: model, name: main, port: $PORT}]\n"
    loaded = load(text, whole=True)
    assert loaded.config.listeners[0].port == 12000
    assert loaded.missing_variables == ("PORT",)


def test_the_same_variable_may_not_hide_that_a_provider_is_unknown(complaints: Complaints) -> None:
    found = complaints("model_providers: [{model: $MODEL}]\n", {"MODEL": "sekrit/model"})
    assert len(found) == 1
    assert "the value of `$MODEL` is not a known provider" in found[0]
    assert "sekrit" not in found[0]


def test_variables_in_comments_and_keys_are_left_alone(load: Load) -> None:
    loaded = load("# $NOT_ASKED_FOR\nplugins: {$KEY: 1}\n")
    assert loaded.missing_variables == ()
    assert loaded.config.plugins == {"$KEY": 1}


def test_every_variable_that_a_text_names_is_listed_once() -> None:
    text = "# $COMMENT\na: $ONE-${TWO:-x}\nb: [{$KEY: $ONE}, $$NONE, 'cost: $5', \"${THREE}$FOUR\"]\n"
    tree, _ = yaml_text.parse(text)
    assert variable_names(tree) == ("ONE", "TWO", "THREE", "FOUR")
