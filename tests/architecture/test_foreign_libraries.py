"""A foreign library is named in one place, and a sans-IO room names nothing that touches the world."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

from tests.architecture.sources import ROOT, Import, all_imports, is_inside

#: Library -> the rooms and modules that may name it. What is not here is imported by nobody.
HOMES: dict[str, tuple[str, ...]] = {
    "msgspec": ("plano",),  # The language of structs and JSON, spoken everywhere.
    "httptools": ("plano.http.wire", "plano.testing"),
    "uvloop": ("plano.run.worker", "plano.testing"),
    "pluggy": ("plano.plugins", "plano.hook_markers"),
    "click": ("plano.cli",),
    "yaml": ("plano.config",),
    "orjson": ("plano.gateway.local_answers",),
    "botocore": ("plano.providers.signing",),
    "redis": ("plano.state.redis_store",),
    "matplotlib": ("plano.cli.route_plot",),
    "ctranslate2": (
        "plano.routing.router_models.encoder.model",
        "plano.routing.router_models.generator.decoder",
    ),
    "tokenizers": (
        "plano.routing.router_models.encoder.model",
        "plano.routing.router_models.generator.decoder",
    ),
    "numpy": ("plano.routing.router_models.encoder", "plano.routing.router_models.generator.decoder"),
}
#: Library -> the extra it comes with; everything else comes with plano.
EXTRAS = {"botocore": "bedrock", "matplotlib": "plots", "redis": "redis"}
DISTRIBUTIONS = {"yaml": "pyyaml"}

#: Bytes and objects in, bytes and objects out: whoever wants time, chance or the network hands it in.
SANS_IO = ("plano.http.wire", "plano.dialects", "plano.resilience")
THE_WORLD = frozenset(
    [
        "asyncio",
        "concurrent",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "select",
        "selectors",
        "signal",
        "socket",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "uvloop",
    ]
)


def test_a_foreign_library_is_named_at_home_alone() -> None:
    wrong = []
    for found in all_imports():
        library = found.module.partition(".")[0]
        if library == "plano" or library in sys.stdlib_module_names:
            continue
        if not any(is_inside(found.source.module, home) for home in HOMES.get(library, ())):
            wrong.append(str(found))
    assert wrong == []


def test_what_is_imported_is_installed_with_plano() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    assert {DISTRIBUTIONS.get(library, library) for library in HOMES.keys() - EXTRAS.keys()} <= installed
    for library, extra in EXTRAS.items():
        assert any(line.startswith(library) for line in project["optional-dependencies"][extra])


def test_no_table_row_is_about_a_library_nobody_imports() -> None:
    named = {found.module.partition(".")[0] for found in all_imports()}
    assert set(HOMES) <= named


def test_rooms_without_io_name_nothing_of_the_world() -> None:
    wrong = []
    for found in all_imports():
        is_silent = any(is_inside(found.source.module, room) for room in SANS_IO)
        if is_silent and found.module.partition(".")[0] in THE_WORLD:
            wrong.append(str(found))
    assert wrong == []


def test_no_optional_library_is_needed_to_import_anything() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = {
        re.match(r"[\w-]+", line)[0].lower()  # type: ignore[index]
        for extra in project["optional-dependencies"].values()
        for line in extra
    }
    always = {re.match(r"[\w-]+", line)[0].lower() for line in project["dependencies"]}  # type: ignore[index]
    at_import = {
        found.module.partition(".")[0] for found in all_imports() if not _is_in_a_function(found, found.source.tree)
    }
    named = {found.module.partition(".")[0] for found in all_imports()}
    assert not at_import & (optional - always)
    assert named & (optional - always) == EXTRAS.keys()


def _is_in_a_function(found: Import, tree: ast.Module) -> bool:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(node.lineno < found.line <= (node.end_lineno or 0) for node in functions)
