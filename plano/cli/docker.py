"""The `docker` command: asking it things, and building the image with it.

A Docker that is missing, not running or not allowed ends the command with exit code 1 and a sentence that says which.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from plano.cli.terminal import CommandFailed

if TYPE_CHECKING:
    from plano.cli.checkout import Checkout

IMAGE_VARIABLE: Final = "PLANO_DOCKER_IMAGE"
#: What Docker may take for an answer, in seconds; starting a container includes nothing slow.
_PATIENCE_S: Final = 60.0


def docker(*arguments: str, within_s: float = _PATIENCE_S) -> subprocess.CompletedProcess[str]:
    """Run `docker arguments`; its exit code and what it said."""
    try:
        return subprocess.run(
            ["docker", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=within_s,
            check=False,
        )
    except FileNotFoundError:
        raise not_installed() from None
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"Docker gave no answer within {within_s:g}s", [f"  docker {arguments[0]}"]) from None


def docker_in_sight(*arguments: str, hears_errors: bool = True) -> int:
    """Run `docker arguments` on this terminal, without its stderr if that is not to be heard; its exit code."""
    try:
        silenced = None if hears_errors else subprocess.DEVNULL
        return subprocess.run(["docker", *arguments], stderr=silenced, check=False).returncode
    except FileNotFoundError:
        raise not_installed() from None


def not_installed() -> CommandFailed:
    """The error for a machine without `docker`."""
    return CommandFailed(
        "Docker is not installed", ["  There is no 'docker' on the PATH: see https://docs.docker.com/"]
    )


def failed(headline: str, done: subprocess.CompletedProcess[str]) -> CommandFailed:
    """The error for a `docker` command that did not work, with what it said."""
    return CommandFailed(headline, [f"  {line}" for line in done.stderr.strip().splitlines()])


def require_daemon() -> None:
    """End the command unless there is a Docker that answers."""
    asked = docker("version", "--format", "{{.Server.Version}}")
    if asked.returncode == 0:
        return
    if "permission denied" in asked.stderr.lower():
        raise failed("Docker refuses this user", asked)
    raise failed("Docker daemon not running", asked)


def named_image() -> str | None:
    """The image that `PLANO_DOCKER_IMAGE` names."""
    return os.environ.get(IMAGE_VARIABLE) or None


def build_image(checkout: Checkout) -> tuple[str, ...]:
    """Build the image of a checkout with its Dockerfile, in sight; the names it got."""
    if not (checkout.root / "Dockerfile").is_file():
        raise CommandFailed(f"There is no Dockerfile in {checkout.root}")
    require_daemon()
    named = named_image()
    names = (named,) if named else (f"plano:{checkout.version}", "plano:latest")
    tags = [word for name in names for word in ("--tag", name)]
    code = docker_in_sight("build", *tags, str(checkout.root))
    if code:
        raise CommandFailed(f"'docker build' failed (exit code {code})")
    return names
