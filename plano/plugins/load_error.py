"""The one way plugins stop a start."""

from __future__ import annotations

from typing import ClassVar

from plano.errors import PlanoError


class PluginLoadError(PlanoError):
    """One or more plugins cannot be loaded as configured; `problems` holds a sentence for each.

    `exit_code` is what a command ends with, the same as for a faulty config file.
    """

    code = "plugin_not_loadable"
    blame = "policy"
    exit_code: ClassVar[int] = 2

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def told(error: BaseException) -> str:
    """What a plugin raised, for a sentence about it."""
    return str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
