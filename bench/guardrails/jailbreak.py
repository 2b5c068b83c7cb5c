"""How well jailbreaks are found, beside others, on texts nothing was tuned on: `python -m bench.guardrails.jailbreak`.

`--sources` names the folder of `jailbreak_sources`. Peers run when they are there: vigil's YARA rules (`--vigil`, a
checkout of deadbits/vigil-llm, with yara-python), rebuff's heuristics (`--rebuff`, a checkout of protectai/rebuff).
"""

from __future__ import annotations

import argparse
import runpy
import time
from collections.abc import Callable
from pathlib import Path

from plano_jailbreak.judging import Rules
from plano_jailbreak.learned import Learned, is_readable, windows

from bench.guardrails.jailbreak_sources import (
    ABOUT_MODELS,
    ATTACKS,
    BENIGN,
    HARD_ATTACKS,
    HARD_BENIGN,
    TRAINING_ATTACKS,
    public_prompts,
    routing_prompts,
)
from plano.routing.router_models.encoder.folder import SHIPPED
from plano.routing.router_models.encoder.model import Model

Score = Callable[[str], float]
#: Rules of vigil that are about prompt injection; the others look for secrets and addresses.
_VIGIL = ("instruction_bypass", "system_instructions", "guidance", "mdexfil")
#: rebuff takes seconds for a long text: of each set it is asked about one in so many.
_REBUFF_EVERY = 60
_ENCODER_EVERY = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--vigil", type=Path)
    parser.add_argument("--rebuff", type=Path)
    parser.add_argument("--encoder", action="store_true", help="also with the encoder: takes minutes")
    options = parser.parse_args()
    known = grams(text for source in TRAINING_ATTACKS for text in source.read(options.sources))
    sets = [(one.name, "attacks", fresh(one.read(options.sources), known)) for one in ATTACKS]
    sets += [(one.name, "hard attacks", fresh(one.read(options.sources), known)) for one in HARD_ATTACKS]
    sets += [(one.name, "benign", one.read(options.sources)) for one in BENIGN]
    sets += [("the router's prompts", "benign", routing_prompts("*_w*.jsonl"))]
    sets += [("public prompts", "benign", public_prompts())]
    sets += [(one.name, "about models", one.read(options.sources)) for one in ABOUT_MODELS]
    sets += [(one.name, "hard benign", one.read(options.sources)) for one in HARD_BENIGN]
    for name, score, threshold, every in guards(options.vigil, options.rebuff, options.encoder):
        report(name, score, threshold, [(label, kind, texts[::every]) for label, kind, texts in sets])


def guards(vigil: Path | None, rebuff: Path | None, has_encoder: bool) -> list[tuple[str, Score, float, int]]:
    rules = Rules()
    found: list[tuple[str, Score, float, int]] = [
        ("plano-jailbreak", lambda text: rules.judge(text).probability, 0.5, 1),
    ]
    if has_encoder:
        found.append(("plano-jailbreak (every 5th text)", found[0][1], 0.5, _ENCODER_EVERY))
        found.append(("plano-jailbreak, rules_only: false (every 5th text)", with_encoder(rules), 0.5, _ENCODER_EVERY))
    if vigil is not None:
        import yara

        compiled = yara.compile(filepaths={name: str(vigil / "data" / "yara" / f"{name}.yar") for name in _VIGIL})
        found.append(("vigil, YARA rules", lambda text: float(bool(compiled.match(data=text))), 0.5, 1))
    if rebuff is not None:
        heuristics = runpy.run_path(str(rebuff / "python-sdk" / "rebuff" / "detect_pi_heuristics.py"))
        detect = heuristics["detect_prompt_injection_using_heuristic_on_input"]
        found.append(("rebuff, heuristics (every 60th text)", lambda text: float(detect(text)), 0.75, _REBUFF_EVERY))
    return found


def with_encoder(rules: Rules) -> Score:
    learned, model = Learned(), Model(SHIPPED)

    def score(text: str) -> float:
        said = rules.judge(text).probability
        if said >= 0.5 or not is_readable(text):
            return said
        return max(learned.probability(one, said) for one in model.vectors(windows(text, 2)).tolist())

    return score


def report(name: str, score: Score, threshold: float, sets: list[tuple[str, str, list[str]]]) -> None:
    print(f"\n{name}, threshold {threshold}")
    scores: dict[str, list[float]] = {}
    spent_s, size = 0.0, 0
    for label, kind, texts in sets:
        started = time.process_time()
        told = [score(text) for text in texts]
        spent_s += time.process_time() - started
        size += sum(len(text.encode()) for text in texts)
        scores.setdefault(kind, []).extend(told)
        print(f"  {kind:13} {label:30} {len(texts):5} texts {met(told, threshold):7.1%}")
    for kind, told in scores.items():
        print(f"  {kind:13} {'all':30} {len(told):5} texts {met(told, threshold):7.2%}")
    print(f"  AUROC of attacks and benign {auroc(scores['attacks'], scores['benign']):.3f}, "
          f"CPU per kB {1e6 * spent_s / max(size / 1000, 1):.0f} us")  # fmt: skip


def met(scores: list[float], threshold: float) -> float:
    return sum(one >= threshold for one in scores) / max(len(scores), 1)


def auroc(attacks: list[float], benign: list[float]) -> float:
    """The share of pairs in which the attack has the greater score; equal ones count half."""
    ranks = sorted([(score, 0) for score in benign] + [(score, 1) for score in attacks])
    rank, place = 0.0, 0
    while place < len(ranks):
        end = place
        while end < len(ranks) and ranks[end][0] == ranks[place][0]:
            end += 1
        rank += sum(is_attack for _, is_attack in ranks[place:end]) * (place + end + 1) / 2
        place = end
    count = len(attacks)
    return (rank - count * (count + 1) / 2) / max(count * len(benign), 1)


def grams(texts: object) -> set[tuple[str, ...]]:
    return {gram for text in texts for gram in _grams(text)}  # type: ignore[attr-defined]


def fresh(texts: list[str], known: set[tuple[str, ...]]) -> list[str]:
    """Without those of which a third or more stands in training texts as well: jailbreaks travel."""
    kept = []
    for text in texts:
        said = _grams(text)
        if not said or sum(gram in known for gram in said) < len(said) / 3:
            kept.append(text)
    return kept


def _grams(text: str) -> list[tuple[str, ...]]:
    words = text.lower().split()
    return [tuple(words[place : place + 8]) for place in range(len(words) - 7)]


if __name__ == "__main__":
    main()
