# Types for plano/gateway/_failover.py.


cdef class Failovers:
    cdef object attempts
    cdef readonly object racing
    cdef readonly object calls
    cdef readonly object states
    cdef readonly object loop
    cdef readonly object now
    cdef readonly object unix_now
    cdef readonly double total_timeout_s
    cdef Py_ssize_t _turn

    cpdef note_answer(self, exchange, call)
    cpdef note_latency(self, exchange, call)
    cpdef next_turn(self)
