"""A confusion matrix as a picture: SVG written here, PNG by matplotlib, which comes with the extra `plots`.

Rows are labels, columns what was told; a cell is as dark as its share of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

_CELL: Final = 44
_LETTER: Final = 7
_LONGEST: Final = 32
_DARK, _LIGHT = (31, 78, 121), (255, 255, 255)
#: From this share of its row on a cell is so dark that its figure is white.
_WHITE_FROM: Final = 0.55


class PlotsNotInstalled(ImportError):
    """PNG pictures need an extra."""


def svg_of(names: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """The whole document."""
    shown = [_cut(name) for name in names]
    margin = max(map(len, shown)) * _LETTER + 48
    side = _CELL * len(names)
    width, height = margin + side + 16, margin + side + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{margin + side / 2:g}" y="18" text-anchor="middle" font-weight="600">told</text>',
        f'<text transform="translate(18 {margin + side / 2:g}) rotate(-90)" text-anchor="middle" '
        'font-weight="600">label</text>',
        *_heads(shown, margin),
        *_cells(shown, matrix, margin),
        f'<rect x="{margin}" y="{margin}" width="{side}" height="{side}" fill="none" stroke="#888"/>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _heads(names: Sequence[str], margin: int) -> Iterator[str]:
    for number, name in enumerate(names):
        middle = margin + _CELL * number + _CELL / 2
        yield f'<text x="{margin - 8}" y="{middle + 4:g}" text-anchor="end">{escape(name)}</text>'
        yield f'<text transform="translate({middle + 4:g} {margin - 8}) rotate(-90)">{escape(name)}</text>'


def _cells(names: Sequence[str], matrix: Sequence[Sequence[int]], margin: int) -> Iterator[str]:
    for y, row in enumerate(matrix):
        total = sum(row)
        for x, count in enumerate(row):
            left, top, share = margin + _CELL * x, margin + _CELL * y, count / total if total else 0.0
            mixed = (round(light + (dark - light) * share) for dark, light in zip(_DARK, _LIGHT, strict=True))
            colour = "#" + bytes(mixed).hex()
            told = f"{names[y]} → {names[x]}: {count} of {total}"
            yield (
                f'<rect x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" fill="{colour}" stroke="#eee">'
                f"<title>{escape(told)}</title></rect>"
            )
            if count:
                ink = "#fff" if share >= _WHITE_FROM else "#222"
                yield (
                    f'<text x="{left + _CELL / 2:g}" y="{top + _CELL / 2 + 5:g}" text-anchor="middle" '
                    f'fill="{ink}" pointer-events="none">{count}</text>'
                )


def png_writer() -> Callable[[Sequence[str], Sequence[Sequence[int]], Path], None]:
    """Who writes names and matrix into a file. Raises `PlotsNotInstalled`."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotsNotInstalled(
            "A PNG is drawn by matplotlib, which must be installed for this: pip install 'planoai[plots]' "
            "(an SVG needs nothing)"
        ) from None

    def write(names: Sequence[str], matrix: Sequence[Sequence[int]], path: Path) -> None:
        side = 2.2 + 0.5 * len(names)
        figure = Figure(figsize=(side, side), dpi=144, layout="constrained")
        axes = figure.subplots()
        share = [[count / (sum(row) or 1) for count in row] for row in matrix]
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        shown = [_cut(name) for name in names]
        axes.set_xticks(range(len(names)), shown, rotation=90)
        axes.set_yticks(range(len(names)), shown)
        axes.set_xlabel("told")
        axes.set_ylabel("label")
        for y, row in enumerate(matrix):
            for x, count in enumerate(row):
                if count:
                    ink = "white" if share[y][x] >= _WHITE_FROM else "black"
                    axes.text(x, y, str(count), ha="center", va="center", color=ink)
        figure.savefig(path, format="png")

    return write


def _cut(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."
