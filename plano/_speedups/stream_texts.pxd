# Types for plano/dialects/_stream_texts.py.

import cython


cdef class OpenText:
    cdef readonly tuple key
    cdef readonly object place
    cdef readonly object filter
    cdef readonly object write_rest
    cdef str half
    cdef list came
    cdef list went

    cpdef str feed(self, str piece)
    cpdef str finish(self)


cdef class Mould:
    cdef readonly OpenText text
    cdef bytes first
    cdef list parts
    cdef str kinds
    cdef readonly bint is_droppable
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef Py_ssize_t number_start
    cdef Py_ssize_t number_end

    @cython.locals(at=Py_ssize_t, size=Py_ssize_t, begin=Py_ssize_t, index=Py_ssize_t, part=bytes, kind=Py_UCS4)
    cpdef bint fits(self, bytes event) except -1


@cython.locals(at=Py_ssize_t, slash=Py_ssize_t)
cpdef Py_ssize_t end_of_string(bytes event, Py_ssize_t begin) except -2


cdef class StreamTexts:
    cdef object _open
    cdef object _reader
    cdef str _numbered_by
    cdef Py_ssize_t _shift
    cdef Py_ssize_t _number
    cdef dict _texts
    cdef list _moulds
    cdef dict _said
    cdef list _out
    cdef list _begun
    cdef Py_ssize_t _begun_bytes
    cdef bytes _edge
    cdef bint _is_first

    @cython.locals(at=Py_ssize_t, end=Py_ssize_t, size=Py_ssize_t, has_returns=bint)
    cpdef bytes feed(self, bytes block)
    cpdef bytes end(self)
    @cython.locals(text=OpenText)
    cpdef str feed_text(self, tuple key, object place, str piece, object write_rest, bint is_json)
    @cython.locals(rest=str)
    cpdef close(self, list keys)
    @cython.locals(text=OpenText)
    cpdef str finish(self, tuple key)
    cpdef list open_keys(self)
    cpdef str fresh(self, object place, str text, bint is_json)
    cpdef str whole(self, object group, object place, str text, bint is_json)
    cdef _remember(self, object group, object place, str came, str went)
    cdef _filter(self, object place, bint is_json)
    @cython.locals(mould=Mould)
    cdef _event(self, bytes event)
    @cython.locals(text=OpenText, start=Py_ssize_t, end=Py_ssize_t, raw=bytes, piece=str, new=str)
    cdef _moulded(self, bytes event, Mould mould)
    cdef bytes _renumbered(self, bytes event, Py_ssize_t start, Py_ssize_t end)
    cdef _read(self, bytes event)
    cdef _learn(self, bytes event, object told)
    cdef _keep(self, bytes rest)
    cdef bytes _without_mark(self, bytes block)
    cdef bytes _taken(self)
