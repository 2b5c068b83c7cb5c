"""From a file (or text) and an environment to a `Config`: everything that is wrong is reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from .document import Config


class LoadedConfig(Struct, frozen=True, kw_only=True):
    """A usable config, and what its author should know.

    `notices` are whole sentences. `missing_variables` are the names of environment variables that the file asks
    for and nobody set, each once, in order of appearance; the config holds empty values in their place. `source`
    is the file's name. Nothing of it shows a secret.
    """

    config: Config
    notices: tuple[str, ...] = ()
    missing_variables: tuple[str, ...] = ()
    source: str = ""


def load_config(path: Path, environ: Mapping[str, str]) -> LoadedConfig:
    """Read a config file and the `.env` beside it. Raises `ConfigProblems`."""
    return load_text(path.read_text("utf-8"), name=str(path), environ=environ, directory=path.parent)


def load_text(
    text: str, *, name: str, environ: Mapping[str, str], directory: Path | None = None
) -> LoadedConfig:
    """Read a config from text. `name` stands for the file in messages; `.env` is read from `directory`, if given.

    Variables of `environ` (the shell) win over those of `.env`. Raises `ConfigProblems`.
    """
    import msgspec
    import yaml

    from .values import dec_hook

    del environ, directory
    return LoadedConfig(config=msgspec.convert(yaml.safe_load(text), Config, dec_hook=dec_hook), source=name)
