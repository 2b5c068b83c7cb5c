"""Which of many phrases stand in a text: one automaton (Aho and Corasick, 1975) over the bytes of what characters fold to.

Twin of `plano/dialects/_phrases.py`.
"""

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from plano.dialects.folding import folded, joins, unfolded

cdef enum:
    MOST_UNSEEN = 16
    MOST_CELLS = 1 << 26  # of 4 bytes
    KNOWN = 65536

#: What characters fold to, worked out when they are first met: byte 0 is the number of units + 1 (0: not met yet).
cdef uint64_t* _FOLDED = <uint64_t*>calloc(KNOWN, 8)
cdef uint64_t* _UNFOLDED = <uint64_t*>calloc(KNOWN, 8)
#: 0: not met yet, 1: joins nothing, 2: words consist of it.
cdef uint8_t* _JOINS = <uint8_t*>calloc(KNOWN, 1)
if _FOLDED is NULL or _UNFOLDED is NULL or _JOINS is NULL:
    raise MemoryError


cdef uint64_t _packed(uint64_t* table, uint32_t code) except 0:
    cdef bytes units = (folded if table is _FOLDED else unfolded)(chr(code))
    cdef uint64_t packed = len(units) + 1
    cdef int place
    for place in range(len(units)):
        packed |= <uint64_t>(<uint8_t>units[place]) << (8 * (place + 1))
    if code < KNOWN:
        table[code] = packed
    return packed


cdef inline uint64_t _units(uint64_t* table, uint32_t code) except 0:
    if code < KNOWN and table[code]:
        return table[code]
    return _packed(table, code)


cdef bint _joins(uint32_t code) except -1:
    if code >= KNOWN:
        return joins(chr(code))
    if not _JOINS[code]:
        _JOINS[code] = 2 if joins(chr(code)) else 1
    return _JOINS[code] == 2


