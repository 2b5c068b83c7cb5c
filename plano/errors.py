"""Every error plano raises towards a client, and what it means.

A class answers four questions: which HTTP status, which machine-readable code, who is to blame, may another attempt
help. Constructors only store; the reply itself is written by `gateway/error_reply.py` in the client's dialect.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

Blame = Literal["client", "policy", "provider", "network", "plano"]
Phase = Literal["connect", "head", "first_token", "idle", "total"]


class AttemptFacts(NamedTuple):
    """One attempt as a client is told of it: whom plano asked, what came of it (`http_429`), and how long that took."""

    model: str
    error_type: str
    attempt: int
    duration_ms: int


class PlanoError(Exception):
    """Base of all of them.

    `message` is shown to the client, `detail` only in logs; `param` names the offending member of the request body;
    `retry_after_s` becomes a `Retry-After` header.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    blame: ClassVar[Blame] = "plano"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        param: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.param = param
        self.retry_after_s = retry_after_s


class BadRequest(PlanoError):
    """The request cannot be understood."""

    status = 400
    code = "invalid_request"
    blame: ClassVar[Blame] = "client"


class CannotBeTold(BadRequest):
    """What is asked for cannot be said in the provider's dialect, and the provider is strict; another one may do."""


class Unauthorized(BadRequest):
    """The listener has keys and the request carries none of them (RFC 9110 section 15.5.2)."""

    status = 401
    code = "invalid_api_key"


class ModelNotGiven(BadRequest):
    """No `model` in the request and no default provider to take its place."""

    code = "model_required"


class UnknownModel(BadRequest):
    """The model is neither declared, nor an alias, nor covered by a wildcard."""

    status = 404
    code = "model_not_found"


class UnknownPath(BadRequest):
    """Nothing is served at this path."""

    status = 404
    code = "unknown_path"


class MethodNotAllowed(BadRequest):
    """The path exists, the method does not; `allowed` becomes the `Allow` header (RFC 9110 section 15.5.6)."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class SlowClient(BadRequest):
    """The request did not arrive in time (RFC 9110 section 15.5.9)."""

    status = 408
    code = "request_timeout"


class BodyTooLarge(BadRequest):
    """The request body is over the listener's limit (RFC 9110 section 15.5.14)."""

    status = 413
    code = "request_too_large"


class HeadTooLarge(BadRequest):
    """The request head is over the listener's limit (RFC 6585 section 5)."""

    status = 431
    code = "request_header_fields_too_large"


class UnsupportedHttpVersion(BadRequest):
    """Only HTTP/1.0 and HTTP/1.1 are spoken (RFC 9110 section 15.6.6)."""

    status = 505
    code = "http_version_not_supported"


class DialectNotSpoken(PlanoError):
    """The chosen provider does not speak the client's dialect."""

    status = 501
    code = "dialect_not_supported"
    blame: ClassVar[Blame] = "policy"


class MissingKey(PlanoError):
    """The config holds no key for the chosen provider: not the client's fault, and another try is no help."""

    status = 500
    code = "provider_key_missing"
    blame: ClassVar[Blame] = "policy"


class RequestRefused(PlanoError):
    """A filter or hook refused the request and chose the status."""

    code = "request_refused"
    blame: ClassVar[Blame] = "policy"

    def __init__(self, message: str, *, status: int = 403, code: str = "request_refused") -> None:
        super().__init__(message)
        self.status = status  # type: ignore[misc]  # The one class whose status is the filter's to choose.
        self.code = code  # type: ignore[misc]


class FilterRejected(RequestRefused):
    """A filter server refused: with its status (4xx), and in its words.

    `message` and `code` were taken from its body, `body` is all of it; `filter_id` names it.
    """

    code = "filter_rejected"

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "filter_rejected",
        filter_id: str = "",
        body: bytes = b"",
        retry_after_s: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code)
        self.filter_id = filter_id
        self.body = body
        self.retry_after_s = retry_after_s
        self.detail = detail


class FilterFailed(PlanoError):
    """A filter server gave no verdict that can be understood: unreachable, too slow, broken. Fails closed."""

    code = "filter_failed"


class RouterUnusable(PlanoError):
    """The router model of a config that was to take effect cannot be loaded."""

    code = "router_unusable"


class StoreUnusable(PlanoError):
    """A store did not answer, not in time, or not as it should. No address, key or value is repeated."""

    status = 503
    code = "store_unusable"
    retryable = True


class PluginFailed(PlanoError):
    """A deciding hook raised; the request fails closed with the plugin's name."""

    code = "plugin_failed"


class ProviderUnreachable(PlanoError):
    """No connection to the provider: name not found, refused, reset before an answer, TLS failure."""

    status = 502
    code = "provider_unreachable"
    blame: ClassVar[Blame] = "network"
    retryable = True


class ProviderProtocolError(PlanoError):
    """The provider answered something that is not HTTP, or stopped in the middle of it."""

    status = 502
    code = "provider_protocol_error"
    blame: ClassVar[Blame] = "provider"
    retryable = True


class ProviderStreamFailed(ProviderProtocolError):
    """The provider said inside its stream that it failed; `provider_status` and `word` as far as it told (0, "")."""

    code = "provider_stream_failed"

    def __init__(self, message: str, *, provider_status: int = 0, word: str = "", detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.provider_status = provider_status
        self.word = word


class StreamInterrupted(PlanoError):
    """A stream broke off after content had been delivered, and nobody could go on with it."""

    status = 502
    code = "stream_interrupted"
    blame: ClassVar[Blame] = "provider"
    retryable = True


class ProviderRefused(PlanoError):
    """The provider refused where its answer cannot be passed on: a stream had been promised, or plano asked itself."""

    blame: ClassVar[Blame] = "provider"

    def __init__(
        self, message: str, *, status: int = 502, code: str = "provider_status", detail: str = ""
    ) -> None:
        super().__init__(message, detail=detail)
        self.status = status  # type: ignore[misc]  # What the provider said.
        self.code = code  # type: ignore[misc]


class RetriesExhausted(PlanoError):
    """Everybody who could be asked has failed. `status` is that of the last attempt; `attempts` tells them all."""

    status = 503
    code = "retry_exhausted"
    blame: ClassVar[Blame] = "provider"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        status: int = 503,
        attempts: tuple[AttemptFacts, ...] = (),
        retry_after_s: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message, detail=detail, retry_after_s=retry_after_s)
        self.status = status  # type: ignore[misc]  # What the last provider asked said.
        self.attempts = attempts


class ProviderTimeout(PlanoError):
    """The provider took too long; `phase` says at what: connect, head, first_token, idle or total."""

    status = 504
    code = "provider_timeout"
    blame: ClassVar[Blame] = "provider"
    retryable = True

    def __init__(self, message: str, *, phase: Phase) -> None:
        super().__init__(message)
        self.phase = phase


class Overloaded(PlanoError):
    """No room for this request now."""

    status = 503
    code = "overloaded"


class TooManyRequests(PlanoError):
    """The client has as many requests running as one client may (RFC 6585 section 4)."""

    status = 429
    code = "too_many_requests"
    blame = "client"


class ShuttingDown(PlanoError):
    """plano is stopping and could not finish this request."""

    status = 503
    code = "shutting_down"


class ClientLeft(PlanoError):
    """The client closed its connection; nobody is there to read a reply (499 in the record)."""

    status = 499
    code = "client_left"
    blame: ClassVar[Blame] = "client"
