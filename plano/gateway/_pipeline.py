"""The corridor: one coroutine per exchange, from the complete request to the settled record.

Reads like a table of contents; each step stands in a room or module of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from plano.clock import Clock
from plano.dialects.dialect import Dialect, ErrorFacts
from plano.dialects.operation import CHAT, EXPLAIN, Operation
from plano.dialects.registry import DIALECTS
from plano.errors import (
    BadRequest,
    ClientLeft,
    PlanoError,
    PluginFailed,
    ProviderRefused,
    RequestRefused,
    RetriesExhausted,
    ShuttingDown,
    StreamInterrupted,
)
from plano.exchange import Exchange, Record, Sink
from plano.filters.chain import Chain
from plano.filters.chains import NO_CHAINS, Chains
from plano.filters.facts import filters_line
from plano.filters.stages import AnswerKind
from plano.gateway.attempt import Attempts
from plano.gateway.calls import Call, Calls
from plano.gateway.endpoints import Endpoint
from plano.gateway.error_reply import dialect_of, dialect_of_client, facts_of, head_and_body, status_line
from plano.gateway.failover import Failovers
from plano.gateway.filtered_answer import filtered
from plano.gateway.http_date import HttpDate
from plano.gateway.own_answers import decision_document, explanation
from plano.gateway.pings import Pings
from plano.gateway.plan import Plan
from plano.gateway.request_ids import RequestIds
from plano.gateway.translated_call import estimate
from plano.gateway.walk import Signal, Walk
from plano.http.client.pool import Pool
from plano.http.server.caps import Caps
from plano.http.wire.head import RequestHead
from plano.http.wire.json_envelope import Envelope
from plano.plugins.deciding import run_pre_route
from plano.routing.candidates import Candidate, Decision
from plano.routing.model_names import LONGEST_MODEL_NAME

log: Final = logging.getLogger("plano.gateway")

_STREAM_LINES: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"x-accel-buffering: no\r\n"
)

ALL_FORBIDDEN: Final = "every model that could answer this request is forbidden for it"

Settle = Callable[[Record, RequestHead], None]


class Nobody:
    """Stands for the client of a request that was never read to its end."""

    address = ""


NOBODY: Final[Any] = Nobody()


class Pipeline:
    """Serves the exchanges of one listener. `settle` gets each finished record with its request head.

    `caps` that limit requests admit each exchange, and are told when it has ended.
    """

    def __init__(
        self,
        plan: Plan,
        pool: Pool,
        *,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        request_ids: RequestIds,
        settle: Settle,
        caps: Caps | None = None,
        chains: Chains = NO_CHAINS,
    ) -> None:
        self.running: set[Exchange] = set()
        #: Exchanges that have ended.
        self.served = 0
        self.is_draining = False
        #: Called when the last running exchange has ended; set while somebody waits for that.
        self.on_idle: Callable[[], None] | None = None
        self.plan = plan
        self.loop = loop
        self.now = clock.monotonic_s
        self.unix_now = clock.unix_s
        self.request_ids = request_ids
        self.settle = settle
        self.caps = caps if caps is not None and caps.limits_requests else None
        #: Whom the caps count a running exchange for.
        self.admitted: dict[Exchange, str] = {}
        # Async hooks may use all of asyncio, which wants a current task; everybody else is spared it.
        self.uses_tasks = chains.awaits or any(step.awaits for step in plan.hooks.pre_route)
        self.attempts = Attempts(
            plan,
            pool,
            loop=loop,
            now=clock.monotonic_s,
            unix_now=clock.unix_s,
            new_waiter=loop.create_future if self.uses_tasks else Signal,
        )
        self.failovers = Failovers(
            self.attempts,
            Attempts(
                plan,
                pool,
                loop=loop,
                now=clock.monotonic_s,
                unix_now=clock.unix_s,
                new_waiter=loop.create_future,
            ),
            plan.calls,
            plan.states,
            loop=loop,
            now=clock.monotonic_s,
            unix_now=clock.unix_s,
            total_timeout_s=plan.total_timeout_s,
        )
        interval_s = plan.ping_interval_s
        #: What wants to be ticked; None where clients get no pings.
        self.pings = None if interval_s is None else Pings(self.running, interval_s, self.ping_head, self.now)
        self.endpoints = plan.endpoints.by_method_and_path
        self.by_json = plan.names.by_json
        self.has_routes = plan.routing.preferences is not None
        self.date = HttpDate()
        self.listener = plan.listener
        self.pre_route = plan.hooks.pre_route
        #: None where nothing is filtered.
        self.chain: Chain | None = chains.of_listener or None
        self.chains_of_routes = chains.of_routes
        self.has_filters = bool(chains.of_listener or chains.of_routes)

    def begin(self, head: RequestHead, body: bytes, sink: Sink) -> None:
        """A complete request has arrived: answer it here and now, or start its coroutine."""
        endpoint = self.endpoints.get((head.method, head.path))
        if endpoint is None or endpoint.operation is None:
            self.answer_locally(head, endpoint, sink)
            return
        record = self.record_of(head, sink, endpoint.operation.name, len(body))
        exchange = Exchange(head, body, endpoint.operation, sink, record)
        if self.caps is not None and not self.admits(exchange):
            return
        self.running.add(exchange)
        if self.uses_tasks:
            exchange.task = task = self.loop.create_task(self.walk(exchange), name=record.request_id)
            task.add_done_callback(partial(self.end_unbegun, exchange))
            sink.on_client_left = task.cancel
        else:
            exchange.task = walk = Walk(self.walk(exchange))
            sink.on_client_left = walk.cancel
            walk.start()

    def begin_own(self, head: RequestHead, body: bytes, sink: Sink, model: str) -> Walk:
        """Ask a configured model on plano's own behalf; cancel what is returned to give it up."""
        exchange = Exchange(head, body, CHAT, sink, self.record_of(head, sink, CHAT.name, len(body)))
        exchange.chosen_model = model
        exchange.is_own = True
        self.running.add(exchange)
        walk = exchange.task = Walk(self.walk(exchange))
        walk.start()
        return walk

    def record_of(self, head: RequestHead, sink: Sink, operation: str, bytes_in: int) -> Record:
        """A record as it is when the request is complete."""
        record = Record(
            self.request_ids.take(head.request_id),
            self.listener,
            head.method.decode("latin-1"),
            head.path.decode("latin-1"),
            sink.address,
            self.unix_now(),
            self.now(),
            head.minor_version,
            operation,
            bytes_in,
        )
        record.api_key = head.api_key
        return record

    def admits(self, exchange: Exchange) -> bool:
        """Whether the caps have room for this exchange; if not, the client is told, and may ask again."""
        record = exchange.record
        client = record.api_key or record.client_address
        try:
            self.caps.enter(client)  # type: ignore[union-attr]
        except PlanoError as error:  # Not into the log one by one: the caps tell how many.
            record.error_code = error.code
            record.error_detail = error.message
            status, lines, body = head_and_body(error, dialect_of(exchange), record.request_id)
            sink = exchange.sink
            sink.start(lines + self.own_lines(exchange.request), status, len(body))
            sink.finish(body)
            self.settle_local(record, exchange.request, status, sink.body_bytes)
            return False
        self.admitted[exchange] = client
        return True

    async def walk(self, exchange: Exchange) -> None:
        try:
            exchange.envelope = Envelope.open(exchange.body)
            if self.pre_route and not exchange.is_own:
                await run_pre_route(self.pre_route, exchange)
            if self.chain is not None and not exchange.is_own and exchange.given_answer is None:
                await self.chain.run(exchange)
            if exchange.given_answer is not None:
                await self.answer_as_given(exchange)
                return
            if self.is_routed(exchange):
                await self.plan.routing.decide(exchange, model_asked_for(exchange))
            if exchange.operation.decides:
                self.answer_decision(exchange)
                return
            call = self.decided(exchange)
            if call.is_estimated:
                self.answer_estimate(exchange, call)
                return
            if self.has_filters and not exchange.is_own:
                await self.filter_decided(exchange)
                if exchange.given_answer is not None:
                    await self.answer_as_given(exchange)
                    return
            await self.serve(exchange, call)
        except PlanoError as error:
            self.reply_with(error, exchange)
        except asyncio.CancelledError:
            self.give_up(exchange)
        except Exception as error:
            log.exception("request_id=%s could not be served", exchange.record.request_id)
            self.reply_with(error, exchange)
        finally:
            self.settled(exchange)

    async def filter_decided(self, exchange: Exchange) -> None:
        """What filters do when it is known who will be asked: the chain of a route, then the answer's filters."""
        route = exchange.decision.route
        chain = None if route is None else self.chains_of_routes.get(route)
        if chain is not None:
            await chain.run(exchange)
            if exchange.given_answer is not None:
                return
        if self.chain is not None:
            await self.chain.look_after(exchange)
        if chain is not None:  # The route's filters are nearer to the model: what comes later is met earlier.
            await chain.look_after(exchange)

    async def answer_as_given(self, exchange: Exchange) -> None:
        """Answer with what a plugin gave, by way of the filters that have left one for the answer."""
        given = exchange.given_answer
        is_stream = given.content_type.startswith("text/event-stream")
        kind = AnswerKind(exchange.operation.name, is_stream, given.content_type)
        body = given.body
        if exchange.answer_filters is not None and given.status < 400:
            # Filters may use all of asyncio, which wants a current task.
            body = await self.loop.create_task(filtered(body, given.status, exchange, kind))
        self.answer(exchange, given.lines(), body, given.content_type, given.status)

    async def serve(self, exchange: Exchange, call: Call) -> None:
        """Answer by a provider: the one decided for, or who takes its place. Raises `PlanoError`."""
        failover = None if exchange.is_own else call.failover
        if exchange.decision.route is not None:
            failover = self.plan.lists.of_route(exchange.decision, exchange.operation)
        if failover is None:
            await self.attempts.serve(exchange, call)
        elif failover.has_choice or not call.state.is_clear:
            exchange.failover = failover
            await self.failovers.choose(exchange)
        else:
            # As if nothing could go wrong: when nothing does, this is all a retry policy costs.
            exchange.failover = failover
            try:
                await self.attempts.serve(exchange, call)
            except PlanoError as error:
                await self.failovers.recover(exchange, call, error)
            else:
                if exchange.guard is not None and not exchange.guard.has_answered():
                    await self.failovers.recover(exchange, call, None)
                elif failover.latency is not None or not call.state.is_clear:
                    self.failovers.note_answer(exchange, call)

    def end_unbegun(self, exchange: Exchange, task: Any) -> None:
        """A task that is cancelled before its first step runs nothing of `walk`, not even its end."""
        if exchange in self.running:
            self.give_up(exchange)
            self.settled(exchange)

    def settled(self, exchange: Exchange) -> None:
        """Close the record; whoever observes gets it now."""
        self.running.discard(exchange)
        self.served += 1
        if self.on_idle is not None and not self.running:
            self.on_idle()
        if exchange.filtering is not None:
            for one in exchange.filtering:
                one.give_up()
        if self.caps is not None and not exchange.is_own:
            self.caps.leave(self.admitted.pop(exchange))
        record = exchange.record
        record.bytes_out = exchange.sink.body_bytes
        record.finished_at = self.now()
        self.settle(record, exchange.request)

    def is_routed(self, exchange: Exchange) -> bool:
        """Whether the prompt has a say in who answers: there are routes, or the request brings its own."""
        if not exchange.operation.is_routed:
            return False
        members = exchange.envelope.members
        return self.has_routes or "routing_preferences" in members or "routing_policy" in members

    def decided(self, exchange: Exchange) -> Call:
        """Which candidate is asked."""
        decision = self.decide_by_name(exchange)
        if decision.route is not None:
            return first_callable(decision, exchange.forbidden, self.plan.calls, exchange.operation)
        return self.plan.calls.find(first_allowed(decision, exchange.forbidden), exchange.operation)

    def decide_by_name(self, exchange: Exchange) -> Decision:
        """What the request's model means, where nothing has decided before."""
        decision: Decision | None = exchange.decision
        if decision is None:
            names = self.plan.names
            raw = exchange.envelope.members.get("model")
            if exchange.chosen_model is not None:
                decision = names.resolve(exchange.chosen_model)
            elif raw is not None:
                decision = self.by_json.get(bytes(raw))
            if decision is None:
                decision = names.resolve(model_asked_for(exchange))
            exchange.decision = decision
        exchange.record.requested_model = decision.requested
        return decision

    def answer_estimate(self, exchange: Exchange, call: Call) -> None:
        """Count tokens for a provider that does not."""
        exchange.record.model, exchange.record.provider = call.model, call.provider
        self.answer(exchange, call.names, estimate(exchange))

    def answer_decision(self, exchange: Exchange) -> None:
        """Say whom plano would ask, and ask nobody."""
        self.decide_by_name(exchange)
        if exchange.operation is EXPLAIN:
            body = explanation(exchange, self.plan, self.now())
        else:
            body = decision_document(exchange)
        self.answer(exchange, exchange.record.routing.lines() if exchange.record.routing else b"", body)

    def answer(
        self, exchange: Exchange, lines: bytes, body: bytes, content_type: str = "application/json", status: int = 200
    ) -> None:
        """Answer with a body of plano's own; `lines` are further lines of its head."""
        record = exchange.record
        record.status = status
        head = b"%bcontent-type: %b\r\n%bx-request-id: %b\r\n%b" % (
            status_line(status),
            content_type.encode("latin-1"),
            lines,
            record.request_id.encode("ascii"),
            self.lines_about(exchange),
        )
        exchange.sink.start(head, status, len(body))
        exchange.sink.finish(body)

    def ping_head(self, exchange: Exchange) -> bytes:
        """The head lines of a stream that begins with a ping, since its provider has not begun yet."""
        request_id = exchange.record.request_id.encode("ascii")
        return b"%bx-request-id: %b\r\n%b" % (_STREAM_LINES, request_id, self.lines_about(exchange))

    def reply_with(self, error: Exception, exchange: Exchange) -> None:
        """Tell the client, as far as it can still be told; a client is never left waiting."""
        try:
            self.tell(error, exchange)
        except Exception:
            log.exception("request_id=%s could not be answered", exchange.record.request_id)
            exchange.sink.abort()

    def tell(self, error: Exception, exchange: Exchange) -> None:
        record = exchange.record
        sink = exchange.sink
        dialect = dialect_of(exchange)
        facts = facts_of(error, record.request_id)
        record.error_code = facts.code
        if isinstance(error, PlanoError):
            record.error_detail = error.detail or error.message
            log_failure(error, record)
        # Events that have not left yet are worth more than a clean refusal; half a document is worth nothing.
        if sink.take_back() or (not record.streamed and sink.take_back_unsent()):
            record.status, head, body = head_and_body(error, dialect, record.request_id)
            sink.start(head + self.lines_about(exchange), record.status, len(body))
            sink.finish(body)
        elif record.streamed and not sink.is_finished:
            # The client must not take the stream for complete; nor the connection for usable.
            sink.keep_alive = False
            sink.finish(dialect.write_stream_error(interrupted(facts, error)))
        elif not sink.is_finished:
            sink.abort()

    def give_up(self, exchange: Exchange) -> None:
        """The task was cancelled: the client left, or plano is stopping and has waited long enough."""
        record = exchange.record
        if exchange.sink.is_finished:
            record.status = ClientLeft.status
            record.error_code = ClientLeft.code
        else:
            self.reply_with(ShuttingDown("plano is shutting down"), exchange)

    def cut(self) -> None:
        """End what still runs; clients are told."""
        for exchange in tuple(self.running):
            exchange.task.cancel()

    # Answers that need no coroutine.

    def answer_locally(self, head: RequestHead, endpoint: Endpoint | None, sink: Sink) -> None:
        record = self.record_of(head, sink, "", 0)
        try:
            status, lines, body = self.local_answer(head, endpoint)
        except PlanoError as error:
            record.error_code = error.code
            status, lines, body = head_and_body(error, self.dialect_at(head), record.request_id)
        sink.start(lines + self.own_lines(head), status, len(body))
        sink.finish(body)
        if endpoint is None or not endpoint.local.endswith("z"):  # Health checks come every second.
            self.settle_local(record, head, status, sink.body_bytes)

    def settle_local(self, record: Record, head: RequestHead, status: int, bytes_out: int) -> None:
        """Close the record of what needed no exchange."""
        record.status = status
        record.bytes_out = bytes_out
        record.finished_at = self.now()
        self.settle(record, head)

    def local_answer(self, head: RequestHead, endpoint: Endpoint | None) -> tuple[int, bytes, bytes]:
        plan = self.plan
        if endpoint is None:
            if head.method == b"OPTIONS":
                methods = plan.endpoints.methods(head.path)
                if methods or head.path == b"*":
                    return plan.cors.preflight(tuple(methods), head)
            endpoint = plan.endpoints.find(head.method, head.path)
        if endpoint.local == "healthz":
            return plan.local.health()
        if endpoint.local == "readyz":
            return plan.local.ready(is_draining=self.is_draining, is_loading=plan.routing.router.is_loading)
        if endpoint.local == "models":
            return plan.local.models(head)
        return plan.local.model(head)

    def own_lines(self, head: RequestHead) -> bytes:
        """Header lines of every answer of plano's own: the date, and what a page of another origin needs to read it."""
        lines = self.date.line(self.unix_now())
        return lines + self.plan.cors.lines(head.origin) if head.origin and head.method != b"OPTIONS" else lines

    def lines_about(self, exchange: Exchange) -> bytes:
        """The same, and what filters have done."""
        lines = self.own_lines(exchange.request)
        return lines if exchange.record.filters is None else lines + filters_line(exchange.record.filters)

    def refusal(self, error: PlanoError, head: RequestHead, address: str) -> bytes:
        """The whole answer, framing included, to a request that does not become an exchange; the connection closes."""
        record = self.record_of(head, NOBODY, "", 0)
        record.client_address = address
        status, lines, body = head_and_body(error, self.dialect_at(head), record.request_id)
        record.error_code = error.code
        record.error_detail = error.detail or error.message
        self.settle_local(record, head, status, len(body))
        return b"%b%bcontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
            lines,
            self.own_lines(head),
            len(body),
            body,
        )

    def dialect_at(self, head: RequestHead) -> Dialect:
        for endpoint in self.plan.endpoints.methods(head.path).values():
            if endpoint.operation is not None:
                return DIALECTS[endpoint.operation.dialect]
        return dialect_of_client(head)


