"""`planoai router`: models that choose the route of a prompt, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from plano.cli.terminal import CommandFailed, say, say_dim, say_good

_QUANTIZATIONS: Final = ("int8", "int8_float32", "int16", "float32")


@click.group()
def router() -> None:
    """Prepare a model that chooses the route of a prompt."""


@router.command()
@click.argument("source", metavar="SRC")
@click.argument("out", metavar="OUT", type=click.Path(file_okay=False))
@click.option(
    "--quantization",
    type=click.Choice(_QUANTIZATIONS),
    default="int8",
    show_default=True,
    help="How the weights are kept; int8 is the smallest and the fastest.",
)
@click.option("--force", is_flag=True, help="Replace OUT.")
def convert(source: str, out: str, quantization: str, force: bool) -> None:
    """Convert a decoder into the folder OUT, for routing with `type: generator`.

    SRC is a folder with a model of Hugging Face Transformers, or the name of one there, which is then downloaded
    (Qwen2, Qwen3 and Llama shapes among others; Arch-Router is a Qwen2). It needs transformers and torch: pip install
    'planoai[convert]'. OUT needs neither. The folder is made when the model was seen to work.
    """
    from plano.routing.router_models.generator.conversion import CannotConvert, convert

    folder = Path(out).absolute()
    say_dim(f"Converting {source} to {quantization}...")
    try:
        made = convert(source, folder, quantization=quantization, replaces=force)
    except CannotConvert as problem:
        raise CommandFailed(str(problem)[:1].upper() + str(problem)[1:]) from problem
    say_good(f"Wrote {out}: {made.model_bytes / 1e6:.0f} MB, template {made.template}")
    say_good(f"It answers a short question in {made.question_s * 1000:.0f} ms, on one thread")
    say()
    say("In the config:")
    say()
    say(f"routing:\n  router:\n    type: generator\n    folder: {_as_yaml(str(folder))}")


def _as_yaml(text: str) -> str:
    import json

    is_plain = all(letter.isalnum() or letter in "/._-" for letter in text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)
