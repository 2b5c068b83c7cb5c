"""The hub: a request in no API's own words. A client's dialect is read into it, a provider's is written from it.

It carries what at least two dialects know. What only one knows travels as `Foreign` where it stands in the
conversation, or by name in `Conversation.unknown`: a writer of the same dialect could put it back, any other one
reports it to `Losses`. Empty strings and None mean "not given".
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

#: How hard to think, in rising order; `none` turns thinking off.
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class CacheMark(Struct, frozen=True):
    """Everything up to here is worth caching at the provider; `ttl` as given, "" for the provider's default."""

    ttl: str = ""


class Text(Struct):
    """`annotations`: what an answer cites, in the neutral shape of `reply.Annotation`."""

    text: str
    cache: CacheMark | None = None
    annotations: tuple[Any, ...] = ()


class Image(Struct):
    """By `data` (base64, with `media_type`), by `url`, or by `file_id`. `detail`: low, high, auto, original."""

    media_type: str = ""
    data: str = ""
    url: str = ""
    file_id: str = ""
    detail: str = ""
    cache: CacheMark | None = None


class Document(Struct):
    """A file to read: by `data` (base64, with `media_type`), `url`, `file_id`, or as plain `text`."""

    media_type: str = ""
    data: str = ""
    url: str = ""
    file_id: str = ""
    text: str = ""
    name: str = ""
    #: What the reader is told about it beside its name, and whether the answer shall cite it.
    about: str = ""
    cites: bool = False
    cache: CacheMark | None = None


class Audio(Struct):
    """`data` is base64, `format` as in `wav`, `mp3`."""

    data: str
    format: str


class ToolCall(Struct):
    """The model wants a tool run. `arguments`: JSON text, never decoded; of a `custom` tool the free text it takes.

    `namespace`: the group a tool belongs to. `proof`: what the model wants back with the call (see `Reasoning.proof`).
    """

    id: str
    name: str
    arguments: str
    is_custom: bool = False
    namespace: str = ""
    proof: str = ""
    cache: CacheMark | None = None


class ToolResult(Struct):
    """What running it gave; `content` holds `Text`, `Image`, `Document` (and `Foreign`)."""

    call_id: str
    content: list[Part]
    is_error: bool = False
    is_custom: bool = False
    cache: CacheMark | None = None


class Reasoning(Struct):
    """What the model thought. `text` is visible thinking, or where `is_summary` a summary of it in `parts`.

    `proof`: opaque to everybody but the dialect that made it: Anthropic's signature, the encrypted content of the
    Responses API, Gemini's thought signature. `proofs.py` keeps it on its way through clients of other dialects.
    `is_redacted`: there is no text, the proof is all. `id`: of the item, where the dialect has one.
    """

    text: str = ""
    proof: str = ""
    is_redacted: bool = False
    is_summary: bool = False
    id: str = ""


class Refusal(Struct):
    """The model's words when it declines."""

    text: str


class Foreign(Struct):
    """Something only `dialect` has a shape for, as decoded JSON; `kind` is its type there."""

    dialect: str
    kind: str
    raw: Any


Part = Text | Image | Document | Audio | ToolCall | ToolResult | Reasoning | Refusal | Foreign


class Turn(Struct):
    """One voice speaking. Tool results are in a `user` turn, at its beginning, whatever role a dialect gives them.

    Neighbours may have the same role. `system` only for instructions given in the middle of a conversation.
    """

    role: Literal["user", "assistant", "system"]
    parts: list[Part]
    #: Of the speaker, where several share a role.
    name: str = ""


class Tool(Struct):
    """`parameters`: JSON schema, or None. `is_custom`: it takes free text, of the shape `format` (decoded JSON).

    `foreign`: a tool that is no function of the client's (web search, computer ...), as its dialect declares it; then
    `name` is its name or type there.
    """

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    is_custom: bool = False
    format: Any = None
    namespace: str = ""
    cache: CacheMark | None = None
    foreign: Foreign | None = None


class ToolChoice(Struct, frozen=True):
    """`tool`: the one in `name` (and `namespace`). `allowed`: restricted to `names`, required where `is_required`."""

    mode: Literal["auto", "required", "none", "tool", "allowed"]
    name: str = ""
    namespace: str = ""
    names: tuple[str, ...] = ()
    is_required: bool = False


class OutputFormat(Struct):
    """JSON of any shape (`schema` None), or after a JSON schema."""

    schema: dict[str, Any] | None = None
    name: str = ""
    description: str = ""
    strict: bool | None = None


class Thinking(Struct):
    """How much to think, as an effort or as a budget in tokens, whichever the client gave (`budgets.py` converts).

    `is_on` None: it did not say. `shows`: the client wants to read it ("" unsaid, "none", "summary", "full");
    `summary`: the Responses API's own word for how (auto, concise, detailed). `is_adaptive`: as much as is needed.
    """

    is_on: bool | None = None
    effort: Effort | None = None
    budget_tokens: int | None = None
    is_adaptive: bool = False
    shows: Literal["", "none", "summary", "full"] = ""
    summary: str = ""


class Settings(Struct):
    """Everything that tunes an answer. The names are the neutral ones that `Losses` takes."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: list[str] | None = None
    seed: int | None = None
    n: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    parallel_tool_calls: bool | None = None
    thinking: Thinking | None = None
    output_format: OutputFormat | None = None
    #: low, medium, high: how wordy.
    verbosity: str | None = None
    service_tier: str | None = None
    #: Who the client's own user is, for the provider's abuse checks.
    user: str | None = None
    safety_identifier: str | None = None
    metadata: dict[str, Any] | None = None
    store: bool | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    #: text, audio ...
    modalities: list[str] | None = None


class Conversation(Struct):
    """A whole request.

    `model`: as the provider knows it, for dialects whose requests differ from model to model; "" where nobody said. The
    member of the request is not written from it: the gateway does that.
    """

    turns: list[Turn]
    #: What the client says to the model before the conversation (`Text` blocks in order).
    instructions: list[Text] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    tool_choice: ToolChoice | None = None
    settings: Settings = field(default_factory=Settings)
    streams: bool = False
    #: Members of the client's request that the hub has no place for, as decoded JSON.
    unknown: dict[str, Any] = field(default_factory=dict)
    model: str = ""
