"""`planoai build` in a small checkout whose build needs no network; the real one is built by tests/run.sh."""

from __future__ import annotations

import os
import subprocess
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from plano import __version__
from plano.cli.checkout import find_checkout
from plano.cli.distributions import CHECKSUMS, write_checksums
from plano.cli.terminal import CommandFailed
from tests.cli.conftest import ROOT, CommandLine

#: A build backend (PEP 517) that packs the two packages and needs nothing.
BACKEND = """\
import pathlib, tarfile, zipfile

WHEEL = "planoai-9.8.7-py3-none-any.whl"
INFO = {"METADATA": "Metadata-Version: 2.1\\nName: planoai\\nVersion: 9.8.7\\n",
        "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}

def build_wheel(directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(pathlib.Path(directory, WHEEL), "w") as wheel:
        for path in sorted(pathlib.Path("plano").rglob("*")):
            if path.is_file():
                wheel.write(path, path)
        wheel.writestr("planoai/config_generator.py", "print('checked')\\n")
        for name, text in INFO.items():
            wheel.writestr(f"planoai-9.8.7.dist-info/{name}", text)
        wheel.writestr("planoai-9.8.7.dist-info/RECORD", "")
    return WHEEL

def build_sdist(directory, config_settings=None):
    with tarfile.open(pathlib.Path(directory, "planoai-9.8.7.tar.gz"), "w:gz") as sdist:
        for name in ("pyproject.toml", "backend.py", "plano"):
            sdist.add(name, f"planoai-9.8.7/{name}")
        sdist.add("pyproject.toml", "planoai-9.8.7/PKG-INFO")
    return "planoai-9.8.7.tar.gz"
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "planoai"
version = "9.8.7"
"""


@pytest.fixture
def checkout(planoai: CommandLine) -> CommandLine:
    """The command line standing in a small checkout."""
    planoai.write("pyproject.toml", PROJECT)
    planoai.write("backend.py", BACKEND)
    planoai.write("plano/__init__.py", '__version__ = "9.8.7"\n')
    planoai.write("plano/__main__.py", "import sys\nprint('small plano', *sys.argv[1:])\n")
    planoai.write("plugins/README.md", "How to write one\n")
    planoai.write(".env", "OPENAI_API_KEY=sk-secret\n")
    return planoai


def sums_hold(directory: Path) -> bool:
    checked = subprocess.run(["sha256sum", "--check", "--strict", CHECKSUMS], cwd=directory, check=False)
    return checked.returncode == 0


def test_the_wheel_and_its_checksum_are_written(checkout: CommandLine) -> None:
    told = checkout("build")
    assert told.returncode == 0, told.stderr
    assert f"Plano 9.8.7, from {checkout.directory}" in told.stdout
    assert "✓ Wrote dist/planoai-9.8.7-py3-none-any.whl" in told.stdout
    written = {path.name for path in (checkout.directory / "dist").iterdir()}
    sdist = {"planoai-9.8.7.tar.gz"} if find_spec("build.__main__") else set()
    assert written == {"planoai-9.8.7-py3-none-any.whl", CHECKSUMS, *sdist}
    assert sums_hold(checkout.directory / "dist")


def test_an_archive_extracted_into_a_home_checks_out_and_runs(checkout: CommandLine) -> None:
    assert checkout("build", "--archive", "--out", "made").returncode == 0
    [archive] = (checkout.directory / "made").glob("plano-9.8.7-*.tar.gz")
    home = checkout.directory / "extracted"
    with tarfile.open(archive) as packed:
        assert not [member.name for member in packed if ".env" in member.name or member.uid]
        packed.extractall(home, filter="data")
    assert sorted(path.name for path in home.iterdir()) == ["bin", CHECKSUMS, "lib", "patches", "plugins"]
    assert sums_hold(home)
    assert sums_hold(checkout.directory / "made")
    assert (home / "patches" / "config_generator.py").read_text() == "print('checked')\n"
    (checkout.directory / "link").symlink_to(home / "bin" / "planoai")
    for launcher in (home / "bin" / "planoai", home / "bin" / "plano", checkout.directory / "link"):
        ran = subprocess.run([launcher, "up", "a b"], cwd="/", capture_output=True, text=True, check=False)
        assert ran.stdout == "small plano up a b\n", ran.stderr


def test_a_launcher_without_its_python_says_which_one_it_needs(checkout: CommandLine) -> None:
    assert checkout("build", "--archive").returncode == 0
    [archive] = (checkout.directory / "dist").glob("plano-9.8.7-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(checkout.directory / "x", filter="data")
    environ = os.environ | {"PLANO_PYTHON": "/nowhere/python"}
    launcher = checkout.directory / "x" / "bin" / "planoai"
    ran = subprocess.run([launcher], env=environ, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "Plano needs /nowhere/python; PLANO_PYTHON names where it is\n"


def test_a_build_that_fails_is_shown_with_its_last_lines_and_leaves_nothing(checkout: CommandLine) -> None:
    checkout.write("backend.py", "def build_wheel(*_): raise RuntimeError('no compiler')\nbuild_sdist = build_wheel\n")
    told = checkout("build")
    assert told.returncode == 1
    assert told.stderr.partition("✗ ")[2].partition("\n")[0] in ("'build' failed", "'pip' failed")
    assert "no compiler" in told.stderr
    assert list((checkout.directory / "dist").iterdir()) == []


def test_an_older_build_of_the_same_name_is_replaced(checkout: CommandLine) -> None:
    checkout.write("dist/planoai-9.8.7-py3-none-any.whl", "old")
    assert checkout("build").returncode == 0
    assert zipfile.is_zipfile(checkout.directory / "dist" / "planoai-9.8.7-py3-none-any.whl")


def test_image_and_archive_exclude_each_other(checkout: CommandLine) -> None:
    assert checkout("build", "--docker", "--archive").returncode == 2


def test_the_checkout_around_the_current_directory_comes_first(checkout: CommandLine) -> None:
    deep = checkout.directory / "plano"
    assert find_checkout(deep) == (checkout.directory, "9.8.7")


def test_elsewhere_it_is_the_checkout_that_plano_runs_from(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "another"\n')
    assert find_checkout(tmp_path) == (ROOT, __version__)


def test_without_any_source_it_says_where_it_looked(tmp_path: Path) -> None:
    installed = tmp_path / "site-packages" / "plano" / "__init__.py"
    installed.parent.mkdir(parents=True)
    installed.write_text(f'__version__ = "{__version__}"\n')
    with pytest.raises(CommandFailed) as failed:
        find_checkout(tmp_path, runs_from=installed)
    assert str(failed.value.message) == "Plano is built from its source, and there is none here"
    assert str(tmp_path) in "\n".join(failed.value.lines)


def test_checksums_are_what_sha256sum_reads(tmp_path: Path) -> None:
    for name in ("a file", "deep/er/one", "empty"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name == "empty" else name)
    write_checksums(tmp_path, [path for path in tmp_path.rglob("*") if path.is_file()])
    assert sums_hold(tmp_path)
    (tmp_path / "a file").write_text("changed")
    assert not sums_hold(tmp_path)
