"""Checks of `model_providers` and `model_aliases`."""

from __future__ import annotations

from collections.abc import Callable

from ..document import Config
from ..findings import Findings, did_you_mean, join
from ..model_list import ModelList
from ..models import ModelProvider
from ..vendor_names import BY_PREFIX, LISTED, AddedNames
from .text_rules import configured_header_fault, host_fault, key_fault, url_fault


def check_model_providers(config: Config, findings: Findings, added: Callable[[], AddedNames] = AddedNames) -> None:
    """`added` is asked only for a prefix that is not plano's own and lacks an address: it may have to load plugins."""
    for index, row in enumerate(config.model_providers):
        path = findings.at("model_providers", index)
        _check_model(row, path, findings)
        _check_address(row, path, findings, added)
        _check_credentials(row, path, findings)
        for name, value in row.headers.items():
            here = join(join(path, "headers"), name)
            if fault := configured_header_fault(name, value.reveal()):
                findings.problem(here, fault)
    _check_names(config, findings)
    _check_defaults(config, findings)
    _notice_literal_keys(findings)


def _check_model(row: ModelProvider, path: str, findings: Findings) -> None:
    here = join(path, "model")
    shown = findings.shown(here, row.model)
    if not row.prefix or not row.model_id or any(character.isspace() for character in row.model):
        hint = did_you_mean(row.model, BY_PREFIX)
        if not hint and here not in findings.variables:
            hint = f"for example `openai/{row.model.strip('/ ')}`"
        findings.problem(here, f"must be `<provider>/<model id>` or `<provider>/*`, not {shown}", hint)
    elif "*" in row.model and not row.is_wildcard:
        findings.problem(here, f"`*` stands for a whole model id or not at all, not {shown}")
    elif row.is_wildcard and row.default:
        findings.problem(join(path, "default"), "a wildcard cannot be the default: name one of its models")


def _check_address(row: ModelProvider, path: str, findings: Findings, added: Callable[[], AddedNames]) -> None:
    """Where the API is, and which one it is."""
    _check_prefix(row, path, findings, added)
    if row.base_url is not None and (fault := url_fault(row.base_url)):
        hint = "the API version goes into `api_version`" if "query" in fault else ""
        findings.problem(join(path, "base_url"), fault, hint)
    if row.http_host is not None and (fault := host_fault(row.http_host)):
        findings.problem(join(path, "http_host"), fault)


def _check_prefix(row: ModelProvider, path: str, findings: Findings, added: Callable[[], AddedNames]) -> None:
    here = join(path, "model")
    vendor = BY_PREFIX.get(row.prefix)
    if not row.model_id:
        return
    prefix = findings.shown(here, row.prefix)
    lacking = [
        f"`{key}`"
        for key in ("base_url", "provider_interface")
        if getattr(row, key) is None and not findings.is_bad(join(path, key))
    ]
    if vendor is None and lacking:
        prefixes = added().prefixes
        if row.prefix in prefixes:
            return
        message = (
            f"{prefix} is not a known provider: it needs both `base_url` and `provider_interface`, "
            f"and lacks {' and '.join(lacking)}"
        )
        hint = did_you_mean(row.prefix, {*BY_PREFIX, *prefixes})
        findings.problem(here, message, hint or f"known are {', '.join((*LISTED, *prefixes))}")
    elif vendor is not None and vendor.needs_base_url and "`base_url`" in lacking:
        message = f"{prefix} needs a `base_url`: there is no address that is right for everybody"
        findings.problem(here, message)


def _check_credentials(row: ModelProvider, path: str, findings: Findings) -> None:
    here = join(path, "access_key")
    key = row.access_key
    if key is None:
        return
    if not key.reveal().strip():
        origin = f": {findings.shown(here, '')} is an empty text" if here in findings.variables else ""
        findings.problem(here, "is empty" + origin, "leave it out if no key is needed")
    elif fault := key_fault(key.reveal()):
        findings.problem(here, fault)
    if row.passthrough_auth:
        findings.notice(
            f"`{findings.as_written(path)}` has both `passthrough_auth` and `access_key`: the client's "
            "credential is sent and the key is not used."
        )


def _check_names(config: Config, findings: Findings) -> None:
    """Names are unique; so a model can be there twice, if the two are named apart."""
    first_of: dict[str, int] = {}
    for index, row in enumerate(config.model_providers):
        first = first_of.setdefault(row.name, index)
        if first == index or not row.name:
            continue
        key = "model" if row.name == row.model else "name"
        here, there = join(findings.at("model_providers", index), key), findings.at("model_providers", first)
        line, other = findings.line_of(here), findings.line_of(there)
        message = f"{findings.shown(here, row.name)} stands in lines {other} and {line}"
        findings.problem(here, message, "give each entry a `name` of its own")


def _check_defaults(config: Config, findings: Findings) -> None:
    defaults = [row.name for row in config.model_providers if row.default]
    if len(defaults) > 1:
        others = ", ".join(f"`{name}`" for name in defaults[1:])
        findings.notice(f"Several providers have `default: true`: `{defaults[0]}` is used, not {others}.")


def _notice_literal_keys(findings: Findings) -> None:
    keys = [path for path in findings.literal_secrets if path.endswith((".access_key", ".api_key", ".key"))]
    if keys:
        listing = ", ".join(f"`{findings.as_written(path)}`" for path in keys)
        findings.notice(
            f"{listing} {'is' if len(keys) == 1 else 'are'} written in the file: better keep keys in the "
            "environment or in `.env`, and write `$NAME`."
        )


def check_aliases(config: Config, models: ModelList, findings: Findings) -> None:
    for alias, entry in config.model_aliases.items():
        here = join(join("model_aliases", alias), "target")
        if models.has(entry.target):
            continue
        if entry.target in config.model_aliases:
            beyond = config.model_aliases[entry.target].target
            place = join(join("model_aliases", entry.target), "target")
            message = f"{findings.shown(here, entry.target)} is an alias itself, and aliases are followed only once"
            findings.problem(here, message, f"write {findings.shown(place, beyond)}")
        else:
            message = f"{findings.shown(here, entry.target)} is not a declared model"
            findings.problem(here, message, models.suggest(entry.target))
