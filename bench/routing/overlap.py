"""Training prompts that say nearly what a development prompt says: `python -m bench.routing.overlap ...`.

Whoever writes training text after having seen a development set repeats it without wanting to, and the figures on it
are then too good. Prints pairs whose vectors (of the base model) are closer than `--like`.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

from bench.routing.encoder import Texts, encoded, load
from bench.routing.episodes import Sources
from bench.routing.judge import dev_sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--words", type=Path, required=True, help="folder of tongues.txt, stories.txt, frames.txt")
    parser.add_argument("--shared", type=Path, help="folder of development sets")
    parser.add_argument("--writers", type=Path, nargs="*", default=[])
    parser.add_argument("--like", type=float, default=0.7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoder, texts = load(options.base / "model.safetensors").eval(), Texts(options.base / "tokenizer.json", 48)
    known = sorted({text for one in dev_sets(options.shared, options.writers) for text in one.prompts})
    learnt = lines(options.words)
    like = encoded(encoder, texts, [said for _, said in learnt]) @ encoded(encoder, texts, known).T
    found, place = like.max(1)
    pairs = zip(learnt, found.tolist(), place.tolist(), strict=True)
    for (line, _), near, at in sorted(pairs, key=lambda one: -one[1]):
        if near >= options.like:
            print(f"{near:.2f}\t{line}\t{known[at][:100]!r}")


def lines(words: Path) -> list[tuple[str, str]]:
    """(line, the line as it may be filled)."""
    slots = Sources.words(words, "slots")
    chance = random.Random(1)
    told = [Sources.words(words, name).values() for name in ("tongues", "stories", "frames")]
    return [(line, Sources.filled(line, slots, chance)) for tasks in told for own in tasks for line in own]


if __name__ == "__main__":
    main()
