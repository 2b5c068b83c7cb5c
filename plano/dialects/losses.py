"""What a provider's dialect could not carry of a request."""

from __future__ import annotations


class Losses:
    """Collects names; each once, in the order they were lost.

    Names are neutral ones: a field of `Settings` (`top_k`), `tools.NAME`, `tool_choice`, or the kind of a part with
    where it stood (`image`, `document`, `tool_result.image`, `reasoning`, `cache`, `citations`), or the name of an
    unknown member of the client's request.
    """

    def __init__(self) -> None:
        self.names: list[str] = []

    def drop(self, name: str) -> None:
        if name not in self.names:
            self.names.append(name)
