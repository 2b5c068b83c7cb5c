"""Conversations as generateContent requests (Gemini API reference: models.generateContent).

What a client's own request may hold of this API (`safetySettings`, `cachedContent`, members of `generationConfig`) is
passed on, also from where Google's compatible endpoint looks for it: `extra_body.google`.
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.conversation import Conversation
from plano.dialects.gemini_generate.contents import write_contents
from plano.dialects.gemini_generate.generation import add_tier, ask_for_json, generation_config
from plano.dialects.gemini_generate.models import model_of
from plano.dialects.gemini_generate.parts import Json, PartWriter
from plano.dialects.gemini_generate.tools import add_tools, has_functions
from plano.dialects.losses import Losses
from plano.errors import BadRequest

#: Members of the API itself; it reads them in both ways of writing.
_OWN_MEMBERS: Final = {
    "cachedContent": "cachedContent",
    "cached_content": "cachedContent",
    "safetySettings": "safetySettings",
    "safety_settings": "safetySettings",
    "labels": "labels",
}
_IN_CONFIG: Final = {
    "thinkingConfig": "thinkingConfig",
    "thinking_config": "thinkingConfig",
    "mediaResolution": "mediaResolution",
    "media_resolution": "mediaResolution",
    "imageConfig": "imageConfig",
    "image_config": "imageConfig",
    "speechConfig": "speechConfig",
    "speech_config": "speechConfig",
}


def write_request(conversation: Conversation, losses: Losses) -> dict[str, Any]:
    """The members of a request; neither the model nor whether it streams is one of them."""
    if not conversation.turns and not conversation.instructions:
        raise BadRequest("the conversation is empty", param="messages")
    model = model_of(conversation.model)
    writer = PartWriter(model, losses)
    system: list[Json] = []
    for text in conversation.instructions:
        writer.add_shown(system, text, "")
    members: Json = {"contents": write_contents(conversation, writer)}
    add_tools(members, conversation, model, losses)
    settings = conversation.settings
    config = generation_config(settings, model, losses)
    if settings.output_format is not None:
        wish = ask_for_json(settings.output_format, config, has_functions(members), model, losses)
        if wish:
            system.append({"text": wish})
    if system:
        members["systemInstruction"] = {"parts": system}
    add_tier(members, settings.service_tier, losses)
    _add_unknown(members, config, conversation.unknown, losses)
    if config:
        members["generationConfig"] = config
    return members


def _add_unknown(members: Json, config: Json, unknown: dict[str, Any], losses: Losses) -> None:
    for name, value in unknown.items():
        if name in _OWN_MEMBERS:
            members[_OWN_MEMBERS[name]] = value
        elif name in _IN_CONFIG:
            config[_IN_CONFIG[name]] = value
        elif name == "generationConfig" and isinstance(value, dict):
            config.update(value)
        elif name in ("extra_body", "google") and isinstance(value, dict):
            _add_unknown(members, config, value, losses)
        else:
            losses.drop(name)
