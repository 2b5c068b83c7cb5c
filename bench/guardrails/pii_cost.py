"""What plano-pii costs: `python -m bench.guardrails.pii_cost`. The best of many short runs, in microseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from plano_pii import Detector, Settings
from plano_pii.masking import Masking
from plano_pii.placeholders import Originals, Placeholders, Template
from plano_pii.restoring import Restoring

SENTENCE = "The quick brown fox jumps over the lazy dog, and as nobody was watching it did so again; by then all left. "
PROSE = (SENTENCE * 40)[:4096]
TEN = (
    "john.doe@example.co.uk", "+49 30 1234567", "(415) 555-2671", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00",
    "192.168.1.10", "sk-ant-api03-AbCdEf123456789012345-xyz", "536-90-4399", "529.982.247-25", "ann@mail.example.org",
)  # fmt: skip
TOKENS = ("The", " answer", " to", " [", "EMAIL", "_", "1", "]", " is", " in", " the", " mail", ". ") * 20


def best_us(run: Callable[[], object], times: int = 50, repeats: int = 200) -> float:
    best = float("inf")
    for _ in range(repeats):
        started = perf_counter()
        for _ in range(times):
            run()
        best = min(best, perf_counter() - started)
    return best / times * 1e6


def with_ten() -> str:
    length = len(PROSE) // len(TEN)
    return "".join(PROSE[: length - len(value) - 2] + f" {value} " for value in TEN)


def main() -> None:
    settings = Settings()
    detector = Detector(settings.looked_for, settings.regions)
    template = Template(settings.placeholder)
    placeholders = Placeholders(template, {})
    for value in TEN:
        placeholders.of("email", value)
    originals = Originals(placeholders, template)
    ten = with_ten()
    pieces = [ten[at : at + 4] for at in range(0, len(ten), 4)]

    def restore() -> None:
        restoring = Restoring(originals)
        for token in TOKENS:
            restoring.feed(token)

    def mask(tokens: Sequence[str]) -> None:
        masking = Masking(detector, placeholders.of)
        for token in tokens:
            masking.feed(token)

    print(f"4 kB of prose: {best_us(lambda: detector.find(PROSE)):.1f}")
    print(f"4 kB with ten values ({len(detector.find(ten))} found): {best_us(lambda: detector.find(ten)):.1f}")
    print(f"an event restored: {best_us(restore, 3) / len(TOKENS):.2f}")
    print(f"an event masked: {best_us(lambda: mask(TOKENS), 3) / len(TOKENS):.2f}")
    print(f"an event masked, one value in every 400 characters: {best_us(lambda: mask(pieces), 1) / len(pieces):.2f}")


if __name__ == "__main__":
    main()
