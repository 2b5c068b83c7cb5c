"""From a checkout to files one can install: wheel, sdist, an archive that needs no installing, and their checksums.

Everything is made in a directory of its own and moved to where it is wanted when it is complete.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from plano.cli.checkout import Checkout
from plano.cli.terminal import CommandFailed, warn

CHECKSUMS: Final = "checksums.sha256"
#: What is copied of a checkout when its build must not see what earlier builds left there.
_SOURCES: Final = ("plano", "docs", "tests", "bench")
_LEAVINGS: Final = shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info", "results", "build")
_SHOWN_LINES: Final = 20

LAUNCHER: Final = """\
#!/bin/sh
# Runs the plano that lies beside this file. Its compiled parts need the Python they were made for.
here=$(dirname -- "$(readlink -f -- "$0")")/..
python=${{PLANO_PYTHON:-{python}}}
if ! command -v "$python" >/dev/null 2>&1; then
  echo "Plano needs $python; PLANO_PYTHON names where it is" >&2
  exit 1
fi
PYTHONPATH=$here/lib${{PYTHONPATH:+:$PYTHONPATH}} exec "$python" -P -m plano "$@"
"""


def make_wheel(checkout: Checkout, work: Path) -> list[Path]:
    """The wheel, and the sdist where the package `build` is there to make one. Takes about a minute."""
    made = work / "made"
    if _is_installed("build"):
        _run("build", "--outdir", str(made), str(checkout.root))
    elif _is_installed("pip"):
        warn("No sdist is made: that takes the package 'build' (pip install build)")
        source = work / "source"
        _copy_sources(checkout.root, source)
        _run("pip", "wheel", "--no-deps", "--wheel-dir", str(made), str(source))
    else:
        raise CommandFailed("Building takes pip or the package 'build'", [f"  {sys.executable} -m ensurepip"])
    return sorted(made.iterdir())


def make_archive(checkout: Checkout, wheel: Path, work: Path) -> Path:
    """A `.tar.gz` to be extracted into `~/.plano`: plano with its dependencies, a launcher, plugins, checksums."""
    if not _is_installed("pip"):
        raise CommandFailed("An archive takes pip", [f"  {sys.executable} -m ensurepip"])
    tree = work / "archive"
    library = tree / "lib"
    _run("pip", "install", "--no-compile", "--target", str(library), str(wheel))
    shutil.rmtree(library / "bin", ignore_errors=True)  # They name this machine's Python.
    for name in ("planoai", "plano"):
        _write_launcher(tree / "bin" / name)
    shutil.copytree(checkout.root / "plugins", tree / "plugins", ignore=_LEAVINGS)
    (tree / "patches").mkdir()
    shutil.copy(library / "planoai" / "config_generator.py", tree / "patches")
    write_checksums(tree, (path for path in tree.rglob("*") if path.is_file()))
    tags = wheel.stem.split("-")
    archive = work / f"plano-{checkout.version}-{tags[2]}-{tags[4]}.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        for path in sorted(tree.iterdir()):
            packed.add(path, path.name, filter=_nobodys)
    return archive


def write_checksums(directory: Path, files: Iterable[Path]) -> Path:
    """`checksums.sha256` in `directory`, in the form `sha256sum -c` reads."""
    lines = [f"{_sha256(file)}  {file.relative_to(directory)}\n" for file in sorted(files)]
    sums = directory / CHECKSUMS
    sums.write_text("".join(lines), "utf-8")
    return sums


def _sha256(file: Path) -> str:
    import hashlib

    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write_launcher(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(LAUNCHER.format(python=f"python{sys.version_info.major}.{sys.version_info.minor}"))
    path.chmod(0o755)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever extracts it owns it; nobody else may change it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _copy_sources(root: Path, target: Path) -> None:
    target.mkdir()
    for path in _files_at(root):
        shutil.copy(path, target)
    for name in _SOURCES:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=_LEAVINGS)


def _files_at(root: Path) -> Iterator[Path]:
    """Not what is hidden: a `.env` has no business in a package."""
    return (path for path in root.iterdir() if path.is_file() and not path.name.startswith("."))


def _is_installed(package: str) -> bool:
    """A folder that happens to be called so has no file it comes from."""
    found = find_spec(package)
    return found is not None and found.origin is not None


def _run(module: str, *arguments: str) -> None:
    """`python -m module arguments`; what it printed last is shown when it fails."""
    # Nobody's PYTHONPATH has a say in what is built.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        last = done.stdout.decode(errors="replace").splitlines()[-_SHOWN_LINES:]
        raise CommandFailed(f"'{module}' failed", [f"  {line}" for line in last])
