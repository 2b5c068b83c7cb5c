"""The weights' folder: what is damaged or missing is told, and never loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plano.routing.router_models.encoder.folder import FACTS, NEEDED, DamagedWeights, read_facts, write_facts


def shrink(folder: Path) -> None:
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:-1])


def forget_a_file(folder: Path) -> None:
    facts = json.loads((folder / FACTS).read_bytes())
    del facts["files"]["model.bin"]
    (folder / FACTS).write_text(json.dumps(facts))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / FACTS).unlink(), "cannot be read: No such file"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "cannot be read: No such file"),
        (shrink, "model.bin in .* is damaged"),
        (lambda folder: (folder / FACTS).write_text("{"), "router.json in .* is damaged"),
        (lambda folder: (folder / FACTS).write_text("[]"), "router.json in .* is damaged"),
        (lambda folder: (folder / FACTS).write_text('{"files": 1}'), "router.json in .* is damaged"),
        (forget_a_file, "says nothing of model.bin"),
    ],
)
def test_damage_is_told(tmp_path: Path, damage: Callable[[Path], None], told: str) -> None:
    for name in NEEDED:
        (tmp_path / name).write_bytes(name.encode() * 10)
    write_facts(tmp_path, {"version": "3"})
    assert read_facts(tmp_path)["version"] == "3"
    damage(tmp_path)
    with pytest.raises(DamagedWeights, match=told):
        read_facts(tmp_path)


def test_facts_are_renewed_and_not_forgotten(tmp_path: Path) -> None:
    for name in NEEDED:
        (tmp_path / name).write_bytes(b"a")
    write_facts(tmp_path, {"version": "3"})
    (tmp_path / "model.bin").write_bytes(b"b")
    write_facts(tmp_path, {"calibration": {}})
    assert read_facts(tmp_path).keys() == {"version", "calibration", "licence", "files"}
