"""`python -m tests.fuzz TARGET|all [--seconds N] [--seed N] [--without-atheris] [FILE ...]`: see README.md."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz import MAX_INPUT_BYTES, mutations
from tests.fuzz.instrumented import BY_TARGET, TARGETS

FOUND = Path("build/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what reads strangers' bytes.")
    parser.add_argument("target", choices=[*BY_TARGET, "all"])
    parser.add_argument("files", nargs="*", type=Path, help="check these inputs and nothing else")
    parser.add_argument("--seconds", type=int, default=10, help="for each target (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--without-atheris", action="store_true", help="our own changes even where it is installed")
    options = parser.parse_args()
    guided = not options.without_atheris and find_spec("atheris") is not None
    if options.target == "all":
        return run_all(sys.argv[2:], guided)
    if options.files:
        target = import_module(f"tests.fuzz.{options.target}")
        for path in options.files:
            target.check(path.read_bytes())
        return 0
    seed = options.seed or time.time_ns() % (1 << 31)
    if guided:
        run_guided(options.target, options.seconds, seed)
    return run_blind(options.target, options.seconds, seed)


def run_all(arguments: list[str], guided: bool) -> int:
    """Each in a process of its own, one after another: libFuzzer ends the process it runs in."""
    if not guided:
        print("fuzz: atheris is not installed or not wanted (`pip install -e '.[fuzz]'`, CPython on Linux):")
        print("fuzz: seeded random changes of the corpus instead, over the same oracles, blind to coverage", flush=True)
    broken = []
    for name in TARGETS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", name, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said = done.stdout.decode(errors="replace")
        if done.returncode:
            broken.append(name)
            print(said, flush=True)
        else:
            told = re.findall(r"^(?:fuzz:.*|stat::number_of_executed_units:.*)$", said, re.MULTILINE)
            print(" ".join(told).replace("stat::number_of_executed_units:", "inputs:"), flush=True)
    if broken:
        print(f"fuzz: broken: {', '.join(broken)}; the inputs are above or in {FOUND}")
    return 1 if broken else 0


def run_blind(name: str, seconds: int, seed: int) -> int:
    target = import_module(f"tests.fuzz.{name}")
    tried = mutations.run(target.check, list(target.seeds()), target.TOKENS, seconds, seed)
    print(f"fuzz: {name}: {tried} inputs in {seconds} s, random changes, seed {seed}: nothing found", flush=True)
    return 0


def run_guided(name: str, seconds: int, seed: int) -> None:
    """Hand over to libFuzzer, which ends the process: 0 when the time is up, another status for a finding."""
    import atheris

    with atheris.instrument_imports(include=BY_TARGET[name]):
        target = import_module(f"tests.fuzz.{name}")
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as work:
        corpus = Path(work, "corpus")
        corpus.mkdir()
        for number, data in enumerate(target.seeds()):
            (corpus / f"{number:04}").write_bytes(data)
        words = Path(work, "words")
        words.write_text("".join(f'"{escaped(token)}"\n' for token in target.TOKENS))
        print(f"fuzz: {name}: {seconds} s of atheris, seed {seed}", flush=True)
        atheris.Setup(
            [
                f"fuzz {name}",
                str(corpus),
                f"-dict={words}",
                f"-artifact_prefix={FOUND}/{name}-",
                f"-max_len={MAX_INPUT_BYTES}",
                f"-max_total_time={seconds}",
                f"-seed={seed}",
                f"-timeout={mutations.SLOW_S:.0f}",
                "-rss_limit_mb=1024",
                "-print_final_stats=1",
                "-verbosity=0",
            ],
            target.check,
        )
        atheris.Fuzz()


def escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    sys.exit(main())
