"""Finding plano's own source: what `planoai build` builds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import plano
from plano.cli.terminal import CommandFailed

_VERSION: Final = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_RUNNING: Final = Path(plano.__file__)
_IS_OURS: Final = re.compile(r'^name = "planoai"$', re.MULTILINE)


class Checkout(NamedTuple):
    """A directory that holds the source, and the version it says it is."""

    root: Path
    version: str


def find_checkout(directory: Path, runs_from: Path = _RUNNING) -> Checkout:
    """The checkout that `directory` lies in, else the one this plano runs from.

    Without any, the command ends with exit code 1.
    """
    package = runs_from.parent
    places = (directory, *directory.parents, package.parent)
    return next(_checkouts(places), None) or _not_found(directory, package)


def _checkouts(places: Iterable[Path]) -> Iterator[Checkout]:
    for place in places:
        try:
            project = (place / "pyproject.toml").read_text("utf-8")
            version = _VERSION.search((place / "plano" / "__init__.py").read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
        if version is not None and _IS_OURS.search(project):
            yield Checkout(place, version[1])


def _not_found(directory: Path, package: Path) -> Checkout:
    raise CommandFailed(
        "Plano is built from its source, and there is none here",
        [
            f"  {directory} is not inside a checkout of its repository,",
            f"  and this plano is installed in {package}.",
            "Clone the repository and run 'planoai build' inside.",
        ],
    )
