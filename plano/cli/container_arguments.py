"""How a config is run in a container: what is published, mounted and handed in.

Values of keys never stand on a command line: they are named, and Docker takes them from this command's environment.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plano.cli.health import Door

if TYPE_CHECKING:
    from plano.config.load import LoadedConfig

#: Where the directory of the config is in the container, and what relative names in it count from.
CONFIG_DIRECTORY: Final = "/config"
WORKING_DIRECTORY: Final = "/app"
#: Writable for whoever runs in there.
HOME: Final = "/tmp/plano"
HOST: Final = "host.docker.internal"
#: Would keep the image from finding its own programs.
_NEVER_HANDED_IN: Final = frozenset(("PATH", "HOME", "PLANO_HOME", "PLANO_LISTEN_ADDRESS"))
_ALL: Final = ("0.0.0.0", "::", "")
_LOOPBACK: Final = re.compile(r"(?:^|//|@)(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:/|$)", re.IGNORECASE)


def published(doors: Iterable[Door]) -> Iterator[str]:
    """Each listener's port, on the very address the config has it listen on."""
    for door in doors:
        address = f"[{door.address}]" if ":" in door.address else door.address
        prefix = "" if door.address in _ALL else f"{address}:"
        yield from ("--publish", f"{prefix}{door.port}:{door.port}")


def mounts(config: Path, named: Iterable[Path]) -> Iterator[str]:
    """The config's directory, where its .env is too, and every file that the config names; all read-only.

    The directory and not the file: editors replace a file, and a mounted file stays the old one.
    """
    yield from _mount(config.parent, CONFIG_DIRECTORY)
    for file in dict.fromkeys(named):
        yield from _mount(file.absolute(), posixpath.normpath(posixpath.join(WORKING_DIRECTORY, file)))


def handed_in(names: Iterable[str], environ: Mapping[str, str]) -> Iterator[str]:
    """The variables that are set in this shell, by name."""
    for name in dict.fromkeys(names):
        if name in environ and name not in _NEVER_HANDED_IN:
            yield from ("--env", name)


def as_this_user() -> tuple[str, ...]:
    """Run as who may read the files, with no right that this user has not."""
    confined = ("--security-opt", "no-new-privileges")
    user = ("--user", f"{os.getuid()}:{os.getgid()}")
    return (*user, *confined) if os.getuid() == 0 else (*user, "--cap-drop", "ALL", *confined)


def names_of_this_machine(loaded: LoadedConfig) -> list[str]:
    """Where the config, or a proxy variable, means this machine by a name that in a container is the container.

    The answer holds paths of keys and names of variables, never what they say.
    """
    import msgspec

    from plano.config.values import Secret

    def revealed(value: object) -> str:
        return value.reveal() if isinstance(value, Secret) else str(value)

    found = [
        path
        for section, value in msgspec.to_builtins(loaded.config, enc_hook=revealed).items()
        if section != "listeners"
        for path, text in _texts(value, section)
        if _LOOPBACK.search(text)
    ]
    proxies = {name: value for name, value in loaded.proxy_variables.items() if name.lower() != "no_proxy"}
    return found + [name for name, value in proxies.items() if _LOOPBACK.search(value.reveal())]


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{index}]")


def _mount(source: Path, target: str) -> Iterator[str]:
    fields = (f"source={source}", f"target={target}")
    yield from ("--mount", ",".join(("type=bind", *map(_field, fields), "readonly")))


def _field(text: str) -> str:
    """Docker reads the option as a line of CSV (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text
