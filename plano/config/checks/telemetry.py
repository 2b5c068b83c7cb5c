"""Checks of `tracing` and `state_storage`."""

from __future__ import annotations

from ..document import Config
from ..findings import Findings, join
from .text_rules import header_name_fault, url_fault


def check_tracing(config: Config, findings: Findings) -> None:
    tracing = config.tracing
    if tracing is None:
        return
    collector = tracing.opentracing_grpc_endpoint
    if collector is not None and (fault := url_fault(collector, with_path=False)):
        findings.problem("tracing.opentracing_grpc_endpoint", fault, "for example http://localhost:4317")
    for index, prefix in enumerate(tracing.span_attributes.header_prefixes):
        if fault := header_name_fault(prefix):
            findings.problem(findings.at("tracing.span_attributes.header_prefixes", index), fault)
    for index, exporter in enumerate(tracing.exporters):
        path = findings.at("tracing.exporters", index)
        if fault := url_fault(exporter.url):
            findings.problem(join(path, "url"), fault)
        if not exporter.api_key.reveal().strip():
            findings.problem(join(path, "api_key"), "is empty")
        if exporter.distinct_id_header is not None and (fault := header_name_fault(exporter.distinct_id_header)):
            findings.problem(join(path, "distinct_id_header"), fault)


def check_state_storage(config: Config, findings: Findings) -> None:
    storage = config.state_storage
    if storage is None:
        return
    given = storage.connection_string
    if storage.type == "memory":
        if given is not None:
            findings.notice("`state_storage.connection_string` has no effect with `type: memory`.")
    elif given is None:
        findings.problem("state_storage", "`connection_string` is missing: postgres needs one")
    elif not given.reveal().startswith(("postgresql://", "postgres://")) and "=" not in given.reveal():
        findings.problem("state_storage.connection_string", "must begin with postgresql://")
