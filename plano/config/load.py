"""From a file (or text) and an environment to a `Config`: everything that is wrong is reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from . import yaml_text
from .checks import cross_check
from .document import Config
from .engines import keys_without_effect
from .environment import read_dotenv, substitute
from .findings import Findings
from .problems import ConfigProblems, Problem
from .reading import read
from .upgrade import upgrade_config, upgrade_tree


class LoadedConfig(Struct, frozen=True, kw_only=True):
    """A usable config, and what its author should know.

    `notices` are whole sentences. `missing_variables` are the names of environment variables that the file
    asks for and nobody set, each once, in order of appearance; the config holds empty values in their place.
    `source` is the file's name. Nothing of it shows a secret.
    """

    config: Config
    notices: tuple[str, ...] = ()
    missing_variables: tuple[str, ...] = ()
    source: str = ""


def load_config(path: Path, environ: Mapping[str, str]) -> LoadedConfig:
    """Read a config file and the `.env` beside it. Raises `ConfigProblems`."""
    findings = Findings(str(path))
    text = _read_file(path, findings)
    findings.raise_if_any()
    return load_text(text, name=str(path), environ=environ, directory=path.parent)


def load_text(text: str, *, name: str, environ: Mapping[str, str], directory: Path | None = None) -> LoadedConfig:
    """Read a config from text. `name` stands for the file in messages; `.env` is looked for in `directory`.

    Variables of `environ` (the shell) win over those of `.env`. Raises `ConfigProblems`.
    """
    findings = Findings(name)
    variables = {**_dotenv_beside(directory, findings), **environ}
    try:
        root, duplicates = yaml_text.parse(text)
    except yaml_text.NotYaml as error:
        _report(error, findings)
        findings.raise_if_any()
        raise  # Not reached: the report above is a problem.
    for duplicate in duplicates:
        _report(duplicate, findings)
    missing = substitute(root, variables, findings)
    upgrade_tree(root, findings)
    config = read(Config, root, findings, version="v0.4.0", listeners=())
    config = upgrade_config(config, findings)
    cross_check(config, findings)
    for sentence in keys_without_effect(config):
        findings.notice(sentence)
    if findings.has_problems and missing:
        findings.problem("", f"these environment variables are not set: {', '.join(missing)}")
    findings.raise_if_any()
    return LoadedConfig(config=config, notices=findings.notices, missing_variables=missing, source=name)


def _report(error: yaml_text.NotYaml, findings: Findings) -> None:
    findings.problem("", error.message, error.hint, line=error.line)


def _read_file(path: Path, findings: Findings) -> str:
    try:
        return yaml_text.decode(_content(path))
    except yaml_text.NotYaml as error:
        _report(error, findings)
    except OSError as error:
        findings.problem("", f"the file cannot be read: {error.strerror or type(error).__name__}")
    return ""


def _content(path: Path) -> bytes:
    """At most one byte more than is allowed: enough to see that it is too much."""
    with path.open("rb") as file:
        return file.read(yaml_text.MAX_BYTES + 1)


def _dotenv_beside(directory: Path | None, findings: Findings) -> dict[str, str]:
    if directory is None:
        return {}
    path = directory / ".env"
    if not path.is_file():
        return {}
    aside = Findings(str(path))
    variables, strange = read_dotenv(_read_file(path, aside))
    findings.include(aside)
    for number in strange:
        findings.notice(f"Line {number} of {path} is not `NAME=value` and is passed over.")
    return variables


__all__ = ["ConfigProblems", "LoadedConfig", "Problem", "load_config", "load_text"]
