"""A converted model appears when it works; what is missing or taken is told."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from plano.routing.router_models.generator.conversion import CannotConvert, convert, placed
from plano.routing.router_models.generator.decoder import Decoder
from tests.routing.router_models.generator.tiny_decoder import LLAMA3, make_tiny_decoder, tiny_tokenizer


def writes(special: tuple[str, ...] = LLAMA3) -> Callable[[Path], None]:
    return lambda folder: make_tiny_decoder(folder, tiny_tokenizer(special)) and None


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_works_is_placed(tmp_path: Path) -> None:
    made = placed(writes(), tmp_path / "new" / "out")
    assert (made.template, made.model_bytes) == ("llama3", (tmp_path / "new/out/model.bin").stat().st_size)
    assert made.question_s > 0
    assert Decoder(tmp_path / "new" / "out").template.name == "llama3"
    assert left_in(tmp_path / "new") == ["out"]


def test_what_does_not_work_is_not(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        make_tiny_decoder(folder)
        (folder / "tokenizer.json").unlink()

    with pytest.raises(CannotConvert, match=r"does not work as a router: .* holds no tokenizer\.json"):
        placed(broken, tmp_path / "out")
    assert left_in(tmp_path) == []


def test_an_interrupted_conversion_leaves_what_was_there(tmp_path: Path) -> None:
    placed(writes(), tmp_path / "out")

    def interrupted(folder: Path) -> None:
        folder.mkdir()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        placed(interrupted, tmp_path / "out", replaces=True)
    assert left_in(tmp_path) == ["out"]
    assert Decoder(tmp_path / "out").template.name == "llama3"


def test_a_folder_is_replaced_only_when_that_was_said(tmp_path: Path) -> None:
    placed(writes(), tmp_path / "out")
    with pytest.raises(CannotConvert, match="is there already; --force replaces it"):
        placed(writes(), tmp_path / "out")
    assert placed(writes(("<|im_start|>", "<|im_end|>")), tmp_path / "out", replaces=True).template == "chatml"
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotConvert, match="is a file"):
        placed(writes(), tmp_path / "file", replaces=True)


@pytest.mark.skipif(find_spec("transformers") is not None, reason="transformers is installed here")
def test_the_extra_is_named_when_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CannotConvert, match=r"transformers .*pip install 'planoai\[convert\]'"):
        convert("Qwen/Qwen2.5-0.5B", tmp_path / "out", quantization="int8")
    assert left_in(tmp_path) == []
