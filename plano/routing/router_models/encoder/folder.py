"""The folder of the encoder's weights: what is in it, and that it is what was shipped.

`router.json` names the SHA-256 of every other file, the licence, the version, and the coefficients of the calibration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from plano.errors import PlanoError

FACTS: Final = "router.json"
BACKGROUND: Final = "background.npy"
NEEDED: Final = ("model.bin", "config.json", "vocabulary.json", "tokenizer.json", BACKGROUND)
SHIPPED: Final = Path(__file__).parent / "weights"


class DamagedWeights(PlanoError):
    """The encoder's weights are not there, or not those that were shipped."""

    code = "router_weights_damaged"


def read_facts(folder: Path) -> dict[str, Any]:
    """What `router.json` says, once the sums of all files are right. Raises `DamagedWeights`."""
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_bytes())
        sums: dict[str, str] = facts["files"]
        for name, wanted in sums.items():
            if _sum(folder / name) != wanted:
                raise DamagedWeights(f"the encoder's {name} in {folder} is damaged: install plano again")
    except OSError as error:
        raise DamagedWeights(f"the encoder's weights in {folder} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedWeights(f"the encoder's {FACTS} in {folder} is damaged: install plano again") from error
    missing = [name for name in NEEDED if name not in sums]
    if missing:
        raise DamagedWeights(f"the encoder's {FACTS} in {folder} says nothing of {', '.join(missing)}")
    return facts


def write_facts(folder: Path, changes: Mapping[str, Any]) -> None:
    """Renew `router.json`: what it said before, `changes`, and the sums of the files as they are."""
    path = folder / FACTS
    facts: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"licence": "Apache-2.0"}
    facts.update(changes)
    facts["files"] = {name: _sum(folder / name) for name in NEEDED if (folder / name).exists()}
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
