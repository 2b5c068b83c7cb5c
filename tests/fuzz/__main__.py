"""`python -m tests.fuzz TARGET|all [--seconds N] [--seed N] [--without-atheris] [FILE ...]`: see README.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz import MAX_INPUT_BYTES, TARGETS, mutations

FOUND = Path("build/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what reads strangers' bytes.")
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("files", nargs="*", type=Path, help="check these inputs and nothing else")
    parser.add_argument("--seconds", type=int, default=10, help="for each target (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--without-atheris", action="store_true", help="use our own mutations even where it is installed")
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
        print("fuzz: without atheris (`pip install -e '.[fuzz]'`, Python 3.11 to 3.13): random changes, no coverage", flush=True)
    broken = [
        name for name in TARGETS if subprocess.run([sys.executable, "-m", "tests.fuzz", name, *arguments]).returncode
    ]
    if broken:
        print(f"fuzz: broken: {', '.join(broken)}; inputs are in {FOUND}")
    return 1 if broken else 0


def run_blind(name: str, seconds: int, seed: int) -> int:
    target = import_module(f"tests.fuzz.{name}")
    tried = mutations.run(target.check, list(target.SEEDS()), target.TOKENS, seconds, seed)
    print(f"fuzz: {name}: {tried} inputs in {seconds} s, random changes, seed {seed}: nothing found", flush=True)
    return 0


def run_guided(name: str, seconds: int, seed: int) -> None:
    """Hand over to libFuzzer, which ends the process: 0 when the time is up, another status for a finding."""
    import atheris

    with atheris.instrument_imports(include=[*instrumented(name)], enable_loader_override=False):
        target = import_module(f"tests.fuzz.{name}")
    FOUND.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    (work / "corpus").mkdir()
    for number, data in enumerate(target.SEEDS()):
        (work / "corpus" / f"{number:04}").write_bytes(data)
    words = "".join('"{}"\n'.format("".join(f"\\x{byte:02x}" for byte in token)) for token in target.TOKENS)
    (work / "words").write_text(words)
    began = time.monotonic()
    counted = [0]

    def one(data: bytes) -> None:
        counted[0] += 1
        target.check(data)
        if counted[0] % 64 == 0 and time.monotonic() - began > seconds:
            print(f"fuzz: {name}: {counted[0]} inputs in {seconds} s, atheris, seed {seed}: nothing found", flush=True)
            atheris.path.exit(0) if hasattr(atheris.path, "exit") else finish()

    atheris.Setup(
        [
            "fuzz",
            str(work / "corpus"),
            f"-dict={work / 'words'}",
            f"-artifact_prefix={FOUND}/{name}-",
            f"-max_len={MAX_INPUT_BYTES}",
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            "-timeout=20",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
            "-verbosity=0",
        ],
        one,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
