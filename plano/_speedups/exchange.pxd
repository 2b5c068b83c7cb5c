# Types for plano/_exchange.py, grouped by who writes them.

from plano._speedups.head cimport RequestHead as TypedHead
from plano._speedups.json_envelope cimport Envelope as TypedEnvelope


cdef class Record:
    # The listener.
    cdef public str request_id
    cdef public str listener
    cdef public str method
    cdef public str path
    cdef public str client_address
    cdef public double started_unix_s
    cdef public double started_at
    cdef public int minor_version
    cdef public str operation
    cdef public Py_ssize_t bytes_in
    cdef public Py_ssize_t bytes_out
    cdef public str api_key
    # What was decided.
    cdef public str requested_model
    cdef public str model
    cdef public str provider
    cdef public str origin
    cdef public str route
    cdef public object routing
    cdef public bint streamed
    cdef public int attempts
    cdef public list tries
    cdef public list dropped
    cdef public list filters
    # How it went.
    cdef public int status
    cdef public int provider_status
    cdef public str error_code
    cdef public str error_detail
    cdef public double sent_at
    cdef public double head_at
    cdef public double first_byte_at
    cdef public double first_token_at
    cdef public double finished_at
    cdef public str finish_reason
    cdef public object usage


cdef class Exchange:
    cdef public TypedHead request
    cdef public bytes body
    cdef public object operation
    cdef public object sink
    cdef public Record record
    cdef public TypedEnvelope envelope
    cdef public object chosen_model
    cdef public frozenset forbidden
    cdef public object decision
    cdef public bint withholds_usage
    cdef public object task
    cdef public object relay
    cdef public object failover
    cdef public object guard
    cdef public object stream_options
    cdef public object translated
    cdef public Py_ssize_t sent_at_look
    cdef public double quiet_since
    cdef public object state
    cdef public bint is_own
    cdef public object request_texts
    cdef public list answer_filters
    cdef public list filtering
    cdef public object given_answer

    cpdef forget_request(self)
