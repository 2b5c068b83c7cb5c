"""Conversations as Converse requests (Amazon Bedrock runtime API reference: Converse).

What the API has no member for but a model's own API has, goes into `additionalModelRequestFields` (`model_fields.py`),
for the models of which it is known. JSON after a schema is asked for with `outputConfig` where the model can be held to
it; elsewhere, and for JSON of any shape, with a sentence at the end of the system prompt, and the loss is told: nobody
checks it there. A tool in its place, as others do it, would make every answer a tool call that has to be turned back.
"""

from __future__ import annotations

import re
from typing import Any, Final

from plano.dialects.bedrock_converse.blocks import Block, BlockWriter
from plano.dialects.bedrock_converse.model_fields import add_model_fields, shown_stop_sequence
from plano.dialects.bedrock_converse.models import Model, model_of
from plano.dialects.bedrock_converse.tools import write_tools
from plano.dialects.bedrock_converse.turns import write_messages
from plano.dialects.conversation import Conversation, OutputFormat, Settings, Text
from plano.dialects.json_text import encoded
from plano.dialects.losses import Losses
from plano.errors import BadRequest

#: Members of the Converse API itself that a client may have put into its own request.
_OWN_MEMBERS: Final = (
    "guardrailConfig",
    "performanceConfig",
    "promptVariables",
    "requestMetadata",
    "serviceTier",
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
)
_NOT_TOLD: Final = (
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "verbosity",
    "user",
    "safety_identifier",
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
)
#: Asking for these is asking for nothing.
_MEANS_NOTHING: Final[tuple[Any, ...]] = (0, False, {}, "")
_TIERS: Final = {
    "default": "default",
    "standard": "default",
    "standard_only": "default",
    "priority": "priority",
    "flex": "flex",
    "reserved": "reserved",
}
_METADATA_KEY: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}")
_METADATA_VALUE: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_MOST_METADATA: Final = 16


def write_request(conversation: Conversation, losses: Losses) -> dict[str, Any]:
    """The members of a request. Raises `BadRequest` where nothing can be shown of what the user said last."""
    if not conversation.turns and not conversation.instructions:
        raise BadRequest("the conversation is empty", param="messages")
    model = model_of(conversation.model)
    writer = BlockWriter(conversation, model, losses)
    # In the order of a prompt: the cache points left out are those that reach least far.
    tools = write_tools(conversation, model, writer, losses)
    system = _system(conversation.instructions, writer)
    members: dict[str, Any] = {"messages": write_messages(conversation, writer)}
    settings = conversation.settings
    inference = _inference(settings, losses)
    output: dict[str, Any] = {}
    if settings.output_format is not None:
        _ask_for_json(settings.output_format, model, system, output, losses)
    if system:
        members["system"] = system
    if inference:
        members["inferenceConfig"] = inference
    if tools:
        members["toolConfig"] = tools
    if output:
        members["outputConfig"] = output
    _add_rest(members, settings, losses)
    for name, value in conversation.unknown.items():
        if name in _OWN_MEMBERS:
            members[name] = value
        else:
            losses.drop(name)
    add_model_fields(members, settings, model, losses)
    if settings.stop and model.is_claude:
        shown_stop_sequence(members)
    return members


def _system(instructions: list[Text], writer: BlockWriter) -> list[Block]:
    return [block for text in instructions for block in writer.blocks(text, of_user=True)]


def _inference(settings: Settings, losses: Losses) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if settings.max_tokens is not None:
        told["maxTokens"] = settings.max_tokens
    if settings.temperature is not None:
        told["temperature"] = min(settings.temperature, 1.0)  # The API ends there, OpenAI's at 2.
        if settings.temperature > 1:
            losses.drop("temperature")
    if settings.top_p is not None:
        told["topP"] = settings.top_p
    if settings.stop:
        stop = [word for word in settings.stop if word.strip()]
        if len(stop) < len(settings.stop):
            losses.drop("stop")
        if stop:
            told["stopSequences"] = stop
    return told


def _ask_for_json(
    told: OutputFormat, model: Model, system: list[Block], output: dict[str, Any], losses: Losses
) -> None:
    if told.schema is not None and model.has_schemas:
        schema = {"schema": encoded(_closed(told.schema)), "name": told.name or "answer"}
        if told.description:
            schema["description"] = told.description
        output["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": schema}}
        return
    losses.drop("output_format")
    wish = "Answer with a single JSON object and nothing else: no explanation, no Markdown fence."
    if told.schema is not None:
        about = f" ({told.description})" if told.description else ""
        wish += f" It must be valid after this JSON schema{about}:\n{encoded(told.schema)}"
    system.append({"text": wish})


def _closed(schema: Any) -> Any:
    """The schema with every object closed, which is demanded; what needs no change is not copied."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if closed.get("type") == "object" and closed.get("additionalProperties") is not False:
        closed["additionalProperties"] = False
    return closed


def _add_rest(members: dict[str, Any], settings: Settings, losses: Losses) -> None:
    for name in _NOT_TOLD:
        value = getattr(settings, name)
        if value is not None and value not in _MEANS_NOTHING:
            losses.drop(name)
    if settings.n is not None and settings.n > 1:
        losses.drop("n")
    if settings.modalities is not None and any(one != "text" for one in settings.modalities):
        losses.drop("modalities")
    if settings.metadata:
        _add_metadata(members, settings.metadata, losses)
    tier = settings.service_tier
    if tier is not None and tier != "auto":
        if tier in _TIERS:
            members["serviceTier"] = {"type": _TIERS[tier]}
        else:
            losses.drop("service_tier")


def _add_metadata(members: dict[str, Any], metadata: dict[str, Any], losses: Losses) -> None:
    """What goes into the log of invocations; few characters are allowed."""
    fitting = {
        name: value
        for name, value in metadata.items()
        if isinstance(value, str) and _METADATA_KEY.fullmatch(name) and _METADATA_VALUE.fullmatch(value)
    }
    told = dict(list(fitting.items())[:_MOST_METADATA])
    if len(told) < len(metadata):
        losses.drop("metadata")
    if told:
        members["requestMetadata"] = told
