"""The passages of a whole answer, one JSON document, by the operation it answers."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from plano.dialects.found_texts import FoundTexts, Rule, rewritten
from plano.dialects.json_leaves import without_lone_surrogates
from plano.dialects.passages import Open, Passage, Place
from plano.dialects.text_shapes import CHOICE, all_leaves, content, inside, leaves, place
from plano.errors import ProviderProtocolError

_ASSISTANT: Final = place("text", "assistant")
_CHOICES: Final = ("choices", inside(CHOICE), _ASSISTANT)
_READ: Final[dict[str, tuple[tuple[str, Rule, Place], ...]]] = {
    "chat": (_CHOICES,),
    "completions": (_CHOICES,),
    "responses": (("output", content, _ASSISTANT), ("output_text", content, _ASSISTANT)),
    "messages": (("content", content, _ASSISTANT),),
    "images": (("data", leaves, _ASSISTANT),),
    "rerank": (("results", all_leaves, place("document")),),
}
_members_of: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


class AnswerTexts:
    """`passages` in the order the answer has them. Raises `ProviderProtocolError` for what is no JSON object.

    An error, and an answer without words (embeddings), has none. Of thoughts that a proof speaks for, no change is
    written; see `text_shapes`.
    """

    def __init__(self, operation: str, document: bytes) -> None:
        self._document = document
        try:
            try:
                self._read(operation, document)
            except msgspec.DecodeError:
                self._read(operation, without_lone_surrogates(document.decode()).encode())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ProviderProtocolError("the provider's answer is not JSON") from None

    @property
    def passages(self) -> list[Passage]:
        return self._found.passages.copy()  # Whoever sorts or empties it does so for himself.

    def pass_through(self, open: Open) -> None:
        """Give every passage to a filter of its own, where `open` has one for it, in one piece."""
        for passage in self._found.passages:
            found = open(passage.place)
            if found is not None:
                passage.text = found.feed(passage.text) + found.finish()

    def encoded(self) -> bytes:
        """The document with the passages as they are now; the very same bytes where none was changed."""
        changes = self._found.changes()
        if not changes:
            return self._document
        members = dict(self._members)
        for name, inner in changes.items():
            members[name] = Raw(rewritten(members[name], inner))
        return _encode(members)

    def _read(self, operation: str, document: bytes) -> None:
        self._found = FoundTexts()
        self._members = _members_of(document)
        for name, rule, where in _READ.get(operation, ()):
            if name in self._members:
                rule(self._found, self._members[name], (name,), where)
