# Types for plano/gateway/_guard.py.

from plano._speedups.client_connection cimport ResponseSink as TypedSink
from plano._speedups.exchange cimport Exchange as TypedExchange
from plano._speedups.exchange cimport Record as TypedRecord


cdef class Guard:
    cdef TypedExchange exchange
    cdef readonly TypedRecord record
    cdef readonly TypedSink sink
    cdef readonly object dialect
    cdef readonly object now
    cdef bint keeps
    cdef public object relay
    cdef readonly object chosen
    cdef public Py_ssize_t attempts
    cdef public bint is_racing
    cdef readonly dict racers
    cdef public object on_choice
    cdef public object billed
    cdef public bint has_sent_head
    cdef readonly dict lessons
    cdef readonly object splice
    cdef list kept
    cdef Py_ssize_t kept_bytes
    cdef object _delivered
    cdef object _stream_options
    cdef dict _members

    cpdef bytes attempts_line(self)
    cpdef begun(self, relay)
    cpdef choose(self, relay)
    cpdef bint is_streaming(self)
    cpdef bint has_answered(self)
    cpdef take_over(self, relay)
    cpdef keep(self, bytes events)
