"""`python -m planoai.config_generator`: check the config that `PLANO_CONFIG_FILE` names.

Nothing is generated: plano reads the config itself, and no file with secrets in it is written. The variables that named
templates and rendered files have no effect.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

#: Where a container has its config.
DEFAULT_CONFIG: Final = "/app/config.yaml"


def validate_and_render_schema(environ: Mapping[str, str] = os.environ) -> None:
    """Check the config and say what it finds; a config that is not valid raises `SystemExit` with exit code 1."""
    from pathlib import Path

    from plano.config.load import load_config
    from plano.config.problems import ConfigProblems
    from plano.plugins.interfaces import plugin_interfaces
    from plano.plugins.load_error import PluginLoadError
    from plano.routing.router_models.kinds import check_router_fits

    path = Path(environ.get("PLANO_CONFIG_FILE") or DEFAULT_CONFIG)
    try:
        loaded = load_config(path, environ, interfaces=plugin_interfaces, router_fits=check_router_fits)
    except ConfigProblems as found:
        print(f"{path}: invalid against schema\n{found}", file=sys.stderr)
        raise SystemExit(1) from None
    except PluginLoadError as error:
        print(error.message, file=sys.stderr)
        raise SystemExit(1) from None
    for notice in loaded.notices:
        print(f"warning: {notice}", file=sys.stderr)
    for name in loaded.missing_variables:
        print(f"warning: {name} not found", file=sys.stderr)
    print(f"{path} is valid")


if __name__ == "__main__":
    validate_and_render_schema()
