# Types for plano/http/wire/_read_holds.py.


cdef class ReadHolds:
    cdef object transport
    cdef readonly int reasons

    cpdef hold(self, int reason)
    cpdef release(self, int reason)
