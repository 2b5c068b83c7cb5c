# Types for plano/http/wire/_json_envelope.py.


cdef class Envelope:
    cdef public dict members
    cdef readonly bint is_changed

    cpdef raw(self, str name)
    cpdef bint is_true(self, str name)
    cpdef set_raw(self, str name, bytes value)
    cpdef delete(self, str name)
    cpdef bytes encoded(self)
