"""The site's pages are the repository's, and a dead link or a foreign file is seen; tests/run.sh builds the site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.build_site import (
    DECISIONS_IN_NAVIGATION,
    DOCS,
    FROM_ELSEWHERE,
    SOURCES,
    assemble,
    faults,
    settings,
    site_page,
    source_page,
)

PAGE = DOCS / "deployment" / "index.md"


@pytest.mark.parametrize(
    ("written", "built"),
    [
        ("[x](systemd.md#install)", "[x](systemd.md#install)"),
        ("[x](../security.md)", "[x](../security.md)"),
        ("[x](#here) [y](https://example.com/a.md)", "[x](#here) [y](https://example.com/a.md)"),
        ("[plugins](../../plugins/README.md#rules)", "[plugins](../plugins.md#rules)"),
        ("[the walk](../../plano/gateway/_walk.py)", "[the walk](../source/plano/gateway/_walk.py.md)"),
        ("[cli](../../plano/cli)", '<abbr title="plano/cli">cli</abbr>'),
        ("[x](nowhere.md)", "[x](nowhere.md)"),
        ("[unit](plano.service)", "[unit](plano.service)"),
        ('<a id="listeners-tls"></a>\n\n### listeners.tls\n', "### listeners.tls { #listeners-tls }\n"),
        ("> [!WARNING]\n> No.\n> Never.\n\nOn.\n", "!!! warning\n\n    No.\n    Never.\n\n\nOn.\n"),
        ("```text\n[x](../../setup.py)\n```\n", "```text\n[x](../../setup.py)\n```\n"),
    ],
)
def test_a_page_is_written_as_the_generator_wants_it(written: str, built: str) -> None:
    assert site_page(PAGE, written)[0] == built


def test_links_of_a_page_from_elsewhere_lead_to_where_it_will_be() -> None:
    text, _ = site_page(DOCS.parent / "plugins" / "README.md", "[x](../docs/security.md#tls)")
    assert text == "[x](security.md#tls)"


def test_a_source_that_is_linked_to_becomes_a_page() -> None:
    walk = DOCS.parent / "plano" / "gateway" / "_walk.py"
    assert site_page(PAGE, "[walk](../../plano/gateway/_walk.py) [cli](../../plano/cli)")[1] == {walk}
    assert f"# plano/gateway/_walk.py\n\n```python\n{walk.read_text('utf-8')}```\n" in source_page(walk)


def test_a_source_with_fences_in_it_is_shown_whole() -> None:
    page = DOCS / "quickstart.md"
    assert f"\n````markdown\n{page.read_text('utf-8')}````\n" in source_page(page)


def test_every_page_is_in_the_navigation_and_nothing_else(tmp_path: Path) -> None:
    assemble(tmp_path / "pages")
    found = {str(page.relative_to(tmp_path / "pages")) for page in (tmp_path / "pages").rglob("*.md")}
    pages = {page for page in found if not page.startswith(SOURCES)}
    assert named(yaml.safe_load(settings())["nav"]) == pages
    assert set(FROM_ELSEWHERE.values()) <= pages
    assert DECISIONS_IN_NAVIGATION not in settings()


def named(entry: Any) -> set[str]:
    """The pages in a piece of the navigation."""
    if isinstance(entry, str):
        return {entry}
    parts = entry.values() if isinstance(entry, dict) else entry
    return {page for part in parts for page in named(part)}


GOOD = '<h1 id="top">x</h1><a href="#top">x</a><a href="b.html#there">x</a><script src="x.js"></script>'


def site_of(folder: Path, text: str) -> Path:
    (folder / "a.html").write_text(text)
    (folder / "b.html").write_text('<p id="there">x</p>')
    (folder / "x.js").write_text("")
    return folder


def test_a_site_without_faults_has_none(tmp_path: Path) -> None:
    assert faults(site_of(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<a href="c.html">x</a>', "leads nowhere: c.html"),
        ('<a href="b.html#elsewhere">x</a>', "has no such place: b.html#elsewhere"),
        ('<a href="#elsewhere">x</a>', "has no such place: #elsewhere"),
        ('<img src="y.png">', "leads nowhere: y.png"),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "loads //fonts.example/x.css"),
    ],
)
def test_a_fault_of_a_page_is_named(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(site_of(tmp_path, GOOD + text)) == [f"a.html: {fault}"]


def test_a_style_sheet_that_loads_from_elsewhere_is_named(tmp_path: Path) -> None:
    site = site_of(tmp_path, GOOD)
    (site / "x.css").write_text("@font-face{src:url(https://fonts.example/x.woff2)}")
    assert faults(site) == ["x.css: loads https://fonts.example/x.woff2"]
