# Types for plano/gateway/_pipeline.py.

cimport cython

from plano._speedups.exchange cimport Exchange as TypedExchange
from plano._speedups.exchange cimport Record as TypedRecord
from plano._speedups.head cimport RequestHead as TypedHead


cdef class Pipeline:
    cdef readonly set running
    cdef readonly Py_ssize_t served
    cdef public bint is_draining
    cdef object plan
    cdef object loop
    cdef object now
    cdef object unix_now
    cdef object request_ids
    cdef object settle
    cdef object caps
    cdef dict admitted
    cdef object attempts
    cdef object failovers
    cdef readonly object pings
    cdef bint uses_tasks
    cdef dict endpoints
    cdef tuple pre_route
    cdef object chain
    cdef dict chains_of_routes
    cdef bint has_filters
    cdef dict by_json
    cdef bint has_routes
    cdef object date
    cdef public object on_idle
    cdef str listener

    @cython.locals(record=TypedRecord, exchange=TypedExchange)
    cpdef begin(self, TypedHead head, bytes body, sink)
    @cython.locals(exchange=TypedExchange)
    cpdef begin_own(self, TypedHead head, bytes body, sink, str model)
    cdef decided(self, TypedExchange exchange)
    cdef decide_by_name(self, TypedExchange exchange)
    cdef bint is_routed(self, TypedExchange exchange)
    @cython.locals(record=TypedRecord)
    cdef settled(self, TypedExchange exchange)
    cdef reply_with(self, error, TypedExchange exchange)
    @cython.locals(record=TypedRecord)
    cdef tell(self, error, TypedExchange exchange)
    @cython.locals(record=TypedRecord)
    cdef give_up(self, TypedExchange exchange)
    @cython.locals(record=TypedRecord)
    cdef answer_locally(self, head, endpoint, sink)
    cdef local_answer(self, head, endpoint)
    cdef dialect_at(self, head)
    cdef bytes own_lines(self, TypedHead head)
    cdef bytes lines_about(self, TypedExchange exchange)
    @cython.locals(record=TypedRecord)
    cpdef bytes refusal(self, error, TypedHead head, str address)
    @cython.locals(record=TypedRecord)
    cdef bint admits(self, TypedExchange exchange)
    @cython.locals(record=TypedRecord)
    cdef TypedRecord record_of(self, TypedHead head, sink, str operation, Py_ssize_t bytes_in)
    cdef settle_local(self, TypedRecord record, TypedHead head, int status, Py_ssize_t bytes_out)


cdef model_asked_for(TypedExchange exchange)
cdef first_allowed(decision, frozenset forbidden)
cdef log_failure(error, TypedRecord record)
