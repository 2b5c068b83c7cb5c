"""plano's own sources, parsed once, for the tests that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Source(NamedTuple):
    """One Python file: its dotted name, where it is, its text and its tree."""

    module: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def shown(self) -> str:
        """The path as people know it."""
        return str(self.path.relative_to(ROOT))


class Import(NamedTuple):
    """`source` imports `name` out of `module`; `name` is empty for `import module`."""

    source: Source
    line: int
    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.source.shown}:{self.line} imports {self.module}{'.' + self.name if self.name else ''}"


def parsed(path: Path) -> Source:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    text = path.read_text(encoding="utf-8")
    return Source(dotted, path, text, ast.parse(text, filename=str(path)))


@cache
def sources(folder: str = "plano") -> tuple[Source, ...]:
    """Every `.py` file below a folder of the repository."""
    return tuple(map(parsed, sorted((ROOT / folder).rglob("*.py"))))


@cache
def module_names() -> frozenset[str]:
    return frozenset(source.module for source in sources())


def imports_of(source: Source) -> Iterator[Import]:
    """Every import of a file, wherever it stands, by absolute names; those for type checkers too."""
    is_package = source.path.name == "__init__.py"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(source, node.lineno, alias.name, "")
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parts = source.module.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                module = ".".join([*parts, module] if module else parts)
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                if inner in module_names():
                    yield Import(source, node.lineno, inner, "")
                else:
                    yield Import(source, node.lineno, module, alias.name)


@cache
def all_imports(folder: str = "plano") -> tuple[Import, ...]:
    return tuple(found for source in sources(folder) for found in imports_of(source))


def is_inside(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")
