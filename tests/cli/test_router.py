"""`planoai router convert` says what it needs, and what to write into the config."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.cli.conftest import CommandLine


@pytest.mark.skipif(find_spec("transformers") is not None, reason="transformers is installed here")
def test_without_the_extra_it_is_named(planoai: CommandLine) -> None:
    told = planoai("router", "convert", "Qwen/Qwen2.5-0.5B", "out")
    assert told.returncode == 1
    assert "must be installed for this: pip install 'planoai[convert]'" in told.stderr
    assert not (planoai.directory / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("convert",), "Missing argument 'SRC'"),
        (("convert", "src"), "Missing argument 'OUT'"),
        (("convert", "src", "out", "--quantization", "int3"), "'int3' is not one of 'int8'"),
    ],
)
def test_wrong_arguments_are_told(planoai: CommandLine, arguments: tuple[str, ...], told: str) -> None:
    run = planoai("router", *arguments)
    assert run.returncode == 2
    assert told in run.stderr
