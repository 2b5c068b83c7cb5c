# Types for plano/dialects/_same_dialect.py.

from plano._speedups.json_envelope cimport Envelope as TypedEnvelope


cpdef bytes outgoing_body(bytes body, TypedEnvelope envelope, bytes model_json)
cpdef bint ask_for_usage(TypedEnvelope envelope)
