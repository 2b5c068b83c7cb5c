"""The fenced blocks of a Markdown document that a reader would run, and how they are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^(?P<marks>`{3,})(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=marks)[ ]*$", re.M | re.S)
COMMANDS = ("bash", "console")


class Block(NamedTuple):
    """One fenced block; `line` is where its text begins."""

    language: str
    text: str
    line: int


def runnable_blocks(document: str, languages: tuple[str, ...] = COMMANDS) -> list[Block]:
    """The blocks in these languages, in order; all others are for the eye."""
    return [
        Block(found["language"], found["text"], document.count("\n", 0, found.start("text")) + 1)
        for found in _FENCE.finditer(document)
        if found["language"] in languages
    ]


def as_script(blocks: list[Block], python: str) -> str:
    """One shell script that runs the blocks as if typed one after the other, up to the first failure."""
    parts = ["set -eo pipefail"]
    for block in blocks:
        parts.append(f"echo '## line {block.line}'")
        parts.append(_as_shell(block, python))
    return "\n".join(parts) + "\n"


def _as_shell(block: Block, python: str) -> str:
    if block.language == "python":
        return f"{shlex.quote(python)} - <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK"
    if block.language == "console":
        return _typed(block.text)
    return block.text.rstrip("\n")


def _typed(session: str) -> str:
    """What was typed in a terminal session: the lines behind `$ `, with their continuation lines."""
    commands: list[str] = []
    continued = False
    for line in session.splitlines():
        if line.startswith("$ ") or continued:
            commands.append(line.removeprefix("$ "))
            continued = line.endswith("\\")
    return "\n".join(commands)


def documents(root: Path) -> list[Path]:
    """The README and every page under docs/."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
