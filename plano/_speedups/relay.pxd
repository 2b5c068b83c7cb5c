# Types for plano/gateway/_relay.py.

from plano._speedups.client_connection cimport ResponseSink as TypedSink
from plano._speedups.exchange cimport Record as TypedRecord


cdef class Relay:
    cdef TypedSink sink
    cdef readonly object tap
    cdef TypedRecord record
    cdef object now
    cdef bytes last_frame
    cdef readonly bint is_done
    cdef readonly object failure
    cdef public object waiter
    cdef readonly bint awaits_token
    cdef bint is_first

    cpdef on_block(self, bytes data, bint ended)
    cdef pass_on(self, bytes data, bint ended)
    cdef end_openly(self, bytes data)
    cpdef on_failure(self, error)
    cdef settle(self, failure)
