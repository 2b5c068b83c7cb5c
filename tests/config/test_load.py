"""Loading as a whole: quick, light, and independent of what else is loaded."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from plano.config.load import load_config, load_text
from plano.config.problems import ConfigProblems, Problem

DOCUMENTS = Path(__file__).parent / "documents"


def test_a_config_of_twenty_rows_loads_in_thirty_milliseconds() -> None:
    rows = "\n".join(
        f"  - {{model: openai/model-{n}, access_key: $KEY, headers: {{X-Row: r{n}}}}}" for n in range(20)
    )
    text = f"version: v0.4.0\nlisteners: [{{type: model, name: x}}]\nmodel_providers:\n{rows}\n"
    load_text(text, name="x", environ={"KEY": "k"})
    best = min(_seconds(text) for _ in range(5))
    assert best < 0.030


def _seconds(text: str) -> float:
    begin = time.perf_counter()
    load_text(text, name="x", environ={"KEY": "k"})
    return time.perf_counter() - begin


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from plano.config.load import load_config\n"
        f"load_config(Path({str(DOCUMENTS / 'recommended_failover.yaml')!r}), {{}})\n"
        "print(*[m for m in ('asyncio', 'uvloop', 'ssl', 'socket', 'difflib', 'http', 'plano.providers')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_problems_are_exceptions_with_an_exit_code_and_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("version: v1\nlisteners: 5\n")
    with pytest.raises(ConfigProblems) as raised:
        load_config(path, {})
    first, second = raised.value.problems
    assert raised.value.exit_code == 2
    assert second == Problem(
        path="listeners", message="must be a list, not `5`", file=str(path), line=2, hint=second.hint
    )
    assert str(raised.value).splitlines() == [str(first), str(second)]
    assert str(second).startswith(f"{path}:2: listeners: must be a list, not `5` (")
