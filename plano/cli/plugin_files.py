"""The files of a new plugin, from the templates in `templates/plugin/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from plano import __version__

_TEMPLATES: Final = Path(__file__).with_name("templates") / "plugin"
#: PEP 508, section Names.
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_NAME: Final = 40
_SECTION: Final = re.compile(r"^# == (\w+)\n", re.MULTILINE)
_LONGEST_LINE: Final = 120
#: Names of the generated code that are neither its own nor plano's, with the line that brings each.
_FOREIGN: Final = {
    "logging.": "import logging",
    "Sequence[": "from collections.abc import Sequence",
    "Annotated[": "from typing import Annotated",
    "click.": "import click",
    "pytest.": "import pytest",
    "CliRunner": "from click.testing import CliRunner",
    "Meta(": "from msgspec import Meta, Struct",
}
#: What the templates use of `plano.plugin_api`.
_OFFERED: Final = (
    "Exchange",
    "Exporter",
    "PieceFilter",
    "Place",
    "ProviderDialect",
    "ProviderVendor",
    "Record",
    "Refuse",
    "RouterModelKind",
    "StoreKind",
    "TextFilter",
    "hookimpl",
    "trial_exchange",
)
_STANDARD: Final = ("logging", "collections", "typing")


class PluginNames(NamedTuple):
    """`name` is that of the entry point and of the section in the config."""

    name: str
    distribution: str
    module: str
    class_name: str


def names_of(written: str) -> PluginNames:
    """From `Shout`, `shout_it` or `plano-shout-it`. Raises `ValueError` for what no distribution can be called."""
    if not _NAME.fullmatch(written) or len(written) > _LONGEST_NAME:
        raise ValueError(f"{written!r} is no name: letters and digits, and `-`, `_` and `.` between them")
    name = re.sub(r"[-_.]+", "-", written).lower().removeprefix("plano-")  # PEP 503.
    if name == "plano":
        raise ValueError("the plugin needs a name of its own")
    words = name.split("-")
    class_name = "".join(word.capitalize() for word in words)
    if class_name[0].isdigit() or class_name == "Settings":
        class_name = f"Plugin{class_name}"
    return PluginNames(name, f"plano-{name}", f"plano_{name.replace('-', '_')}", class_name)


def plugin_files(names: PluginNames, hooks: Sequence[str]) -> dict[str, str]:
    """Path within the distribution -> text; every hook of `hooks` with a piece of code and a test."""
    values = {**names._asdict(), "class": names.class_name, "version": __version__}
    wanted = [hook for hook in _sections("hooks", values) if hook in hooks]
    values["hooks"] = ", ".join(f"`{hook}`" for hook in ("config_section", "started", *wanted))
    code, tests = _module(names, wanted, values), _tests(names, wanted, values)
    return {
        "pyproject.toml": _filled("pyproject.toml", values),
        "README.md": _filled("README.md", values),
        f"{names.module}/__init__.py": code,
        f"{names.module}/py.typed": "",
        f"tests/test_{names.module}.py": tests,
        ".gitignore": "__pycache__/\n*.egg-info/\nbuild/\ndist/\n.venv/\n",
    }


def _module(names: PluginNames, wanted: Iterable[str], values: dict[str, str]) -> str:
    methods = _joined(_sections("hooks", values), wanted, "\n")
    before = _sections("before", values)
    parts = [before["log"]] if "log." in methods else []
    parts += [before[hook] for hook in wanted if hook in before]
    above = "".join(f"\n{part}" if part.startswith("log ") else f"\n\n{part}" for part in parts)
    frame = {**values, "before": above, "methods": methods}
    return _with_imports("module.py", frame, own="", used=methods + above + "Annotated[Meta(hookimpl")


def _tests(names: PluginNames, wanted: Iterable[str], values: dict[str, str]) -> str:
    tests = _joined(_sections("tests", values), wanted, "\n\n")
    own = f"from {names.module} import {', '.join(sorted((names.class_name, 'Settings')))}"
    return _with_imports("test.py", {**values, "tests": tests}, own=own, used=tests)


def _joined(sections: dict[str, str], wanted: Iterable[str], gap: str) -> str:
    return "".join(gap + sections[hook] for hook in wanted)


def _with_imports(template: str, values: dict[str, str], *, own: str, used: str) -> str:
    """The imports that `used` needs, in the order ruff wants: standard library, others, the plugin's own."""
    foreign = [line for mark, line in _FOREIGN.items() if mark in used]
    standard = [line for line in foreign if line.split()[1].partition(".")[0] in _STANDARD]
    others = [line for line in foreign if line not in standard]
    asked = sorted(name for name in _OFFERED if re.search(rf"\b{name}\b", used))  # Capitals come first.
    others += [_import_line(asked)] if asked else []
    groups = [*(sorted(group, key=_by_kind) for group in (standard, others)), [own] if own else []]
    imports = "\n\n".join("\n".join(group) for group in groups if group)
    return _filled(template, {**values, "imports": imports}).rstrip("\n") + "\n"


def _import_line(names: Sequence[str]) -> str:
    line = f"from plano.plugin_api import {', '.join(names)}"
    if len(line) <= _LONGEST_LINE:
        return line
    listed = "".join(f"    {name},\n" for name in names)
    return f"from plano.plugin_api import (\n{listed})"


def _by_kind(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line.split()[1]


def _sections(template: str, values: dict[str, str]) -> dict[str, str]:
    """The parts of a template between its `# == NAME` lines, by name."""
    _, *parts = _SECTION.split(_filled(f"{template}.py", values))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _filled(template: str, values: dict[str, str]) -> str:
    return Template((_TEMPLATES / f"{template}.tmpl").read_text("utf-8")).substitute(values)
