"""The example of the README, installed by pip and run by a fresh interpreter."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.plugins.support import PLUGINS, fresh_interpreter, install

EXAMPLE = PLUGINS / "plano-example-hello"

SCENE = """
import asyncio, json, logging
from plano.plugins.deciding import run_pre_route
from plano.plugins.loader import load_plugins
from plano.plugins.observers import Observers
from plano.testing.clock import FakeClock
from plano.plugin_api import trial_exchange

messages = []
class Listening(logging.Handler):
    def emit(self, record):
        messages.append(record.getMessage())
logging.getLogger("plano_example_hello").addHandler(Listening())
logging.getLogger("plano_example_hello").setLevel(logging.INFO)

async def scene():
    loaded = load_plugins({})
    await loaded.start()
    exchange = trial_exchange()
    await run_pre_route(loaded.plan.pre_route, exchange)
    observers = Observers(loaded.plan.post_response, clock=FakeClock())
    observers.start()
    observers.offer(exchange.record)
    await observers.stop(10)
    (facts,) = [facts for facts in loaded.facts if facts.name == "hello"]
    print(json.dumps({
        "distribution": [facts.distribution, facts.version],
        "hooks": facts.hooks,
        "header": exchange.header("x-hello"),
        "messages": messages,
    }))

asyncio.run(scene())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("hello"))


def test_a_plugin_installed_by_pip_is_found_and_its_hooks_run(installed: Path) -> None:
    seen = json.loads(fresh_interpreter(installed, "-c", SCENE))
    assert seen["distribution"] == ["plano-example-hello", "0.1.0"]
    assert seen["hooks"] == ["pre_route", "post_response"]
    assert seen["header"] == "from plano"
    assert len(seen["messages"]) == 1


def test_the_examples_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    tests = shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    out = fresh_interpreter(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests))
    assert "1 passed" in out


def test_the_readme_shows_the_example_as_it_is() -> None:
    code = (EXAMPLE / "plano_example_hello.py").read_text(encoding="utf-8")
    readme = (PLUGINS / "README.md").read_text(encoding="utf-8")
    assert f"<!-- example: begin -->\n```python\n{code}```\n<!-- example: end -->" in readme
    entry = '[project.entry-points.plano]\nhello = "plano_example_hello"\n'
    assert entry in readme
    assert entry in (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
