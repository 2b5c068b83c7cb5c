"""Members out of JSON nobody wants to decode whole. Twin of `plano/dialects/_json_tail.py`."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

cdef extern from "string.h" nogil:
    void* memrchr(const void* text, int byte, size_t size)


cdef inline bint _is_space(char byte) noexcept:
    return byte == 32 or byte == 9 or byte == 10 or byte == 13


cdef const char* _last_value(const char* start, const char* stop, bytes key, char opening) noexcept:
    """Where the value of the last member `key` that begins with `opening` begins; NULL when there is none."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(key)
    cdef const char* at = stop - size + 1
    cdef const char* value
    while at > start:
        at = <const char*>memrchr(start, name[0], at - start)
        if at is NULL:
            return NULL
        if memcmp(at, name, size) == 0 and (at == start or at[-1] != b"\\"):
            value = at + size
            while value < stop and _is_space(value[0]):
                value += 1
            if value < stop and value[0] == b":":
                value += 1
                while value < stop and _is_space(value[0]):
                    value += 1
                if value < stop and value[0] == opening:
                    return value
    return NULL


cdef const char* _end_of_string(const char* at, const char* stop) noexcept:
    """Behind the closing quote of the string that opens at `at`; NULL when there is none."""
    at += 1
    while at < stop:
        if at[0] == b"\\":
            at += 2
        elif at[0] == b'"':
            return at + 1
        else:
            at += 1
    return NULL


def last_object(bytes document not None, bytes key not None):
    """See the twin."""
    cdef const char* stop = PyBytes_AS_STRING(document) + PyBytes_GET_SIZE(document)
    cdef const char* start = _last_value(PyBytes_AS_STRING(document), stop, key, b"{")
    cdef const char* at = start
    cdef int depth = 0
    if start is NULL:
        return b""
    while at < stop:
        if at[0] == b"{":
            depth += 1
        elif at[0] == b"}":
            depth -= 1
            if depth == 0:
                return PyBytes_FromStringAndSize(start, at + 1 - start)
        elif at[0] == b'"':
            at = _end_of_string(at, stop)
            if at is NULL:
                return b""
            continue
        at += 1
    return b""


def last_string(bytes document not None, bytes key not None):
    """See the twin."""
    cdef const char* stop = PyBytes_AS_STRING(document) + PyBytes_GET_SIZE(document)
    cdef const char* start = _last_value(PyBytes_AS_STRING(document), stop, key, b'"')
    cdef const char* end
    if start is NULL:
        return ""
    start += 1
    end = <const char*>memchr(start, 34, stop - start)
    if end is NULL or memchr(start, 92, end - start) is not NULL:
        return ""
    return PyBytes_FromStringAndSize(start, end - start).decode("utf-8", "replace")
