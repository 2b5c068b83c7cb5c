"""The model by the prompt: who answers, where routes are configured or brought along.

A plugin's word comes first, then a session's pin, then what the router model thinks of what was said. Whatever the
router does wrong is no match, and a request without a match goes where `routing.on_no_match` says.
"""

from __future__ import annotations

import logging
from typing import Final

from plano.clock import Clock
from plano.config.routing import Routing, RoutingPreference
from plano.dialects.said import Heard, heard
from plano.errors import ModelNotGiven, PlanoError
from plano.exchange import Exchange
from plano.intent import FAULTS, Said
from plano.routing.affinity import HEADER, LONGEST_SESSION, Affinity, Pin, Session
from plano.routing.candidates import Decision
from plano.routing.choice import Choice
from plano.routing.model_names import ModelNames
from plano.routing.preferences import InlinePreferences, Preferences, Ranked
from plano.routing.router import Router

log: Final = logging.getLogger("plano.routing")


class PromptRouting:
    """Decides for the exchanges of one config."""

    def __init__(
        self,
        preferences: tuple[RoutingPreference, ...],
        settings: Routing,
        names: ModelNames,
        router: Router,
        *,
        affinity: Affinity,
        ranked: Ranked,
        clock: Clock,
    ) -> None:
        """Raises `UnknownModel` for a route whose model is not configured."""
        self.names = names
        self.router = router
        #: The config's routes; None without any: then only requests that bring their own are routed.
        self.preferences = Preferences(preferences, names, ranked) if preferences else None
        self._inline = InlinePreferences(names, ranked)
        self._settings = settings
        self._affinity = affinity
        self._tenant_header = (settings.session_cache.tenant_header or "").lower().encode("latin-1")
        self._now = clock.monotonic_s

    async def decide(self, exchange: Exchange, requested: str | None) -> None:
        """Decide by the prompt, and note it in exchange and record; the decision stays None where there are no routes.

        `requested`: the model as the client named it. Raises `BadRequest` for routes brought along that cannot be read,
        and what `ModelNames.resolve` raises where no route matches and nobody is left to ask.
        """
        began = self._now()
        preferences = self._inline.taken_from(exchange.envelope) or self.preferences
        if preferences is None or exchange.chosen_model is not None:
            return
        session = self._session(exchange)
        pin = None if session is None else self._affinity.find(session, self._settings.session_ttl_seconds)
        judgement = None
        decision = None if pin is None else self._pinned(pin, requested or "")
        if decision is None:
            said = self._said(heard(exchange.envelope.members))
            judgement = await self.router.judge(said, preferences.routes)
            if judgement.route is not None:
                decision = preferences.decision(judgement.route, requested or "")
            else:
                decision = self._without_a_match(requested)
            if session is not None and judgement.reason not in FAULTS:  # The next request may fare better.
                settings = self._settings
                self._affinity.keep(session, decision, settings.session_ttl_seconds, settings.session_max_entries)
        choice = Choice(
            decision=decision,
            preferences=preferences,
            judgement=judgement,
            router=self.router.kind,
            session=None if session is None else session.id,
            is_pinned=judgement is None,
            is_switched=pin is not None and judgement is not None,
            took_s=self._now() - began,
        )
        exchange.decision = decision
        exchange.record.route = decision.route or ""
        exchange.record.routing = choice
        _log(choice, exchange.record.request_id)

    def _said(self, told: Heard) -> tuple[Said, ...]:
        """What the router model is to judge: with `route_on_user_only` what it was when a user spoke last."""
        said = told.said
        if self._settings.route_on_user_only and not told.user_speaks:
            while said and said[-1].role != "user":
                said = said[:-1]
        return said

    def _session(self, exchange: Exchange) -> Session | None:
        value = exchange.request.get(HEADER)
        if not value or len(value) > LONGEST_SESSION:
            return None
        tenant = exchange.request.get(self._tenant_header) if self._tenant_header else None
        return Session((tenant or b"").decode("latin-1"), exchange.record.api_key, value.decode("latin-1"))

    def _pinned(self, pin: Pin, requested: str) -> Decision | None:
        """The pinned candidates that there still are, None when the first is gone: a reload may have taken it."""
        found = []
        for name in pin.models:
            try:
                found += [one for one in self.names.resolve(name).candidates if one.full_name == name]
            except PlanoError:
                if not found:
                    return None
        return Decision(tuple(dict.fromkeys(found)), requested, pin.route, "session") if found else None

    def _without_a_match(self, requested: str | None) -> Decision:
        """Raises `UnknownModel` or `ModelNotGiven`."""
        if self._settings.on_no_match == "default":
            try:
                decision = self.names.resolve(None)
            except ModelNotGiven:
                return self.names.resolve(requested)
            return Decision(decision.candidates, requested or "", None, "default")
        return self.names.resolve(requested)


def _log(choice: Choice, request_id: str) -> None:
    judgement = choice.judgement
    log.info(
        "plano-orchestrator determined routes %s model=%s score=%s reason=%s router=%s response_time_ms=%d "
        "request_id=%s",
        [] if choice.route is None else [choice.route],
        choice.decision.candidates[0].full_name,
        "-" if choice.score is None else f"{choice.score:.3f}",
        "session" if judgement is None else judgement.reason,
        choice.router,
        round(choice.took_s * 1000),
        request_id,
    )
