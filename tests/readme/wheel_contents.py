"""`python tests/readme/wheel_contents.py DIR`: whether the sdist and the wheel in DIR are complete."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Where setup.py takes the package `planoai` from.
PLANOAI = "plano/cli/planoai/"


def missing_from(directory: Path) -> list[str]:
    """What an archive in `directory` lacks, one line each."""
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "plano").rglob("*.py")}
    typing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "plano").rglob("*")
        if path.suffix in (".pxd", ".pyi", ".yaml", ".tmpl")
    }
    hand_written = {str(path.relative_to(ROOT)) for path in (ROOT / "plano").rglob("*.pyx")}
    [wheel] = directory.glob("*.whl")
    [sdist] = directory.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    compiled = {name.partition(".")[0] for name in in_wheel if name.endswith(".so")}
    wanted = sources | typing | {"plano/py.typed"}
    installed = {"planoai/" + name.removeprefix(PLANOAI) if name.startswith(PLANOAI) else name for name in wanted}
    also = {"LICENSE", "README.md", "setup.py", "config.schema.json", *hand_written}
    return [
        *(f"{wheel.name} lacks {name}" for name in sorted(installed - in_wheel)),
        *(
            f"{wheel.name} lacks compiled {name}"
            for name in sorted(hand_written)
            if name[:-4] not in compiled
        ),
        *(f"{sdist.name} lacks {name}" for name in sorted((wanted | also) - in_sdist)),
    ]


if __name__ == "__main__":
    missing = missing_from(Path(sys.argv[1]))
    print("\n".join(missing) or "sdist and wheel are complete")
    sys.exit(1 if missing else 0)
