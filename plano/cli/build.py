"""`planoai build`: what can be installed, from the source."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from plano.cli.terminal import say, say_dim, say_good


@click.command()
@click.option("--docker", "as_image", is_flag=True, help="Build the container image instead.")
@click.option("--archive", is_flag=True, help="Also an archive to be extracted into ~/.plano and run from there.")
@click.option(
    "-o",
    "--out",
    default="dist",
    show_default=True,
    type=click.Path(file_okay=False),
    help="The directory to write into.",
)
def build(as_image: bool, archive: bool, out: str) -> None:
    """Build plano from its source: a wheel, or a container image.

    The source is the checkout of the repository that the current directory lies in, else the one this plano runs
    from. The files written are the wheel, the sdist if the package `build` is installed, and checksums.sha256, which
    `sha256sum -c` checks. The image is called plano:VERSION and plano:latest, or what PLANO_DOCKER_IMAGE says.
    """
    if as_image and archive:
        raise click.UsageError("--docker and --archive exclude each other.")

    from plano.cli.checkout import find_checkout

    checkout = find_checkout(Path.cwd())
    say_dim(f"Plano {checkout.version}, from {checkout.root}")
    if as_image:
        from plano.cli.docker import build_image

        for image in build_image(checkout):
            say_good(f"Built {image}")
        say("Run it with 'planoai up FILE --docker'.")
        return

    from tempfile import TemporaryDirectory

    from plano.cli.distributions import make_archive, make_wheel, write_checksums

    directory = Path(out).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="plano-build-") as work:
        say_dim("Building the wheel...")
        made = make_wheel(checkout, Path(work))
        if archive:
            say_dim("Packing the archive...")
            wheel = next(path for path in made if path.suffix == ".whl")
            made.append(make_archive(checkout, wheel, Path(work)))
        placed = [_placed(path, directory) for path in made]
    for path in (*placed, write_checksums(directory, placed)):
        say_good(f"Wrote {os.path.relpath(path)}")


def _placed(made: Path, directory: Path) -> Path:
    """Moved to where it is wanted; one of the same name is replaced."""
    target = directory / made.name
    target.unlink(missing_ok=True)
    shutil.move(made, target)
    return target
