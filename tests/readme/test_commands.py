"""Every command in the README and in docs/ is run, as written, by a reader with nothing but the sources.

The README's Python is run too; in the other pages Python may be a fragment.
"""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme.conftest import ROOT, Reader
from tests.readme.documents import COMMANDS, Block, as_script, documents, runnable_blocks

#: The README's second command is what runs this very test.
THE_WHOLE_SUITE = "bash tests/run.sh\n"
PAGES = [page.relative_to(ROOT) for page in documents(ROOT)[1:]]


@pytest.fixture(scope="session")
def readme_output(reader: Reader) -> str:
    """What the README's commands print; everything after it finds plano installed."""
    blocks = _blocks(Path("README.md"), (*COMMANDS, "python"))
    return reader.run_page(as_script(blocks, sys.executable))


def test_the_readmes_first_command_ends_in_a_streamed_answer(readme_output: str) -> None:
    first = readme_output.split("## line")[1]
    events = [line for line in first.splitlines() if line.startswith("data: ")]
    assert len(events) > 2
    assert events[-1] == "data: [DONE]"


def test_the_readme_ends_what_it_started(readme_output: str) -> None:
    *_, stopped, mock_stopped = readme_output.splitlines()
    assert stopped == "✓ Plano stopped!"
    assert mock_stopped.startswith("Mock provider on port 9300 stopped")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_commands_of_a_page_work(page: Path, reader: Reader, readme_output: str) -> None:
    blocks = _blocks(page)
    output = reader.run_page(as_script(blocks, sys.executable))
    assert output.count("## line") == len(blocks)


def test_the_second_command_is_the_one_of_the_continuous_integration() -> None:
    texts = [block.text for block in runnable_blocks((ROOT / "README.md").read_text("utf-8"))]
    assert THE_WHOLE_SUITE in texts
    run = ROOT / ".ci" / "run"
    assert run.read_text().endswith("exec bash tests/run.sh\n")
    assert run.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", ROOT / "tests" / "run.sh"], check=True)


def _blocks(page: Path, languages: tuple[str, ...] = COMMANDS) -> list[Block]:
    blocks = runnable_blocks((ROOT / page).read_text("utf-8"), languages)
    return [block for block in blocks if block.text != THE_WHOLE_SUITE]
