"""`python docs/build_site.py`: the documentation as a site, into build/site. Needs the extra `docs` and no network.

The pages are plain Markdown that also reads well in the repository. What a site needs differently is done to a copy:
every source file a page links to becomes a page too, alerts and anchors are written as the generator wants them, the
pages kept beside the code (plugins, changes) join, and the decisions are listed. Zensical builds the copy strictly;
then every link of the built pages is followed, and whatever a page would load from another server is a fault.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
#: Pages that are kept elsewhere, and where they are in the site.
FROM_ELSEWHERE: Final = {"plugins/README.md": "plugins.md", "CHANGELOG.md": "changelog.md"}
#: Where the list of decisions goes: into their page, and into the navigation.
DECISIONS_MARK: Final = "<!-- decisions -->\n"
DECISIONS_IN_NAVIGATION: Final = "      - Decisions: decisions/index.md\n"
#: Where source files are shown, and how they are coloured.
SOURCES: Final = "source"
LANGUAGES: Final = {".py": "python", ".pxd": "cython", ".pyx": "cython", ".md": "markdown", ".yaml": "yaml"}
NOT_IN_THE_SITE: Final = ("*.py", "__pycache__")

_SOURCE_SETTINGS: Final = "---\nhide: [navigation, toc]\nsearch:\n  exclude: true\n---\n"
_FENCE: Final = re.compile(r"(^`{3,}.*?^`{3,}[ ]*$)", re.M | re.S)
_LINK: Final = re.compile(r"(?P<image>!?)\[(?P<label>[^\]]*)\]\((?P<target>[^()\s]+)\)")
_ANCHORED_HEADING: Final = re.compile(r'<a id="([^"]+)"></a>\n\n(#+ [^\n]+)')
_ALERT: Final = re.compile(r"^> \[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\n((?:>[^\n]*(?:\n|\Z))+)", re.M)
_ALERT_NAMES: Final = {"IMPORTANT": "info", "CAUTION": "danger"}


def site_page(page: Path, text: str) -> tuple[str, set[Path]]:
    """The text of `page`, a path in the repository, as the generator wants it, and the source files it links to.

    Fenced blocks stay as they are.
    """
    sources: set[Path] = set()
    pieces = _FENCE.split(text)
    pieces[::2] = [_site_text(page, piece, sources) for piece in pieces[::2]]
    return "".join(pieces), sources


def source_page(source: Path) -> str:
    """A page that shows a source file; the search does not find it."""
    name, language = source.relative_to(ROOT), LANGUAGES[source.suffix]
    text = source.read_text("utf-8")
    fence = "`" * (max(map(len, re.findall("`{3,}", text)), default=2) + 1)
    return f"{_SOURCE_SETTINGS}\n# {name}\n\n{fence}{language}\n{text}{fence}\n"


def assemble(pages: Path) -> None:
    """Make `pages` the folder the site is built from."""
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(DOCS, pages, ignore=shutil.ignore_patterns(*NOT_IN_THE_SITE))
    written = {page: pages / page.relative_to(DOCS) for page in DOCS.rglob("*.md")}
    written |= {ROOT / source: pages / name for source, name in FROM_ELSEWHERE.items()}
    sources: set[Path] = set()
    for page, target in written.items():
        text, linked = site_page(page, page.read_text("utf-8"))
        target.write_text(text, "utf-8")
        sources |= linked
    for source in sources:
        target = pages / _source_place(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source_page(source), "utf-8")
    index = pages / "decisions" / "index.md"
    rows = "".join(f"- [{title}]({page.name})\n" for page, title in decisions())
    index.write_text(index.read_text("utf-8").replace(DECISIONS_MARK, rows), "utf-8")


def decisions() -> list[tuple[Path, str]]:
    """The pages of the decisions, in order, and their titles."""
    found = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    return [(page, page.read_text("utf-8").partition("\n")[0].removeprefix("# ")) for page in found]


def settings() -> str:
    """`mkdocs.yml` for the copy."""
    rows = [f'          - "{title}": decisions/{page.name}\n' for page, title in decisions()]
    listed = "".join(["      - Decisions:\n", "          - decisions/index.md\n", *rows])
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    for written, here in (
        ("docs_dir: docs", "docs_dir: site-pages"),
        ("site_dir: build/site", "site_dir: site"),
        (DECISIONS_IN_NAVIGATION, listed),
    ):
        if written not in text:
            sys.exit(f"mkdocs.yml has no {written.strip()!r}")
        text = text.replace(written, here)
    return text


def build(folder: Path) -> Path:
    """Build the site in `folder`; where it is. Ends the program when the generator finds fault."""
    assemble(folder / "site-pages")
    (folder / "mkdocs.yml").write_text(settings(), "utf-8")
    shutil.rmtree(folder / "site", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", "mkdocs.yml"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}")
    return folder / "site"


def faults(site: Path) -> list[str]:
    """Links of the built pages that lead nowhere, and whatever they would load from elsewhere."""
    pages = {page: _read(page) for page in sorted(site.rglob("*.html"))}
    found = [f"{page.relative_to(site)}: {fault}" for page in pages for fault in _page_faults(page, pages)]
    for sheet in sorted(site.rglob("*.css")):
        away = re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", sheet.read_text("utf-8"))
        found += [f"{sheet.relative_to(site)}: loads {address}" for address in away]
    return found


def _site_text(page: Path, text: str, sources: set[Path]) -> str:
    text = _LINK.sub(lambda found: _site_link(page, found, sources), text)
    text = _ANCHORED_HEADING.sub(r"\2 { #\1 }", text)
    return _ALERT.sub(_site_alert, text)


def _site_link(page: Path, found: re.Match[str], sources: set[Path]) -> str:
    parts = urlsplit(found["target"])
    target = (page.parent / unquote(parts.path)).resolve()
    if parts.scheme or not parts.path or not target.exists():
        return found[0]  # The generator says so of what is not there.
    here, there = _place_in_site(page), _place_in_site(target)
    if here is None or there is None:  # A folder: there is nothing to show of it but where it is.
        return f'<abbr title="{target.relative_to(ROOT)}">{found["label"]}</abbr>'
    if there.parts[0] == SOURCES:
        sources.add(target)
    address = os.path.relpath(there, here.parent) + (f"#{parts.fragment}" if parts.fragment else "")
    return f"{found['image']}[{found['label']}]({address})"


def _place_in_site(path: Path) -> Path | None:
    """Where a file of the repository is in the site; `None` if it cannot be there."""
    name = str(path.relative_to(ROOT))
    if name in FROM_ELSEWHERE:
        return Path(FROM_ELSEWHERE[name])
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS) if path.is_file() else None
    return _source_place(path) if path.suffix in LANGUAGES else None


def _source_place(source: Path) -> Path:
    return Path(SOURCES, f"{source.relative_to(ROOT)}.md")


def _site_alert(found: re.Match[str]) -> str:
    name = _ALERT_NAMES.get(found[1], found[1].lower())
    lines = [line.removeprefix(">").removeprefix(" ") for line in found[2].splitlines()]
    return "\n".join([f"!!! {name}", "", *(f"    {line}" if line else "" for line in lines), "", ""])


class _Page(HTMLParser):
    """The ids, links and loaded files of one built page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.ids |= {told[name] for name in ("id", "name") if name in told}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif tag == "link" and told.get("rel") not in ("canonical", "prev", "next", "alternate"):
            self.loads.append(told.get("href", ""))
        elif "src" in told:
            self.loads.append(told["src"])


def _read(page: Path) -> _Page:
    read = _Page()
    read.feed(page.read_text("utf-8"))
    return read


def _page_faults(page: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    for address in pages[page].loads:
        if urlsplit(address).netloc:
            yield f"loads {address}"
    for address in (*pages[page].links, *pages[page].loads):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or page.name == "404.html":
            continue  # 404.html is served at any depth, its links are absolute.
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"leads nowhere: {address}"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"has no such place: {address}"


def main() -> None:
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    site = build(folder)
    found = faults(site)
    if found:
        sys.exit("\n".join(found))
    print(f"{len(list(site.rglob('*.html')))} pages in {site}")


if __name__ == "__main__":
    main()
