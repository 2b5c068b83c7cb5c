"""An account at a vendor: which operations it takes, and a ready `Target` for each. Compiled at start-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plano.config.document import Config
from plano.config.models import ModelProvider
from plano.config.problems import ConfigProblems, Problem
from plano.dialects.operation import GENERATE, OPERATIONS, PROVIDER_OPERATIONS, Operation
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.provider_vendor import ProviderVendor
from plano.errors import MissingKey
from plano.http.wire.origin import Origin
from plano.providers import headers as header_lines
from plano.providers.bedrock import region_of
from plano.providers.catalog import ANTHROPIC_VERSION
from plano.providers.credentials import USUAL_HEADERS, auth_header, header_of
from plano.providers.dialect_vendors import vendors_of
from plano.providers.paths import api_root, azure_path, bedrock_paths, gemini_paths, plain_path, template_paths
from plano.providers.signing import SIGNED_NAMES, Signer
from plano.providers.target import Target
from plano.providers.vendor import AuthStyle, PathRepair, Vendor
from plano.providers.vendor_choice import choose_vendor

_MODELS_REMEMBERED: Final = 1024


class _PerModel:
    """Stands in the table of targets where the model is a part of the path."""


_PER_MODEL: Final = _PerModel()


class Provider:
    """One row of `model_providers`. `vendor` says whose API it speaks; `owned_by` is shown to clients.

    `stream_usage`: ask for the usage in streams. `key_missing`: the vendor would refuse us; `missing_key()`
    is the error to raise instead of asking. `row` is the entry of the config itself.
    """

    __slots__ = (
        "_api_version",
        "_at_home",
        "_base_path",
        "_headers",
        "_key",
        "_passthrough",
        "_signer",
        "_targets",
        "_targets_per_model",
        "full_name",
        "is_default",
        "is_wildcard",
        "key_missing",
        "model_id",
        "name",
        "origin",
        "owned_by",
        "prefix",
        "row",
        "stream_usage",
        "vendor",
        "wants_max_completion_tokens",
    )

    def __init__(self, row: ModelProvider, vendors: Mapping[str, Vendor] | None = None) -> None:
        """`vendors`: what `provider_interface` may say beside the built-in ones.

        Raises `ValueError` for a row no request could be built from; the text never shows a secret.
        """
        chosen = choose_vendor(row, vendors or {})
        self.row = row
        self.name = row.name or row.model
        self.prefix = row.prefix
        self.full_name = row.model
        self.model_id = row.model_id
        self.is_wildcard = row.is_wildcard
        self.is_default = row.default
        self.vendor: Vendor = chosen.vendor
        self.owned_by = chosen.owned_by
        self.origin: Origin = chosen.origin
        self._at_home = chosen.at_home
        #: `max_tokens` is refused by some of its models, and the other name by none.
        self.wants_max_completion_tokens = chosen.at_home and self.vendor.max_completion_tokens
        self._base_path = chosen.base_path
        self._api_version = row.api_version
        self._passthrough = row.passthrough_auth
        self._key = _clean_key(row)
        repair = api_root(self.vendor, self._base_path)[1]
        self._headers = {
            "host": self.origin.host_header.decode(),
            **(dict(repair.headers) if repair is not None else {}),
            **_configured_headers(row),
        }
        self._signer = self._signed(row)
        self.stream_usage = _stream_usage(row, self.vendor, repair)
        self.key_missing = self._is_key_missing()
        self._targets: dict[str, Target | _PerModel | None] = self._compiled()
        self._targets_per_model: dict[tuple[str, str], Target | None] = {}

    def __repr__(self) -> str:
        return f"Provider({self.name!r} at {self.origin})"

    def target(self, operation: Operation, model_id: str) -> Target | None:
        """Where and how to send `operation` for `model_id`; None if this provider does not take it."""
        target = self._targets.get(operation.name, _PER_MODEL)
        if isinstance(target, _PerModel):
            return self._target_for_model(operation, model_id)
        return target

    def missing_key(self) -> MissingKey:
        """What to tell a client when `key_missing`: nothing can be sent until the config holds a key."""
        return MissingKey(
            f"no access_key is configured for the provider {self.name!r}; set `access_key` in its entry of "
            "`model_providers` (best as an environment variable), or `passthrough_auth: true` to use the "
            "client's own key"
        )

    def _signed(self, row: ModelProvider) -> Signer | None:
        """Who signs for AWS: only where no key is set, and only at AWS itself unless `region` says that it is."""
        if self.vendor.layout != "bedrock" or self._key or self._passthrough or self._credential_configured():
            return None
        if not self._at_home and not row.region:
            return None
        region = row.region or region_of(self.origin.host)
        return Signer(origin=str(self.origin), host=self._headers["host"], region=region)

    def _is_key_missing(self) -> bool:
        if self._key or self._passthrough or self._signer is not None:
            return False
        if not self.vendor.needs_key or not self._at_home:
            return False
        return not self._credential_configured()

    def _credential_configured(self) -> bool:
        return not self._headers.keys().isdisjoint(USUAL_HEADERS | {header_of(self.vendor.auth)})

    def _compiled(self) -> dict[str, Target | _PerModel | None]:
        if self.vendor.layout == "gemini":
            # Whoever says that another place speaks like Gemini means its own API.
            is_native = not self._at_home and self._speaks_native()
            return {one.name: None if is_native else self._plain_target(one) for one in OPERATIONS}
        if self.vendor.layout != "plain":
            return {}
        return {operation.name: self._plain_target(operation) for operation in (*OPERATIONS, *PROVIDER_OPERATIONS)}

    def _speaks_native(self) -> bool:
        is_compatible = self._base_path.rstrip("/").endswith(("/openai", "/chat/completions"))
        return self._at_home or (bool(self.row.provider_interface) and not is_compatible)

    def _target_for_model(self, operation: Operation, model_id: str) -> Target | None:
        key = (operation.name, model_id)
        known = self._targets_per_model
        if key in known:
            return known[key]
        if len(known) >= _MODELS_REMEMBERED:
            del known[next(iter(known))]
        target = known[key] = self._built_for_model(operation, model_id)
        return target

    def _plain_target(self, operation: Operation) -> Target | None:
        path = plain_path(self.vendor, self._base_path, operation, at_home=self._at_home)
        return None if path is None else self._built(operation, path, "")

    def _built_for_model(self, operation: Operation, model_id: str) -> Target | None:
        if self.vendor.layout == "azure":
            found = azure_path(self.vendor, self._base_path, operation, model_id, self._api_version)
            return None if found is None else self._built(operation, *found)
        if self.vendor.layout == "bedrock":
            paths = bedrock_paths(self._base_path, operation, model_id)
            return None if paths is None else self._built(operation, paths[0], "", streaming=(paths[1], ""))
        if self.vendor.layout == "template":
            both = template_paths(self.vendor, self._base_path, operation, model_id)
            return None if both is None else self._built(operation, *both[0], streaming=both[1])
        if self.vendor.layout == "gemini" and operation is GENERATE:
            return self._built_for_gemini(model_id)
        return self._plain_target(operation)

    def _built_for_gemini(self, model_id: str) -> Target | None:
        if not self._speaks_native():
            return None
        paths = gemini_paths(self._base_path, GENERATE, model_id)
        return None if paths is None else self._built(GENERATE, paths[0], "", streaming=(paths[1], "alt=sse"))

    def _built(
        self, operation: Operation, path: str, query: str, *, streaming: tuple[str, str] | None = None
    ) -> Target:
        """`streaming`: path and query where streams are asked for, if they are others."""
        streaming_path, streaming_query = streaming or (path, query)
        style = self._auth_style(operation)
        fixed = dict(self._headers)
        if self._key and not self._passthrough:
            name, value = auth_header(style, self._key)
            fixed.setdefault(name, value)  # `headers` of the config are set last: they are there already.
        defaults = _default_headers(self.vendor, operation, fixed)
        # A client's own value where our key goes is a credential, whatever the header.
        never = {header_of(style).encode()} | (SIGNED_NAMES if self._signer is not None else frozenset[bytes]())
        client_pays = self._passthrough and not self._credential_configured()
        return Target(
            origin=self.origin,
            path=path.encode("ascii"),
            query=query.encode("ascii"),
            start_line=_start_line(path, query),
            streaming_path=streaming_path.encode("ascii"),
            streaming_query=streaming_query.encode("ascii"),
            streaming_start_line=_start_line(streaming_path, streaming_query),
            fixed_headers=header_lines.rendered(fixed),
            dropped=header_lines.dropped(header_lines.names(fixed) | never, passthrough=self._passthrough),
            passthrough=header_of(style).encode() if client_pays else None,
            default_headers=header_lines.rendered(defaults),
            default_names=header_lines.names(defaults),
            signer=self._signer,
        )

    def _auth_style(self, operation: Operation) -> AuthStyle:
        second = self.vendor.second_api
        if second is not None and self._at_home and operation.name in second.speaks:
            return second.auth
        return self.vendor.auth_of(operation.dialect)


def build_providers(
    config: Config,
    *,
    file: str = "",
    dialects: tuple[ProviderDialect, ...] = (),
    vendors: tuple[ProviderVendor, ...] = (),
) -> tuple[Provider, ...]:
    """A `Provider` for each row of `model_providers`, in order. Raises `ConfigProblems` with all of them.

    `dialects` are those `provider_interface` may name beside the built-in ones, `vendors` those a model may, too.
    """
    rows = vendors_of(dialects, vendors)
    built: list[Provider] = []
    problems: list[Problem] = []
    for index, row in enumerate(config.model_providers):
        try:
            built.append(Provider(row, rows))
        except ValueError as wrong:
            problems.append(Problem(path=f"model_providers[{index}]", message=str(wrong), file=file))
    if problems:
        raise ConfigProblems(tuple(problems))
    return tuple(built)


def _start_line(path: str, query: str) -> bytes:
    return f"POST {path}{'?' if query else ''}{query} HTTP/1.1\r\n".encode("ascii")


def _clean_key(row: ModelProvider) -> str:
    key = row.access_key.reveal().strip() if row.access_key is not None else ""
    if not key.isascii() or not key.isprintable():
        raise ValueError("access_key holds a line break or a character that no API key has")
    return key


def _configured_headers(row: ModelProvider) -> dict[str, str]:
    set_by_user = [("host", row.http_host)] if row.http_host else []
    set_by_user += [(name, secret.reveal()) for name, secret in row.headers.items()]
    return dict(header_lines.checked(name, value) for name, value in set_by_user)


def _default_headers(vendor: Vendor, operation: Operation, fixed: Mapping[str, str]) -> dict[str, str]:
    defaults = dict(vendor.headers)
    if operation.dialect == "anthropic_messages":
        defaults["anthropic-version"] = ANTHROPIC_VERSION
    return {name: value for name, value in defaults.items() if name not in fixed}


def _stream_usage(row: ModelProvider, vendor: Vendor, repair: PathRepair | None) -> bool:
    if row.stream_usage is not None:
        return row.stream_usage
    if repair is not None and repair.stream_usage is not None:
        return repair.stream_usage
    return vendor.stream_usage
