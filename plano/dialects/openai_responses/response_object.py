"""The response object that answers and the first and last events of streams hold (OpenAI API reference: responses)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.reply import ReplyTo
from plano.dialects.usage import Usage

#: Members that are there whatever was asked for, as the API has them when nobody says otherwise.
_DEFAULTS: Final[dict[str, Any]] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": None,
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": None,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
_encode: Final = msgspec.json.Encoder().encode


class ResponseObject:
    """One response, to be written at any stage of it. What does not change is encoded once."""

    def __init__(self, id: str, to: ReplyTo, created: int, service_tier: str = "") -> None:
        #: OpenAI's own ids begin like this, and clients tell ids of responses from others by it.
        self.id = id if id.startswith("resp") else f"resp_{to.id}"
        head = {"id": self.id, "object": "response", "created_at": created, "model": to.model}
        told = {name: value for name in _DEFAULTS if (value := to.request.get(name)) is not None}
        echo = {**_DEFAULTS, **told}
        echo["tools"] = [_normal_tool(tool) for tool in echo["tools"]]
        if "text" in told:
            echo["text"] = {**_DEFAULTS["text"], **told["text"]}
        if service_tier:
            echo["service_tier"] = service_tier
        self._head = _encode(head)[:-1]
        self._echo = _encode(echo)[1:]

    def written(
        self,
        status: bytes,
        output: list[bytes],
        usage: Usage | None = None,
        error: Any = None,
        incomplete: str = "",
    ) -> bytes:
        """As JSON; `output` are its items, `incomplete` the reason for it, in the API's word."""
        return b'%b,"status":"%b","error":%b,"incomplete_details":%b,"output":[%b],"usage":%b,%b' % (
            self._head,
            status,
            _encode(error),
            b'{"reason":"%b"}' % incomplete.encode() if incomplete else b"null",
            b",".join(output),
            b"null" if usage is None else _encode(usage_object(usage)),
            self._echo,
        )


def _normal_tool(tool: Any) -> Any:
    """A function with all the members typed clients rely on."""
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return tool
    if "strict" in tool and "parameters" in tool:
        return tool
    return {"strict": None, "parameters": None, **tool}


def usage_object(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_creation_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
