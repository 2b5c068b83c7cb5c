"""Cross-checks: whether the parts of a config fit together. Their order is of no matter."""

from __future__ import annotations

from functools import cache

from ..document import Config
from ..findings import Findings
from ..model_list import ModelList
from .chains import check_chains
from .filters import check_filters
from .interfaces import MoreInterfaces, check_interfaces, no_more_interfaces
from .listeners import check_agents_and_filters, check_listeners
from .models import check_aliases, check_model_providers
from .retry_policies import check_retry_policies
from .routing import (
    RouterFits,
    any_router_fits,
    check_metrics_sources,
    check_preferences,
    check_router,
    check_routing,
)
from .targets import check_endpoints, check_prompt_targets, check_ratelimits
from .telemetry import check_state_storage, check_tracing


def cross_check(
    config: Config,
    findings: Findings,
    interfaces: MoreInterfaces = no_more_interfaces,
    router_fits: RouterFits = any_router_fits,
) -> None:
    """Report what does not fit. A list that could not be read in full is not held against anyone."""
    added = cache(lambda: interfaces(config))
    models = ModelList(config, is_whole=findings.is_whole("model_providers"))
    check_listeners(config, findings)
    check_chains(config, findings, added)
    check_agents_and_filters(config, findings)
    check_filters(config, findings)
    check_model_providers(config, findings, added)
    check_interfaces(config, findings, added)
    check_aliases(config, models, findings)
    check_retry_policies(config, models, findings)
    check_preferences(config, models, findings)
    check_metrics_sources(config, findings)
    check_router(config, models, findings, router_fits)
    check_routing(config, findings)
    check_endpoints(config, findings)
    check_prompt_targets(config, findings)
    check_ratelimits(config, models, findings)
    check_state_storage(config, findings)
    check_tracing(config, findings)
