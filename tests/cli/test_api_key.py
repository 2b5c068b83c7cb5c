"""`planoai api-key`: random keys, and rows that a config takes."""

from __future__ import annotations

import hashlib
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from plano.cli.main import cli
from plano.config.load import load_text
from tests.cli.conftest import CommandLine, config_text

KEY = "a-key-that-somebody-made-long-ago"


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, ["api-key", *arguments], input=stdin)


def row_of(output: str) -> str:
    return output[output.index("  - name:") :]


def with_key(port: int, row: str) -> str:
    """A config whose listener lets the row's key in."""
    indented = "".join(f"    {line}\n" for line in row.splitlines())
    return config_text(port).replace(f"    port: {port}\n", f"    port: {port}\n    api_keys:\n{indented}")


def loaded_key(row: str) -> tuple[str, str]:
    """Name and hash, as a config with this row has them."""
    [key] = load_text(with_key(12000, row), name="config.yaml", environ={}).config.listeners[0].api_keys
    assert key.sha256 is not None
    return key.name, key.sha256.reveal()


def test_a_new_key_is_shown_once_and_its_hash_goes_into_the_config() -> None:
    told = run("team-a")
    assert told.exit_code == 0, told.output
    [key] = re.findall(r"pk-plano-[\w-]{43}", told.output)
    assert loaded_key(row_of(told.output)) == ("team-a", hashlib.sha256(key.encode()).hexdigest())
    assert key not in row_of(told.output)


def test_no_two_keys_are_alike() -> None:
    assert len({run().output for _ in range(5)}) == 5


@pytest.mark.parametrize("stdin", [KEY, KEY + "\n", KEY + "\r\n"])
def test_a_key_from_stdin_is_hashed_and_not_shown(stdin: str) -> None:
    told = run("--from-stdin", stdin=stdin)
    assert (told.exit_code, told.stderr) == (0, "")
    assert KEY not in told.output
    assert told.stdout == f"  - name: client\n    sha256: {hashlib.sha256(KEY.encode()).hexdigest()}\n"


@pytest.mark.parametrize("name", ["true", "No", "1e3", "a: b", "# x", 'quo"ted', "Käthe", "- dash", "null", "0x10"])
def test_whatever_the_name_the_row_is_valid_yaml(name: str) -> None:
    told = run("--from-stdin", "--", name, stdin=KEY)
    assert loaded_key(told.stdout)[0] == name


@pytest.mark.parametrize("stdin", ["", "\n", "two\nlines\n", "with blank", "k\u00e4y", b"\xff\xfe", "\x00"])
def test_what_no_header_can_carry_is_refused(stdin: str | bytes) -> None:
    told = run("--from-stdin", stdin=stdin)
    assert told.exit_code == 1
    assert told.stderr == "✗ A key is one line of visible ASCII characters, without blanks\n"
    assert told.stdout == ""


def test_a_short_key_is_hashed_with_a_warning() -> None:
    told = run("--from-stdin", stdin="hunter2")
    assert told.exit_code == 0
    assert told.stderr.startswith("⚠ A key of 7 characters may be guessed")
    assert "hunter2" not in told.output


@pytest.mark.parametrize("name", ["", "  ", "a\nb"])
def test_a_name_that_cannot_be_shown_is_wrong_usage(name: str) -> None:
    assert run(name).exit_code == 2


def test_the_key_opens_the_listener_that_has_the_row(planoai: CommandLine, free_port: int) -> None:
    told = planoai("api-key", "team-a").stdout
    [key] = re.findall(r"pk-plano-[\w-]{43}", told)
    planoai.write("config.yaml", with_key(free_port, row_of(told)))
    assert planoai("up").returncode == 0
    url = f"http://127.0.0.1:{free_port}/v1/models"
    with urlopen(Request(url, headers={"authorization": f"Bearer {key}"}), timeout=10) as answer:
        assert answer.status == 200
    with pytest.raises(HTTPError) as refused, urlopen(url, timeout=10):
        pass
    refused.value.close()
    assert refused.value.code == 401
