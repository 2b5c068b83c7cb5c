# Types for plano/gateway/_calls.py.


cdef class Call:
    cdef readonly object candidate
    cdef readonly object target
    cdef readonly object translation
    cdef readonly object signer
    cdef readonly object repairs
    cdef readonly bint is_strict
    cdef readonly bint is_estimated
    cdef readonly object dialect
    cdef readonly bint streams
    cdef readonly bytes last_frame
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
    cdef readonly object operation
    cdef readonly object connect_timeout_s
    cdef readonly double head_timeout_s
    cdef readonly double token_timeout_s
    cdef readonly double guarded_token_timeout_s
    cdef readonly double idle_timeout_s
    cdef readonly double attempt_timeout_s
    cdef public object key
    cdef public object failover
    cdef public object state


cdef class Calls:
    cdef dict known
    cdef object listener
    cdef object lists
    cdef object sides

    cpdef Call find(self, candidate, operation)
