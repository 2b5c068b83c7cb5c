"""Settings as a client gives them, of the types they have to be: nothing behind a reader asks again.

For dialects that call settings as the hub does. Whether a value is sensible is the provider's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from plano.dialects.conversation import Settings
from plano.errors import BadRequest

_NUMBER: Final = ("a number", (int, float))
_COUNT: Final = ("an integer", (int,))
_STRING: Final = ("a string", (str,))
_FLAG: Final = ("true or false", (bool,))
_OBJECT: Final = ("an object", (dict,))
_TYPES: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "top_k": _COUNT,
    "seed": _COUNT,
    "n": _COUNT,
    "frequency_penalty": _NUMBER,
    "presence_penalty": _NUMBER,
    "logit_bias": _OBJECT,
    "logprobs": _FLAG,
    "top_logprobs": _COUNT,
    "parallel_tool_calls": _FLAG,
    "verbosity": _STRING,
    "service_tier": _STRING,
    "user": _STRING,
    "safety_identifier": _STRING,
    "metadata": _OBJECT,
    "store": _FLAG,
    "prompt_cache_key": _STRING,
    "prompt_cache_retention": _STRING,
    "modalities": ("a list", (list,)),
}


def add_settings(settings: Settings, members: Mapping[str, Any], names: Iterable[str]) -> None:
    """Take over the members of these names. Raises `BadRequest` with the name of one that is of another type."""
    for name in names:
        value = members.get(name)
        if value is None:
            continue
        wanted, types = _TYPES[name]
        if type(value) not in types:
            raise BadRequest(f"`{name}` must be {wanted}", param=name)
        setattr(settings, name, value)


def count_in(members: Mapping[str, Any], name: str, path: str = "") -> int | None:
    """A member that has to be an integer. Raises `BadRequest`; `path` is how it is called there, where that differs."""
    value = members.get(name)
    if value is not None and type(value) is not int:
        raise BadRequest(f"`{path or name}` must be an integer", param=path or name)
    return value


def list_in(members: Mapping[str, Any], name: str, path: str = "") -> list[Any]:
    """A member that has to be a list; empty where it is not given. Raises `BadRequest`."""
    value = members.get(name)
    if value is not None and not isinstance(value, list):
        raise BadRequest(f"`{name}` must be a list", param=path or name)
    return value or []
