"""Requests signed for AWS (Signature Version 4), by botocore: the extra `planoai[bedrock]`, imported where it is used.

Credentials come from botocore's own chain (environment, profile, container or instance role), which also refreshes
them. Nothing of them is ever shown: not in an error, not in a repr.
"""

from __future__ import annotations

import asyncio
import logging
from hashlib import sha256
from typing import Any, Final

from plano.errors import MissingKey

_SIGNED: Final = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256")

#: Lower-case names of what a signer writes: from a client they must not be sent on.
SIGNED_NAMES: Final = frozenset(name.lower().encode() for name in _SIGNED)


class Signer:
    """Signs requests to one origin and region.

    Credentials may have to be fetched over the network, so whoever runs on a loop asks `is_ready` first, and awaits
    `prepare` where it says no; `lines` alone would fetch them itself and block.
    """

    __slots__ = ("_credentials", "_host", "_origin", "_preparing", "_region", "_service", "_session")

    def __init__(self, *, origin: str, host: str, region: str, service: str = "bedrock") -> None:
        """`origin` as `https://host`; `host` is the value of the Host header. Raises `ValueError` without botocore."""
        self._origin = origin
        self._host = host
        self._region = region
        self._service = service
        self._session = _session()
        self._credentials: Any = None
        self._preparing: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"Signer({self._origin} in {self._region})"

    @property
    def is_ready(self) -> bool:
        """Whether `lines` will answer without asking anybody for credentials."""
        found = self._credentials
        if found is None:
            return False
        needs_refresh = getattr(found, "refresh_needed", None)
        return needs_refresh is None or not needs_refresh()

    async def prepare(self) -> None:
        """Fetch or refresh the credentials on a thread, once for all who wait. Raises `MissingKey`."""
        if self._preparing is None:
            loop = asyncio.get_running_loop()
            self._preparing = asyncio.ensure_future(loop.run_in_executor(None, self._fetch))
            self._preparing.add_done_callback(self._prepared)
        await asyncio.shield(self._preparing)

    def lines(self, method: str, path: bytes, query: bytes, body: bytes) -> bytes:
        """Header lines that sign a request, each ended with CRLF. `path` is percent-encoded. Raises `MissingKey`."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        url = f"{self._origin}{path.decode('ascii')}{'?' if query else ''}{query.decode('ascii')}"
        headers = {"Host": self._host, "X-Amz-Content-SHA256": sha256(body).hexdigest()}
        request = AWSRequest(method=method, url=url, data=body, headers=headers)
        SigV4Auth(self._frozen(), self._service, self._region).add_auth(request)
        signed = ((name.lower(), request.headers.get(name)) for name in _SIGNED)
        return "".join(f"{name}: {value}\r\n" for name, value in signed if value).encode("ascii")

    def _fetch(self) -> None:
        self._frozen()

    def _frozen(self) -> Any:
        if self._credentials is None:
            self._credentials = self._found()
        return self._attempted(self._credentials.get_frozen_credentials)

    def _found(self) -> Any:
        found = self._attempted(self._session.get_credentials)
        if found is None:
            raise MissingKey(
                "no AWS credentials were found for Amazon Bedrock: set `access_key` to a Bedrock API key, or give "
                "plano AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role)"
            )
        return found

    def _attempted(self, ask: Any) -> Any:
        from botocore.exceptions import BotoCoreError

        try:
            return ask()
        except BotoCoreError as error:
            # The text of some of these quotes what a credential process printed: the kind of error must do.
            raise MissingKey(
                "the AWS credentials for Amazon Bedrock could not be loaded", detail=type(error).__name__
            ) from None

    def _prepared(self, done: asyncio.Future[None]) -> None:
        self._preparing = None
        if not done.cancelled():
            done.exception()  # Whoever waits has it; nobody waiting is no news.


def _session() -> Any:
    try:
        import botocore.session
    except ImportError:
        raise ValueError(
            "requests to Amazon Bedrock are signed by botocore, which is not installed: "
            "`pip install 'planoai[bedrock]'`, or set `access_key` to a Bedrock API key"
        ) from None
    # At the level DEBUG it would write session tokens into the log.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return botocore.session.Session()
