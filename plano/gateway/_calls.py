"""Everything about calling one candidate for one operation that does not depend on the request, remembered."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from plano.config.listeners import SharedListenerKeys
from plano.dialects.dialect import Dialect
from plano.dialects.operation import CHAT, COMPLETIONS, COUNT_TOKENS, MESSAGES, TOKENS, Operation
from plano.dialects.registry import DIALECTS
from plano.dialects.repairs import Repairs
from plano.dialects.sides import BUILT_IN, Sides
from plano.dialects.translation import Translation
from plano.errors import DialectNotSpoken
from plano.gateway.failover_lists import FailoverLists
from plano.gateway.timers import Timers, timers_of
from plano.providers.provider import Provider
from plano.providers.target import Target
from plano.routing.candidates import Candidate

_MOST_REMEMBERED: Final = 4096
_WRITTEN_PER_REQUEST: Final = frozenset((b"x-request-id",))
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]")


class Call:
    """How to ask a candidate for an operation.

    `dropped` and `dropped_when_streaming`: client headers not sent on (a stream is asked for uncompressed, so that it
    can be watched). `names` are the response header lines that say who answered.
    """

    def __init__(
        self,
        candidate: Candidate,
        operation: Operation,
        offer: Offer,
        timers: Timers,
        *,
        is_strict: bool = False,
    ) -> None:
        provider = candidate.provider
        target = offer.target
        #: From the client's dialect to the provider's; None where they are the same.
        self.translation = offer.translation
        #: Requests that cannot be told whole in the provider's dialect are refused.
        self.is_strict = is_strict
        #: The provider does not count tokens: plano estimates them.
        self.is_estimated = operation is COUNT_TOKENS and offer.operation is not COUNT_TOKENS
        self.signer = target.signer
        #: What this model does not take; None where requests are sent as they are come what may.
        self.repairs = _repairs(provider, offer) if provider.row.repair_parameters and not is_strict else None
        self.operation = operation
        self.candidate = candidate
        self.target = target
        self.dialect: Dialect = DIALECTS[operation.dialect]
        self.streams = operation.streams
        self.last_frame: bytes | None = self.dialect.last_frame if operation.name in TOKENS else None
        self.model = candidate.full_name
        self.model_json = candidate.model_json
        self.provider = provider.name
        self.origin = target.origin
        self.origin_name = str(target.origin)
        self.start_line = target.start_line
        self.fixed = target.fixed_headers
        self.fixed_when_streaming = target.fixed_headers + b"accept-encoding: identity\r\n"
        self.dropped = target.dropped | _WRITTEN_PER_REQUEST
        self.dropped_when_streaming = self.dropped | {b"accept-encoding"}
        self.names = (
            f"x-plano-model: {_in_a_header(candidate.full_name)}\r\nx-plano-provider: {_in_a_header(provider.name)}\r\n"
        ).encode("ascii")
        self.asks_for_usage = provider.stream_usage and offer.operation in (CHAT, COMPLETIONS)
        self.is_plain = target.passthrough is None and not target.default_headers and not target.query
        self.connect_timeout_s = timers.connect_s
        self.head_timeout_s = timers.head_s
        self.token_timeout_s = timers.token_s
        self.guarded_token_timeout_s = timers.guarded_token_s
        self.idle_timeout_s = timers.idle_s
        self.attempt_timeout_s = timers.attempt_s
        self.key: Any = None
        #: Who else may be asked; None when nobody may.
        self.failover: Any = None
        #: How the target is doing.
        self.state: Any = None


class Calls:
    """Remembers a `Call` per operation and candidate; bounded, since wildcards let clients invent models.

    `lists` says who else may be asked in a candidate's place, `sides` what can be translated to what.
    """

    def __init__(self, listener: SharedListenerKeys, lists: FailoverLists, sides: Sides = BUILT_IN) -> None:
        self.known: dict[tuple[str, str, str], Call] = {}
        self.listener = listener
        self.lists = lists
        self.sides = sides

    def find(self, candidate: Candidate, operation: Operation) -> Call:
        """Raises `DialectNotSpoken` or `MissingKey`."""
        key = (operation.name, candidate.provider.name, candidate.model_id)
        call = self.known.get(key)
        if call is None:
            row = candidate.provider.row
            offer = _offer(candidate, operation, self.sides)
            call = _built(candidate, operation, offer, timers_of(self.listener, row))
            call.key = key
            call.failover = self.lists.of_candidate(candidate, operation)
            call.state = self.lists.state_of(candidate)
            if len(self.known) >= _MOST_REMEMBERED:
                self.known.clear()
            self.known[key] = call
        return call


class Offer(NamedTuple):
    """What a provider is asked for in answer to an operation of a client, where, and how it is translated."""

    operation: Operation
    target: Target
    translation: Translation | None = None


def _built(candidate: Candidate, operation: Operation, offer: Offer | None, timers: Timers) -> Call:
    provider = candidate.provider
    if offer is None:
        raise DialectNotSpoken(
            f"the provider {provider.name!r} does not offer {operation.suffix}, nor anything that can take its place"
        )
    if provider.key_missing:
        raise provider.missing_key()
    return Call(candidate, operation, offer, timers, is_strict=provider.row.strict)


def _offer(candidate: Candidate, operation: Operation, sides: Sides) -> Offer | None:
    """The operation itself where the provider has it, or the best of those it can be translated to."""
    provider = candidate.provider
    target = provider.target(operation, candidate.model_id)
    if target is not None:
        return Offer(operation, target)
    asked = MESSAGES if operation is COUNT_TOKENS else operation
    for offered in sides.by_preference:
        target = provider.target(offered, candidate.model_id)
        translated = sides.translation(asked, offered)
        if target is not None and (translated is not None or asked is offered):
            return Offer(offered, target, translated)
    return None


def _repairs(provider: Provider, offer: Offer) -> Repairs:
    """What a provider does not take, as far as it is known beforehand."""
    repairs = Repairs()
    if offer.translation is not None and offer.operation is CHAT and provider.wants_max_completion_tokens:
        repairs.rename("max_tokens", "max_completion_tokens")
    return repairs


def _in_a_header(name: str) -> str:
    """The name percent-encoded where a header could not carry it: wildcard model ids are the client's own text."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)
