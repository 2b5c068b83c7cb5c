"""`planoai init`: a first config file, from a template or empty.

The templates are files in `templates/`, copied as they are. A file that is there already is never overwritten
without being asked to.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, NamedTuple

import click

from plano.cli.terminal import CommandFailed, say, say_dim, say_good, warn

TEMPLATES: Final[dict[str, str]] = {
    "model_gateway": "one port for two vendors, with names of your own for their models",
    "sub_agent_orchestration": "one port for several specialized agents, chosen per request",
    "coding_agent_routing": "routing preferences and model aliases for coding assistants",
    "preference_aware_routing": "a model for each kind of prompt, described in plain words",
    "filter_chain_guardrails": "guard, query rewriting and retrieval in front of an agent",
    "conversational_state_v1_responses": "conversations that are remembered between calls of /v1/responses",
}
CLEAN: Final = "\n"
PREVIEW_LINES: Final = 28
_DIRECTORY: Final = Path(__file__).with_name("templates")
_INSTEAD: Final = (
    "  planoai init --list-templates    to see the templates",
    "  planoai init --template ID       to start from one",
    "  planoai init --clean             to start from an empty file",
)


class _Choice(NamedTuple):
    """`template_id` is `None` for an empty file; `overwrite` says whether the file may be replaced."""

    template_id: str | None
    output: Path
    overwrite: bool


@click.command()
@click.option("--template", "template_id", metavar="ID", help="Start from this template.")
@click.option("--clean", is_flag=True, help="Start from an empty file.")
@click.option(
    "-o",
    "--output",
    default="config.yaml",
    show_default=True,
    type=click.Path(dir_okay=False),
    help="The file to write.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there already.")
@click.option("--list-templates", is_flag=True, help="Show the templates and exit.")
def init(template_id: str | None, clean: bool, output: str, force: bool, list_templates: bool) -> None:
    """Write a first config file, from a template or empty.

    Without --template and --clean it asks which one to take and where to write it.
    """
    if clean and template_id is not None:
        raise click.UsageError("--clean and --template exclude each other.")
    if list_templates:
        _list_templates()
    elif clean or template_id is not None:
        _write(_Choice(template_id, Path(output), force))
    elif not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandFailed("Interactive mode requires a TTY.", _INSTEAD)
    elif (choice := _ask(output, force)) is None:
        say("Cancelled.")
    else:
        _write(choice)


def template_text(template_id: str) -> str:
    """The template as it will be written. An unknown id ends the command with exit code 1."""
    if template_id not in TEMPLATES:
        raise CommandFailed(f"Unknown template: {template_id}", ["  planoai init --list-templates    shows them"])
    return (_DIRECTORY / f"{template_id}.yaml").read_text("utf-8")


def _list_templates() -> None:
    width = max(map(len, TEMPLATES))
    say("Available templates")
    for template_id, description in TEMPLATES.items():
        say(f"  {template_id.ljust(width)}  - {description}")


def _ask(output: str, force: bool) -> _Choice | None:
    """The answers of the person at the terminal; `None` if they would rather not."""
    try:
        template_id = _ask_template()
        named: Path = click.prompt("Write to", default=output, type=click.Path(dir_okay=False, path_type=Path))
        path = named.expanduser()  # Nobody's shell has done it.
        if not force and path.exists():
            if not click.confirm(f"{path} is there already. Overwrite it?"):
                return None
            force = True
    except click.Abort:
        say()  # The cursor still stands behind the question.
        return None
    return _Choice(template_id, path, force)


def _ask_template() -> str | None:
    width = max(map(len, TEMPLATES))
    say("Start from:")
    for number, (template_id, description) in enumerate(TEMPLATES.items(), 1):
        say(f"  {number}  {template_id.ljust(width)}  - {description}")
    last = len(TEMPLATES) + 1
    say(f"  {last}  {'clean'.ljust(width)}  - an empty file")
    number = click.prompt("Number", default=1, type=click.IntRange(1, last))
    return None if number == last else list(TEMPLATES)[number - 1]


def _write(choice: _Choice) -> None:
    template_id, output, overwrite = choice
    text = CLEAN if template_id is None else template_text(template_id)
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Mode "x" asks and creates in one step: nobody's file is lost to a race.
        file = output.open("w" if overwrite else "x", encoding="utf-8")
    except FileExistsError:
        raise CommandFailed(f"Refusing to overwrite existing file: {output} (use --force)") from None
    with file:
        file.write(text)
    say_good(f"Wrote {output}" if template_id is None else f"Wrote {output} ({template_id})")
    _preview(text)
    if template_id is not None:
        _warn_of_refusals(text, output)


def _preview(text: str) -> None:
    lines = text.splitlines() if text.strip() else ["(empty)"]
    say("\nConfig preview")
    for line in lines[:PREVIEW_LINES]:
        say_dim(f"  {line}".rstrip())
    if len(lines) > PREVIEW_LINES:
        say_dim("  ... (truncated)")


def _warn_of_refusals(text: str, output: Path) -> None:
    """One line per section that `up` will not start with; keys play no part in that."""
    from plano.config.engines import unavailable_sections
    from plano.config.load import load_text

    config = load_text(text, name=str(output), environ={}).config
    for sentence in unavailable_sections(config):
        warn(f"'planoai up' will refuse this: {sentence}")
