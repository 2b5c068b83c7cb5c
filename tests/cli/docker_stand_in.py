"""Stands in for the `docker` command: notes how it was called, and runs "containers" as processes of this machine.

State lies in the directory `DOCKER_STAND_IN`: `calls` (a JSON list of arguments per line), `images` (names), `refusal`
(what the daemon says instead of answering), and what is known of the one container. A container sees the variables that
were handed in and the files that were mounted, and no others; its ports are this machine's.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STATE = Path(os.environ["DOCKER_STAND_IN"])
CONTAINER = STATE / "container.json"
SAID = (STATE / "stdout", STATE / "stderr")
TAKES_NOTHING = {"--follow", "--detach", "--interactive", "--tty"}


def say(text: str) -> int:
    print(text)
    return 0


def refuse(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


def parsed(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    options, left = [], list(words)
    while left and left[0].startswith("--"):
        name = left.pop(0)
        options.append((name, "" if name in TAKES_NOTHING else left.pop(0)))
    return options, left


def run(words: list[str]) -> int:
    if CONTAINER.exists():
        return refuse('docker: Error response from daemon: Conflict. The container name "/plano" is already in use')
    if (STATE / "run_refusal").exists():
        CONTAINER.write_text(json.dumps({"pid": 0, "home": "", "environ": {}}))
        return refuse("docker: Error response from daemon: " + (STATE / "run_refusal").read_text())
    options, (_, *command) = parsed(words)
    mounted = {}
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ["PYTHONPATH"]}
    for name, value in options:
        if name == "--mount":
            fields = dict(field.partition("=")[::2] for field in next(csv.reader([value])))
            mounted[fields["target"]] = fields["source"]
        elif name == "--env":
            variable, given, text = value.partition("=")
            environ[variable] = text if given else os.environ[variable]
    environ["PLANO_HOME"] = str(STATE / "home")
    command = [word.replace("/config/", mounted["/config"] + "/") for word in command]
    (STATE / "environ").write_text(json.dumps(environ))
    with SAID[0].open("wb") as out, SAID[1].open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "plano", *command],
            env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
    CONTAINER.write_text(json.dumps({"pid": process.pid, "environ": environ}))
    return say("0123456789abcdef")


def alive(pid: int) -> bool:
    try:
        return pid > 0 and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def exec_inside(words: list[str]) -> int:
    _, (_, program, *arguments) = parsed(words)
    assert program == "planoai"
    known = json.loads(CONTAINER.read_text())
    command = [sys.executable, "-P", "-m", "plano", *arguments]
    return subprocess.run(command, env=known["environ"], check=False).returncode


def stop() -> int:
    known = json.loads(CONTAINER.read_text())
    if alive(known["pid"]):
        os.kill(known["pid"], signal.SIGTERM)
        while alive(known["pid"]):
            time.sleep(0.01)
    return say("plano")


def remove() -> int:
    stop()
    CONTAINER.unlink()
    return say("plano")


def logs(words: list[str]) -> int:
    options, _ = parsed(words)
    count = int(dict(options).get("--tail", "1000000"))
    with SAID[0].open() as out, SAID[1].open() as err:
        sys.stdout.writelines(out.readlines()[-count:])
        sys.stderr.writelines(err.readlines()[-count:])
        goes_on = "--follow" in words
        while goes_on:
            goes_on = CONTAINER.exists() and alive(json.loads(CONTAINER.read_text())["pid"])
            sys.stdout.write(out.read())
            sys.stderr.write(err.read())
            sys.stdout.flush()
            sys.stderr.flush()
            time.sleep(0.01)
    return 0


def inspect() -> int:
    if not CONTAINER.exists():
        return refuse("Error response from daemon: No such container: plano")
    known = json.loads(CONTAINER.read_text())
    return say("running 0" if alive(known["pid"]) else f"exited {known.get('code', 0)}")


def main(words: list[str]) -> int:
    with (STATE / "calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    refusal = STATE / "refusal"
    if refusal.exists():
        return refuse(refusal.read_text())
    match words:
        case ["version", *_]:
            return say("28.2.2")
        case ["image", "inspect", name]:
            images = (STATE / "images").read_text().split()
            return say("[]") if name in images else refuse(f"Error: No such image: {name}")
        case ["container", "inspect", *_]:
            return inspect()
        case ["build", *_]:
            return say("built") if not (STATE / "build_fails").exists() else refuse("no space left on device")
        case ["run", *rest]:
            return run(rest)
        case ["exec", *rest]:
            return exec_inside(rest)
        case ["logs", *rest]:
            return logs(rest)
        case ["stop", "plano"]:
            return stop()
        case ["rm", "--force", "plano"]:
            return remove()
    return refuse(f"docker: unknown command: {words}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
