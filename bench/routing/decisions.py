"""How long a decision takes, from outside: `python -m bench.routing.decisions`.

A worker with the first seed document's seven routes is asked at `/routing/v1/chat/completions` over one connection, one
prompt after the other, no two alike; then at a rate over several, while another connection asks for `/healthz` every
few milliseconds: how late that answers is how long the event loop is held up, and what else the machine does.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.routing.latency import ROUTES, prompts

PORT = 12_688
CONFIG = f"""version: v0.4.0
listeners: [{{type: model, name: llm, address: 127.0.0.1, port: {PORT}}}]
model_providers: [{{model: openai/gpt-4o, default: true}}]
routing_preferences:
"""


def bodies(tokens: int, seed: int) -> Iterator[bytes]:
    for (said,) in prompts(tokens, seed):
        yield json.dumps({"model": "x", "messages": [{"role": "user", "content": said.text}]}).encode()


def asks(connection: http.client.HTTPConnection, body: bytes | None) -> float:
    """Milliseconds for a decision, or for `/healthz` without a body."""
    began = time.perf_counter()
    if body is None:
        connection.request("GET", "/healthz")
    else:
        connection.request("POST", "/routing/v1/chat/completions", body)
    connection.getresponse().read()
    return 1e3 * (time.perf_counter() - began)


def one_by_one(tokens: int, count: int = 400) -> str:
    connection, told = http.client.HTTPConnection("127.0.0.1", PORT), bodies(tokens, 1)
    for _ in range(20):
        asks(connection, next(told))
    took = sorted(asks(connection, next(told)) for _ in range(count))
    return f"{tokens:5} tokens: p50 {took[count // 2]:5.1f} ms  p99 {took[int(count * 0.99)]:5.1f} ms"


def repeatedly(tokens: int, count: int = 2000) -> str:
    connection, body = http.client.HTTPConnection("127.0.0.1", PORT), next(bodies(tokens, 2))
    asks(connection, body)
    took = sorted(asks(connection, body) for _ in range(count))
    return f"the same {tokens} tokens again: p50 {took[count // 2]:.2f} ms  p99 {took[int(count * 0.99)]:.2f} ms"


def paced(rate: float, seconds: float, ask: Callable[[], float]) -> list[float]:
    """At a steady rate, as far as answers come in time."""
    took, due = [], time.perf_counter()
    end = due + seconds
    while due < end:
        time.sleep(max(0.0, due - time.perf_counter()))
        took.append(ask())
        due += 1 / rate
    return took


def crowd(tokens: int, rate: int = 200, clients: int = 4, seconds: float = 10.0) -> str:
    took: list[float] = []
    threads = []
    for number in range(clients):
        connection, told = http.client.HTTPConnection("127.0.0.1", PORT), bodies(tokens, 10 + number)

        def run(connection: http.client.HTTPConnection = connection, told: Iterator[bytes] = told) -> None:
            took.extend(paced(rate / clients, seconds, lambda: asks(connection, next(told))))

        threads.append(threading.Thread(target=run))
    for thread in threads:
        thread.start()
    health = http.client.HTTPConnection("127.0.0.1", PORT)
    late = sorted(paced(250, seconds, lambda: asks(health, None)))
    for thread in threads:
        thread.join()
    took.sort()
    return (
        f"{rate}/s of {tokens} tokens: {len(took)} decisions, p50 {took[len(took) // 2]:.1f} ms "
        f"p99 {took[int(len(took) * 0.99)]:.1f} ms; /healthz beside them: p50 {late[len(late) // 2]:.2f} ms "
        f"p99 {late[int(len(late) * 0.99)]:.2f} ms, worst {late[-1]:.1f} ms"
    )


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def serving(directory: Path, with_routes: bool) -> tuple[subprocess.Popen[bytes], float]:
    """A worker, and how many seconds it took until `/readyz` was content."""
    rows = [f"  - {{name: {r.name}, description: '{r.description}', models: [openai/gpt-4o]}}" for r in ROUTES.routes]
    text = CONFIG + "\n".join(rows) + "\n" if with_routes else CONFIG.replace("routing_preferences:\n", "")
    file = directory / "config.yaml"
    file.write_text(text)
    command = [sys.executable, "-m", "plano.run.worker", "--config", str(file), "--log-dir", str(directory)]
    began, worker = time.perf_counter(), subprocess.Popen(command)
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return worker, time.perf_counter() - began
        except OSError:
            time.sleep(0.005)


def main() -> None:
    for with_routes in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            worker, took_s = serving(Path(directory), with_routes)
            told = "seven routes" if with_routes else "no routes"
            print(f"{told}: ready after {took_s:.2f} s, {resident_mib(worker.pid):.0f} MiB", flush=True)
            if with_routes:
                for tokens in (16, 64, 128, 4000):
                    print(one_by_one(tokens), flush=True)
                print(repeatedly(64), flush=True)
                for tokens in (16, 64):
                    print(crowd(tokens), flush=True)
                print(f"then {resident_mib(worker.pid):.0f} MiB")
            worker.terminate()
            worker.wait()


if __name__ == "__main__":
    main()
