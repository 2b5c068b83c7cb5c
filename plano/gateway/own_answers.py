"""Decisions as documents: what `/routing/v1/*` and `/v1/explain` answer, without anybody being asked."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from plano.dialects.operation import CHAT, MESSAGES, RESPONSES, Operation
from plano.errors import PlanoError
from plano.exchange import Exchange
from plano.gateway.plan import Plan
from plano.routing.candidates import Candidate
from plano.routing.choice import Choice

_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_MATCH: Final = "none"


def decision_document(exchange: Exchange) -> bytes:
    """`model` and `models` are full names in the order to try them, both `none` where routes were asked in vain."""
    choice: Choice | None = exchange.record.routing
    models = [one.full_name for one in exchange.decision.candidates if one.full_name not in exchange.forbidden]
    is_in_vain = choice is not None and choice.route is None and not choice.is_pinned
    models = [_NO_MATCH] if is_in_vain or not models else list(dict.fromkeys(models))
    document: dict[str, Any] = {
        "model": models[0],
        "models": models,
        "route": exchange.decision.route,
        "trace_id": trace_id(exchange),
        "pinned": choice is not None and choice.is_pinned,
        "switched": choice is not None and choice.is_switched,
    }
    if choice is not None and choice.session is not None:
        document["session_id"] = choice.session
    return msgspec.json.encode(document)


def trace_id(exchange: Exchange) -> str:
    """The client's trace (W3C Trace Context, `traceparent`), or one that follows from the request id."""
    found = _TRACEPARENT.fullmatch(exchange.request.get(b"traceparent") or b"")
    if found is not None:
        return found[1].decode("ascii")
    return hashlib.blake2b(exchange.record.request_id.encode(), digest_size=16).hexdigest()


def explanation(exchange: Exchange, plan: Plan, now: float) -> bytes:
    """Who would answer, who would stand in, and why: candidates, scores, states, times. `now` in monotonic seconds."""
    decision = exchange.decision
    operation = _operation(exchange)
    choice: Choice | None = exchange.record.routing
    document = {
        "request_id": exchange.record.request_id,
        "operation": operation.name,
        "requested_model": decision.requested or None,
        "route": decision.route,
        "reason": decision.reason,
        "routing": None if choice is None else _routing(choice),
        "session": None if choice is None or choice.session is None else _session(choice),
        "candidates": _candidates(exchange, plan, operation, now),
        "took_ms": {
            "routing": 0.0 if choice is None else _ms(choice.took_s),
            "total": _ms(now - exchange.record.started_at),
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _operation(exchange: Exchange) -> Operation:
    """Which of the three formats a request to be explained has."""
    members = exchange.envelope.members
    if "input" in members:
        return RESPONSES
    if "system" in members or exchange.request.get(b"anthropic-version") is not None:
        return MESSAGES
    return CHAT


def _routing(choice: Choice) -> dict[str, Any]:
    judgement, preferences = choice.judgement, choice.preferences
    told: dict[str, Any] = {"router": choice.router}
    if judgement is not None:
        told |= {"reason": judgement.reason, "score": judgement.score, "remembered": judgement.is_remembered}
        if judgement.detail:
            told["detail"] = judgement.detail
    if preferences is not None:
        scores: tuple[float | None, ...] = judgement.scores if judgement is not None else ()
        scores = scores or (None,) * len(preferences.routes)
        told["routes"] = [
            {
                "name": route.name,
                "score": score,
                "threshold": route.threshold,
                "models": preferences.models_of(route.name),
                "prefer": preferences.prefer(route.name),
            }
            for route, score in zip(preferences.routes.routes, scores, strict=True)
        ]
    return told


def _session(choice: Choice) -> dict[str, Any]:
    return {"id": choice.session, "pinned": choice.is_pinned, "switched": choice.is_switched}


def _candidates(exchange: Exchange, plan: Plan, operation: Operation, now: float) -> list[dict[str, Any]]:
    """Whom plano would ask, in order: those decided for, then those that may stand in."""
    decision = exchange.decision
    pool: list[Candidate] = list(decision.candidates)
    if decision.route is not None:
        failover = plan.lists.of_route(decision, operation)
    else:
        failover = plan.lists.of_candidate(pool[0], operation)
        pool = pool[:1]
    if failover is not None:
        pool += failover.candidates
    is_taken = False
    told = []
    for candidate in dict.fromkeys(pool):
        row: dict[str, Any] = {"model": candidate.full_name, "provider": candidate.provider.name}
        row |= _fitness(exchange, plan, candidate, operation, now)
        row["taken"] = not is_taken and not row["dropped"]
        is_taken = is_taken or bool(row["taken"])
        told.append(row)
    return told


def _fitness(exchange: Exchange, plan: Plan, candidate: Candidate, operation: Operation, now: float) -> dict[str, Any]:
    """How a target is doing, and why it would not be asked ("" if it would)."""
    if candidate.full_name in exchange.forbidden:
        return {"state": None, "dropped": "forbidden by a plugin"}
    try:
        call = plan.calls.find(candidate, operation)
    except PlanoError as error:
        return {"state": None, "dropped": error.message}
    facts = call.state.facts(now)
    rests_s = max(call.state.available_at() - now, 0.0)
    return {
        "state": facts.state,
        "available_in_s": round(rests_s, 3),
        "running": facts.running,
        "last_error": facts.last_error or None,
        "dropped": f"{facts.state}, for {rests_s:.1f} s" if rests_s else "",
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
