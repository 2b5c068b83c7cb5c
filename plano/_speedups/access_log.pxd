# Types for plano/telemetry/_access_log.py.

cimport cython

from plano._speedups.exchange cimport Record as TypedRecord
from plano._speedups.head cimport RequestHead as TypedHead


cdef class AccessLog:
    cdef object path
    cdef list lines
    cdef dict texts
    cdef object file
    cdef long long second
    cdef str second_text
    cdef public Py_ssize_t lost_lines

    @cython.locals(started=double, second=cython.longlong, at=double)
    cpdef add(self, TypedRecord record, TypedHead request)
    cdef str harmless(self, value)
    cdef str word(self, str value)
    cpdef flush(self)
