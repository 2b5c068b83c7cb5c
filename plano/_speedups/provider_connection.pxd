# Types for plano/http/client/_provider_connection.py, grouped by lifetime.

from plano._speedups.head cimport ResponseHead as TypedHead
from plano._speedups.read_holds cimport ReadHolds as TypedHolds
from plano._speedups.response_reader cimport ResponseReader as TypedReader


cdef class ProviderConnection:
    # Process.
    cdef readonly object origin
    cdef object owner
    # Connection.
    cdef readonly object transport
    cdef readonly TypedHolds holds
    cdef TypedReader reader
    cdef readonly bint is_lost
    cdef readonly Py_ssize_t calls
    cdef Py_ssize_t reads
    # Call.
    cdef readonly bint in_call
    cdef bytes outgoing
    cdef Py_ssize_t request_bytes
    cdef object waiter
    cdef readonly TypedHead head
    cdef readonly double head_at
    cdef object target
    cdef list pieces
    cdef Py_ssize_t waiting_bytes
    cdef bint ended
    cdef object failure
    cdef Py_ssize_t reads_before
    cdef double head_deadline
    cdef double total_deadline
    cdef double token_deadline
    cdef double idle_limit_s
    cdef Py_ssize_t reads_at_tick
    cdef public double quiet_since

    cpdef call(self, bytes request, waiter, double head_deadline, double total_deadline, double idle_limit_s, double token_deadline=*)
    cpdef send_now(self)
    cpdef attach(self, target)
    cdef bytes take(self)
    cdef push(self)
    cdef release(self)
    cdef bint has_unsent(self)
    cdef spoke_unasked(self)
    cdef fail(self, error)
    cpdef pause(self)
    cpdef resume(self)
    cpdef abort(self)
    cdef bint awaits_token(self)
    cpdef tick(self, double now)
