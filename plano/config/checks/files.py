"""Whether the files a config names can be read. The only check that looks at the file system: at these keys alone.

Relative paths count from the working directory, as for the process that opens them. What is in a file is judged by who
uses it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ..document import Config
from ..findings import Findings, join
from ..routing import CostSource


def check_files(config: Config, findings: Findings) -> None:
    for path, file, may_be_folder in _named(config, findings):
        if findings.is_bad(path):
            continue
        if fault := _fault(file, may_be_folder):
            kind = "a file or directory" if may_be_folder else "a file"
            # In full, unless it came from the environment: the end of a path says most.
            shown = findings.shown(path, file) if path in findings.variables else f"`{file}`"
            hint = "" if os.path.isabs(file) else "it is looked for in the directory plano is started in"
            findings.problem(path, f"must name {kind} that can be read, not {shown}: {fault}", hint)


def _named(config: Config, findings: Findings) -> Iterator[tuple[str, str, bool]]:
    """Path of the key, name of the file, whether it may be a directory."""
    for index, listener in enumerate(config.listeners):
        if listener.tls is None:
            continue
        tls = join(findings.at("listeners", index), "tls")
        yield join(tls, "certificate"), listener.tls.certificate, False
        yield join(tls, "private_key"), listener.tls.private_key, False
        if listener.tls.client_ca is not None:
            yield join(tls, "client_ca"), listener.tls.client_ca, True
    for index, source in enumerate(config.model_metrics_sources):
        if isinstance(source, CostSource) and source.path is not None:
            yield join(findings.at("model_metrics_sources", index), "path"), source.path, False
    if config.overrides.upstream_tls_ca_path is not None:
        yield "overrides.upstream_tls_ca_path", config.overrides.upstream_tls_ca_path, True


def _fault(file: str, may_be_folder: bool) -> str:
    try:
        mode = os.stat(file).st_mode
        if stat.S_ISDIR(mode):
            return "" if may_be_folder else "it is a directory"
        if not stat.S_ISREG(mode):
            return "it is something else"  # A pipe, say, where opening would wait.
        with open(file, "rb"):
            return ""
    except (OSError, ValueError) as error:
        return (isinstance(error, OSError) and error.strerror) or "no file can be called that"
