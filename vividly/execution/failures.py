"""The one place that turns an exception into a dead letter."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

from vividly.model.errors import InvalidRequest
from vividly.model.explain import explain
from vividly.model.request import Message, Request
from vividly.model.ticket import Failure, Ticket
from vividly.platform.taxonomy import Fate, classify

SCHEMA_VERSION = "1"
MAX_VALUE_BYTES = 1024
MAX_ATTRIBUTES = 100
_OWN = "dlq_"
_OWN_MAX = 14
"""How many attributes a dead letter adds: room is kept for them among the originals."""


_REASONS = {
    Fate.PERMANENT: "permanent",
    Fate.DEADLINE: "deadline_exceeded",
    Fate.TRANSIENT: "transient_exhausted",
}


def reason_of(error: BaseException, *, unforeseen: Fate = Fate.TRANSIENT) -> str:
    """The `dlq_reason` of an error, by the table of `vividly.platform.taxonomy`.

    Args:
        unforeseen: what follows from an error that is not in it.
    """
    if isinstance(error, InvalidRequest):
        return "invalid"
    return _REASONS[classify(error, unforeseen=unforeseen)]


def failure_of(
    error: BaseException,
    *,
    stage: str,
    message: Message,
    request: Request | None = None,
    attempt: int = 0,
    tries: int = 1,
    unforeseen: Fate = Fate.TRANSIENT,
) -> Failure:
    """What is to be known about a message that a stage could not process."""
    request_id = request.request_id if request else getattr(error, "request_id", None)
    return Failure(
        message=message,
        stage=stage,
        reason=reason_of(error, unforeseen=unforeseen),
        error_type=type(error).__name__,
        error_message=_storable(explain(error)) or type(error).__name__,
        failed_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        request_id=request_id or "",
        correlation_id=request.correlation_id if request else "",
        student_id=request.student_id if request else "",
        attempt=attempt or getattr(error, "attempt", 0),
        tries=tries,
        replayable=not isinstance(error, InvalidRequest),
        stack_trace=_stack(error),
    )


def ticket_failure(error: BaseException, *, stage: str, ticket: Ticket, tries: int = 1) -> Failure:
    """`failure_of` for a request that had been claimed."""
    return failure_of(
        error,
        stage=stage,
        message=ticket.message,
        request=ticket.request,
        attempt=ticket.attempt,
        tries=tries,
    )


def dead_letter_attributes(failure: Failure, *, job: str) -> dict[str, str]:
    """The attributes of a dead letter (docs/interfaces.md#dead-letters): the originals and ours.

    Values are cut to 1024 UTF-8 bytes and the whole to 100 attributes, which are
    Pub/Sub's limits. A `dlq_` attribute of an earlier dead letter is replaced.
    """
    kept = {
        key: value
        for key, value in failure.message.attributes.items()
        if not key.startswith((_OWN, "goog"))
    }
    originals = dict(list(kept.items())[: MAX_ATTRIBUTES - _OWN_MAX])
    own: Mapping[str, str] = {
        "dlq_id": _letter_id(failure),
        "dlq_schema_version": SCHEMA_VERSION,
        "dlq_stage": failure.stage,
        "dlq_reason": failure.reason,
        "dlq_error_type": failure.error_type,
        "dlq_error_message": failure.error_message,
        "dlq_request_id": failure.request_id,
        "dlq_correlation_id": failure.correlation_id,
        "dlq_attempts": str(max(1, failure.attempt)),
        "dlq_failed_at": failure.failed_at,
        "dlq_replayable": "true" if failure.replayable else "false",
        "dlq_job": job,
        "dlq_stack_trace": failure.stack_trace,
    }
    both = originals | {key: value for key, value in own.items() if value}
    return {key: cut(value) for key, value in both.items()}


def _letter_id(failure: Failure) -> str:
    """Twelve hexadecimal digits: the same where the same failure is told once more.

    An attempt fails once; what was never claimed fails whenever its message comes.
    """
    of: tuple[str, ...] = (failure.request_id, str(failure.attempt))
    if not failure.attempt:
        of = (failure.request_id, failure.stage, failure.failed_at)
    digest = hashlib.sha256("/".join(of).encode())
    if not failure.attempt:
        digest.update(failure.message.data)
    return digest.hexdigest()[:12]


def cut(text: str, limit: int = MAX_VALUE_BYTES) -> str:
    """The text, shortened to `limit` UTF-8 bytes and marked with an ellipsis if it was."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode("utf-8")
    return data[: limit - 3].decode("utf-8", "ignore") + "…"


def _storable(text: str) -> str:
    """The text without what neither PostgreSQL nor UTF-8 can hold, such as odd file names."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def _stack(error: BaseException) -> str:
    """Where it happened, innermost first: file, line and function, never values."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in frames[::-1])
