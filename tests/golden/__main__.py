"""`python -m tests.golden write`: write what translations give as it is now."""

from __future__ import annotations

import sys

from tests.golden.cases import PAIRS, goldens


def main() -> None:
    if sys.argv[1:] != ["write"]:
        sys.exit(__doc__)
    for pair in PAIRS:
        pair.folder.mkdir(exist_ok=True)
        written = set()
        for name, text in goldens(pair):
            (pair.folder / name).write_text(text, "utf-8")
            written.add(name)
        for old in pair.folder.iterdir():
            if old.name not in written:
                old.unlink()


if __name__ == "__main__":
    main()
