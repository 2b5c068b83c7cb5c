"""`planoai api-key`: a key for clients, and the row of the config that lets it in.

The key is shown and kept nowhere; the config holds its SHA-256 alone.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Final

import click

from plano.cli.terminal import CommandFailed, say, warn

_PREFIX: Final = "pk-plano-"
#: More than anybody can try out, so that a plain hash protects it.
_RANDOM_BYTES: Final = 32
#: Fewer characters than this are likely to be a word, which a plain hash does not protect.
_SHORT: Final = 20
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_YAML_WORDS: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


@click.command("api-key")
@click.argument("name", default="client")
@click.option("--from-stdin", is_flag=True, help="Hash a key that is there already: the line read from stdin.")
def api_key(name: str, from_stdin: bool) -> None:
    """Make a random key for clients, and the config row that lets it in.

    NAME says who uses the key; logs show it. The key itself is printed this once and written nowhere: the row goes
    under `api_keys` of a listener and holds its SHA-256. With --from-stdin only the row is printed.
    """
    if not name.strip() or not name.isprintable():
        raise click.UsageError("A key's name must be a text that can be printed.")
    if from_stdin:
        key = _given_key()
    else:
        key = new_key()
        say(f"Key, shown this once: {key}")
        say()
        say("Under `api_keys` of a listener:")
        say()
    say(config_row(name, key))


def new_key() -> str:
    """`pk-plano-` and 32 random bytes in base64url."""
    import secrets

    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def config_row(name: str, key: str) -> str:
    """The YAML of one entry of `api_keys`; it does not hold the key."""
    import hashlib

    plain = _PLAIN_NAME.fullmatch(name) and name.lower() not in _YAML_WORDS
    shown = name if plain else json.dumps(name, ensure_ascii=False)
    return f"  - name: {shown}\n    sha256: {hashlib.sha256(key.encode()).hexdigest()}"


def _given_key() -> str:
    if sys.stdin.isatty():
        text: str = click.prompt("Key", hide_input=True, err=True)
    else:
        try:
            text = sys.stdin.read().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            text = ""
    # A client sends it in a header: what cannot stand there would match nobody.
    if not text or not all("!" <= letter <= "~" for letter in text):
        raise CommandFailed("A key is one line of visible ASCII characters, without blanks")
    if len(text) < _SHORT:
        warn(f"A key of {len(text)} characters may be guessed from its hash; 'planoai api-key' makes random ones")
    return text
