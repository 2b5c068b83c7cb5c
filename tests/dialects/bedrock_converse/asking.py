"""Requests as a provider gets them, checked by AWS's own SDK and by what Bedrock says about order."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import msgspec
from botocore.validate import ParamValidator

from plano.dialects.bedrock_converse.write_request import write_request
from plano.dialects.conversation import Conversation, Part, Settings, Text, Turn
from plano.dialects.losses import Losses
from plano.testing.scripted_provider.bedrock_converse import fault_in

CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"


@cache
def converse_shape() -> Any:
    return botocore.session.Session().get_service_model("bedrock-runtime").shape_for("ConverseRequest")


def checked(members: dict[str, Any]) -> dict[str, Any]:
    """Fails for a member the API does not have, of another type, too short, or in a wrong order."""
    members = msgspec.json.decode(msgspec.json.encode(members))
    faults = ParamValidator().validate({"modelId": "m", **members}, converse_shape())
    assert not faults.has_errors(), faults.generate_report()
    assert fault_in(members) == ""
    return members


def asked(*turns: Turn, model: str = CLAUDE, **rest: Any) -> tuple[dict[str, Any], list[str]]:
    """The request and what was lost; `rest` are fields of `Conversation`, or of `Settings`."""
    names = {field.name for field in msgspec.structs.fields(Settings)}
    settings = Settings(**{name: rest.pop(name) for name in list(rest) if name in names})
    losses = Losses()
    conversation = Conversation(list(turns) or [user("Hi")], settings=settings, model=model, **rest)
    return checked(write_request(conversation, losses)), losses.names


def user(*parts: Part | str) -> Turn:
    return Turn("user", [Text(part) if isinstance(part, str) else part for part in parts])


def model(*parts: Part | str) -> Turn:
    return Turn("assistant", [Text(part) if isinstance(part, str) else part for part in parts])
