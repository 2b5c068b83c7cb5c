"""One serving process: `python -m plano.run.worker --config FILE --log-dir DIR`.

Serves until SIGTERM or SIGINT, then drains. Exit codes: 0 stopped as asked, 1 cannot run (log directory, TLS files),
2 config problem, 3 a listener could not be bound. What is wrong goes to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

import uvloop

from plano import __version__, _speedups
from plano.config.engines import unavailable_sections
from plano.config.load import LoadedConfig, load_config
from plano.config.problems import ConfigProblems
from plano.errors import PlanoError
from plano.run.app import App, CannotListen
from plano.telemetry.process_log import start_process_log, stop_process_log

log: Final = logging.getLogger("plano.run")

EXIT_CANNOT_RUN: Final = 1
EXIT_CONFIG: Final = 2
EXIT_CANNOT_LISTEN: Final = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one worker to its end; the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        loaded = load_config(options.config, os.environ)
        _refuse_unserved(loaded)
        start_process_log(None if options.log_dir is None else options.log_dir / "plano.log", options.level)
        _allow_many_connections()
        app = App(loaded.config, log_dir=options.log_dir)
        for notice in loaded.notices:
            log.warning("%s", notice)
        uvloop.run(_serve(app))
    except ConfigProblems as problems:
        return _failed(str(problems), EXIT_CONFIG)
    except CannotListen as error:
        return _failed(str(error), EXIT_CANNOT_LISTEN)
    except PlanoError as error:
        return _failed(error.message, EXIT_CONFIG)
    except OSError as error:
        return _failed(f"plano cannot run: {error}", EXIT_CANNOT_RUN)
    finally:
        stop_process_log()
    return 0


def _allow_many_connections() -> None:
    """As many open files as the system permits: every connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(app: App) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_or_hurry, app, stopped)
    await app.start()
    # What start-up made lives until the end: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    compiled = f"{len(_speedups.loaded())}/{len(_speedups.TWINS)}"
    log.info("plano %s is ready, pid %d, compiled modules %s", __version__, os.getpid(), compiled)
    await stopped.wait()
    log.info("stopping: %d exchanges under way", app.running())
    await app.stop()
    log.info("stopped")


def _stop_or_hurry(app: App, stopped: asyncio.Event) -> None:
    """The first signal starts the drain, the next one ends it."""
    if stopped.is_set():
        app.cut()
    stopped.set()


def _refuse_unserved(loaded: LoadedConfig) -> None:
    if loaded.missing_variables:
        raise PlanoError(f"environment variables not set: {', '.join(loaded.missing_variables)}")
    unserved = unavailable_sections(loaded.config)
    if unserved:
        raise PlanoError("\n".join(unserved))


def _failed(message: str, code: int) -> int:
    log.error("%s", message)
    print(message, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plano.run.worker", description="One serving process of plano.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--log-dir", type=Path, default=None, help="without it, plano logs to stderr")
    parser.add_argument("--level", default=os.environ.get("LOG_LEVEL", "info"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
