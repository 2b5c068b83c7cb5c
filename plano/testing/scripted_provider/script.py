"""Chooses the answer to every request: key check, queued answers, rules of the test, then the named
behaviours.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from plano.dialects import operation as op
from plano.testing.scripted_provider import gemini_generate, one_shot
from plano.testing.scripted_provider.answer import Answer, Step, json_answer, wire_steps
from plano.testing.scripted_provider.ask import Ask, RecordedRequest, operation_at
from plano.testing.scripted_provider.bedrock_converse import fault_in
from plano.testing.scripted_provider.behaviours import behaviour_of
from plano.testing.scripted_provider.openai_chat import error as openai_error
from plano.testing.scripted_provider.openai_responses import response_id
from plano.testing.scripted_provider.voices import error_answer

Play = Answer | Callable[[Ask], Answer]

_READY_LIMIT = 1024
_READY_BODY_BYTES = 8192
_MEMORY_LIMIT = 1000
_NO_MAX_TOKENS = re.compile(r"(?:o\d|gpt-5)")


class Script:
    """What a provider answers.

    `then` queues answers for the next requests; `on_model` fixes one for a model name; `on_request` asks a
    callable
    first. `required_key`: anything else is 401. `refused_keys`: these are 401. `known_models`: others are
    404.
    """

    def __init__(
        self,
        *,
        required_key: str | None = None,
        refused_keys: tuple[str, ...] = (),
        known_models: tuple[str, ...] = (),
    ) -> None:
        self.required_key = required_key
        self.refused_keys = frozenset(refused_keys)
        self.known_models = known_models
        self._queued: deque[Play] = deque()
        self._by_model: dict[str, Play] = {}
        self._first: list[Callable[[RecordedRequest], Answer | None]] = []
        self._ready: dict[tuple[str, bytes], tuple[Step, ...]] = {}
        self._asked = 0
        self._asked_for: dict[str, tuple[int, float]] = {}
        self._remembered: dict[str, list[Any]] = {}

    def then(self, *plays: Play) -> Script:
        """The next requests get these answers, in order; afterwards the script goes on as usual."""
        self._queued.extend(plays)
        return self

    def on_model(self, model: str, play: Play) -> Script:
        """Every request for `model` gets this answer."""
        self._by_model[model] = play
        self._ready.clear()
        return self

    def on_request(self, rule: Callable[[RecordedRequest], Answer | None]) -> Script:
        """`rule` sees every request before anything else here; None lets it pass."""
        self._first.append(rule)
        self._ready.clear()
        return self

    def reset(self) -> None:
        """Forget how often each model was asked: what fails once fails once more."""
        self._asked_for.clear()

    def ready(self, target: str, body: bytes) -> tuple[Step, ...] | None:
        """Wire steps made for an equal request before, where nothing but its bytes matters."""
        return None if self._queued else self._ready.get((target, body))

    def answer(self, request: RecordedRequest) -> Answer:
        """The answer to `request`."""
        for rule in self._first:
            given = rule(request)
            if given is not None:
                return given
        operation = operation_at(request.path)
        if operation is None:
            return self._elsewhere(request)
        self._asked += 1
        ask = Ask(request=request, operation=operation, body={}, number=self._asked)
        answer = self._refusal(ask) or self._chosen(ask)
        if answer.repeatable:
            self._keep(request, answer)
        return answer

    def _chosen(self, ask: Ask) -> Answer:
        if self._queued:
            return _played(self._queued.popleft(), ask)
        play = self._by_model.get(ask.model)
        if play is not None:
            return _played(play, ask)
        self._count(ask)
        behaviour, caught = behaviour_of(ask.model)
        return behaviour.play(ask, *caught)

    def _count(self, ask: Ask) -> None:
        """Which ask for its model this is; the models of a client that invents names are forgotten some day."""
        if len(self._asked_for) >= _MEMORY_LIMIT and ask.model not in self._asked_for:
            self._asked_for.clear()
        asked, first_s = self._asked_for.get(ask.model, (0, ask.request.received_s))
        self._asked_for[ask.model] = (asked + 1, first_s)
        ask.turn, ask.since_first_s = asked + 1, ask.request.received_s - first_s

    def _elsewhere(self, request: RecordedRequest) -> Answer:
        if request.method == "GET" and request.path.endswith("/healthz"):
            return json_answer({"status": "ok"})
        if request.method == "GET" and "/models" in request.path:
            if not self._has_key(request):
                return json_answer(openai_error(401, "Incorrect API key provided."), status=401)
            return json_answer(one_shot.models_body(request, self.known_models or one_shot.MODELS))
        message = f"Unknown request URL: {request.method} {request.path}."
        return json_answer(openai_error(404, message), status=404)

    def _refusal(self, ask: Ask) -> Answer | None:
        """What the real vendors refuse before a model is asked."""
        if ask.request.method != "POST":
            return error_answer(ask, 405, f"Not allowed to {ask.request.method} here.", headers=(("allow", "POST"),))
        if not self._has_key(ask.request):
            return error_answer(ask, 401, "Incorrect API key provided.")
        try:
            decoded = ask.request.json()
        except msgspec.DecodeError as exc:
            return error_answer(ask, 400, f"We could not parse the JSON body of your request: {exc}")
        if not isinstance(decoded, dict):
            return error_answer(ask, 400, "The body must be a JSON object.")
        ask.body = decoded
        if not ask.model:
            return error_answer(ask, 400, "you must provide a model parameter")
        if self.known_models and ask.model not in self.known_models:
            return error_answer(ask, 404, f"The model `{ask.model}` does not exist or you do not have access to it.")
        return self._dialect_refusal(ask)

    def _dialect_refusal(self, ask: Ask) -> Answer | None:
        if ask.operation is op.CHAT and "max_tokens" in ask.body and _NO_MAX_TOKENS.match(ask.model):
            message = (
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead."
            )
            return error_answer(ask, 400, message)
        if ask.operation is op.RESPONSES:
            return self._remember(ask)
        if ask.operation is op.MESSAGES and not isinstance(ask.body.get("max_tokens"), int):
            return error_answer(ask, 400, "max_tokens: Field required")
        if ask.operation is op.CONVERSE:
            fault = fault_in(ask.body)
            return error_answer(ask, 400, fault) if fault else None
        if ask.operation is op.GENERATE:
            fault = gemini_generate.fault_in(ask.body, ask.model)
            ask.body = gemini_generate.as_chat(ask.body, ask.model, streams=ask.streams)
            return error_answer(ask, 400, fault) if fault else None
        if ask.operation.dialect == "anthropic_messages" and ask.request.header("anthropic-version") is None:
            return error_answer(ask, 400, "anthropic-version: header is required")
        return None

    def _remember(self, ask: Ask) -> Answer | None:
        """Put what an earlier response was asked before this input; an unknown id is refused."""
        earlier = ask.body.get("previous_response_id")
        given = ask.body.get("input", [])
        turns = given if isinstance(given, list) else [{"role": "user", "content": given}]
        if earlier is not None:
            if earlier not in self._remembered:
                return error_answer(ask, 400, f"Previous response with id '{earlier}' not found.")
            turns = [*self._remembered[earlier], *turns]
            ask.body["input"] = turns
        if ask.body.get("store") is not False:
            if len(self._remembered) >= _MEMORY_LIMIT:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[response_id(ask.number)] = turns
        return None

    def _has_key(self, request: RecordedRequest) -> bool:
        if self.required_key is None and not self.refused_keys:
            return True
        given = request.header("x-api-key") or request.header("api-key") or request.header("x-goog-api-key")
        if given is None:
            given = (request.header("authorization") or "").removeprefix("Bearer ")
        return given not in self.refused_keys and self.required_key in (None, given)

    def _keep(self, request: RecordedRequest, answer: Answer) -> None:
        has_rules = self.required_key or self.refused_keys or self._first or self._by_model
        if has_rules or len(request.body) > _READY_BODY_BYTES or len(self._ready) >= _READY_LIMIT:
            return
        target = f"{request.path}?{request.query}" if request.query else request.path
        self._ready[target, request.body] = wire_steps(answer, keeps_alive=True)


def _played(play: Play, ask: Ask) -> Answer:
    return play if isinstance(play, Answer) else play(ask)
