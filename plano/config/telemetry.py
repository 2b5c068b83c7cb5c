"""`tracing`: which exchanges are traced, and where the traces go."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .values import Secret, Text


class SpanAttributes(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What every span carries besides."""

    header_prefixes: Annotated[
        tuple[str, ...],
        Meta(description="Request headers to record: `x-acme-` makes `x-acme-user-id` the attribute `user.id`."),
    ] = ()
    static: Annotated[dict[str, str], Meta(description="Attributes with fixed values.")] = {}


class TraceExporter(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A further receiver of traces."""

    type: Annotated[Literal["posthog"], Meta(description="Only PostHog.")]
    url: Annotated[str, Meta(min_length=1, description="Its address.")]
    api_key: Annotated[Secret, Meta(description="Its project key, best as a variable.")]
    distinct_id_header: Annotated[Text | None, Meta(description="The request header that tells users apart.")] = None
    capture_messages: Annotated[bool, Meta(description="Send prompts and answers, too.")] = False


class Tracing(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """OpenTelemetry traces."""

    random_sampling: Annotated[int, Meta(ge=0, le=100, description="Percent of exchanges traced; 0 is off.")] = 0
    trace_arch_internal: Annotated[bool, Meta(description="Include spans of plano's own steps.")] = False
    opentracing_grpc_endpoint: Annotated[
        Text | None, Meta(description="The OTLP/gRPC collector, `http://host:4317`.")
    ] = None
    span_attributes: Annotated[SpanAttributes, Meta(description="What every span carries besides.")] = field(
        default_factory=SpanAttributes
    )
    exporters: Annotated[tuple[TraceExporter, ...], Meta(description="Further receivers of traces.")] = ()
