"""A confusion matrix as a picture."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path

import pytest

from plano.cli.route_plot import PlotsNotInstalled, png_writer, svg_of

NAMES = ("writing <code>", "mail & more", "none")
MATRIX = ((8, 2, 0), (0, 0, 0), (1, 0, 3))
SVG = "{http://www.w3.org/2000/svg}"


def test_a_cell_says_how_many_of_how_many_and_is_as_dark_as_that() -> None:
    root = ET.fromstring(svg_of(NAMES, MATRIX))
    cells = {title.text: cell.get("fill") for cell in root.iter(f"{SVG}rect") for title in cell.iter(f"{SVG}title")}
    assert len(cells) == 9
    assert cells["writing <code> → writing <code>: 8 of 10"] == "#4c7194"
    assert cells["writing <code> → mail & more: 2 of 10"] == "#d2dce4"
    assert cells["mail & more → none: 0 of 0"] == "#ffffff"


def test_only_figures_that_are_not_nothing_are_written() -> None:
    root = ET.fromstring(svg_of(NAMES, MATRIX))
    figures = [text.text for text in root.iter(f"{SVG}text") if (text.text or "").isdigit()]
    assert figures == ["8", "2", "1", "3"]


def test_everything_lies_within_the_picture() -> None:
    names = (*NAMES, "a name that is so long that nobody would want to read it in a picture")
    root = ET.fromstring(svg_of(names, [[1] * 4] * 4))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for cell in root.iter(f"{SVG}rect"):
        assert float(cell.get("x", 0)) + float(cell.get("width", 0)) <= width
        assert float(cell.get("y", 0)) + float(cell.get("height", 0)) <= height


@pytest.mark.skipif(find_spec("matplotlib") is not None, reason="matplotlib is installed here")
def test_without_the_extra_it_is_named() -> None:
    with pytest.raises(PlotsNotInstalled, match=r"pip install 'planoai\[plots\]'"):
        png_writer()


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed here")
def test_a_png_is_written(tmp_path: Path) -> None:
    png_writer()(NAMES, MATRIX, tmp_path / "matrix.png")
    head = (tmp_path / "matrix.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", head[16:24])
    assert width == height > 400
