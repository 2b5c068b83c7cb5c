"""The certificates of a config's listeners, as they are in their files now."""

from __future__ import annotations

import ssl

from plano.config.document import Config
from plano.config.problems import ConfigProblems, Problem
from plano.http.server.binding import Place
from plano.http.server.tls import UnusableTls, expiry_notice, server_context


def tls_contexts(config: Config) -> dict[Place, ssl.SSLContext]:
    """A fresh context for each listener with `tls`. Raises `ConfigProblems` with all that cannot be used."""
    contexts: dict[Place, ssl.SSLContext] = {}
    problems: list[Problem] = []
    for index, listener in enumerate(config.listeners):
        if listener.tls is None:
            continue
        try:
            contexts[listener.address, listener.port] = server_context(listener.tls)
        except UnusableTls as error:
            problems.append(Problem(path=f"listeners[{index}].tls.{error.key}", message=str(error), file=""))
    if problems:
        raise ConfigProblems(tuple(problems))
    return contexts


def expiry_notices(config: Config, now_unix_s: float) -> tuple[str, ...]:
    """A sentence for each certificate that has expired or soon will; they have been read by `tls_contexts`."""
    notices = (expiry_notice(one.tls, now_unix_s) for one in config.listeners if one.tls is not None)
    return tuple(filter(None, notices))
