"""The mean of several weights: `python -m bench.routing.average OUT WEIGHTS...` (model soups, arXiv:2203.05482)."""

from __future__ import annotations

import sys

import torch
from safetensors.torch import load_file, save_file


def main(out: str, *paths: str) -> None:
    weights = [load_file(path) for path in paths]
    save_file({name: torch.stack([one[name] for one in weights]).mean(0) for name in weights[0]}, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
