"""What one model has been found not to take: parameters its provider has refused by name, learnt once.

A provider that answers 400 or 422 and names a parameter is asked again without it, under its other name, or with the
most it allows; from then on every request for that model is written so from the start. Only what tunes an answer is
ever left out: never what was said, never tools or the format of the answer, and nothing after a refusal for what was
said (content filters, context length).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

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
_MOST: Final = re.compile(r"at most (\d+)|> *(\d+), which is the maximum|maximum (?:value )?(?:of|is) (\d+)|<= *(\d+)")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Repairs:
    """What is known about one model. `learn` and `apply` deal in names of top-level members of a request."""

    def __init__(self) -> None:
        self.is_active = False
        self._drops: set[str] = set()
        self._renames: dict[str, str] = {}
        self._limits: dict[str, int] = {}
        #: Left out where the other one is there.
        self._rivals: dict[str, str] = {}

    def rename(self, name: str, to: str) -> None:
        """Known beforehand."""
        self._renames[name] = to
        self.is_active = True

    def learn(self, error: ProviderError, sent: Collection[str]) -> str:
        """What is done about an error from now on, as a phrase; empty when nothing can be, or it has been already.

        `sent`: the members of the request that was refused.
        """
        if error.status not in REPAIRABLE_STATUSES:
            return ""
        told = _told(error)
        if _NOT_OURS.search(told):
            return ""
        pair = _pair(told, sent) if error.param is None else None
        if pair is not None:
            self._rivals[pair[1]] = pair[0]
            self.is_active = True
            return f"`{pair[1]}` is left out beside `{pair[0]}`"
        for name in _named(error, told, sent):
            done = self._learnt(name, told, sent)
            if done:
                self.is_active = True
                return done
        return ""

    def apply(self, members: dict[str, Any]) -> list[str]:
        """Write a request's members so that the model takes them; the names of those left out."""
        for name, to in self._renames.items():
            if name in members and to not in members:
                members[to] = members.pop(name)
        for name, most in self._limits.items():
            if name in members and _number(members[name]) > most:
                members[name] = most if not isinstance(members[name], msgspec.Raw) else msgspec.Raw(b"%d" % most)
        left_out = [name for name in self._drops if name in members]
        left_out += [name for name, rival in self._rivals.items() if name in members and rival in members]
        for name in left_out:
            del members[name]
        return left_out

    def _learnt(self, name: str, told: str, sent: Collection[str]) -> str:
        if name in _LIMITS:
            most = _most(told)
            if most and self._limits.get(name, most + 1) > most:
                self._limits[name] = most
                return f"`{name}` is at most {most}"
        other = _OTHER_NAME.get(name)
        if other is not None:
            if other in sent or name in self._renames.values() or not _REFUSES.search(told):
                return ""
            self._renames[name] = other
            return f"`{name}` is called `{other}`"
        if name in _ESSENTIAL or name in self._drops or not _REFUSES.search(told):
            return ""
        self._drops.add(name)
        return f"`{name}` is left out"


def _told(error: ProviderError) -> str:
    """All that an error says; validation errors of FastAPI servers say it in a list under `detail`."""
    parts = [error.message, error.code, error.type]
    if isinstance(error.raw, dict) and isinstance(error.raw.get("detail"), list):
        parts.append(msgspec.json.encode(error.raw["detail"]).decode())
    return " ".join(parts)


def _named(error: ProviderError, told: str, sent: Collection[str]) -> Iterator[str]:
    """Members of the request that an error names, the likeliest first."""
    if error.param is not None:
        # Another one is not to blame, whatever the sentence mentions as well.
        if error.param in sent:
            yield error.param
        return
    if not _NOT_TOGETHER.search(told):
        yield from (word for word in _WORD.findall(told) if word in sent)


def _pair(told: str, sent: Collection[str]) -> tuple[str, str] | None:
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
