"""The hook reference as Markdown, generated from the docstrings of `hookspecs.py`.

`python -m plano.plugins.reference` prints it; with a file name it replaces what stands between its markers.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from plano.plugins import hookspecs
from plano.plugins.inspection import HOOKS

LABELS: Final = ("When", "Arguments", "Returns", "Raises", "Cost")
BEGIN: Final = "<!-- hook reference: begin (python -m plano.plugins.reference plugins/README.md) -->\n"
END: Final = "<!-- hook reference: end -->\n"


def reference() -> str:
    """All hooks, in the order of the hookspecs."""
    return "\n".join(_entry(name, getattr(hookspecs, name)) for name in HOOKS)


def signature_line(name: str) -> str:
    """`name(argument, ...)` as it is written in documents."""
    return f"{name}({', '.join(HOOKS[name])})"


def with_reference(text: str) -> str:
    """`text` with everything between the markers replaced; raises ValueError when a marker is missing."""
    before, found_begin, rest = text.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not (found_begin and found_end):
        raise ValueError("the markers of the hook reference are missing")
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _entry(name: str, function: Callable[..., Any]) -> str:
    title, lines = read_docstring(function)
    facts = "\n".join(f"- **{label}:** {line}" for label, line in zip(LABELS, lines, strict=True))
    return f"### `{signature_line(name)}`\n\n{title}\n\n{facts}\n"


def read_docstring(function: Callable[..., Any]) -> tuple[str, tuple[str, ...]]:
    """Title and the five lines without their labels; raises ValueError when those are not `LABELS`."""
    title, _, rest = (inspect.getdoc(function) or "").partition("\n\n")
    parts = [line.partition(": ") for line in rest.splitlines()]
    if tuple(label for label, _, _ in parts) != LABELS:
        raise ValueError(f"{function.__name__}: the docstring needs the five lines {', '.join(LABELS)}")
    return title, tuple(line for _, _, line in parts)


def main(arguments: list[str]) -> None:
    if not arguments:
        sys.stdout.write(reference())
        return
    path = Path(arguments[0])
    path.write_text(with_reference(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
