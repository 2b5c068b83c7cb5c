"""The page: one table for each group of features, a column for each pair."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.answers import ANSWERS
from tests.conformance.asking import CHAT, CONVERSE, GEMINI, MESSAGES, RESPONSES
from tests.conformance.cells import (
    CARRIED,
    DROPPED,
    LOST,
    NOT_THERE,
    OTHERWISE,
    REFUSED,
    answer_cell,
    proof_cell,
    request_cell,
)
from tests.conformance.requests import REQUESTS
from tests.golden.cases import PAIRS, Pair

NAMES = {CHAT: "Chat", MESSAGES: "Messages", RESPONSES: "Responses", CONVERSE: "Converse", GEMINI: "Gemini"}
_PROOFS = ("proof of thoughts", "thoughts that are hidden", "proof of a call")
_HEAD = f"""# What a translation carries

Every client dialect reaches every provider dialect: OpenAI's Chat Completions, OpenAI's Responses and Anthropic's
Messages on the client's side; these three, Amazon Bedrock's Converse and Google's Gemini on the provider's. Where both
sides speak the same dialect nothing is translated: bytes pass as they are, and there is no column for it here.

`python -m tests.conformance docs/reference/conformance.md` writes this page. Each cell is computed by translating a
request, or an answer, whole and streamed, and looking for it in the place where the other side has it; a test fails
when the page and the code disagree.

| | |
|---|---|
| {CARRIED} | carried, in the other dialect's own words |
| {OTHERWISE} | carried in another form: a custom tool as a function, a document's text as text |
| {DROPPED} | dropped, and named in the header `x-plano-dropped` of the answer |
| {REFUSED} | refused with status 400 and the member's name: going on without it would answer something else |
| {LOST} | lost without a word; of answers, whole or streamed, the worse counts |
| {NOT_THERE} | one of the two has no such thing |

Columns say client → provider. What a provider's model can do beyond its dialect is not in this table.
"""


def page() -> str:
    return "\n".join([_HEAD, *_sections()])


def rows() -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Heading, and name and cells of each feature under it."""
    for heading, features in REQUESTS.items():
        yield heading, [(feature.name, [request_cell(feature, pair) for pair in PAIRS]) for feature in features]
    yield "Answers, whole and streamed", [(told.name, [answer_cell(told, pair) for pair in PAIRS]) for told in ANSWERS]
    there_and_back = [told for told in ANSWERS if told.name in _PROOFS]
    yield (
        "Brought back with the client's next request",
        [(told.name, [proof_cell(told, pair) for pair in PAIRS]) for told in there_and_back],
    )


def _sections() -> Iterator[str]:
    for heading, features in rows():
        yield f"## {heading}\n"
        yield _row("", [_column(pair) for pair in PAIRS])
        yield _row("---", [":-:"] * len(PAIRS))
        yield from (_row(name, cells) for name, cells in features)
        yield ""


def _row(name: str, cells: list[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"


def _column(pair: Pair) -> str:
    return f"{NAMES.get(pair.client, pair.client)} → {NAMES.get(pair.provider, pair.provider)}"
