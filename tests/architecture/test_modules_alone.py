"""Every module can be the first one of plano to be imported, with warnings as errors."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from plano._speedups import TWINS
from tests.architecture.sources import ROOT, module_names

#: Forks for every module, so that each meets a process that has imported the foreign libraries and nothing of plano:
#: a hundred new interpreters would take a minute.
SCRIPT = """
import os, sys, traceback
import asyncio, click, httptools, msgspec, pluggy, ssl, uvloop, yaml
failed = 0
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            assert not any(known.startswith("plano") for known in sys.modules)
            __import__(name)
        except BaseException:
            sys.stderr.write(f"--- {name}\\n{traceback.format_exc()}")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(bool(failed))
"""


def import_each(names: list[str], **environ: str) -> None:
    clean = {key: value for key, value in os.environ.items() if key != "PLANO_NO_SPEEDUPS"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, *names],
        cwd=ROOT,
        env={**clean, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("switch", [{}, {"PLANO_NO_SPEEDUPS": "1"}], ids=["compiled", "python"])
def test_every_module_can_be_imported_first(switch: dict[str, str]) -> None:
    import_each(sorted(module_names()), **switch)


def test_every_compiled_module_can_be_imported_first() -> None:
    import_each([f"plano._speedups.{name}" for name in TWINS])
