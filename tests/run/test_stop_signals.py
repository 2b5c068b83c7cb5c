"""A process that is asked to stop again and again, until its very end."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROCESS = """
import asyncio, os, signal, sys, threading
import uvloop
from plano.run.stop_signals import call_on_stop_signal, ignore_stop_signals

sys.setswitchinterval(1e-6)
number = getattr(signal, sys.argv[1])

def insist():
    while True:
        os.kill(os.getpid(), number)

async def run():
    stopping = asyncio.Event()
    call_on_stop_signal(asyncio.get_running_loop(), stopping.set)
    threading.Timer(0.01, os.kill, (os.getpid(), number)).start()
    await stopping.wait()
    threading.Thread(target=insist, daemon=True).start()
    sum(range(100_000))
    ignore_stop_signals()

uvloop.run(run())
print("clean")
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_no_moment_of_a_clean_end_is_deadly(name: str) -> None:
    for _ in range(10):
        ended = subprocess.run([sys.executable, "-c", PROCESS, name], capture_output=True, text=True, timeout=20)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "clean\n", "")
