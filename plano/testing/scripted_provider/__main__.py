"""`python -m plano.testing.scripted_provider`: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import uvloop

from plano.testing.scripted_provider.script import Script
from plano.testing.scripted_provider.server import ScriptedProvider


def main(arguments: list[str] | None = None) -> int:
    """Exit status 3: the port could not be bound."""
    parser = argparse.ArgumentParser(prog="python -m plano.testing.scripted_provider", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9300)
    parser.add_argument("--require-key", metavar="KEY", help="any other key is answered with 401")
    parser.add_argument("--refuse-key", metavar="KEY", action="append", default=[], help="answered with 401")
    options = parser.parse_args(arguments)
    script = Script(required_key=options.require_key, refused_keys=tuple(options.refuse_key))
    try:
        uvloop.run(serve(ScriptedProvider(script, host=options.host, port=options.port, keep=1000)))
    except OSError as exc:
        print(f"Cannot listen on {options.host}:{options.port}: {exc}", file=sys.stderr)
        return 3
    return 0


async def serve(provider: ScriptedProvider) -> None:
    """Serve until a signal says stop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with provider:
        print(f"Scripted provider listening on {provider.base_url}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
