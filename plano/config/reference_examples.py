"""An example for the sections of the configuration reference, by their place in the file.

Each stands in a file that has at least a listener and `openai/gpt-4o-mini` besides, and is loaded so by a test. Hashes
in examples are of keys nobody knows: they are copied.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final[dict[str, str]] = {
    "listeners": """\
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: 12000
    max_concurrent_requests: 500
""",
    "listeners.tls": """\
listeners:
  - type: model
    name: llm
    port: 12443
    tls:
      certificate: /etc/plano/tls/fullchain.pem
      private_key: /etc/plano/tls/privkey.pem
""",
    "listeners.api_keys": """\
listeners:
  - type: model
    name: llm
    port: 12000
    api_keys:
      - name: search
        key: $SEARCH_TEAM_KEY
      - name: batch
        file: /run/secrets/batch-key
      - name: laptop-ann
        sha256: abf2f419e2709cbe30201401a14654dc5f1323d9d3a7da04feb11de8c2d40b7e
""",
    "listeners.agents": """\
listeners:
  - type: agent
    name: travel
    port: 8001
    router: plano_orchestrator_v1
    agents:
      - id: flights
        description: Searches and books flights.
        default: true
agents:
  - id: flights
    url: http://flights:9000
""",
    "model_providers": """\
model_providers:
  - model: openai/gpt-4o-mini
    access_key: $OPENAI_API_KEY
    default: true
  - model: anthropic/*
    access_key: $ANTHROPIC_API_KEY
  - model: in-house/writer
    base_url: http://10.0.0.7:9000/v1
    provider_interface: openai
""",
    "model_providers.retry_policy": """\
model_providers:
  - model: openai/gpt-4o-mini
    access_key: $OPENAI_API_KEY
    retry_policy:
      fallback_models: [anthropic/claude-sonnet-4-5]
      on_status_codes:
        - codes: [429, "500-504"]
          strategy: different_provider
      on_timeout:
        max_attempts: 2
      backoff:
        base_ms: 200
      retry_after_handling:
        max_retry_after_seconds: 60
      on_high_latency:
        threshold_ms: 20000
      on_stream_failure: continue
      hedge:
        after_p: 95
  - model: anthropic/claude-sonnet-4-5
    access_key: $ANTHROPIC_API_KEY
""",
    "model_providers.circuit_breaker": """\
model_providers:
  - model: openai/gpt-4o-mini
    access_key: $OPENAI_API_KEY
    circuit_breaker:
      failures: 3
      window: 10
      open_seconds: 10
""",
    "model_aliases": """\
model_aliases:
  fast:
    target: openai/gpt-4o-mini
""",
    "routing_preferences": """\
routing_preferences:
  - name: short answers
    description: questions that can be answered in a sentence or two
    models: [openai/gpt-4o-mini]
""",
    "routing": """\
routing:
  unknown_model: default
model_providers:
  - model: openai/gpt-4o-mini
    access_key: $OPENAI_API_KEY
    default: true
""",
    "routing.session_cache": """\
routing:
  session_cache:
    type: redis
    url: $REDIS_URL
    tenant_header: x-team
""",
    "routing.routing_budget": """\
routing:
  routing_budget:
    max_switch_spend_pct: 20
model_metrics_sources:
  - type: cost
    provider: models.dev
""",
    "model_metrics_sources": """\
model_metrics_sources:
  - type: cost
    provider: models.dev
  - type: latency
    provider: prometheus
    url: http://prometheus:9090
    query: avg by (model_name) (rate(llm_seconds_sum[5m]) / rate(llm_seconds_count[5m]))
""",
    "prompt_caching": """\
prompt_caching:
  enabled: true
  min_prefix_tokens: 2048
""",
    "agents": """\
agents:
  - id: flights
    url: http://flights:9000
""",
    "filters": """\
filters:
  - id: no_secrets
    url: http://localhost:10500
    type: http
""",
    "prompt_guards": """\
prompt_guards:
  input_guards:
    jailbreak:
      on_exception:
        message: I cannot help with that.
""",
    "endpoints": """\
endpoints:
  weather:
    endpoint: api.weather.example
    protocol: https
    connect_timeout: 2s
""",
    "prompt_targets": """\
prompt_targets:
  - name: forecast
    description: The weather of the next days at a place.
    parameters:
      - name: city
        description: The place, in English.
        type: str
        required: true
    endpoint:
      name: weather
      path: /forecast
endpoints:
  weather:
    endpoint: api.weather.example
""",
    "ratelimits": """\
ratelimits:
  - model: openai/gpt-4o-mini
    limit:
      tokens: 100000
      unit: hour
    selector:
      key: x-team
""",
    "state_storage": """\
state_storage:
  type: postgres
  connection_string: $DATABASE_URL
""",
    "tracing": """\
tracing:
  random_sampling: 10
  opentracing_grpc_endpoint: http://collector:4317
  span_attributes:
    header_prefixes: [x-acme-]
    static:
      environment: production
""",
    "tracing.exporters": """\
tracing:
  random_sampling: 100
  exporters:
    - type: posthog
      url: https://eu.i.posthog.com
      api_key: $POSTHOG_KEY
""",
    "overrides": """\
overrides:
  upstream_connect_timeout: 3s
  upstream_tls_ca_path: /etc/ssl/certs/company-ca.pem
""",
}
