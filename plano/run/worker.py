"""One serving process: `python -m plano.run.worker --config FILE --log-dir DIR`.

Serves until SIGTERM or SIGINT, then drains; a second signal hurries. Alone it reads its config again on SIGHUP; under
a supervisor (`--channel`) it is told what to serve, and stops when the supervisor is gone. Exit codes: 0 stopped as
asked, 1 cannot run (log directory, TLS files), 2 config problem, 3 a listener could not be bound. What is wrong goes
to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import uvloop

from plano import __version__, _speedups
from plano.config.load import read_source
from plano.config.problems import ConfigProblems
from plano.errors import PlanoError
from plano.run.app import App
from plano.run.channel import Channel, ChannelClosed, Ready, Start
from plano.run.loading import servable
from plano.run.obedience import obey
from plano.run.ports import CannotListen
from plano.run.proxies import proxy_settings
from plano.run.reload import Reload
from plano.run.stop_signals import call_on_stop_signal, ignore_stop_signals
from plano.telemetry.access_log import AccessLog
from plano.telemetry.process_log import start_process_log, stop_process_log

log: Final = logging.getLogger("plano.run")

EXIT_CANNOT_RUN: Final = 1
EXIT_CONFIG: Final = 2
EXIT_CANNOT_LISTEN: Final = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one worker to its end; the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        start_process_log(None if options.log_dir is None else options.log_dir / "plano.log", options.level)
        _allow_many_connections()
        uvloop.run(_run(options))
    except ConfigProblems as problems:
        return _failed(str(problems), EXIT_CONFIG)
    except CannotListen as error:
        return _failed(str(error), EXIT_CANNOT_LISTEN)
    except PlanoError as error:
        return _failed(error.message, EXIT_CONFIG)
    except ChannelClosed:
        return _failed("the supervisor ended before it said what to serve", EXIT_CANNOT_RUN)
    except OSError as error:
        return _failed(f"plano cannot run: {error}", EXIT_CANNOT_RUN)
    finally:
        stop_process_log()
    return 0


def _allow_many_connections() -> None:
    """As many open files as the system permits: every connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    access_log = AccessLog(None if options.log_dir is None else options.log_dir / "access_llm.log")
    if options.channel is None:
        source = read_source(options.config)
        loaded = servable(source)
        app = App(loaded.config, access_log=access_log, proxies=proxy_settings(loaded))
        channel = None
    else:
        channel = Channel(socket.socket(fileno=options.channel))
        start = await channel.receive_question()
        assert isinstance(start, Start)
        source = start.source
        loaded = servable(source)
        sockets = channel.taken(start.sockets)
        app = App(
            loaded.config,
            access_log=access_log,
            sockets=sockets,
            workers=start.workers,
            proxies=proxy_settings(loaded),
        )
    for notice in loaded.notices if channel is None else ():
        log.warning("%s", notice)
    loop = asyncio.get_running_loop()
    call_on_stop_signal(loop, _stop_or_hurry, app, stopping)
    loop.add_signal_handler(signal.SIGHUP, _nothing)  # Not deadly while starting: the config has just been read.
    await app.start()
    # What start-up made lives until the end: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    if channel is None:
        reload = Reload(app, Path(source.path))
        loop.add_signal_handler(signal.SIGHUP, reload.begin)
    else:  # A SIGHUP is meant for the supervisor.
        await channel.send(Ready())
        obeying = loop.create_task(obey(app, channel, stopping))
    build = _speedups.build_told()
    log.info("plano %s is ready, pid %d, compiled modules %s", __version__, os.getpid(), build)
    await stopping.wait()
    log.info("stopping: %d exchanges under way", app.running())
    await app.stop()
    log.info("stopped")
    if channel is not None:
        obeying.cancel()
        channel.close()
    ignore_stop_signals()


def _stop_or_hurry(app: App, stopping: asyncio.Event) -> None:
    """The first signal starts the drain, the next one ends it."""
    if stopping.is_set():
        app.hurry()
    stopping.set()


def _nothing() -> None:
    """A signal that is not for us."""


def _failed(message: str, code: int) -> int:
    log.error("%s", message)
    print(message, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plano.run.worker", description="One serving process of plano.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--log-dir", type=Path, help="without it, requests are logged to stdout, the rest to stderr")
    parser.add_argument("--level", default=os.environ.get("LOG_LEVEL", "info"))
    parser.add_argument("--channel", type=int, default=None, help="descriptor of the supervisor's socket")
    return parser


if __name__ == "__main__":
    sys.exit(main())
