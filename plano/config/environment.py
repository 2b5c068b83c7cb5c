"""Environment variables in a config (`$NAME`, `${NAME:-default}`, `$$` for a dollar), and the `.env` file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from .findings import Findings, at, join
from .tree import Mapping as MappingNode
from .tree import Node, Scalar
from .values import Secret

#: Where proxies towards providers are named; `HTTP_PROXY` in capitals counts nowhere.
PROXY_VARIABLES: Final = (
    "https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
)  # fmt: skip

_VARIABLE: Final = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<bare>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<broken>\{))"
)
_ASSIGNMENT: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*(.*)\Z", re.DOTALL)
_QUOTED: Final = re.compile(r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?\Z""", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}


def read_dotenv(text: str) -> tuple[dict[str, str], tuple[int, ...]]:
    """The variables of a `.env` file, and the numbers of the lines that are not variables.

    `NAME=value`, optionally after `export`; `#` begins a comment; quotes around a value are not part of it,
    and in double quotes a backslash escapes. The last assignment of a name counts.
    """
    variables: dict[str, str] = {}
    strange: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _ASSIGNMENT.match(line)
        if found is None:
            strange.append(number)
        else:
            variables[found[1]] = _unquoted(found[2])
    return variables, tuple(strange)


def proxy_variables(variables: Mapping[str, str]) -> dict[str, Secret]:
    """What of them is about proxies: their URLs may hold passwords."""
    return {name: Secret(variables[name]) for name in PROXY_VARIABLES if name in variables}


def _unquoted(value: str) -> str:
    found = _QUOTED.match(value)
    if found is None:
        return re.split(r"(?:\A|\s)#", value, maxsplit=1)[0].strip()
    if found[2] is not None:
        return found[2]
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), found[1])


def variable_names(root: Node) -> tuple[str, ...]:
    """The variables that the texts of a tree name, each once, whether they are set or not."""
    names: dict[str, None] = {}
    for _, scalar in _scalars(root, ""):
        for found in _VARIABLE.finditer(scalar.text):
            if name := found["bare"] or found["braced"]:
                names[name] = None
    return tuple(names)


def substitute(root: Node, variables: Mapping[str, str], findings: Findings) -> tuple[str, ...]:
    """Put values in place of variables, in every text of the tree. Returns the missing names, each once."""
    missing: dict[str, None] = {}
    for path, scalar in _scalars(root, ""):
        if "$" in scalar.text:
            _substitute_in(scalar, path, variables, missing, findings)
    return tuple(missing)


def _substitute_in(
    scalar: Scalar, path: str, variables: Mapping[str, str], missing: dict[str, None], findings: Findings
) -> None:
    names: dict[str, None] = {}

    def value_of(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        if found["broken"]:
            hint = "write `${NAME}` or `${NAME:-default}`, and `$$` for a dollar sign"
            findings.problem(path, "a `${` is not followed by a name and `}`", hint, line=scalar.line)
            return found[0]
        name, default = found["bare"] or found["braced"], found["default"]
        names[name] = None
        value = variables.get(name)
        if default is not None:
            return value or default
        if value is None:
            missing[name] = None
            scalar.missing = True
            return ""
        return value

    scalar.text = _VARIABLE.sub(value_of, scalar.text)
    scalar.variables = tuple(names)


def _scalars(node: Node, path: str) -> Iterator[tuple[str, Scalar]]:
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, MappingNode):
        for key, value in node.entries.items():
            yield from _scalars(value, join(path, key))
    else:
        for index, item in enumerate(node.items):
            yield from _scalars(item, at(path, index))
