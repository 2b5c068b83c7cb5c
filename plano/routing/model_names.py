"""Which model a name means: aliases, full names, names of entries, bare ids, wildcards, the default.

What can be known is laid out at start-up; names that only a wildcard covers are remembered, up to a limit.
Nothing is guessed: a name under a prefix nobody declared is unknown, whatever stands behind the slash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from plano.errors import ModelNotGiven, UnknownModel
from plano.providers.provider import Provider
from plano.routing.candidates import Candidate, Decision

#: Wildcards let clients invent models, and everything about a model is kept for the next request.
LONGEST_MODEL_NAME: Final = 1024
_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 256
_SHOWN: Final = 100
_NO_MODEL: Final = ("", "none")


class ListedModel(Struct, frozen=True, kw_only=True):
    """One entry of `GET /v1/models`; `created` in seconds since 1970, when this plano started."""

    id: str
    owned_by: str
    created: int
    display_name: str
    is_alias: bool = False


class ModelNames:
    """The names of one config.

    `by_json` holds the decision for every name as the raw JSON a client would write
    (`b'"openai/gpt-4o"'`): the way for requests. It also holds what wildcards covered lately. JSON written in
    another way (escapes) is not in it: `resolve` the decoded name then.
    """

    __slots__ = (
        "_aliases",
        "_created",
        "_default",
        "_exact",
        "_known",
        "_providers",
        "_recent",
        "_unknown_goes_to_default",
        "_wildcards",
        "by_json",
    )

    def __init__(
        self,
        providers: tuple[Provider, ...],
        aliases: Mapping[str, str],
        unknown_model: Literal["error", "default"] = "error",
        *,
        created_unix_s: float = 0.0,
    ) -> None:
        """Raises `UnknownModel` for an alias that points at nothing."""
        self._providers = providers
        self._aliases = dict(aliases)
        self._created = int(created_unix_s)
        self._unknown_goes_to_default = unknown_model == "default"
        self._wildcards = _wildcards(providers)
        self._known = _known_models(providers)
        self._default = next((p for p in providers if p.is_default and not p.is_wildcard), None)
        self._exact = self._declared()
        self._exact |= self._aliased()
        self._recent: dict[str, None] = {}
        self.by_json: dict[bytes, Decision] = {msgspec.json.encode(n): d for n, d in self._exact.items()}
        if self._default is not None:
            for written in (b"null", b'""', b'"none"'):
                self.by_json.setdefault(written, self._by_default(self._default, ""))

    def resolve(self, name: str | None) -> Decision:
        """What `name` means. Raises `UnknownModel`, or `ModelNotGiven` for no name and no default."""
        if name is not None and (known := self._exact.get(name)) is not None:
            return known
        if name is None or name in _NO_MODEL:
            return self._without_a_name()
        decision = self._covered(name)
        if decision is None:
            if not self._unknown_goes_to_default or self._default is None:
                raise self._unknown(name, "the model")
            decision = self._by_default(self._default, name)
        self._remember(name, decision)
        return decision

    def listing(self) -> tuple[ListedModel, ...]:
        """Declared models in their order, then aliases, then well-known models of wildcards; no id twice."""
        listed: dict[str, ListedModel] = {}
        for provider in self._providers:
            if provider.is_wildcard:
                continue
            taken = provider.full_name in listed
            shown = provider.name if taken else provider.full_name
            listed.setdefault(shown, self._listed(shown, provider.owned_by))
        for alias in self._aliases:
            owner = self._exact[alias].candidates[0].provider.owned_by
            listed.setdefault(alias, self._listed(alias, owner, is_alias=True))
        for provider, ids in self._known:
            for model_id in ids:
                full_name = f"{provider.prefix}/{model_id}"
                listed.setdefault(full_name, self._listed(full_name, provider.owned_by))
        return tuple(listed.values())

    def _declared(self) -> dict[str, Decision]:
        """Full names, then names of entries, then bare ids: what comes later does not override."""
        rows = [(p, Candidate.of(p, p.model_id)) for p in self._providers if not p.is_wildcard]
        exact = _grouped(((candidate.full_name, candidate) for _, candidate in rows), "model")
        for provider, candidate in rows:
            exact.setdefault(provider.name, Decision((candidate,), provider.name, None, "name"))
        bare = _grouped(((candidate.model_id, candidate) for _, candidate in rows), "id")
        # `openai/gpt-4o` may be the id of a row `openrouter/openai/gpt-4o`, but an `openai/*` is meant first.
        covered = tuple(start for start, _ in self._wildcards)
        return {**{name: d for name, d in bare.items() if not name.startswith(covered)}, **exact}

    def _aliased(self) -> dict[str, Decision]:
        """Aliases point at models, never at one another."""
        aliased: dict[str, Decision] = {}
        for alias, target in self._aliases.items():
            meant = self._exact.get(target) or self._covered(target)
            if meant is None:
                raise self._unknown(target, f"the alias {alias!r} stands for")
            aliased[alias] = Decision(meant.candidates, alias, None, "alias")
        return aliased

    def _covered(self, name: str) -> Decision | None:
        for start, provider in self._wildcards:
            if name.startswith(start) and len(name) > len(start):
                model_id = provider.model_id.removesuffix("*") + name[len(start) :]
                return Decision((Candidate.of(provider, model_id),), name, None, "wildcard")
        for provider, ids in self._known:
            if name in ids:
                return Decision((Candidate.of(provider, name),), name, None, "known id")
        return None

    def _without_a_name(self) -> Decision:
        if self._default is None:
            raise ModelNotGiven(
                "the request names no model and no provider is the default; send `model`, or set "
                "`default: true` on an entry of `model_providers`",
                param="model",
            )
        return self._by_default(self._default, "")

    def _by_default(self, provider: Provider, requested: str) -> Decision:
        return Decision((Candidate.of(provider, provider.model_id),), requested, None, "default")

    def _remember(self, name: str, decision: Decision) -> None:
        if len(name) > _LONGEST_REMEMBERED:
            return
        if len(self._recent) >= _REMEMBERED:
            oldest = next(iter(self._recent))
            del self._recent[oldest], self.by_json[msgspec.json.encode(oldest)]
        self._recent[name] = None
        self.by_json[msgspec.json.encode(name)] = decision

    def _listed(self, name: str, owned_by: str, *, is_alias: bool = False) -> ListedModel:
        return ListedModel(id=name, owned_by=owned_by, created=self._created, display_name=name, is_alias=is_alias)

    def _unknown(self, name: str, what: str) -> UnknownModel:
        shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
        similar = self._similar(name[:_SHOWN])
        advice = f"did you mean {' or '.join(map(repr, similar))}?" if similar else "GET /v1/models lists them"
        return UnknownModel(f"{what} {shown!r} is not configured; {advice}", param="model")

    def _similar(self, name: str) -> list[str]:
        from difflib import get_close_matches  # Only those who mistype pay for it.

        by_id = self._exact.get(name.partition("/")[2])
        if by_id is not None:
            return [by_id.candidates[0].full_name]
        known = (f"{p.prefix}/{model_id}" for p, ids in self._known for model_id in ids)
        return get_close_matches(name, list(dict.fromkeys((*self._exact, *known))), n=2, cutoff=0.7)


def _wildcards(providers: Iterable[Provider]) -> tuple[tuple[str, Provider], ...]:
    """What a covered name begins with, and whose it is; the longest first, earlier rows before later ones."""
    starts: dict[str, Provider] = {}
    rows = [provider for provider in providers if provider.is_wildcard]
    for provider in rows:
        starts.setdefault(provider.full_name.removesuffix("*"), provider)
    for provider in rows:  # A second account for the same prefix is reached by the name of its entry.
        starts.setdefault(provider.name.removesuffix("*").removesuffix("/") + "/", provider)
    return tuple(sorted(starts.items(), key=lambda item: len(item[0]), reverse=True))


def _known_models(providers: Iterable[Provider]) -> tuple[tuple[Provider, dict[str, None]], ...]:
    """The well-known ids of each vendor all of whose models are configured, quick to search."""
    rows = [provider for provider in providers if provider.is_wildcard and provider.model_id == "*"]
    if not rows:
        return ()
    from plano.providers.known_models import known_model_ids

    return tuple((provider, dict.fromkeys(known_model_ids(provider.vendor.id))) for provider in rows)


def _grouped(named: Iterable[tuple[str, Candidate]], reason: str) -> dict[str, Decision]:
    groups: dict[str, list[Candidate]] = {}
    for name, candidate in named:
        groups.setdefault(name, []).append(candidate)
    return {name: Decision(tuple(group), name, None, reason) for name, group in groups.items()}
