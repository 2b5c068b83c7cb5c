# Types for plano/gateway/_answer_tap.py.


cdef class AnswerTap:
    cdef readonly bint saw_first_token
    cdef bytes last
    cdef readonly bytes encoding
    cdef list packed
    cdef Py_ssize_t packed_bytes

    cpdef bytes feed(self, bytes block)
    cpdef bytes end(self)
    cpdef bytes tail(self)
