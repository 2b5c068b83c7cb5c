# Types for plano/http/server/_client_connection.py, grouped by lifetime.

cimport cython

from plano._speedups.head cimport RequestHead as TypedHead
from plano._speedups.read_holds cimport ReadHolds as TypedHolds
from plano._speedups.request_reader cimport RequestReader as TypedReader


cdef class ClientConnection:
    # Process.
    cdef readonly object listener
    # Connection.
    cdef public object transport
    cdef TypedHolds holds
    cdef list outgoing
    cdef Py_ssize_t unsent_bytes
    cdef Py_ssize_t rounds_sent
    cdef bint is_full
    cdef public TypedReader reader
    cdef list queue
    cdef public str address
    cdef readonly object caps
    cdef public object access
    cdef public bint is_gone
    cdef public bint is_draining
    cdef public bint is_write_paused
    cdef public object refusal
    cdef public bint lingers
    cdef double since
    cdef int phase
    # Exchange.
    cdef public object sink

    cpdef begin(self, head, bytes body)
    cpdef response_done(self, bint keep_alive)
    cdef begin_next(self)
    cpdef refuse(self, error)
    cdef answer_refusal(self)
    cdef turn_away(self, caps)
    cdef linger(self)
    cpdef send(self, bytes data)
    cpdef send_now(self)
    cdef close_or_half_close(self)
    cdef hold_source(self)
    cdef release_source(self)
    cpdef tick(self, double now)
    cdef bint has_left_unread(self)
    cdef bint has_lasted(self, int phase, double now, double limit_s)


cdef class ResponseSink:
    cdef ClientConnection connection
    cdef public bint keep_alive
    cdef bint is_http10
    cdef bint is_for_head
    cdef public object source
    cdef public object on_client_left
    cdef bytes pending
    cdef Py_ssize_t first_round
    cdef Py_ssize_t first_place
    cdef readonly bint is_started
    cdef readonly bint is_finished
    cdef bint is_chunked
    cdef bint has_body
    cdef readonly Py_ssize_t body_bytes

    cpdef start(self, bytes fields, int status, content_length)
    @cython.locals(connection=ClientConnection)
    cpdef write(self, bytes data)
    @cython.locals(connection=ClientConnection, out=bytes)
    cpdef finish(self, bytes data=*)
    cpdef feed_from(self, source)
    @cython.locals(connection=ClientConnection, place=Py_ssize_t)
    cpdef bint take_back_unsent(self)
