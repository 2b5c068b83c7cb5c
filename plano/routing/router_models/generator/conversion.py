"""From a model of Hugging Face Transformers to a folder the generator loads: CTranslate2's own converter, checked.

The folder appears when it is complete and was found to work, never before.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from msgspec import Struct

from plano.intent import Route, RouteSet, Said
from plano.routing.router_models.generator.chat_template import TemplateName
from plano.routing.router_models.generator.decoder import CannotLoad, Decoder, transformers_converter
from plano.routing.router_models.generator.reading import Reading

_NEEDED: Final = ("transformers", "torch")
_TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer_config.json")
#: Of a local model these go along, if they are there.
_LICENCES: Final = ("LICENSE*", "LICENCE*", "NOTICE*")
_ROUTES: Final = RouteSet(
    (
        Route("code", "writing or changing source code"),
        Route("prose", "writing or changing letters, articles and stories"),
    )
)
_ASKED: Final = (Said("user", "Write a function that sorts a list of names"),)


class CannotConvert(Exception):
    """There is no folder; the message says why, and what to do."""


class Converted(Struct, frozen=True):
    """The size of `model.bin` in bytes, the template found, seconds for one short question on one thread."""

    model_bytes: int
    template: TemplateName
    question_s: float


def convert(source: str, out: Path, *, quantization: str, replaces: bool = False) -> Converted:
    """The model in the folder `source`, or of that name on Hugging Face, converted into `out`.

    Raises `CannotConvert`: something to install is missing, `out` is taken, or the model is none that can be used.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise CannotConvert(f"{' and '.join(missing)} must be installed for this: pip install 'planoai[convert]'")
    model = Path(source).expanduser()
    is_local = model.is_dir()
    if not is_local and not _may_be_on_the_hub(source):
        raise CannotConvert(f"there is no folder {source}, and no model on Hugging Face has such a name")
    if is_local and not (model / _TOKENIZER_FILES[0]).is_file():
        raise CannotConvert(f"{source} holds no tokenizer.json; transformers' `AutoTokenizer` saves one there")

    def write(folder: Path) -> None:
        files = [name for name in _TOKENIZER_FILES if not is_local or (model / name).is_file()]
        _write(transformers_converter(str(model) if is_local else source, files), folder, quantization)
        if is_local:
            _copy_licences(model, folder)

    return placed(write, out, replaces=replaces)


def placed(write: Callable[[Path], None], out: Path, *, replaces: bool = False) -> Converted:
    """What `write` puts into a folder, as `out`, once it was seen to work. Raises `CannotConvert`."""
    if out.exists() and not replaces:
        raise CannotConvert(f"{out} is there already; --force replaces it")
    if out.exists() and not out.is_dir():
        raise CannotConvert(f"{out} is a file")
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        made = work / "model"
        write(made)
        converted = _tried(made)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return converted


def _write(converter: Any, folder: Path, quantization: str) -> None:
    try:
        converter.convert(str(folder), quantization=quantization, force=True)
    except Exception as problem:  # Of transformers, torch, the hub: anything.
        raise CannotConvert(f"the model cannot be converted: {problem}") from problem


def _tried(folder: Path) -> Converted:
    try:
        decoder = Decoder(folder)
        reading = Reading(decoder, 4096, 256)
        reading.learn(_ROUTES)
        began = time.perf_counter()
        reading.shares(_ASKED, _ROUTES)
        took = time.perf_counter() - began
    except (CannotLoad, RuntimeError) as problem:
        raise CannotConvert(f"the converted model does not work as a router: {problem}") from problem
    return Converted((folder / "model.bin").stat().st_size, decoder.template.name, took)


def _copy_licences(model: Path, folder: Path) -> None:
    for pattern in _LICENCES:
        for path in model.glob(pattern):
            shutil.copy(path, folder / path.name)


def _may_be_on_the_hub(source: str) -> bool:
    return source.count("/") == 1 and not source.startswith((".", "/", "~")) and not source.endswith("/")
