# Types for plano/gateway/_calls.py.


cdef class Call:
    cdef readonly object candidate
    cdef readonly object target
    cdef readonly object dialect
    cdef readonly bint streams
    cdef readonly str model
    cdef readonly bytes model_json
    cdef readonly str provider
    cdef readonly object origin
    cdef readonly str origin_name
    cdef readonly bytes start_line
    cdef readonly bytes fixed
    cdef readonly bytes fixed_when_streaming
    cdef readonly frozenset dropped
    cdef readonly frozenset dropped_when_streaming
    cdef readonly bytes names
    cdef readonly bint asks_for_usage
    cdef readonly bint is_plain


cdef class Calls:
    cdef dict known

    cpdef Call find(self, candidate, operation)
