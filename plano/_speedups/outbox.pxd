# Types for plano/http/wire/_outbox.py.


cdef class Outbox:
    cdef object call_soon
    cdef list waiting

    cpdef add(self, connection)
    cpdef empty(self)
