"""Routes and what they lead to: those of the config, and those a request brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from plano.config.routing import NO_ROUTE, RoutingPreference, SelectionPolicy
from plano.errors import BadRequest, PlanoError
from plano.http.wire.json_envelope import Envelope
from plano.intent import Route, RouteSet
from plano.routing.candidates import Candidate, Decision
from plano.routing.model_names import LONGEST_MODEL_NAME, ModelNames

#: What a request may bring its own routes in: the newer shape, and the older one by model.
INLINE_MEMBERS: Final = ("routing_preferences", "routing_policy")
MOST_INLINE_ROUTES: Final = 64
#: Bytes of what a request brings; a router model has to read all of it.
LARGEST_INLINE: Final = 65_536
_MOST_REMEMBERED: Final = 64
#: Characters of a name: routes stand in headers and logs.
_LONGEST_NAME: Final = 256

#: The models of a route, in the order to try them.
Ranked = Callable[[tuple[str, ...], str], tuple[str, ...]]


def as_listed(models: tuple[str, ...], prefer: str) -> tuple[str, ...]:
    """For those who know neither prices nor response times."""
    return models


class Preferences:
    """The routes of one decision, and the models they lead to."""

    def __init__(self, preferences: Iterable[RoutingPreference], names: ModelNames, ranked: Ranked) -> None:
        """Raises `UnknownModel` for a model that is not configured."""
        self.by_name = {preference.name: preference for preference in preferences}
        self.routes = RouteSet(
            tuple(Route(one.name, one.description, one.examples, one.threshold) for one in self.by_name.values())
        )
        self._ranked = ranked
        self._candidates: dict[str, tuple[Candidate, ...]] = {}
        #: Full names, whatever the routes call their models: prices and times are known by those.
        self._models: dict[str, tuple[str, ...]] = {}
        for one in self.by_name.values():
            self._models[one.name] = tuple(dict.fromkeys(self._named(model, names) for model in one.models))
        #: Per route and order of its models, which changes seldom.
        self._decided: dict[tuple[str, tuple[str, ...]], tuple[Candidate, ...]] = {}

    def _named(self, model: str, names: ModelNames) -> str:
        found = names.resolve(model).candidates
        full_name = found[0].full_name
        known = self._candidates.get(full_name, ())
        self._candidates[full_name] = tuple(dict.fromkeys((*known, *found)))
        return full_name

    def prefer(self, route: str) -> str:
        """What the order of its models goes by: cheapest, fastest, none."""
        return self.by_name[route].selection_policy.prefer

    def models_of(self, route: str) -> tuple[str, ...]:
        """Full names: as listed, or by price or speed."""
        models, prefer = self._models[route], self.prefer(route)
        return models if prefer == "none" else self._ranked(models, prefer)

    def decision(self, route: str, requested: str) -> Decision:
        """Who answers the prompts of a route."""
        order = self.models_of(route)
        known = self._decided.get((route, order))
        if known is None:
            found = (candidate for model in order for candidate in self._candidates[model])
            known = self._decided[route, order] = tuple(found)
        return Decision(known, requested, route, "route")


class InlinePreferences:
    """Routes that requests bring along, read once per text."""

    def __init__(self, names: ModelNames, ranked: Ranked) -> None:
        self._names = names
        self._ranked = ranked
        self._known: dict[bytes, Preferences] = {}

    def taken_from(self, envelope: Envelope) -> Preferences | None:
        """Takes the routes out of a request: no provider knows them. None where it brings none (or `null`).

        Raises `BadRequest` for what cannot be read, and for a model that is not configured.
        """
        brought = {name: raw for name in INLINE_MEMBERS if (raw := envelope.raw(name)) is not None}
        for name in brought:
            envelope.delete(name)  # Which notes that the body is not to be sent on as it came.
        for name, raw in brought.items():
            if raw != b"null":
                return self._read(name, raw)
        return None

    def _read(self, member: str, raw: bytes) -> Preferences:
        known = self._known.get(raw)
        if known is None:
            if len(raw) > LARGEST_INLINE:
                raise BadRequest(f"`{member}` is over {LARGEST_INLINE} bytes long", param=member)
            known = Preferences(_preferences(member, raw, self._names), self._names, self._ranked)
            if len(self._known) >= _MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[raw] = known
        return known


class _Described(Struct):
    name: str
    description: str


class _OfModel(Struct):
    """One model and what it is for: `routing_policy`, the older shape."""

    model: str
    routing_preferences: tuple[_Described, ...] = ()


class _OfRoute(Struct):
    """The newer shape: as in the config."""

    name: str
    description: str
    models: Annotated[tuple[str, ...], Meta(min_length=1)]
    selection_policy: SelectionPolicy | None = None
    examples: tuple[str, ...] = ()
    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None


def _preferences(member: str, raw: bytes, names: ModelNames) -> tuple[RoutingPreference, ...]:
    try:
        if member == "routing_policy":
            found = _by_route(msgspec.json.decode(raw, type=tuple[_OfModel, ...]))
        else:
            found = [
                RoutingPreference(
                    name=one.name,
                    description=one.description,
                    models=one.models,
                    selection_policy=one.selection_policy or SelectionPolicy(),
                    examples=one.examples,
                    threshold=one.threshold,
                )
                for one in msgspec.json.decode(raw, type=tuple[_OfRoute, ...])
            ]
    except msgspec.MsgspecError as error:
        raise BadRequest(f"`{member}` cannot be read: {error}", param=member) from None
    _checked(member, found, names)
    return tuple(found)


def _by_route(policy: tuple[_OfModel, ...]) -> list[RoutingPreference]:
    """Routes of the same name are one, with the models in the order they came."""
    found: dict[str, RoutingPreference] = {}
    for row in policy:
        for one in row.routing_preferences:
            known = found.get(one.name)
            models = (row.model,) if known is None else tuple(dict.fromkeys((*known.models, row.model)))
            description = one.description if known is None else known.description
            found[one.name] = RoutingPreference(name=one.name, description=description, models=models)
    return list(found.values())


def _checked(member: str, preferences: list[RoutingPreference], names: ModelNames) -> None:
    if len(preferences) > MOST_INLINE_ROUTES:
        raise BadRequest(f"`{member}` has over {MOST_INLINE_ROUTES} routes", param=member)
    seen: set[str] = set()
    for one in preferences:
        if not one.name.strip() or not one.description.strip() or one.name in seen or one.name.lower() in NO_ROUTE:
            raise BadRequest(f"`{member}`: {one.name!r} cannot be the name of one more described route", param=member)
        if len(one.name) > _LONGEST_NAME:
            raise BadRequest(f"`{member}` has a route whose name is over {_LONGEST_NAME} characters long", param=member)
        seen.add(one.name)
        for model in one.models:
            if len(model) > LONGEST_MODEL_NAME:
                told = f"`{member}`, route {one.name!r}: a model is over {LONGEST_MODEL_NAME} characters long"
                raise BadRequest(told, param=member)
            try:
                names.resolve(model)
            except PlanoError as error:
                raise BadRequest(f"`{member}`, route {one.name!r}: {error.message}", param=member) from None
