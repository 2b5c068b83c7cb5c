"""The passages of a streamed answer on their way: events of a client's dialect in, events out.

Theory of operation: blocks are cut into events. Most events of a stream differ from one before in nothing but their
text, a number and some padding. So the first of a kind is read as JSON by its dialect, and becomes a mould: the bytes
around the places that differ. What fits a mould has a text that is known without reading the event again, and goes on
as it is, or with another text between the same bytes. A mould lives as long as its text does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from plano.dialects.anthropic_messages.stream_texts import MessagesTexts
from plano.dialects.event_document import DONE
from plano.dialects.json_pieces import JsonPieces
from plano.dialects.located_json import joined_halves, located, read_text, write_text
from plano.dialects.open_text import Event, EventReader, Key, WriteRest
from plano.dialects.openai_chat.stream_texts import ChatTexts
from plano.dialects.openai_responses.stream_texts import ResponsesTexts
from plano.dialects.passages import Open, Place, TextFilter
from plano.errors import ProviderProtocolError

#: A response that repeats all it was asked with can be long; what is longer than this is no answer.
MAX_EVENT_BYTES: Final = 64 << 20
_MOST_MOULDS: Final = 8
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLANK_LINE: Final = re.compile(rb"\r\n\r\n|\n\n|\n\r\n|\r\r")
_DATA: Final = re.compile(rb"(?:\A|(?<=[\r\n]))data(?:: ?([^\r\n]*)|(?=[\r\n]|\Z))")

_READERS: Final[dict[str, Callable[[], EventReader]]] = {
    "chat": ChatTexts,
    "completions": ChatTexts,
    "messages": MessagesTexts,
    "responses": ResponsesTexts,
}


class OpenText:
    """A text that is being told. Its filter never sees half a surrogate pair that the next piece completes."""

    def __init__(self, place: Place, filter: TextFilter | None, write_rest: WriteRest, is_repeated: bool) -> None:
        self.place = place
        self.filter = filter
        self.write_rest = write_rest
        #: Half a surrogate pair, held until the next piece.
        self.half = ""
        #: What came and what went on, for a text that later events repeat.
        self.is_repeated = is_repeated
        self.came: list[str] = []
        self.went: list[str] = []

    def feed(self, piece: str) -> str:
        if self.filter is None:
            return piece
        if self.is_repeated:
            self.came.append(piece)
        if self.half:
            piece = joined_halves(self.half, piece)
            self.half = ""
        if "\ud800" <= piece[-1] <= "\udbff":
            self.half = piece[-1]
            piece = piece[:-1]
            if not piece:
                return ""
        new: str = self.filter.feed(piece)
        if self.is_repeated and new:
            self.went.append(new)
        return new

    def finish(self) -> str:
        if self.filter is None:
            return ""
        rest: str = self.filter.feed(self.half) + self.filter.finish() if self.half else self.filter.finish()
        self.went.append(rest)
        return rest


class Mould:
    """The bytes of an event around the places where others of its kind differ.

    `parts` stand before, between and behind the places. Each place has a kind: `t`, the text, and `s`, another string,
    both without their quotes; `n`, a number.
    """

    def __init__(self, text: OpenText, parts: list[bytes], kinds: str, is_droppable: bool) -> None:
        self.text = text
        self.first = parts[0]
        self.parts = parts[1:]
        self.kinds = kinds
        self.is_droppable = is_droppable
        #: Where the text, with its quotes, and the number of the event that fitted last stand.
        self.start = 0
        self.end = 0
        self.number_start = -1
        self.number_end = -1

    def fits(self, event: bytes) -> bool:
        if not event.startswith(self.first):
            return False
        at = len(self.first)
        size = len(event)
        for index, kind in enumerate(self.kinds):
            part: bytes = self.parts[index]
            begin = at
            if kind == "n":
                while at < size and 48 <= event[at] <= 57:
                    at += 1
                if at == begin:
                    return False
                self.number_start = begin
                self.number_end = at
            else:
                at = end_of_string(event, begin)
                if at < 0:
                    return False
                if kind == "t":
                    self.start = begin - 1
                    self.end = at + 1
            if not event.startswith(part, at):
                return False
            at += len(part)
        return at == len(event)


def end_of_string(event: bytes, begin: int) -> int:
    """Where the quote stands that ends a string; -1 if there is none."""
    at = begin
    size = len(event)
    while at < size:
        byte = event[at]
        if byte == 34:
            return at
        if byte < 32:  # A line end, for one, which would be the end of the data.
            return -1
        at += 2 if byte == 92 else 1
    return -1


class StreamTexts:
    """One stream. `open` is asked for a filter whenever a text begins; it may be several filters joined."""

    def __init__(self, operation: str, open: Open) -> None:
        self._open = open
        reader = _READERS.get(operation)
        self._reader: EventReader | None = None if reader is None else reader()
        self._numbered_by = "" if self._reader is None else self._reader.numbered_by
        #: So much higher are numbers than they came, and the last one that came.
        self._shift = 0
        self._number = -1
        self._texts: dict[Key, OpenText] = {}
        self._moulds: list[Mould] = []
        self._said: dict[Any, str] = {}
        self._out: list[bytes] = []
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._edge = b""
        self._is_first = True

    def feed(self, block: bytes) -> bytes:
        """Take a block as it comes off the network, however it is cut; what may go on, always whole events.

        An event in which nothing changes is passed on byte for byte. Raises what filters raise, and
        `ProviderProtocolError` for an event nobody can read: the stream is over then, and only `taken` is called.
        """
        if self._reader is None:
            return block
        if self._begun:
            if _BLANK_LINE.search(self._edge + block) is None:
                self._keep(block)
                return b""
            self._begun.append(block)
            block = b"".join(self._begun)
            self._begun.clear()
            self._begun_bytes = 0
        if self._is_first:
            block = self._without_mark(block)
        at = 0
        size = len(block)
        has_returns = b"\r" in block
        while at < size:
            if has_returns:
                found = _BLANK_LINE.search(block, at)
                end = -1 if found is None else found.end()
            else:
                end = block.find(b"\n\n", at) + 2
            if end < at + 2:
                break
            self._event(block[at:end] if at or end < size else block)
            at = end
        if at < size:
            self._keep(block[at:])
        return self.taken()

    def end(self) -> bytes:
        """The stream is over: what was held back, written before the events that close it where those have come.

        An event that was broken off goes on if it can be read, as one from a provider who forgot the last line end.
        """
        rest = b"".join(self._begun)
        self._begun.clear()
        if rest:
            with suppress(ProviderProtocolError):
                self._event(rest)
        self._number += 1
        self.close(self.open_keys())
        return self.taken()

    def feed_text(self, key: Key, place: Place, piece: str, write_rest: WriteRest, is_json: bool) -> str:
        text = self._texts.get(key)
        if text is None:
            text = OpenText(place, self._filter(place, is_json), write_rest, bool(self._numbered_by))
            self._texts[key] = text
        return text.feed(piece)

    def close(self, keys: list[Key]) -> None:
        """See `Texts`."""
        for key in keys:
            if key not in self._texts:
                continue
            write_rest = self._texts[key].write_rest
            rest = self.finish(key)
            if rest:
                self._out.append(write_rest(write_text(rest), self._number + self._shift))
                self._shift += 1

    def finish(self, key: Key) -> str:
        """See `Texts`."""
        text = self._texts.pop(key)
        self._moulds = [mould for mould in self._moulds if mould.text is not text]
        rest = text.finish()
        if text.is_repeated and text.filter is not None:
            self._remember(key[0], text.place, "".join(text.came), "".join(text.went))
        return rest

    def open_keys(self) -> list[Key]:
        """See `Texts`."""
        return list(self._texts)

    def whole(self, group: object, place: Place, text: str, is_json: bool) -> str:
        """See `Texts`."""
        if not text:
            return text
        for known in ((group, place.kind, text), (place.kind, text)):
            if known in self._said:
                return self._said[known]
        new = self.fresh(place, text, is_json)
        self._remember(group, place, text, new)
        return new

    def fresh(self, place: Place, text: str, is_json: bool) -> str:
        """See `Texts`."""
        filter = self._filter(place, is_json)
        return text if filter is None or not text else filter.feed(text) + filter.finish()

    def _remember(self, group: object, place: Place, came: str, went: str) -> None:
        self._said[(group, place.kind, came)] = went
        self._said[(place.kind, came)] = went

    def _filter(self, place: Place, is_json: bool) -> TextFilter | None:
        return JsonPieces(self._open, place) if is_json else self._open(place)

    def _event(self, event: bytes) -> None:
        for mould in self._moulds:
            if mould.fits(event):
                self._moulded(event, mould)
                return
        self._read(event)

    def _moulded(self, event: bytes, mould: Mould) -> None:
        text: OpenText = mould.text
        start, end = mould.number_start, mould.number_end
        if start >= 0:
            self._number = int(event[start:end])
        if text.filter is not None:
            raw = event[mould.start : mould.end]
            piece = read_text(raw)
            new = text.feed(piece) if piece else piece
            if piece and not new and mould.is_droppable:
                self._shift -= 1
                return
            if new != piece:
                if self._shift and start > mould.start:
                    event = self._renumbered(event, start, end)
                event = event[: mould.start] + write_text(new) + event[mould.end :]
                if self._shift and 0 <= start < mould.start:
                    event = self._renumbered(event, start, end)
                self._out.append(event)
                return
        if self._shift and start >= 0:
            event = self._renumbered(event, start, end)
        self._out.append(event)

    def _renumbered(self, event: bytes, start: int, end: int) -> bytes:
        return b"%b%d%b" % (event[:start], self._number + self._shift, event[end:])

    def _read(self, event: bytes) -> None:
        """An event that fits no mould."""
        found = list(_DATA.finditer(event))
        data = b"\n".join([match.group(1) or b"" for match in found])
        said = data.strip()
        if said in (b"", DONE):
            if said:
                self.close(self.open_keys())
            self._out.append(event)
            return
        is_simple = len(found) == 1
        told = Event(located(data, found[0].start(1) if is_simple else 0).members())
        number = told.members.get(self._numbered_by)
        if number is not None:
            self._number = number.number()
        assert self._reader is not None
        self._reader.read(told, self)
        if told.is_droppable and told.is_empty:
            self._shift -= 1
        else:
            if number is not None and self._shift:
                told.edits.replace(number, b"%d" % (self._number + self._shift))
            if not told.edits:
                self._out.append(event)
            elif is_simple:
                self._out.append(told.edits.applied(event))
            else:
                self._out.append(_written(event, found[0].start(), found[-1].end(), told.edits.applied(data)))
        if is_simple and told.mould is not None:
            self._learn(event, told)

    def _learn(self, event: bytes, told: Event) -> None:
        text = self._texts.get(told.mould_key)
        mould = told.mould
        if text is None or mould is None:
            return
        places = [(mould.start + 1, mould.end - 1, "t")]
        for value in told.free:
            if value.raw.isdigit():
                places.append((value.start, value.end, "n"))
            elif value.raw.startswith(b'"'):
                places.append((value.start + 1, value.end - 1, "s"))
        parts, at, kinds = [], 0, ""
        for start, end, kind in sorted(places):
            parts.append(event[at:start])
            kinds += kind
            at = end
        self._moulds = [Mould(text, [*parts, event[at:]], kinds, told.is_droppable), *self._moulds[: _MOST_MOULDS - 1]]

    def _keep(self, rest: bytes) -> None:
        self._begun.append(rest)
        self._begun_bytes += len(rest)
        self._edge = (self._edge + rest)[-3:] if len(rest) < 3 else rest[-3:]
        if self._begun_bytes > MAX_EVENT_BYTES:
            raise ProviderProtocolError("an event of the provider's stream is too long to be looked at")

    def _without_mark(self, block: bytes) -> bytes:
        self._is_first = False
        if not block.startswith(_BYTE_ORDER_MARK):
            return block
        self._out.append(_BYTE_ORDER_MARK)
        return block[3:]

    def taken(self) -> bytes:
        """What may go on and has not been given yet: after a fault, the events before it."""
        out = self._out
        if not out:
            return b""
        self._out = []
        return out[0] if len(out) == 1 else b"".join(out)


def _written(event: bytes, start: int, end: int, document: bytes) -> bytes:
    """An event whose data was several lines."""
    line_end = b"\r\n" if b"\r\n" in event else b"\n" if b"\n" in event else b"\r"
    lines = [b"data: " + line for line in document.split(b"\n")]
    return event[:start] + line_end.join(lines) + event[end:]
