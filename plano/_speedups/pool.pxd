# Types for plano/http/client/_pool.py.

cimport cython


cdef class Pool:
    cdef readonly object now
    cdef readonly object outbox
    cdef readonly set open
    cdef public object dialer
    cdef object ticker
    cdef dict idle
    cdef bint is_closed

    @cython.locals(idle=list)
    cpdef take_idle(self, origin)
    @cython.locals(idle=list)
    cpdef returned(self, connection)
