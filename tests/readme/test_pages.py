"""What the pages show as a config is one: it loads, and where a page says which file it is, it is that file's text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plano.config.document import Overrides
from plano.config.listeners import ModelListener
from plano.config.load import load_text
from plano.config.vendor_names import AddedNames
from tests.readme.conftest import ROOT
from tests.readme.documents import Block, documents, runnable_blocks

PAGES = [*documents(ROOT), ROOT / "plugins" / "README.md"]
#: Its examples are parts of files; tests/config/test_reference.py loads them. A plugin's page shows its own section.
PARTS_OF_FILES = {"docs/reference/configuration.md", "plugins/README.md"}
#: Of this repository; chains on pages name them.
PLUGINS = AddedNames(request_filters=("pii", "jailbreak", "moderation", "cache"), answer_filters=("pii", "moderation"))
_SHOWN_FILE = re.compile(r"[Tt]his is\s+\[[^\]]*\]\(([^)]+\.yaml)\).*?```yaml\n(.*?)```", re.S)
_LIMIT = re.compile(r"^\| \[`(\w+)`\]\(reference/configuration\.md#([\w-]+)\) \| ([^|]+) \|", re.M)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def yaml_blocks() -> list[tuple[str, Block]]:
    found = [(shown(page), block) for page in PAGES for block in runnable_blocks(page.read_text("utf-8"), ("yaml",))]
    return [(page, block) for page, block in found if page not in PARTS_OF_FILES]


@pytest.mark.parametrize(("page", "block"), yaml_blocks(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_config_on_a_page_loads_without_a_word(page: str, block: Block) -> None:
    names = re.findall(r"\$\{?([A-Z_]+)", block.text)
    environ = dict.fromkeys(names, "sk-test-0123456789")
    loaded = load_text(block.text, name=page, environ=environ, interfaces=lambda config: PLUGINS)
    assert (loaded.notices, loaded.missing_variables) == ((), ())


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_file_that_is_shown_is_shown_as_it_is(page: Path) -> None:
    for target, text in _SHOWN_FILE.findall(page.read_text("utf-8")):
        assert text in (page.parent / target).read_text("utf-8"), target


def test_some_pages_show_files() -> None:
    assert sum(len(_SHOWN_FILE.findall(page.read_text("utf-8"))) for page in PAGES) >= 4


def test_the_limits_of_the_security_page_are_those_of_the_code() -> None:
    told = {anchor: words for _, anchor, words in _LIMIT.findall((ROOT / "docs" / "security.md").read_text("utf-8"))}
    listener = ModelListener(name="x")
    assert told["listeners-max_concurrent_requests"] == told["listeners-max_concurrent_requests_per_client"] == "none"
    for name in ("request_timeout", "keepalive_timeout", "idle_timeout"):
        assert told[f"listeners-{name}"].startswith(f"{getattr(listener, name):g} s ")
    assert told["overrides-upstream_connect_timeout"].startswith(f"{Overrides().upstream_connect_timeout:g} s ")
    assert told["listeners-max_header_bytes"].startswith(f"{listener.max_header_bytes // 1024} KiB")
    assert told["listeners-max_body_bytes"] == f"{listener.max_body_bytes // 1024**2} MiB"
    unlimited = ("max_connections", "max_concurrent_requests", "max_concurrent_requests_per_client", "timeout")
    assert [getattr(listener, name) for name in unlimited] == [None] * 4
