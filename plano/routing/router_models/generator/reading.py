"""Lays a question out for a decoder, and reads the shares of its labels. Blocks; for one thread."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from plano.dialects.said import Said
from plano.intent import RouteSet
from plano.routing.router_models.generator.decoder import CannotLoad, Decoder
from plano.routing.router_models.generator.labels import one_token_labels
from plano.routing.router_models.generator.question import conversation_text, instructions
from plano.routing.router_models.memory import Memory

#: A conversation in fewer tokens says too little.
_FEWEST_TOKENS: Final = 64
_MOST_LAYOUTS: Final = 64
_HEADING: Final = "Conversation:\n"
_NOBODY: Final = (Said("user", "hello"),)
_MOST_TRIES: Final = 3
#: Routes of the config that a decoder keeps its thoughts about, some 10 to 100 MB each: a reload brings others.
_MOST_KEPT: Final = 4


class Layout(Struct, frozen=True):
    """`before`: the tokens that stay; `label_ids`: those of the routes in their order, then that of none of them.

    `room`: tokens there are for the conversation. `is_kept`: the decoder remembers what it made of `before`.
    """

    before: list[str]
    label_ids: list[int]
    room: int
    is_kept: bool


class Reading:
    """Judges with a decoder. In tokens: `context_length` of all it reads, `conversation_length` of what was said."""

    def __init__(self, decoder: Decoder, context_length: int, conversation_length: int) -> None:
        self._decoder = decoder
        self._context_length = context_length
        self._conversation_length = conversation_length
        self._kept: dict[RouteSet, Layout] = {}
        self._passing: Memory[RouteSet, Layout] = Memory(_MOST_LAYOUTS)

    def learn(self, routes: RouteSet) -> None:
        """Read the part of the prompt that these routes need every time, and keep what came of it.

        Raises `CannotLoad` when there are more of them than the decoder can tell apart, or can read.
        """
        layout = self._laid_out(routes, is_kept=True)
        self._decoder.check_tokens(layout.label_ids)
        if len(self._kept) >= _MOST_KEPT and routes not in self._kept:
            self._kept.clear()
            self._decoder.forget()
        self._kept[routes] = layout
        self.shares(_NOBODY, routes)

    def shares(self, turns: tuple[Said, ...], routes: RouteSet) -> tuple[float, ...]:
        """How likely each route is, and last that it is none of them; together 1. Raises `CannotLoad`."""
        layout = self._kept.get(routes) or self._passing.get(routes)
        if layout is None:
            # What decoders keep they keep for good: nothing of routes that come with requests.
            layout = self._laid_out(routes, is_kept=False)
            self._passing.put(routes, layout)
        rest = self._rest(turns, layout.room)
        found = self._decoder.probabilities(layout.before, rest, layout.label_ids, keep=layout.is_kept)
        return tuple(found)

    def _laid_out(self, routes: RouteSet, *, is_kept: bool) -> Layout:
        decoder, template = self._decoder, self._decoder.template
        wanted = len(routes) + 1
        labels = one_token_labels(decoder.text_ids, template.before_answer, template.gap, wanted)
        if len(labels) < wanted:
            raise CannotLoad(f"this decoder says {len(labels)} labels in one token; {wanted - 1} routes need {wanted}")
        told = decoder.harmless(instructions(routes, tuple(label.text for label in labels)))
        before = decoder.beginning(f"{template.before_instructions}{told}{template.before_question}{_HEADING}")
        room = self._context_length - len(before) - len(decoder.tokens(template.before_answer))
        if room < _FEWEST_TOKENS:
            raise CannotLoad(
                f"the routes take {len(before)} of {self._context_length} tokens, which leaves too few for what users "
                "say; raise `context_length`, or shorten the descriptions"
            )
        return Layout(before, [label.token_id for label in labels], min(room, self._conversation_length), is_kept)

    def _rest(self, turns: tuple[Said, ...], room: int) -> list[str]:
        """The tokens of the conversation, in no more than `room`, and what stands before the answer."""
        tokens: list[str] = []
        aim = room
        for _ in range(_MOST_TRIES):
            tokens = self._decoder.tokens(self._decoder.harmless(conversation_text(turns, aim)))
            if len(tokens) <= room:
                break
            aim = aim * room // len(tokens) * 9 // 10  # Code and other alphabets have more tokens than bytes tell.
        else:
            head = room * 3 // 5
            tokens = tokens[:head] + tokens[len(tokens) - (room - head) :]
        return tokens + self._decoder.tokens(self._decoder.template.before_answer)
