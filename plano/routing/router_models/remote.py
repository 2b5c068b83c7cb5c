"""The router model that asks another model: any configured one, by the documented prompt (Arch-Router, Ollama, vLLM).

It is asked through plano's own way to models, with its keys and its retries. Whatever goes wrong is no match and why:
a request that could not be judged is still served.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from plano.config.values import Count, Duration, Text
from plano.errors import Overloaded, PlanoError, ProviderTimeout, RetriesExhausted
from plano.intent import (
    FAILED,
    FAULTS,
    NONSENSE,
    NOTHING_SAID,
    SHED,
    TOO_LATE,
    Judgement,
    RouterModelKind,
    RouterTools,
    RouteSet,
    Said,
)
from plano.resilience.breaker import Breaker, BreakerSettings
from plano.routing.router_models.answers import read_answer
from plano.routing.router_models.chat_answer import chat_answer
from plano.routing.router_models.memory import Memory
from plano.routing.router_models.routing_prompt import routing_prompt, turns_to_read

#: Greedy but for a hair: some servers take 0 for "not given".
_TEMPERATURE: Final = 0.01
_TIMEOUT_STATUS: Final = 504
#: When a model that fails is left alone, and how long.
_REST: Final = BreakerSettings(failures=5, window=6, open_s=5.0, most_open_s=60.0)
#: Members of the request that are not for the config to say.
_OURS: Final = frozenset(("model", "messages", "stream"))


class RemoteSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`routing: {router: {type: remote, ...}}`."""

    model: Annotated[Text, Meta(description="The model to ask: one of `model_providers`, or an alias.")]
    timeout: Annotated[Duration, Meta(description="How long an answer may take; later is no match.")] = Duration(5.0)
    context_length: Annotated[
        int, Meta(ge=512, description="Tokens the prompt may have; what was said longer ago is left out first.")
    ] = 8192
    max_tokens: Annotated[
        Count, Meta(description="Tokens of an answer. Routes take a dozen, models that think first some hundreds.")
    ] = 1024
    extra_body: Annotated[
        dict[str, Any],
        Meta(description="Further members of the request, such as `reasoning_effort`; null leaves a member out."),
    ] = {}
    remembered: Annotated[int, Meta(ge=0, description="Answers kept, for equal questions; 0 keeps none.")] = 4096

    def __post_init__(self) -> None:
        for name in _OURS & self.extra_body.keys():
            raise ValueError(f"`extra_body` cannot hold `{name}`, which plano writes")


class RemoteRouterModel:
    """Judges by what another model answers to the prompt of `routing_prompt`."""

    def __init__(self, settings: RemoteSettings, tools: RouterTools) -> None:
        self._settings = settings
        self._ask = tools.ask
        self._monotonic_s = tools.monotonic_s
        self._breaker = Breaker(_REST)
        self._remembered: Memory[tuple[bytes, bytes], Judgement] = Memory(settings.remembered)

    async def start(self) -> None:
        """Nothing: whether the model can be reached shows when it is asked."""

    async def prepare(self, routes: RouteSet) -> None:
        """Nothing: the routes' part of the prompt is made when they are first asked about."""

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        """What was answered to the same turns and routes before."""
        return self._remembered.get(_key(turns_to_read(said, routes, self._settings.context_length), routes))

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        """The route of the model's answer."""
        turns = turns_to_read(said, routes, self._settings.context_length)
        if not turns:
            return Judgement(None, reason=NOTHING_SAID)
        rest_s = self._breaker.available_at() - self._monotonic_s()
        if rest_s > 0:
            detail = f"{self._settings.model} keeps failing and is left alone for {rest_s:.0f} s"
            return Judgement(None, reason=SHED, detail=detail)
        self._breaker.begin(self._monotonic_s())
        judgement = None
        try:
            judgement = await self._asked(routing_prompt(turns, routes), routes)
        finally:
            self._note(judgement)
        if judgement.reason not in FAULTS:  # Another try may go better.
            self._remembered.put(_key(turns, routes), replace(judgement, is_remembered=True))
        return judgement

    async def stop(self) -> None:
        """Nothing is held."""

    def _note(self, judgement: Judgement | None) -> None:
        """Who waits for a model that does not answer waits in vain: requests shall do so only now and then."""
        if judgement is None or judgement.reason == SHED:
            self._breaker.give_up()
        elif judgement.reason in (FAILED, TOO_LATE):
            self._breaker.failed(self._monotonic_s())
        else:
            self._breaker.succeeded()

    async def _asked(self, prompt: str, routes: RouteSet) -> Judgement:
        settings = self._settings
        try:
            body = await self._ask(settings.model, _request(prompt, settings), settings.timeout)
        except PlanoError as error:
            return Judgement(None, reason=_reason(error), detail=f"{settings.model}: {error.detail or error.message}")
        except TimeoutError:
            return Judgement(None, reason=TOO_LATE, detail=f"{settings.model}: no answer in {settings.timeout:g} s")
        answer = chat_answer(body)
        if not answer.is_answer:
            return Judgement(None, reason=FAILED, detail=f"{settings.model}: {answer.problem}")
        if answer.problem:
            return Judgement(None, reason=NONSENSE, detail=f"{settings.model}: {answer.problem}")
        return read_answer(answer.text, routes)


def _key(turns: tuple[Said, ...], routes: RouteSet) -> tuple[bytes, bytes]:
    """The turns in 16 bytes: thousands of them, of 32 kB each, would be too much to remember."""
    read = blake2b(digest_size=16)
    for turn in turns:
        raw = turn.text.encode("utf-8", "replace")
        read.update(b"%s %d " % (turn.role.encode(), len(raw)))
        read.update(raw)
    return routes.digest, read.digest()


def _request(prompt: str, settings: RemoteSettings) -> bytes:
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [{"role": "user", "content": prompt}],
        "temperature": _TEMPERATURE,
        "max_tokens": settings.max_tokens,
        **settings.extra_body,
    }
    return msgspec.json.encode({name: value for name, value in body.items() if value is not None})


def _reason(error: PlanoError) -> str:
    if isinstance(error, ProviderTimeout) or (isinstance(error, RetriesExhausted) and error.status == _TIMEOUT_STATUS):
        return TOO_LATE
    return SHED if isinstance(error, Overloaded) else FAILED


REMOTE: Final = RouterModelKind(name="remote", build=RemoteRouterModel, settings=RemoteSettings)
