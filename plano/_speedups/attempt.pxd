# Types for plano/gateway/_attempt.py.

cimport cython

from plano._speedups.calls cimport Call as TypedCall
from plano._speedups.exchange cimport Exchange as TypedExchange
from plano._speedups.exchange cimport Record as TypedRecord
from plano._speedups.head cimport RequestHead as TypedRequestHead
from plano._speedups.head cimport ResponseHead as TypedResponseHead
from plano._speedups.provider_connection cimport ProviderConnection as TypedConnection


cdef class Attempts:
    cdef object cors
    cdef object pool
    cdef object loop
    cdef object now
    cdef object unix_now
    cdef object new_waiter
    cdef double total_timeout_s

    @cython.locals(record=TypedRecord)
    cdef bytes prepare(self, TypedExchange exchange, TypedCall call)
    @cython.locals(head=TypedResponseHead)
    cdef begin_relay(self, TypedExchange exchange, TypedCall call, TypedConnection connection, translated)
    cdef begin_own_relay(
        self, TypedExchange exchange, TypedCall call, TypedConnection connection, tap, translated, answer
    )
    @cython.locals(record=TypedRecord, sent_at=double)
    cdef send(self, TypedConnection connection, TypedExchange exchange, TypedCall call, bytes request)
    cdef double token_timeout_s(self, TypedExchange exchange, TypedCall call) except? -1
    @cython.locals(record=TypedRecord, request=TypedRequestHead, overhead_s=double, now=double)
    cdef bytes response_fields(self, TypedExchange exchange, TypedCall call, TypedResponseHead head)


@cython.locals(record=TypedRecord, request=TypedRequestHead, is_plain=cython.bint)
cdef bytes request_bytes(TypedExchange exchange, TypedCall call)

cdef discard(dialing)
cdef dict as_sent(TypedExchange exchange, TypedCall call)
cdef start_line(call, request)
cdef lines_for(call, request)
cdef status_line_of(TypedResponseHead head)
cdef tap_for(TypedResponseHead head, dialect, bint withholds_usage)
cdef note(TypedRecord record, tap, dialect)
