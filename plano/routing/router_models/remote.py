"""The router model that asks another model: any configured one, by the documented prompt (Arch-Router, Ollama, vLLM).

It is asked through plano's own way to models, with its keys and its retries. Whatever goes wrong is no match and why:
a request that could not be judged is still served.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from plano.config.values import Count, Duration, Text
from plano.errors import Overloaded, PlanoError, ProviderTimeout, RetriesExhausted
from plano.intent import (
    FAILED,
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
from plano.routing.router_models.answers import read_answer
from plano.routing.router_models.chat_answer import chat_answer
from plano.routing.router_models.remembered import Remembered
from plano.routing.router_models.routing_prompt import routing_prompt

#: Greedy but for a hair: some servers take 0 for "not given".
_TEMPERATURE: Final = 0.01
_TIMEOUT_STATUS: Final = 504
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
        self._remembered = Remembered(settings.remembered)

    async def start(self) -> None:
        """Nothing: whether the model can be reached shows when it is asked."""

    async def prepare(self, routes: RouteSet) -> None:
        """Nothing: the routes' part of the prompt is made when they are first asked about."""

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        """The route of the model's answer; equal questions are asked once."""
        prompt = routing_prompt(said, routes, self._settings.context_length)
        if not prompt:
            return Judgement(None, reason=NOTHING_SAID)
        question = blake2b(prompt.encode("utf-8", "replace"), digest_size=16).digest()
        known = self._remembered.get(question)
        if known is not None:
            return known
        judgement = await self._asked(prompt, routes)
        self._remembered.keep(question, judgement)
        return judgement

    async def stop(self) -> None:
        """Nothing is held."""

    async def _asked(self, prompt: str, routes: RouteSet) -> Judgement:
        settings = self._settings
        try:
            body = await self._ask(settings.model, _request(prompt, settings), settings.timeout)
        except PlanoError as error:
            return Judgement(None, reason=_reason(error), detail=f"{settings.model}: {error.detail or error.message}")
        answer = chat_answer(body)
        if not answer.is_answer:
            return Judgement(None, reason=FAILED, detail=f"{settings.model}: {answer.problem}")
        if answer.problem:
            return Judgement(None, reason=NONSENSE, detail=f"{settings.model}: {answer.problem}")
        return read_answer(answer.text, routes)


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
