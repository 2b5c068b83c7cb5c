# Types for plano/gateway/_held_relay.py.

from plano._speedups.client_connection cimport ResponseSink as TypedSink
from plano._speedups.guard cimport Guard as TypedGuard


cdef bint looks_sound(bytes events)
cpdef bint is_whole(tap, list pieces)


cdef class HeldRelay:
    cdef readonly TypedGuard guard
    cdef readonly TypedSink sink
    cdef readonly object call
    cdef readonly object connection
    cdef readonly object tap
    cdef readonly bytes fields
    cdef readonly object length
    cdef readonly int status
    cdef readonly bint is_refusal
    cdef readonly list headers
    cdef readonly double sent_at
    cdef readonly double head_at
    cdef readonly list dropped
    cdef public object provider_error
    cdef readonly bint is_stream
    cdef readonly bint holds_whole
    cdef readonly bint has_tokens
    cdef readonly list held
    cdef Py_ssize_t held_bytes
    cdef public bytes tail
    cdef public bint is_released
    cdef readonly object chosen_at
    cdef bint has_ended
    cdef readonly bint is_done
    cdef readonly object failure
    cdef public object waiter
    cdef public bint awaits_token

    cpdef on_block(self, bytes data, bint ended)
    cpdef on_failure(self, error)
    cpdef take_piece(self, bytes data, bint ended)
    cpdef bytes body(self)
    cpdef take_events(self, bytes data, bint ended)
    cdef bint begin(self, bytes data, bint ended)
    cdef bint deliver(self, bytes events)
    cpdef send(self, bytes events)
    cpdef end(self)
    cdef bint release(self)
    cpdef fail(self, error)
    cdef settle(self, failure)
