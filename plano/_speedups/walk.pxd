# Types for plano/gateway/_walk.py.

cimport cython


cdef class Signal:
    cdef bint is_done
    cdef object value
    cdef object error
    cdef Walk walk

    cpdef bint done(self)
    cpdef set_result(self, value)
    cpdef set_exception(self, error)
    cdef settle(self)


cdef class Walk:
    cdef object coroutine
    cdef bint is_running
    cdef bint is_cancelled
    cdef readonly bint is_over
    cdef object waits_for

    cpdef start(self)
    @cython.locals(signal=Signal)
    cpdef step(self, ended)
    @cython.locals(signal=Signal)
    cpdef cancel(self)
