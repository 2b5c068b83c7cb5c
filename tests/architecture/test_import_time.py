"""What start-up pays for: CPU time of `import plano`, and the modules a command or a worker drags in."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.sources import ROOT

IMPORT_PLANO_S = 0.03
#: Modules that cost tens of milliseconds or megabytes each; `planoai --help` needs none of them.
HEAVY = frozenset(
    [
        "asyncio",
        "concurrent.futures",
        "email",
        "http.client",
        "httptools",
        "msgspec",
        "multiprocessing",
        "pluggy",
        "plano.config",
        "plano.gateway",
        "plano.run",
        "plano.testing",
        "rich",
        "sqlite3",
        "ssl",
        "subprocess",
        "unittest",
        "urllib.request",
        "uvloop",
        "xml",
        "yaml",
    ]
)
#: What a serving process has no use for; every megabyte of it is there once per worker.
NOT_IN_A_WORKER = frozenset(
    [
        "click",
        "http.server",
        "multiprocessing",
        "plano.cli",
        "plano.testing",
        "rich",
        "sqlite3",
        "tkinter",
        "unittest",
        "urllib.request",
        "xml",
        "pytest",
        "Cython",
        "setuptools",
        "pkg_resources",
    ]
)


def python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def modules_after(code: str) -> set[str]:
    return set(python(f"{code}\nimport sys; print(); print('\\x1e', *sys.modules)").rpartition("\x1e")[2].split())


def test_importing_plano_takes_no_time() -> None:
    code = "import time; at = time.process_time(); import plano; print(time.process_time() - at)"
    assert min(float(python(code)) for _ in range(3)) < IMPORT_PLANO_S


def test_importing_plano_imports_nothing_else_of_it() -> None:
    assert {name for name in modules_after("import plano") if name.startswith("plano")} == {"plano"}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['planoai', '--help']\n"
        "from plano.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert left.code == 0"
    )
    loaded = modules_after(code)
    assert "plano.cli.main" in loaded
    assert sorted(loaded & HEAVY) == []


def test_checking_a_router_loads_no_weights_and_nothing_that_could() -> None:
    code = (
        "from plano.cli.config_file import router_fits\n"
        "from plano.config.load import load_text\n"
        "text = 'version: v0.4.0\\nlisteners: []\\nmodel_providers: []\\nrouting: {router: {threads: 2}}'\n"
        "router_fits(load_text(text, name='x', environ={}).config)"
    )
    loaded = modules_after(code)
    assert "plano.routing.router_models.kinds" in loaded
    assert sorted(loaded & {"ctranslate2", "numpy", "tokenizers"}) == []


def test_a_worker_imports_nothing_it_has_no_use_for() -> None:
    loaded = modules_after("import plano.run.worker")
    assert "plano.gateway.pipeline" in loaded
    assert sorted(loaded & NOT_IN_A_WORKER) == []


def test_the_plugin_door_opens_without_the_gateway() -> None:
    loaded = modules_after("import plano.plugin_api")
    assert sorted(name for name in loaded if name.startswith(("plano.gateway", "plano.run", "plano.cli"))) == []
