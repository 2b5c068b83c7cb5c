"""Config files: a usable config or `ConfigProblems`, twice the same, with lines that are in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plano.config.load import ConfigProblems, ConfigSource, load_source

TOKENS = tuple(
    b"\n|  |- |: |#|&a |*a|<<: *a|!x |!!str |[|]|{|}|\"|'|\t|\0|\xff|\xef\xbb\xbf|---|null|~|true|0|"
    b"-1|1e9|.inf|9999999999999999"
    b"|$X|${X}|${X:-|$$|version: |v0.4.0|model_providers:|listeners:|- model: openai/*|"
    b"access_key: $X|default: true|port: |"
    b"routing_preferences:|base_url: http://a|agents:|filters:|prompt_targets:|tracing:|>\n|\\x|%20|@|`"
    .split(b"|")
)
ROOT = Path(__file__).parents[1] / "config"
ENVIRONMENT = {"X": "value", "OPENAI_API_KEY": "secret-of-the-environment"}


def seeds() -> Iterator[bytes]:
    for path in sorted([*ROOT.glob("broken/*.yaml"), *ROOT.glob("documents/**/*.yaml")]):
        data = path.read_bytes()
        if len(data) <= 8192:
            yield data


def check(data: bytes) -> None:
    first = loaded(data)
    assert loaded(data) == first
    assert "secret-of-the-environment" not in first


def loaded(data: bytes) -> str:
    """The config or the problems, as text."""
    # A path that is no folder: files that the config names are looked for beside it, and are not there.
    source = ConfigSource(path="/dev/null/config.yaml", text=data, dotenv=None)
    try:
        result = load_source(source, ENVIRONMENT)
    except ConfigProblems as error:
        problems = error
    else:
        return repr(result.config) + repr(result.notices) + repr(result.missing_variables)
    assert problems.problems
    lines = len(data.splitlines()) + 1
    for problem in problems.problems:
        assert problem.line is None or 1 <= problem.line <= lines, str(problem)
        assert problem.message
    return str(problems)
