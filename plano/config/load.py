"""From a file (or text) and an environment to a `Config`: everything that is wrong is reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from . import yaml_text
from .checks import cross_check
from .checks.files import check_files
from .checks.interfaces import MoreInterfaces, no_more_interfaces
from .checks.routing import RouterFits, any_router_fits
from .document import Config
from .engines import keys_without_effect
from .environment import proxy_variables, read_dotenv, substitute
from .findings import Findings
from .problems import ConfigProblems, Problem
from .reading import read
from .upgrade import upgrade_config, upgrade_tree
from .values import Secret


class LoadedConfig(Struct, frozen=True, kw_only=True):
    """A usable config, and what its author should know.

    `notices` are whole sentences. `missing_variables` are the names of environment variables that the file
    asks for and nobody set, each once, in order of appearance; the config holds empty values in their place.
    `source` is the file's name. `proxy_variables` are those of the environment, and of `.env`, that name proxies.
    Nothing of it shows a secret.
    """

    config: Config
    notices: tuple[str, ...] = ()
    missing_variables: tuple[str, ...] = ()
    source: str = ""
    proxy_variables: dict[str, Secret] = {}


class ConfigSource(Struct, frozen=True, kw_only=True):
    """A config file and the `.env` beside it as they were read: what is served can be loaded again from it.

    `path` is where they came from. Both may hold secrets: keep it in memory.
    """

    path: str
    text: bytes
    dotenv: bytes | None = None

    def __repr__(self) -> str:
        return f"ConfigSource({self.path!r})"


def load_config(
    path: Path,
    environ: Mapping[str, str],
    *,
    interfaces: MoreInterfaces = no_more_interfaces,
    router_fits: RouterFits = any_router_fits,
) -> LoadedConfig:
    """Read a config file and the `.env` beside it. Raises `ConfigProblems`, and what the two callables raise.

    `interfaces` is asked what `provider_interface` may say beside plano's own names, if it says something else;
    `router_fits` whether there is such a router, if one is described.
    """
    return load_source(read_source(path), environ, interfaces=interfaces, router_fits=router_fits)


def read_source(path: Path) -> ConfigSource:
    """Read both files once. Raises `ConfigProblems`."""
    findings = Findings(str(path))
    text = _content(path, findings)
    findings.raise_if_any()
    beside = path.parent / ".env"
    aside = Findings(str(beside))
    dotenv = _content(beside, aside) if beside.is_file() else None
    aside.raise_if_any()
    return ConfigSource(path=str(path), text=text, dotenv=dotenv)


def load_source(
    source: ConfigSource,
    environ: Mapping[str, str],
    *,
    interfaces: MoreInterfaces = no_more_interfaces,
    router_fits: RouterFits = any_router_fits,
) -> LoadedConfig:
    """Read a config from what the files held. Variables of `environ` (the shell) win. Raises as `load_config` does."""
    findings = Findings(source.path)
    text = _decoded(source.text, findings)
    findings.raise_if_any()
    variables = _variables(source, findings)
    variables = {**variables, **environ}
    return _loaded(
        text,
        variables,
        findings,
        source.path,
        looks_for_files=True,
        interfaces=interfaces,
        router_fits=router_fits,
    )


def load_text(
    text: str,
    *,
    name: str,
    environ: Mapping[str, str],
    directory: Path | None = None,
    interfaces: MoreInterfaces = no_more_interfaces,
) -> LoadedConfig:
    """Read a config from text. `name` stands for the file in messages; `.env` is looked for in `directory`.

    Without it, the files that the config names are not looked for either. Variables of `environ` (the shell) win over
    those of `.env`. `interfaces` is asked as by `load_config`. Raises `ConfigProblems`.
    """
    findings = Findings(name)
    variables: dict[str, str] = {}
    if directory is not None and (directory / ".env").is_file():
        beside = directory / ".env"
        variables = _variables(ConfigSource(path=str(beside), text=b"", dotenv=_content(beside, findings)), findings)
    return _loaded(
        text,
        {**variables, **environ},
        findings,
        name,
        looks_for_files=directory is not None,
        interfaces=interfaces,
    )


def _loaded(
    text: str,
    variables: Mapping[str, str],
    findings: Findings,
    name: str,
    *,
    looks_for_files: bool,
    interfaces: MoreInterfaces = no_more_interfaces,
    router_fits: RouterFits = any_router_fits,
) -> LoadedConfig:
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
    cross_check(config, findings, interfaces, router_fits)
    if looks_for_files:
        check_files(config, findings)
    for sentence in keys_without_effect(config):
        findings.notice(sentence)
    if findings.has_problems and missing:
        findings.problem("", f"these environment variables are not set: {', '.join(missing)}")
    findings.raise_if_any()
    return LoadedConfig(
        config=config,
        notices=findings.notices,
        missing_variables=missing,
        source=name,
        proxy_variables=proxy_variables(variables),
    )


def _report(error: yaml_text.NotYaml, findings: Findings) -> None:
    findings.problem("", error.message, error.hint, line=error.line)


def _decoded(content: bytes, findings: Findings) -> str:
    try:
        return yaml_text.decode(content)
    except yaml_text.NotYaml as error:
        _report(error, findings)
    return ""


def _content(path: Path, findings: Findings) -> bytes:
    """At most one byte more than is allowed: enough to see that it is too much."""
    try:
        with path.open("rb") as file:
            return file.read(yaml_text.MAX_BYTES + 1)
    except OSError as error:
        findings.problem("", f"the file cannot be read: {error.strerror or type(error).__name__}")
    return b""


def _variables(source: ConfigSource, findings: Findings) -> dict[str, str]:
    """Those of the `.env` file."""
    if source.dotenv is None:
        return {}
    path = Path(source.path).parent / ".env"
    aside = Findings(str(path))
    variables, strange = read_dotenv(_decoded(source.dotenv, aside))
    findings.include(aside)
    for number in strange:
        findings.notice(f"Line {number} of {path} is not `NAME=value` and is passed over.")
    return variables


__all__ = [
    "ConfigProblems",
    "ConfigSource",
    "LoadedConfig",
    "Problem",
    "load_config",
    "load_source",
    "load_text",
    "read_source",
]