def model_asked_for(exchange: Exchange) -> str | None:
    """The client's word for the model, as long as it is one that may be remembered, logged and sent in headers."""
    name = exchange.requested_model
    if name is not None and len(name) > LONGEST_MODEL_NAME:
        raise BadRequest(f"`model` is over {LONGEST_MODEL_NAME} characters long", param="model")
    return name


def first_allowed(decision: Decision, forbidden: frozenset[str]) -> Candidate:
    for candidate in decision.candidates:
        if candidate.full_name not in forbidden:
            return candidate
    raise RequestRefused(ALL_FORBIDDEN)


def first_callable(decision: Decision, forbidden: frozenset[str], calls: Calls, operation: Operation) -> Call:
    """The first of a route's candidates that can be asked: one without a key does not keep the others from it."""
    failure: PlanoError | None = None
    for candidate in decision.candidates:
        if candidate.full_name not in forbidden:
            try:
                return calls.find(candidate, operation)
            except PlanoError as error:
                failure = failure or error
    raise failure or RequestRefused(ALL_FORBIDDEN)


def interrupted(facts: ErrorFacts, error: Exception) -> ErrorFacts:
    """What ends a stream that has begun: whatever the provider did, to the client it is the same."""
    its_own = ProviderRefused | RetriesExhausted | RequestRefused | PluginFailed | ShuttingDown
    if isinstance(error, its_own):
        return facts
    return msgspec.structs.replace(facts, code=StreamInterrupted.code)


def log_failure(error: PlanoError, record: Record) -> None:
    if error.blame != "client":
        log.warning(
            "request_id=%s %s provider=%s blame=%s: %s%s",
            record.request_id,
            error.code,
            record.provider or "-",
            error.blame,
            error.message,
            f" ({error.detail})" if error.detail else "",
        )
