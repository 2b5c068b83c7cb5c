"""Precision, recall and cost of plano-pii on documents it was not tuned on, beside Presidio's pattern recognizers.

`python -m bench.guardrails.pii [--seed N] [--documents N]`; needs `faker`, and `presidio-analyzer` for the peer.
`--labelled FILE` takes documents from a file as `data/synth_dataset_v2.json` of microsoft/presidio-research is.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from time import process_time

import msgspec

from bench.guardrails.pii_peer import NAMES
from bench.guardrails.pii_samples import Document, Label, Samples

Find = Callable[[str], Sequence[tuple[int, int, str]]]
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "BR", "IN")


class Score:
    """A value counts as found when findings, whatever they call it, cover all of it. A finding is right when it
    touches a value; what it says of other text is a false alarm of its entity.
    """

    def __init__(self, find: Find, documents: Sequence[Document]) -> None:
        self.values: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.examples: list[str] = []
        for document in documents:
            self._count(document, find(document.text))
        kilobytes = sum(len(document.text.encode()) for document in documents) / 1000
        started = process_time()
        for document in documents:
            find(document.text)
        self.us_per_kilobyte = (process_time() - started) * 1e6 / kilobytes

    def _count(self, document: Document, findings: Sequence[tuple[int, int, str]]) -> None:
        for start, stop, entity in document.labels:
            covered = {place for one in findings for place in range(one[0], one[1])}
            self.values[entity] += 1
            if all(place in covered for place in range(start, stop) if document.text[place].isalnum()):
                self.found[entity] += 1
            else:
                self.examples.append(f"missed {entity}: {document.text[max(start - 30, 0) : stop + 10]!r}")
        for start, stop, entity in findings:
            if any(start < label.stop and label.start < stop for label in document.labels):
                self.right[entity] += 1
            else:
                self.wrong[entity] += 1
                self.examples.append(f"alarm {entity}: {document.text[max(start - 30, 0) : stop + 10]!r}")

    def row(self, entity: str) -> str:
        said = self.right[entity] + self.wrong[entity]
        precision = f"{self.right[entity] / said:.3f}" if said else "-"
        return f"{precision} | {self.found[entity] / self.values[entity]:.3f}"

    def all(self) -> str:
        right, wrong = self.right.total(), self.wrong.total()
        return f"{right / (right + wrong):.3f} | {self.found.total() / self.values.total():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20251121)
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--examples", type=int, default=0, help="of what went wrong, to print")
    parser.add_argument("--labelled", help="a file of documents, in place of generated ones")
    arguments = parser.parse_args()
    documents = (
        labelled(arguments.labelled) if arguments.labelled else Samples(arguments.seed).documents(arguments.documents)
    )
    scores = {"plano-pii": Score(own(), documents)}
    try:
        from bench.guardrails.pii_peer import Presidio

        for threshold in (0.0, 0.5):
            scores[f"Presidio, score > {threshold}"] = Score(Presidio(threshold, REGIONS).find, documents)
    except ImportError:
        print("presidio-analyzer is not installed")
    table(scores)
    for example in scores["plano-pii"].examples[: arguments.examples]:
        print(example)


def labelled(path: str) -> list[Document]:
    """Of the entities that are labelled there, those that both look for."""
    documents = []
    with open(path, "rb") as file:
        for one in msgspec.json.decode(file.read()):
            found = [span for span in one["spans"] if NAMES.get(span["entity_type"])]
            labels = [Label(span["start_position"], span["end_position"], NAMES[span["entity_type"]]) for span in found]
            documents.append(Document(one["full_text"], labels))
    return documents


def own() -> Find:
    from plano_pii import Detector, Settings

    settings = Settings()
    return Detector(settings.looked_for, settings.regions).find


def table(scores: dict[str, Score]) -> None:
    names = list(scores)
    first = scores[names[0]]
    print(f"| entity | values | {' | '.join(f'{name}: precision | recall' for name in names)} |")
    print(f"|---|---|{'---|---|' * len(names)}")
    for entity in first.values:
        print(f"| {entity} | {first.values[entity]} | {' | '.join(scores[name].row(entity) for name in names)} |")
    print(f"| all | {first.values.total()} | {' | '.join(scores[name].all() for name in names)} |")
    print(f"| us of CPU per kB | | {' | '.join(f'{scores[name].us_per_kilobyte:.1f} | ' for name in names)} |")


if __name__ == "__main__":
    main()
