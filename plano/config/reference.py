"""The configuration reference as Markdown, made from the Structs.

`python -m plano.config.reference` prints it; with a file name it replaces what stands between its markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from .document import Config
from .engines import engines_lacking, idle_keys
from .reference_examples import EXAMPLES
from .type_words import type_words
from .values import Duration, Secret

BEGIN: Final = "<!-- keys: begin (python -m plano.config.reference docs/reference/configuration.md) -->\n"
END: Final = "<!-- keys: end -->\n"


class Key(NamedTuple):
    """One key: how it is documented, and the section it opens, if any.

    `default` is empty for required keys; `types` are the types of the section's entries that have the key, and empty
    where there is but one.
    """

    name: str
    path: str
    type: str
    default: str
    description: str
    types: tuple[str, ...]
    is_secret: bool
    section: Section | None


class Section(NamedTuple):
    """Keys that stand together at one place of the file; `types` as in `Key`."""

    path: str
    about: str
    types: tuple[str, ...]
    keys: tuple[Key, ...]


def document() -> Section:
    """The whole file; its sections hang on its keys."""
    return _section("", (_described(Config),))


def sections(root: Section) -> Iterator[Section]:
    """All sections below `root`, each followed by its own."""
    for key in root.keys:
        if key.section is not None:
            yield key.section
            yield from sections(key.section)


def anchor(path: str) -> str:
    """`listeners.tls` is at `#listeners-tls`, on every page and for ever."""
    return path.replace(".", "-")


def reference() -> str:
    """The overview and every section, as they stand between the markers."""
    root = document()
    parts = [_heading("Top level", "top-level", 2), _table(root)]
    for section in sections(root):
        parts += _section_parts(section)
    return "\n".join(parts)


def with_reference(text: str) -> str:
    """`text` with everything between the markers replaced; raises ValueError when a marker is missing."""
    before, found_begin, rest = text.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not (found_begin and found_end):
        raise ValueError("the markers of the configuration reference are missing")
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _section(path: str, structs: tuple[inspect.StructType, ...]) -> Section:
    types = tuple(str(struct.tag) for struct in structs) if len(structs) > 1 else ()
    named: dict[str, list[tuple[str, inspect.Field]]] = {}
    for struct in structs:
        for field in struct.fields:
            named.setdefault(field.encode_name, []).append((str(struct.tag), field))
    keys = [_type_key(path, structs)] if types else []
    keys += [_key(path, name, found, types) for name, found in named.items()]
    keys.sort(key=lambda key: "required" not in key.default)
    about = "\n".join(f"- `type: {struct.tag}`: {_about(struct)}" if types else _about(struct) for struct in structs)
    return Section(path, about, types, tuple(keys))


def _key(path: str, name: str, found: list[tuple[str, inspect.Field]], types: tuple[str, ...]) -> Key:
    here = f"{path}.{name}" if path else name
    _, field = found[0]
    has = tuple(tag for tag, _ in found)
    return Key(
        name=name,
        path=here,
        type=_words(field.type, here),
        default=_default_words([(tag, _default(one)) for tag, one in found]),
        description=_description(field.type),
        types=has if types and has != types else (),
        is_secret=_holds_secrets(field.type),
        section=_section(here, structs) if (structs := _structs(field.type)) else None,
    )


def _type_key(path: str, structs: tuple[inspect.StructType, ...]) -> Key:
    words = "one of " + ", ".join(f"`{struct.tag}`" for struct in structs)
    return Key("type", f"{path}.type", words, "**required**", "Which kind of entry this is.", (), False, None)


def _described(kind: type) -> inspect.StructType:
    description = inspect.type_info(kind)
    assert isinstance(description, inspect.StructType)  # For the type checker: Structs are described so.
    return description


def _about(struct: inspect.StructType) -> str:
    return " ".join((struct.cls.__doc__ or "").split())


def _bare(kind: inspect.Type) -> inspect.Type:
    """Without metadata, and without `None`: a key that may be left out is what it is when it is there."""
    if isinstance(kind, inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
        return _bare(members[0]) if len(members) == 1 else inspect.UnionType(tuple(members))
    return kind


def _structs(kind: inspect.Type) -> tuple[inspect.StructType, ...]:
    """The Structs that stand at this key: itself, its list's entries or its dict's values."""
    bare = _bare(kind)
    if isinstance(bare, inspect.VarTupleType):
        bare = _bare(bare.item_type)
    elif isinstance(bare, inspect.DictType):
        bare = _bare(bare.value_type)
    members = bare.types if isinstance(bare, inspect.UnionType) else (bare,)
    return tuple(member for member in members if isinstance(member, inspect.StructType))


def _holds_secrets(kind: inspect.Type) -> bool:
    bare = _bare(kind)
    if isinstance(bare, inspect.DictType):
        bare = _bare(bare.value_type)
    return isinstance(bare, inspect.CustomType) and bare.cls is Secret


def _words(kind: inspect.Type, path: str) -> str:
    """The type, for a table cell."""
    bare = _bare(kind)
    there = f"(#{anchor(path)})"
    if isinstance(bare, inspect.CustomType) and issubclass(bare.cls, Duration):
        return "[length of time](#lengths-of-time)" + (", or 0" if bare.cls.may_be_zero else "")
    if isinstance(bare, inspect.VarTupleType):
        return f"list of [entries]{there}" if _structs(bare) else f"list, each {type_words(bare.item_type)}"
    if isinstance(bare, inspect.DictType):
        return f"names, each with [keys]{there}" if _structs(bare) else "names and values"
    if isinstance(bare, inspect.StructType):
        return f"[keys]{there}"
    return type_words(kind).removeprefix("a ")


def _description(kind: inspect.Type) -> str:
    return str(_schema_notes(kind).get("description", ""))


def _schema_notes(kind: inspect.Type) -> dict[str, Any]:
    return dict(kind.extra_json_schema or {}) if isinstance(kind, inspect.Metadata) else {}


def _default(field: inspect.Field) -> str:
    if field.required:
        return "**required**"
    said = _schema_notes(field.type).get("default")
    if said is not None:
        return f"`{said}`"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    if value is None or value == "" or isinstance(value, msgspec.Struct):
        return ""
    if value in ((), {}):
        return "none"
    return f"`{msgspec.json.encode(value).decode()}`" if not isinstance(value, str) else f"`{value}`"


def _default_words(defaults: list[tuple[str, str]]) -> str:
    """One for all types, or each type's own."""
    if len({words for _, words in defaults}) == 1:
        return defaults[0][1]
    return ", ".join(f"{words} ({tag})" for tag, words in defaults)


