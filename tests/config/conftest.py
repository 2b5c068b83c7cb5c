"""Loading a config from a text, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from plano.config.load import LoadedConfig, load_text
from plano.config.problems import ConfigProblems

HEAD = """\
version: v0.4.0
listeners:
  - {type: model, name: main, port: 12000}
"""

Load = Callable[..., LoadedConfig]
Complaints = Callable[..., list[str]]


@pytest.fixture
def load() -> Load:
    """`load(text)` puts a version and a listener before the text; `whole=True` takes it as it is."""

    def load(text: str, environ: Mapping[str, str] | None = None, *, whole: bool = False) -> LoadedConfig:
        if text.startswith("\n"):
            text = dedent(text).lstrip("\n")
        return load_text(text if whole else HEAD + text, name="config.yaml", environ=environ or {})

    return load


@pytest.fixture
def complaints(load: Load) -> Complaints:
    """The problems of a config as `path: message (hint)`, or nothing."""

    def complaints(text: str, environ: Mapping[str, str] | None = None, *, whole: bool = False) -> list[str]:
        try:
            load(text, environ, whole=whole)
        except ConfigProblems as error:
            return [str(problem).partition(" ")[2] for problem in error.problems]
        return []

    return complaints
