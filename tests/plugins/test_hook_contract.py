"""What plano promises plugin authors, and what plugins in this repository promise plano."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano import plugin_api
from plano.plugins.inspection import HOOKS

ROOT = Path(__file__).parents[2]
PLUGIN_MODULES = sorted((ROOT / "plugins").rglob("*.py"))


def plano_imports(path: Path) -> Iterator[str]:
    """Every module of plano that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            module = node.module or ""
            names = [f"plano.{alias.name}" for alias in node.names] if module == "plano" else [module]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "plano")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_that_runs_it_by_name(hook: str) -> None:
    assert f"def test_hook_{hook}" in (Path(__file__).parent / "test_every_hook.py").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("path", PLUGIN_MODULES, ids=lambda path: path.name)
def test_a_plugin_imports_nothing_of_plano_but_its_api(path: Path) -> None:
    assert set(plano_imports(path)) <= {"plano.plugin_api"}


def test_the_import_rule_sees_every_way_to_import(tmp_path: Path) -> None:
    file = tmp_path / "sly.py"
    file.write_text(
        "import plano.gateway, os\nfrom plano import config\nfrom plano.plugin_api import hookimpl\n"
        "def later():\n    from plano.http.wire import head\nimport planoscope\n"
    )
    assert set(plano_imports(file)) == {
        "plano.gateway",
        "plano.config",
        "plano.plugin_api",
        "plano.http.wire",
    }


def test_the_api_exports_what_it_lists_and_what_hooks_mention() -> None:
    assert sorted(plugin_api.__all__) == sorted(
        name for name in vars(plugin_api) if not name.startswith("_") and name != "annotations"
    )
    assert {"hookimpl", "Exchange", "Record", "Refuse"} <= set(plugin_api.__all__)


def test_refuse_says_status_and_code() -> None:
    refusal = plugin_api.Refuse("no")
    assert (refusal.message, refusal.status, refusal.code) == ("no", 403, "request_refused")
    refusal = plugin_api.Refuse("pay first", status=402, code="unpaid")
    assert (refusal.message, refusal.status, refusal.code) == ("pay first", 402, "unpaid")