def _section_parts(section: Section) -> list[str]:
    # Three levels deep the whole place no longer fits into a table of contents; the anchor has it.
    title = ".".join(section.path.split(".")[-2:])
    parts = [_heading(title, anchor(section.path), 2 + section.path.count(".")), f"{section.about}\n"]
    if lacking := _lacking(section.path):
        lines = [f"> This version has no {engine} [yet](#not-in-this-version)." for engine in lacking]
        parts.append("\n".join(["> [!WARNING]", *lines, ""]))
    if example := EXAMPLES.get(section.path):
        parts.append(f"```yaml\n{example}```\n")
    return [*parts, _table(section)]


def _heading(title: str, name: str, level: int) -> str:
    return f'<a id="{name}"></a>\n\n{"#" * min(level, 4)} {title}\n'


def _table(section: Section) -> str:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|", *map(_row, section.keys)]
    return "\n".join(rows) + "\n"


def _row(key: Key) -> str:
    kind = f"{key.type}, **secret**" if key.is_secret else key.type
    cells = (f'<a id="{anchor(key.path)}"></a>`{key.name}`', kind, key.default, _meaning(key))
    if key.section is not None:  # Its own section has the anchor.
        cells = (f"[`{key.name}`](#{anchor(key.path)})", *cells[1:])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meaning(key: Key) -> str:
    only = f"*Only with `type: {'` or `'.join(key.types)}`.*" if key.types else ""
    idle = idle_keys().get(key.path)
    without_effect = f"*Without effect{idle}.*" if idle is not None and "Without effect" not in key.description else ""
    partly = not all(" for " in engine for engine in _lacking(key.path))
    lacking = "*[Not in this version](#not-in-this-version).*" if partly else ""
    return " ".join(filter(None, (key.description, only, without_effect, lacking)))


def _lacking(path: str) -> tuple[str, ...]:
    """The engines this version would need for all of it, `for what` included where it is not the whole; or none."""
    rows = engines_lacking()
    if path in rows:
        return (rows[path],)
    parted = ((place.partition(": "), engine) for place, engine in rows.items())
    return tuple(f"{engine} for `{what}`" for (where, _, what), engine in parted if what and where == path)


def main(arguments: list[str]) -> None:
    if not arguments:
        sys.stdout.write(reference())
        return
    path = Path(arguments[0])
    path.write_text(with_reference(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
