"""The command line reference as Markdown, made from the commands themselves.

`python -m plano.cli.reference` prints it; with a file name it replaces what stands between its markers.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from plano.cli.main import cli

BEGIN: Final = "<!-- commands: begin (python -m plano.cli.reference docs/reference/cli.md) -->\n"
END: Final = "<!-- commands: end -->\n"
_PROGRAM: Final = "planoai"
_OPTION: Final = re.compile(r"(?<![\w`-])(--?[a-z][a-z-]*)(?![\w`])")
_VALUE_NAMES: Final = ((click.types.IntParamType, "N"), (click.types.FloatParamType, "N"), (click.Path, "PATH"))
#: Help texts say the default themselves where click would show something else.
_SAID_DEFAULT: Final = re.compile(r"\s*\[default: ([^\]]+)\]")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups followed by what is in them."""
    yield from _below(cli, _PROGRAM)


def reference() -> str:
    """The list of commands and every command, as they stand between the markers."""
    found = list(commands())
    rows = [f"| [`{name}`](#{anchor(name)}) | {_summary(command)} |" for name, command in found]
    overview = "\n".join(["| command | what it does |", "|---|---|", *rows, ""])
    return "\n".join([overview, *(_entry(name, command) for name, command in found)])


def anchor(name: str) -> str:
    """`planoai config schema` is at `#planoai-config-schema`."""
    return name.replace(" ", "-")


def with_reference(text: str) -> str:
    """`text` with everything between the markers replaced; raises ValueError when a marker is missing."""
    before, found_begin, rest = text.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not (found_begin and found_end):
        raise ValueError("the markers of the command line reference are missing")
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _below(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    told = click.Context(group, info_name=name)
    for word in group.list_commands(told):
        command = group.get_command(told, word)
        if command is None or command.hidden:
            continue
        yield f"{name} {word}", command
        if isinstance(command, click.Group):
            yield from _below(command, f"{name} {word}")


def _entry(name: str, command: click.Command) -> str:
    told = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(told)])
    parts = [f"## {name}\n", f"{_about(command)}\n", f"```text\n{usage}\n```\n"]
    options = [
        parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    if options:
        rows = [_option_row(option) for option in options]
        parts.append("\n".join(["| option | default | meaning |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _summary(command: click.Command) -> str:
    return _about(command).partition("\n")[0]


def _about(command: click.Command) -> str:
    """The help text, each paragraph on one line; what click leaves as it is written stays so."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(command.help or ""))
    return "\n\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    if text.startswith("\b"):
        return f"```text\n{text[1:].strip()}\n```"
    return _marked(" ".join(text.split()))


def _marked(text: str) -> str:
    """Options as code: `--` would become a dash."""
    return _OPTION.sub(r"`\1`", text)


def _option_row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag or option.count else f" {_value_name(option)}"
    said = _SAID_DEFAULT.search(option.help or "")
    default = said[1] if said else _default(option)
    meaning = _SAID_DEFAULT.sub("", option.help or _unhelped(option))
    if option.multiple and "repeat" not in meaning:
        meaning += " May be repeated."
    if option.envvar and str(option.envvar) not in meaning:
        meaning += f" Also set by `{option.envvar}`."
    cells = (f"{names}{takes}", f"`{default}`" if default else "", _marked(meaning))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value_name(option: click.Option) -> str:
    if option.metavar:
        return f"`{option.metavar}`"
    if isinstance(option.type, click.Choice):
        return " or ".join(f"`{choice}`" for choice in option.type.choices)
    name = next((name for kind, name in _VALUE_NAMES if isinstance(option.type, kind)), "VALUE")
    return f"`{name}`"


def _default(option: click.Option) -> str:
    shown = option.show_default and not option.is_flag and isinstance(option.default, str | int | float)
    return str(option.default) if shown else ""


def _unhelped(option: click.Option) -> str:
    raise ValueError(f"the option {option.opts[-1]} has no help text")


def main(arguments: list[str]) -> None:
    if not arguments:
        sys.stdout.write(reference())
        return
    path = Path(arguments[0])
    path.write_text(with_reference(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
