"""The wait that a Google service asks for before the next call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
"""A `google.protobuf.Duration` in JSON."""


def retry_after(headers: Any, details: Iterable[Any] | None) -> float | None:
    """Seconds from now, at least 0; None if the answer says nothing usable.

    Args:
        headers: of the HTTP answer, if there was one (RFC 9110: seconds or a date).
        details: `google.rpc` messages that came with the error, as JSON objects or as
            protocol buffers; `RetryInfo` says how long to wait.
    """
    get = getattr(headers, "get", None)
    header = get("retry-after") or get("Retry-After") if get else None
    wait = None if header is None else _of_header(str(header))
    return (
        wait
        if wait is not None
        else next((s for s in map(_of_detail, details or ()) if s is not None), None)
    )


def _of_header(value: str) -> float | None:
    if value.strip().isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date that claims no zone is in UTC, as all of HTTP's are.
    left = at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)
    return max(0.0, left.total_seconds())


def _of_detail(detail: Any) -> float | None:
    """`retryDelay` ("7s", "0.250s") of a JSON object, `retry_delay` of a message."""
    if isinstance(detail, Mapping):
        delay = _DURATION.fullmatch(str(detail.get("retryDelay", "")))
        return float(delay[1]) if delay else None
    delay = getattr(detail, "retry_delay", None)
    if delay is None or not hasattr(delay, "ToTimedelta"):
        return None
    return max(0.0, float(delay.ToTimedelta().total_seconds()))
