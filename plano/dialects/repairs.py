"""What one model has been found not to take: parameters its provider has refused by name, learnt once.

A provider that answers 400 or 422 and names a parameter is asked again without it, under its other name, or with the
most it allows; from then on every request for that model is written so from the start. Only what tunes an answer is
ever left out: never what was said, never tools or the format of the answer, and nothing after a refusal for what was
said (content filters, context length).

What one client is refused must not cost the others anything: a value is left out where only that value is refused,
and a lesson that did not help is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from plano.dialects.reply import ProviderError

REPAIRABLE_STATUSES: Final = (400, 422)
#: What must not be left out: without it the answer would be to another question.
_ESSENTIAL: Final = frozenset(
    (
        "model",
        "messages",
        "input",
        "prompt",
        "instructions",
        "system",
        "contents",
        "systemInstruction",
        "tools",
        "toolConfig",
        "functions",
        "tool_choice",
        "function_call",
        "response_format",
        "text",
        "output_config",
        "stop",
        "stop_sequences",
        "n",
        "stream",
        "modalities",
        "audio",
        "generationConfig",
        "inferenceConfig",
        "previous_response_id",
    )
)
_OTHER_NAME: Final = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_LIMITS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
#: Refusals of what was said.
_NOT_OURS: Final = re.compile(
    r"content.?filter|content.?policy|content management|safety|moderation|context.?length|context.?window|"
    r"prompt is too long|maximum context",
    re.IGNORECASE,
)
_REFUSES: Final = re.compile(
    r"unsupported|not support|n't support|unknown|unrecognized|unexpected|not permitted|not allowed|extra input|"
    r"extra_forbidden|extra field|deprecated|only the default|invalid param|not available|no longer|"
    r"not recognized|unused|does not exist|not valid for",
    re.IGNORECASE,
)
_NOT_TOGETHER: Final = re.compile(r"cannot both|mutually exclusive|only one of|not both", re.IGNORECASE)
#: Another value would do.
_OTHER_VALUES: Final = re.compile(
    r"(?:supported|allowed|valid|permitted|possible|accepted) (?:values|options)|permitted:|"
    r"(?:expected|be|is not) one of",
    re.IGNORECASE,
)
#: Of what an error says; who has more to say echoes the request.
_MOST_READ: Final = 4096
#: Names are the clients' own in part: of too many the oldest are learnt anew.
_MOST_LESSONS: Final = 64
_MOST: Final = re.compile(r"at most (\d+)|> *(\d+), which is the maximum|maximum (?:value )?(?:of|is) (\d+)|<= *(\d+)")
#: A value that is remembered is a word or a number.
_LONGEST_VALUE: Final = 100
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Lesson(NamedTuple):
    """One thing that a model does not take: `name`, and by `kind` what else there is to know."""

    kind: Literal["drop", "value", "rename", "limit", "rival"]
    name: str
    #: The value that is refused, the other name, the most that is allowed, the one it does not go together with.
    other: Any = None

    def __str__(self) -> str:
        if self.kind == "rename":
            return f"`{self.name}` is called `{self.other}`"
        if self.kind == "limit":
            return f"`{self.name}` is at most {self.other}"
        if self.kind == "rival":
            return f"`{self.name}` is left out beside `{self.other}`"
        return f"`{self.name}` is left out" + (f" when it is {self.other[:40]!r}" if self.kind == "value" else "")


class Repairs:
    """What is known about one model. `learn` and `apply` deal in names of top-level members of a request."""

    def __init__(self) -> None:
        self.is_active = False
        #: Grows with each lesson: whoever was refused meanwhile may ask again.
        self.version = 0
        #: In the order learnt; by kind and name there is one, but for values.
        self._lessons: dict[tuple[Any, ...], Lesson] = {}

    def rename(self, name: str, to: str) -> None:
        """Known beforehand."""
        self._keep(Lesson("rename", name, to))

    def learn(self, error: ProviderError, sent: Mapping[str, Any]) -> Lesson | None:
        """What is done about an error from now on; None when nothing can be, or it has been already.

        `sent`: the members of the request that was refused.
        """
        if error.status not in REPAIRABLE_STATUSES:
            return None
        told = _told(error)
        if _NOT_OURS.search(told) or told.lstrip().startswith("<"):
            return None
        pair = _pair(told, sent) if error.param is None else None
        if pair is not None:
            return self._keep(Lesson("rival", pair[1], pair[0]))
        for name in _named(error, told, sent):
            lesson = self._lesson(name, told, sent)
            if lesson is not None:
                return self._keep(lesson)
        return None

    def forget(self, lesson: Lesson) -> None:
        """It did not help."""
        self._lessons.pop(_key(lesson), None)
        self.is_active = bool(self._lessons)

    def apply(self, members: dict[str, Any]) -> list[str]:
        """Write a request's members so that the model takes them; the names of those left out."""
        lessons = self._lessons.values()
        for kind, name, other in lessons:
            if kind == "rename" and name in members and other not in members:
                members[other] = members.pop(name)
        for kind, name, most in lessons:
            if kind == "limit" and name in members and _number(members[name]) > most:
                members[name] = most if not isinstance(members[name], msgspec.Raw) else msgspec.Raw(b"%d" % most)
        left_out = []
        for kind, name, other in lessons:
            if name in members and (
                kind == "drop"
                or (kind == "rival" and other in members)
                or (kind == "value" and _encoded(members[name]) == other)
            ):
                del members[name]
                left_out.append(name)
        return left_out

    def _keep(self, lesson: Lesson) -> Lesson:
        self._lessons[_key(lesson)] = lesson
        if len(self._lessons) > _MOST_LESSONS:
            del self._lessons[next(iter(self._lessons))]
        self.is_active = True
        self.version += 1
        return lesson

    def _lesson(self, name: str, told: str, sent: Mapping[str, Any]) -> Lesson | None:
        if name in _LIMITS:
            most = _most(told)
            if most and _number(sent[name]) > most:
                return Lesson("limit", name, most)
        other = _OTHER_NAME.get(name)
        if other is not None:
            if other in sent or ("rename", other) in self._lessons or not _REFUSES.search(told):
                return None
            return Lesson("rename", name, other)
        if name in _ESSENTIAL or ("drop", name) in self._lessons or not _REFUSES.search(told):
            return None
        value = _encoded(sent[name])
        if _OTHER_VALUES.search(told) and 0 < len(value) <= _LONGEST_VALUE:
            lesson = Lesson("value", name, value)
            return None if _key(lesson) in self._lessons else lesson
        return Lesson("drop", name)


