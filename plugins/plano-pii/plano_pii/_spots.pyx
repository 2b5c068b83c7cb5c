"""Where a text may hold something private: one pass over its characters. Twin of `spots_twin.py`, which tells the rules.

Most characters of prose begin nothing; one look into a table of 256 tells so. The others are looked at with the few
characters around them.
"""

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND

ctypedef fused Character:
    unsigned char
    unsigned short
    unsigned int

cdef enum:
    URL = 0
    PEM = 1
    NAMED = 2
    SAID = 3
    LOGIN = 4
    JWT = 5
    TOKEN = 6
    AT = 7
    IBAN = 8
    MIXED = 9
    IP6 = 10
    NUMBER = 11

cdef unsigned char _BEGINS[256]  # What a character may begin: 0 nothing, 1 a number, 2 anything else.
cdef unsigned char _WORD[256]  # 1 digit, 2 upper-case letter, 3 lower-case letter.
cdef unsigned char _LOCAL[256]  # May stand in front of the @.
cdef unsigned char _GAP[256]  # May stand between groups of digits.
cdef unsigned char _HEX[256]

cdef int _c
for _c in range(256):
    _BEGINS[_c] = 1 if 48 <= _c <= 57 else 2 if chr(_c) in "@:=-_IzJBbPp" else 0
    _WORD[_c] = 1 if 48 <= _c <= 57 else 2 if 65 <= _c <= 90 else 3 if 97 <= _c <= 122 else 0
    _LOCAL[_c] = 1 if _WORD[_c] or chr(_c) in ".!#$%&'*+-=?^_`{|}~" else 0
    _GAP[_c] = 1 if chr(_c) in " .-/()\xa0" else 0
    _HEX[_c] = 1 if chr(_c) in "0123456789abcdefABCDEF" else 0

cdef tuple _PREFIXES = (
    b"sk-", b"sk_", b"rk_", b"pk_", b"gsk_", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_", b"glpat-",
    b"xoxa-", b"xoxb-", b"xoxp-", b"xoxr-", b"xoxs-", b"xoxe-", b"xapp-", b"hf_", b"npm_", b"pypi-", b"shpat_",
    b"whsec_", b"dop_", b"pplx-", b"nvapi-", b"r8_", b"tgp_",
)
cdef tuple _NAMES = (
    b"key", b"secret", b"password", b"passwd", b"pwd", b"token", b"passphrase", b"credential", b"credentials",
)


