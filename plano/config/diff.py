"""What is different between two configs, a line per change; secrets are never shown.

`+` was added, `-` removed, `~` changed. Entries of a list are the same if their names (ids, models) are the same,
wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from .document import Config
from .findings import at, join
from .values import Duration, Secret

_HIDDEN: Final = "(not shown)"
_LONGEST_SHOWN: Final = 60
_LABELS: Final = ("name", "id", "model")


def differences(old: Config, new: Config) -> tuple[str, ...]:
    """One line per change, in the order of the config's keys; empty if the two say the same."""
    return tuple(_in_structs("", old, new))


def _changed(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Struct) and type(old) is type(new):
        yield from _in_structs(path, old, new)
    elif isinstance(old, tuple) and isinstance(new, tuple) and _are_entries((*old, *new)):
        yield from _in_lists(path, old, new)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _in_mappings(path, old, new)
    elif isinstance(old, Secret) or isinstance(new, Secret):
        yield f"~ {path}: {_HIDDEN}"
    else:
        yield f"~ {path}: {_shown(old)} -> {_shown(new)}"


def _in_structs(path: str, old: Struct, new: Struct) -> Iterator[str]:
    for field in structs.fields(old):
        here = join(path, field.encode_name)
        before, after = getattr(old, field.name), getattr(new, field.name)
        if here == "plugins":
            yield from _in_plugins(here, before, after)
        else:
            yield from _changed(here, before, after)


def _in_lists(path: str, old: Sequence[Struct], new: Sequence[Struct]) -> Iterator[str]:
    before, after = _labelled(old), _labelled(new)
    yield from (f"- {path}[{label}]" for label in before if label not in after)
    for label, entry in after.items():
        if label not in before:
            yield f"+ {path}[{label}]"
        else:
            yield from _changed(f"{path}[{label}]", before[label], entry)
    if [label for label in before if label in after] != [label for label in after if label in before]:
        yield f"~ {path}: in another order"


def _in_mappings(path: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    yield from (f"- {join(path, key)}" for key in old if key not in new)
    for key, value in new.items():
        if key not in old:
            yield f"+ {join(path, key)}"
        else:
            yield from _changed(join(path, key), old[key], value)


def _in_plugins(path: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What a plugin is told is the plugin's: any of it may be a secret."""
    for name in dict.fromkeys((*old, *new)):
        here = join(path, name)
        if name not in new:
            yield f"- {here}"
        elif name not in old:
            yield f"+ {here}"
        elif old[name] != new[name]:
            before, after = (one if isinstance(one, dict) else {} for one in (old[name], new[name]))
            keys = [key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]
            yield from (f"~ {join(here, str(key))}: {_HIDDEN}" for key in keys or [""])


def _are_entries(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(value, Struct) for value in values)


def _labelled(entries: Sequence[Struct]) -> dict[str, Struct]:
    """Entries by what a person calls them; where that is not unique, by their place as well."""
    labelled: dict[str, Struct] = {}
    for place, entry in enumerate(entries):
        label = next((str(value) for name in _LABELS if (value := getattr(entry, name, ""))), str(place))
        labelled[label if label not in labelled else at(label, place)] = entry
    return labelled


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "(not set)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Duration):
        return f"{float(value):g}s"
    if isinstance(value, tuple):
        text = ", ".join(_shown(one) for one in value)
    else:
        text = f"({value.__struct_config__.tag or 'set'})" if isinstance(value, Struct) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
