"""How long a provider asks to be left alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?\Z")
#: OpenAI's: `1s`, `6m0s`, `20ms`, `1h2m3s`.
_SPAN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?\Z")
_RESET: Final = re.compile(rb"(?:x-ratelimit-reset-(\w[\w-]*)|anthropic-ratelimit-([\w-]+)-reset)\Z")
#: A number this large is a moment (seconds since 1970), not a span.
_MOMENTS_FROM: Final = 1e9


def retry_after_s(headers: Iterable[tuple[bytes, bytes]], unix_now: float, *, status: int = 429) -> float | None:
    """Seconds to wait, by `retry-after-ms`, `Retry-After` (RFC 9110 section 10.2.3), or the reset of a used-up limit.

    Header names in lower case. Resets count with 429 only: OpenAI sends them with every answer. None when nothing is
    said, or nothing that can be understood; never negative.
    """
    fields = {name: value.decode("latin-1").strip() for name, value in headers}
    millis = fields.get(b"retry-after-ms", "")
    if _NUMBER.match(millis):
        return float(millis) / 1000
    value = fields.get(b"retry-after", "")
    if value:
        asked = float(value) if _NUMBER.match(value) else _until(_http_date(value), unix_now)
        if asked is not None and math.isfinite(asked):
            return asked
    return _reset_s(fields, unix_now) if status == 429 else None


def _reset_s(fields: dict[bytes, str], unix_now: float) -> float | None:
    """The longest wait among limits that are used up; where none says so, the shortest of all."""
    used_up: list[float] = []
    others: list[float] = []
    for name, value in fields.items():
        match = _RESET.match(name)
        wait = _span_s(value, unix_now) if match else None
        if match is None or wait is None:
            continue
        ours, anthropics = match.groups()
        remaining = b"x-ratelimit-remaining-" + ours if ours else b"anthropic-ratelimit-%b-remaining" % anthropics
        left = fields.get(remaining)
        (used_up if left == "0" else others).append(wait)
    if used_up:
        return max(used_up)
    return min(others, default=None)


def _span_s(value: str, unix_now: float) -> float | None:
    if _NUMBER.match(value):
        number = float(value)
        return max(number - unix_now, 0.0) if number >= _MOMENTS_FROM else number
    match = _SPAN.match(value)
    if match and match[0]:
        days, hours, minutes, seconds, millis = (float(group or 0) for group in match.groups())
        span: float = days * 86400 + hours * 3600 + minutes * 60 + seconds + millis / 1000
        return span
    try:
        return _until(datetime.fromisoformat(value), unix_now)  # RFC 3339, as Anthropic sends it.
    except ValueError:
        return None


def _http_date(value: str) -> datetime | None:
    """Any of the three forms of RFC 9110 section 5.6.7."""
    try:
        return parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        pass
    for form in ("%A, %d-%b-%y %H:%M:%S %Z", "%a %b %d %H:%M:%S %Y"):
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _until(moment: datetime | None, unix_now: float) -> float | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return max(moment.timestamp() - unix_now, 0.0)
    except (OverflowError, OSError, ValueError):
        return None