def spots(str text not None) -> list:
    """What may be something, as sorted `(start, what, stop)` with the numbers of `spots_twin.What`."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void* data = PyUnicode_DATA(text)
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text)
    cdef list found = []
    if kind == 1:
        _scan(<unsigned char*>data, n, found)
    elif kind == 2:
        _scan(<unsigned short*>data, n, found)
    else:
        _scan(<unsigned int*>data, n, found)
    if len(found) > 1:
        found.sort()
    return found


cdef inline bint _wide(unsigned int c) noexcept nogil:
    """A letter or mark of a script other than ASCII, as far as addresses go."""
    return (
        c >= 0xC0
        and not 0x2000 <= c <= 0x2BFF
        and not 0x3000 <= c <= 0x303F
        and not 0xFF00 <= c <= 0xFF20
        and not 0xD800 <= c <= 0xF8FF
    )


cdef inline unsigned char _word(Character c) noexcept nogil:
    return _WORD[<unsigned char>c] if c < 256 else 0


cdef inline bint _is_token(Character c) noexcept nogil:
    return c < 128 and (_WORD[<unsigned char>c] != 0 or c == 45 or c == 95)


cdef int _scan(Character* at, Py_ssize_t n, list found) except -1:
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t resume = 0  # Digits before this belong to what was looked at.
    cdef Py_ssize_t resume6 = 0
    cdef unsigned char what
    cdef Character c
    while True:
        while i < n and (at[i] >= 256 or _BEGINS[<unsigned char>at[i]] == 0):
            i += 1
        if i >= n:
            return 0
        c = at[i]
        if _BEGINS[<unsigned char>c] == 1:
            i = _digits(at, n, i, resume, found)
            resume = i
            continue
        if c == 64:
            _address(at, n, i, found)
        elif c == 58:
            resume6 = _colon(at, n, i, resume6, found)
            _named(at, i, found)
        elif c == 61:
            _named(at, i, found)
        elif c == 45 or c == 95:
            _dash(at, n, i, found)
        else:
            _letter(at, n, i, found)
        i += 1


cdef Py_ssize_t _digits(Character* at, Py_ssize_t n, Py_ssize_t i, Py_ssize_t floor, list found) except -1:
    cdef Py_ssize_t start = i
    cdef Py_ssize_t stop = i
    cdef Py_ssize_t ahead, gap
    cdef Py_ssize_t digits = 0
    cdef Py_ssize_t dots = 0
    cdef bint plain = True
    while start > floor and _word(at[start - 1]):
        start -= 1
        plain = False
    while stop < n and _word(at[stop]):
        if _word(at[stop]) != 1:
            plain = False
        stop += 1
    if not plain:
        if stop - start >= 4 and _word(at[start]) >= 2 and _word(at[start + 1]) >= 2 \
                and _word(at[start + 2]) == 1 and _word(at[start + 3]) == 1:
            found.append((start, IBAN, stop))
        if 8 <= stop - start <= 34:
            found.append((start, MIXED, stop))
        return stop
    digits = stop - start
    while True:
        ahead = stop
        gap = 0
        while ahead < n and gap < 3 and at[ahead] < 256 and _GAP[<unsigned char>at[ahead]]:
            ahead += 1
            gap += 1
        if gap == 0 or ahead >= n or _word(at[ahead]) != 1:
            break
        i = ahead
        while ahead < n and _word(at[ahead]) == 1:
            ahead += 1
        if ahead < n and _word(at[ahead]) and not _is_extension(at, n, ahead):
            break
        digits += ahead - i
        for gap in range(stop, i):
            if at[gap] == 46:
                dots += 1
        stop = ahead
    if digits >= 6 or dots >= 3:
        gap = 0
        while gap < 2 and start > floor and (at[start - 1] == 43 or at[start - 1] == 40):
            start -= 1
            gap += 1
        found.append((start, NUMBER, stop))
    return stop


cdef inline bint _is_extension(Character* at, Py_ssize_t n, Py_ssize_t i) noexcept nogil:
    """Of a telephone number: `x123`, at most six digits."""
    cdef Py_ssize_t stop = i + 1
    if (at[i] | 32) != 120:
        return False
    while stop < n and stop < i + 8 and _word(at[stop]) == 1:
        stop += 1
    return i + 1 < stop < i + 8 and (stop >= n or not _word(at[stop]))


cdef int _address(Character* at, Py_ssize_t n, Py_ssize_t i, list found) except -1:
    cdef Py_ssize_t start = i
    cdef Py_ssize_t stop = i + 1
    cdef Py_ssize_t limit = i - 64 if i > 64 else 0
    cdef bint dotted = False
    while start > limit and ((at[start - 1] < 128 and _LOCAL[<unsigned char>at[start - 1]]) or _wide(at[start - 1])):
        start -= 1
    limit = i + 256 if i + 256 < n else n
    while stop < limit and (_word(at[stop]) or at[stop] == 46 or at[stop] == 45 or _wide(at[stop])):
        if at[stop] == 46:
            dotted = True
        stop += 1
    if start < i and dotted:
        found.append((start, AT, stop))
    return 0


cdef Py_ssize_t _colon(Character* at, Py_ssize_t n, Py_ssize_t i, Py_ssize_t floor, list found) except -1:
    cdef Py_ssize_t start = i
    cdef Py_ssize_t stop = i
    cdef Py_ssize_t limit
    cdef int colons = 0
    cdef bint double = False
    if i + 3 < n and at[i + 1] == 47 and at[i + 2] == 47:
        limit = i + 259 if i + 259 < n else n
        stop = i + 3
        while stop < limit and at[stop] != 64 and at[stop] > 32 and at[stop] != 47 and at[stop] != 34 \
                and at[stop] != 60 and at[stop] != 62:
            stop += 1
        if stop < limit and at[stop] == 64:
            found.append((i + 3, URL, stop))
        return floor
    if i < floor:
        return floor
    limit = i - 4 if i - 4 > floor else floor
    while start > limit and at[start - 1] < 128 and _HEX[<unsigned char>at[start - 1]]:
        start -= 1
    limit = i + 46 if i + 46 < n else n
    while stop < limit and at[stop] < 128 and (_HEX[<unsigned char>at[stop]] or at[stop] == 58 or at[stop] == 46):
        if at[stop] == 58:
            colons += 1
            if stop + 1 < limit and at[stop + 1] == 58:
                double = True
        stop += 1
    if colons >= 2 and (double or colons >= 6) and stop - start >= 3:
        found.append((start, IP6, stop))
    return stop


cdef int _named(Character* at, Py_ssize_t i, list found) except -1:
    cdef Py_ssize_t last = i - 1
    cdef Py_ssize_t length, k
    cdef int skipped = 0
    cdef const unsigned char* letters
    cdef bytes name
    cdef bint same
    while last >= 0 and skipped < 3 and (at[last] == 32 or at[last] == 34 or at[last] == 39 or at[last] == 96
                                         or at[last] == 93 or at[last] == 42):
        last -= 1
        skipped += 1
    if last < 2 or not _word(at[last]):
        return 0
    for name in _NAMES:
        length = len(name)
        if last + 1 < length:
            continue
        letters = name
        same = True
        for k in range(length):
            if at[last - k] >= 128 or (at[last - k] | 32) != letters[length - 1 - k]:
                same = False
                break
        if same:
            found.append((last + 1 - length, NAMED, i))
            return 0
    return 0


cdef int _dash(Character* at, Py_ssize_t n, Py_ssize_t i, list found) except -1:
    cdef Py_ssize_t start = i
    cdef Py_ssize_t stop = i
    cdef Py_ssize_t length, k
    cdef const unsigned char* letters
    cdef bytes prefix
    cdef bint same
    if at[i] == 45 and i + 11 <= n and at[i + 5] == 66:
        if _is(at, i, b"-----BEGIN ", 11):
            found.append((i, PEM, i + 11))
            return 0
    while start > 0 and i - start < 7 and _word(at[start - 1]):
        start -= 1
    length = i - start
    if length < 2 or length > 6 or (start > 0 and _is_token(at[start - 1])):
        return 0
    while stop < n and _is_token(at[stop]):
        stop += 1
    if stop - start < 16:
        return 0
    for prefix in _PREFIXES:
        if len(prefix) == length + 1:
            letters = prefix
            same = True
            for k in range(length + 1):
                if at[start + k] != letters[k]:
                    same = False
                    break
            if same:
                found.append((start, TOKEN, stop))
                return 0
    return 0


cdef int _letter(Character* at, Py_ssize_t n, Py_ssize_t i, list found) except -1:
    cdef Character c = at[i]
    cdef Py_ssize_t start = i - 2
    cdef Py_ssize_t stop = i
    if c == 73:  # AKIA, ASIA
        if i + 1 < n and at[i + 1] == 65 and start >= 0 and at[start] == 65 and (at[i - 1] == 75 or at[i - 1] == 83):
            if start == 0 or not _is_token(at[start - 1]):
                while stop < n and _is_token(at[stop]):
                    stop += 1
                if stop - start == 20:
                    found.append((start, TOKEN, stop))
    elif c == 122:  # AIza
        if start >= 0 and at[start] == 65 and at[i - 1] == 73 and i + 1 < n and at[i + 1] == 97:
            if start == 0 or not _is_token(at[start - 1]):
                while stop < n and _is_token(at[stop]):
                    stop += 1
                if stop - start >= 35:
                    found.append((start, TOKEN, stop))
    elif c == 74:  # eyJ
        if start >= 0 and at[start] == 101 and at[i - 1] == 121 and (start == 0 or not _is_token(at[start - 1])):
            while stop < n and (_is_token(at[stop]) or at[stop] == 46):
                stop += 1
            if stop - start >= 20:
                found.append((start, JWT, stop))
    elif i > 0 and _word(at[i - 1]):
        return 0
    elif c == 66 or c == 98:
        if i + 7 <= n and at[i + 1] == 101:
            if _is(at, i + 1, b"earer ", 6):
                found.append((i, LOGIN, i + 7))
        elif i + 6 <= n and at[i + 1] == 97:
            if _is(at, i + 1, b"asic ", 5):
                found.append((i, LOGIN, i + 6))
    elif i + 9 <= n and (at[i + 1] | 32) == 97 and at[i + 8] == 32:
        if _is_lower(at, i + 1, b"assword", 7):
            found.append((i, SAID, i + 8))
    return 0


cdef bint _is(Character* at, Py_ssize_t i, const char* letters, int length) noexcept nogil:
    cdef int k
    for k in range(length):
        if at[i + k] != <unsigned char>letters[k]:
            return False
    return True


cdef bint _is_lower(Character* at, Py_ssize_t i, const char* letters, int length) noexcept nogil:
    cdef int k
    for k in range(length):
        if at[i + k] >= 128 or (at[i + k] | 32) != <unsigned char>letters[k]:
            return False
    return True