def _key(lesson: Lesson) -> tuple[Any, ...]:
    return tuple(lesson) if lesson.kind == "value" else (lesson.kind, lesson.name)


def _encoded(value: Any) -> bytes:
    return bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)


def _told(error: ProviderError) -> str:
    """All that an error says; validation errors of FastAPI servers say it in a list under `detail`."""
    parts = [error.message, error.code, error.type]
    if isinstance(error.raw, dict) and isinstance(error.raw.get("detail"), list):
        parts.append(msgspec.json.encode(error.raw["detail"]).decode())
    return " ".join(parts)[:_MOST_READ]


def _named(error: ProviderError, told: str, sent: Mapping[str, Any]) -> Iterator[str]:
    """Members of the request that an error names, the likeliest first."""
    if error.param is not None:
        # Another one is not to blame, whatever the sentence mentions as well.
        if error.param in sent and _WORD.fullmatch(error.param):
            yield error.param
        return
    if not _NOT_TOGETHER.search(told):
        yield from (word for word in _WORD.findall(told) if word in sent)


def _pair(told: str, sent: Mapping[str, Any]) -> tuple[str, str] | None:
    """Two members that do not go together ("`temperature` and `top_p` cannot both be specified")."""
    words = [word for word in dict.fromkeys(_WORD.findall(told)) if word in sent and word not in _ESSENTIAL]
    if len(words) != 2 or not _NOT_TOGETHER.search(told):
        return None
    return words[0], words[1]


def _most(told: str) -> int:
    found = _MOST.search(told)
    return int(next(filter(None, found.groups()))) if found is not None else 0


def _number(value: Any) -> float:
    if isinstance(value, msgspec.Raw):
        try:
            value = float(bytes(value))
        except ValueError:
            return 0
    return value if isinstance(value, int | float) else 0
