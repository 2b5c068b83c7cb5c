"""`python -m plano.cli.container_health`: the health check of the container image.

Exit code 0 when every listener of the running instance answers, 1 when one does not or nothing runs.
"""

from __future__ import annotations

import sys

from plano.cli.health import is_healthy
from plano.cli.home import find_home
from plano.cli.instance import running_instance


def sick_listeners() -> list[str]:
    """What is wrong, one line each; empty when all is well."""
    instance = running_instance(find_home())
    if instance is None:
        return ["Plano is not running"]
    return [
        f"Listener {door.name} (port {door.port}) is not healthy" for door in instance.listeners if not is_healthy(door)
    ]


if __name__ == "__main__":
    sick = sick_listeners()
    print("\n".join(sick) or "healthy")
    sys.exit(1 if sick else 0)
