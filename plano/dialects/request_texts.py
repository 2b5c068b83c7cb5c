"""The passages of a request, by the operation asked for, and the writing back of those that were changed."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
from msgspec import Raw

from plano.dialects.found_texts import FoundTexts, Rule, rewritten
from plano.dialects.passages import Passage, Place
from plano.dialects.text_shapes import OTHER, PROMPT, all_leaves, content, inside, leaves, messages, place
from plano.errors import BadRequest
from plano.http.wire.json_envelope import Envelope


class _Member(NamedTuple):
    name: str
    rule: Rule
    place: Place


_SYSTEM: Final = place("instructions", "system")
_USER: Final = place("text", "user")
_MESSAGES: Final = _Member("messages", messages, _USER)
_INSTRUCTIONS: Final = _Member("instructions", content, _SYSTEM)
_INPUT: Final = _Member("input", content, _USER)
_PROMPT: Final = _Member("prompt", content, _USER)
_CHAT: Final = (_MESSAGES, _Member("prediction", content, place("text", "assistant")))
_ANTHROPIC: Final = (_Member("system", content, _SYSTEM), _MESSAGES)
_RESPONSES: Final = (_INSTRUCTIONS, _Member("prompt", inside(PROMPT), _USER), _INPUT)
_READ: Final[dict[str, tuple[_Member, ...]]] = {
    "chat": _CHAT,
    "completions": (_PROMPT, _Member("suffix", content, _USER)),
    "embeddings": (_INPUT,),
    "moderations": (_INPUT,),
    "images": (_PROMPT,),
    "speech": (_INSTRUCTIONS, _INPUT),
    "rerank": (_Member("query", content, _USER), _Member("documents", all_leaves, place("document"))),
    "responses": _RESPONSES,
    "messages": _ANTHROPIC,
    "count_tokens": _ANTHROPIC,
    "any": (_Member("system", content, _SYSTEM), *_RESPONSES, *_CHAT),
}
_ABOUT: Final = tuple(
    _Member(name, all_leaves, place("metadata"))
    for name in ("metadata", "user", "safety_identifier", "prompt_cache_key", "client_metadata")
)
#: Settings, and definitions of tools and formats: what is said there is said by programs.
_SETTINGS: Final = frozenset(
    {
        "model", "models", "stream", "stream_options", "temperature", "top_p", "top_k", "min_p", "top_a", "n",
        "best_of", "echo", "max_tokens", "max_completion_tokens", "max_output_tokens", "max_tool_calls", "stop",
        "stop_sequences", "presence_penalty", "frequency_penalty", "repetition_penalty", "logit_bias", "logprobs",
        "top_logprobs", "seed", "tools", "tool_choice", "functions", "function_call", "parallel_tool_calls",
        "response_format", "reasoning", "reasoning_effort", "verbosity", "text", "modalities", "audio",
        "service_tier", "store", "include", "truncation", "previous_response_id", "conversation", "background",
        "thinking", "output_config", "output_format", "container", "mcp_servers", "context_management",
        "encoding_format", "dimensions", "size", "quality", "style", "moderation", "output_compression",
        "partial_images", "voice", "speed", "stream_format", "top_n", "return_documents", "max_chunks_per_doc",
        "max_tokens_per_doc", "rank_fields", "prompt_cache_retention", "prompt_cache_options", "inference_geo",
        "betas", "anthropic_version", "anthropic_beta", "provider", "transforms", "route", "routing_preferences",
        "routing_policy", "cache_control",
    }
)  # fmt: skip


class RequestTexts:
    """`passages` in the order they stand in the conversation: instructions first, then turn by turn.

    Of thoughts that a proof speaks for, no change is written; see `text_shapes`.
    """

    def __init__(self, operation: str, envelope: Envelope) -> None:
        """`operation` is an operation's name. Members of shapes plano does not know have passages of kind `other`.

        Raises `BadRequest` for JSON that cannot be read; what makes no sense otherwise has what strings it has.
        """
        self._envelope = envelope
        self._found = FoundTexts()
        #: The members as they were read.
        self._seen: dict[str, Raw] = {}
        known = _READ.get(operation, ())
        for member in (*known, *_ABOUT):
            raw = envelope.members.get(member.name)
            if raw is not None and member.name not in self._seen:
                self._read(member, raw)
        if len(self._seen) < len(envelope.members):
            for name, raw in envelope.members.items():
                if name not in self._seen and name not in _SETTINGS:
                    self._read(_Member(name, leaves, OTHER), raw)

    @property
    def passages(self) -> list[Passage]:
        return self._found.passages.copy()  # Whoever sorts or empties it does so for himself.

    def is_of(self, envelope: Envelope) -> bool:
        """Whether these are still the texts of `envelope`: nobody has set one of the members they were read from."""
        seen = 0
        for name, raw in envelope.members.items():
            if name in self._seen:
                if self._seen[name] is not raw:
                    return False
                seen += 1
            elif name not in _SETTINGS:
                return False
        return seen == len(self._seen)

    def write_back(self) -> bool:
        """Set the members of the envelope whose passages were changed; whether there were any.

        Called after every filter; what was changed counts as original from then on. A member that somebody has set
        since it was read stays as it was set. Raises `TypeError` for a passage whose text is no string any more.
        """
        members = self._envelope.members
        changes = self._found.changes()
        for name, inner in changes.items():
            if members.get(name) is self._seen[name]:
                self._envelope.set_raw(name, rewritten(self._seen[name], inner))
                self._seen[name] = members[name]
        self._found.settle()
        return bool(changes)

    def _read(self, member: _Member, raw: Raw) -> None:
        name, rule, where = member
        self._seen[name] = raw
        try:
            rule(self._found, raw, (name,), where)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadRequest(f"`{name}` is not valid JSON", param=name) from None
        except RecursionError:
            raise BadRequest(f"`{name}` is nested too deeply", param=name) from None