cdef class PhraseTable:
    """See `plano.dialects.phrases`."""

    cdef readonly bint whole_words
    cdef uint64_t* _table
    cdef uint8_t _class[256]
    cdef uint8_t _ascii[128]  # every one of them folds to one unit
    cdef int32_t _classes
    cdef int32_t _states
    cdef int32_t* _next  # state * classes + class -> state
    cdef int32_t* _fail
    cdef int32_t* _depth
    cdef int32_t* _index  # the phrase that ends in a state, -1: none
    cdef int32_t* _ends  # the nearest state on the way of failures, itself included, in which a phrase ends; 0: none
    cdef int32_t _phrases

    def __init__(self, phrases, *, bint whole_words=True, bint fold=True):
        self.whole_words = whole_words
        self._table = _FOLDED if fold else _UNFOLDED
        units_of = folded if fold else unfolded
        told = [b"".join(map(units_of, phrase)) for phrase in phrases]
        for index, units in enumerate(told):
            if not units:
                raise ValueError(f"phrase {index} has nothing to look for")
        self._phrases = len(told)
        self._make_room(told)
        for index, units in enumerate(told):
            self._plant(units, index)
        self._link()

    def __dealloc__(self):
        free(self._next)
        free(self._fail)
        free(self._depth)
        free(self._index)
        free(self._ends)

    cdef int _make_room(self, list told) except -1:
        cdef Py_ssize_t most = 1 + sum(map(len, told))
        memset(self._class, 0, 256)
        self._classes = 1
        for unit in sorted(set(b"".join(told))):
            self._class[<uint8_t>unit] = self._classes
            self._classes += 1
        for unit in range(128):
            self._ascii[unit] = self._class[(_units(self._table, unit) >> 8) & 0xFF]
        # States are fewer than units where beginnings are shared: counted before anything is taken.
        ordered = sorted(told)
        cdef bytes before = b""
        cdef bytes units
        cdef Py_ssize_t shared, least, states = 1
        for units in ordered:
            shared, least = 0, min(len(before), len(units))
            while shared < least and before[shared] == units[shared]:
                shared += 1
            states += len(units) - shared
            before = units
        if states * self._classes > MOST_CELLS:
            raise MemoryError("too many phrases")
        self._next = <int32_t*>calloc(states * self._classes, 4)
        self._fail = <int32_t*>calloc(states, 4)
        self._depth = <int32_t*>calloc(states, 4)
        self._index = <int32_t*>malloc(states * 4)
        self._ends = <int32_t*>calloc(states, 4)
        if NULL in (self._next, self._fail, self._depth, self._index, self._ends):
            raise MemoryError
        memset(self._index, 0xFF, states * 4)
        self._states = 1
        return 0

    cdef int _plant(self, bytes units, int32_t index) except -1:
        cdef int32_t state = 0
        cdef int32_t* cell
        cdef uint8_t unit
        for unit in units:
            cell = self._next + <Py_ssize_t>state * self._classes + self._class[unit]
            if not cell[0]:
                cell[0] = self._states
                self._depth[self._states] = self._depth[state] + 1
                self._states += 1
            state = cell[0]
        if self._index[state] < 0:
            self._index[state] = index
        return 0

    cdef int _link(self) except -1:
        """Failures and what replaces missing steps, breadth first."""
        cdef int32_t* line = <int32_t*>malloc(self._states * 4)
        if line is NULL:
            raise MemoryError
        cdef int32_t head = 0, tail = 1, state, child, fail, one
        cdef int32_t* row
        cdef int32_t* back
        line[0] = 0
        while head < tail:
            state = line[head]
            head += 1
            row = self._next + <Py_ssize_t>state * self._classes
            fail = self._fail[state]
            back = self._next + <Py_ssize_t>fail * self._classes
            self._ends[state] = state if self._index[state] >= 0 else self._ends[fail]
            for one in range(1, self._classes):
                child = row[one]
                if child and self._depth[child] == self._depth[state] + 1:
                    self._fail[child] = back[one] if state else 0
                    line[tail] = child
                    tail += 1
                elif state:
                    row[one] = back[one]
        free(line)
        return 0

    def every(self, str text not None):
        """All phrases that stand in the text, overlapping ones too: `(start, end, index)` by where they end."""
        cdef Py_ssize_t place, size = PyUnicode_GET_LENGTH(text), start
        cdef int kind = PyUnicode_KIND(text)
        cdef void* data = PyUnicode_DATA(text)
        cdef int32_t state = 0, end, classes = self._classes
        cdef int32_t* following = self._next
        cdef int32_t* ends = self._ends
        cdef uint64_t packed
        cdef int count, unseen = 0
        cdef uint32_t code
        found = []
        for place in range(size):
            code = PyUnicode_READ(kind, data, place)
            if code < 128:
                unseen = 0
                state = following[<Py_ssize_t>state * classes + self._ascii[code]]
            else:
                packed = _units(self._table, code)
                count = (packed & 0xFF) - 1
                if count == 0:
                    unseen += 1
                    if unseen > MOST_UNSEEN:
                        state = 0
                    continue
                unseen = 0
                while count:
                    packed >>= 8
                    state = following[<Py_ssize_t>state * classes + self._class[packed & 0xFF]]
                    count -= 1
            end = ends[state]
            while end:
                start = self._start(kind, data, 0, place, self._depth[end])
                if start >= 0 and self._may_begin(kind, data, start, "") and (
                    self._may_end(kind, data, size, place + 1, True) == 1
                ):
                    found.append((start, place + 1, self._index[end]))
                end = ends[self._fail[end]]
        return found

    def scan(self, str text not None, str before not None, bint is_final):
        """Matches `(start, end, index)` and up to where the text is settled. `before`: what stood before it."""
        cdef Py_ssize_t place = 0, begin = 0, size = PyUnicode_GET_LENGTH(text), start, live
        cdef Py_ssize_t best_start = -1, best_end = 0
        cdef int kind = PyUnicode_KIND(text), ending, count, unseen = 0
        cdef void* data = PyUnicode_DATA(text)
        cdef int32_t state = 0, end, best_index = 0, classes = self._classes
        cdef uint64_t packed
        cdef uint32_t code
        found = []
        while place < size:
            code = PyUnicode_READ(kind, data, place)
            if code < 128:
                count = 1
                state = self._next[<Py_ssize_t>state * classes + self._ascii[code]]
            else:
                packed = _units(self._table, code)
                count = (packed & 0xFF) - 1
                for _ in range(count):
                    packed >>= 8
                    state = self._next[<Py_ssize_t>state * classes + self._class[packed & 0xFF]]
            if count == 0:
                unseen += 1
                if unseen > MOST_UNSEEN:
                    state = 0
            else:
                unseen = 0
                end = self._ends[state]
                while end:
                    start = self._start(kind, data, begin, place, self._depth[end])
                    if start >= 0 and (best_start < 0 or start <= best_start) and (
                        self._may_begin(kind, data, start, before)
                    ):
                        ending = self._may_end(kind, data, size, place + 1, is_final)
                        if ending == 1 and (best_start < 0 or start < best_start or place + 1 > best_end):
                            best_start, best_end, best_index = start, place + 1, self._index[end]
                    end = self._ends[self._fail[end]]
            place += 1
            if best_start >= 0:
                live = self._live(kind, data, begin, place, state, before)
                if live > best_start or (is_final and place == size):
                    found.append((best_start, best_end, best_index))
                    place = begin = best_end
                    state, unseen, best_start = 0, 0, -1
        if is_final or state == 0:
            return found, size
        live = self._live(kind, data, begin, size, state, before)
        if best_start >= 0:
            live = min(live, best_start)
        return found, live

    cdef Py_ssize_t _start(self, int kind, void* data, Py_ssize_t begin, Py_ssize_t last, int32_t units) except -2:
        """Where the `units` that end with the character at `last` begin; -1 when that is inside a character."""
        cdef Py_ssize_t place = last
        while True:
            units -= (_units(self._table, PyUnicode_READ(kind, data, place)) & 0xFF) - 1
            if units <= 0 or place == begin:
                return -1 if units else place
            place -= 1

    cdef Py_ssize_t _live(
        self, int kind, void* data, Py_ssize_t begin, Py_ssize_t end, int32_t state, str before
    ) except -2:
        """Where the longest text begins that ends at `end` and may become a phrase; `end` itself where there is none."""
        cdef Py_ssize_t last = end - 1, start
        cdef int unseen = 0
        while state and last >= begin and (_units(self._table, PyUnicode_READ(kind, data, last)) & 0xFF) == 1:
            last -= 1
        while state:
            start = self._start(kind, data, begin, last, self._depth[state])
            if start >= 0 and self._may_begin(kind, data, start, before):
                return start
            state = self._fail[state]
        return end

    cdef bint _may_begin(self, int kind, void* data, Py_ssize_t start, str before) except -1:
        cdef Py_ssize_t place = start
        cdef int left = MOST_UNSEEN + 1
        cdef uint32_t code
        if not self.whole_words or not _joins(PyUnicode_READ(kind, data, start)):
            return True
        while place > 0 and left:
            place -= 1
            left -= 1
            code = PyUnicode_READ(kind, data, place)
            if _units(self._table, code) & 0xFF != 1:
                return not _joins(code)
        place = len(before)
        while place > 0 and left:
            place -= 1
            left -= 1
            code = ord(before[place])
            if _units(self._table, code) & 0xFF != 1:
                return not _joins(code)
        return True

    cdef int _may_end(self, int kind, void* data, Py_ssize_t size, Py_ssize_t end, bint is_final) except -2:
        """1: yes, 0: no, -1: it takes more of the text to tell."""
        cdef Py_ssize_t place
        cdef uint32_t code
        if not self.whole_words or not _joins(PyUnicode_READ(kind, data, end - 1)):
            return 1
        for place in range(end, min(size, end + MOST_UNSEEN + 1)):
            code = PyUnicode_READ(kind, data, place)
            if _units(self._table, code) & 0xFF != 1:
                return not _joins(code)
        return 1 if is_final or size - end > MOST_UNSEEN else -1
