"""Seeing that files were changed: by asking the file system now and then, which also sees through symbolic links.

(Kubernetes swaps a link when a ConfigMap changes; inotify would have to watch every directory on the way.)
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from plano.config.document import Config

_Look = tuple[tuple[int, int, int, int] | None, ...]


class FileWatch:
    """Looks at a set of files; a change counts once the files have been the same for two looks."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = tuple(files)
        self._known = self._last = self._look()

    def has_settled_change(self) -> bool:
        """Whether the files differ from when this last said so, or from the beginning."""
        now = self._look()
        is_settled = now == self._last
        self._last = now
        if not is_settled or now == self._known:
            return False
        self._known = now
        return True

    def _look(self) -> _Look:
        return tuple(_seen(file) for file in self._files)


def files_of(path: Path, config: Config) -> tuple[Path, ...]:
    """The files a config is read from: itself, the `.env` beside it, certificates and key files."""
    files = [path, path.parent / ".env"]
    for listener in config.listeners:
        if listener.tls is not None:
            tls = listener.tls
            files += map(Path, filter(None, (tls.certificate, tls.private_key, tls.client_ca)))
        files += [Path(key.file) for key in listener.api_keys if key.file is not None]
    if config.overrides.upstream_tls_ca_path is not None:
        files.append(Path(config.overrides.upstream_tls_ca_path))
    return tuple(files)


def _seen(file: Path) -> tuple[int, int, int, int] | None:
    try:
        facts = os.stat(file)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns
