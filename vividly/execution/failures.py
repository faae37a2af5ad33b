"""Turns an exception into a scheduled retry, or into a failure and its dead letter."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from vividly.execution.outcomes import message_of
from vividly.execution.services import Services
from vividly.model.errors import InvalidRequest, Superseded, TransientError
from vividly.model.explain import explain
from vividly.model.request import Message, Request
from vividly.model.ticket import Failure, Ticket
from vividly.platform import retry
from vividly.platform.breaker import CircuitOpen
from vividly.platform.taxonomy import RetryClass, classify

LOG = logging.getLogger(__name__)
SCHEMA_VERSION = "1"
MAX_VALUE_BYTES = 1024
MAX_ATTRIBUTES = 100
_OWN = "dlq_"
_OWN_MAX = 14
"""Attributes that a dead letter adds; original attributes are dropped to leave room for them."""
_REASONS = {
    RetryClass.PERMANENT: "permanent",
    RetryClass.DEADLINE: "deadline_exceeded",
    RetryClass.TRANSIENT: "transient_exhausted",
}


def reason_of(error: BaseException, *, unforeseen: RetryClass = RetryClass.TRANSIENT) -> str:
    """The `dlq_reason` of an error, by the table of `vividly.platform.taxonomy`.

    Args:
        unforeseen: the retry class of an error that is not in the table.
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
    unforeseen: RetryClass = RetryClass.TRANSIENT,
) -> Failure:
    """The failure of a message that a stage could not process."""
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
    """The failure of a claimed request."""
    return failure_of(
        error,
        stage=stage,
        message=ticket.message,
        request=ticket.request,
        attempt=ticket.attempt,
        tries=tries,
    )


def retry_or_fail(
    error: BaseException, *, stage: str, ticket: Ticket, services: Services, tries: int = 1
) -> list[Failure]:
    """Schedule a retry of the request or lesson if the error is transient; otherwise fail it.

    Returns:
        The failures to publish: the request's, or those of all subscribers of the lesson. Empty
        if a retry is scheduled or another attempt is in charge: then this worker is done with it.
    """
    services.heartbeat_of(ticket).stop_renewing(ticket)
    failure = ticket_failure(error, stage=stage, ticket=ticket, tries=tries)
    if services.retry_policy.durable and isinstance(error, TransientError):
        try:
            if _schedule_retry(error, failure, ticket, services):
                return []
        except Superseded:
            return []
        except Exception:
            # Its lease expires, and the requeue treats it as a request whose worker was lost.
            LOG.exception("Request %s: no retry could be scheduled", ticket.request.request_id)
            return []
    return fail_lesson(failure, ticket, services) if ticket.lesson else [failure]


def fail_lesson(failure: Failure, ticket: Ticket, services: Services) -> list[Failure]:
    """End a lesson as failed. Returns the failures of all its subscribers."""
    details = {
        "reason": failure.reason,
        "error_type": failure.error_type,
        "tries": failure.tries,
        "replayable": failure.replayable,
    }
    try:
        rows = retry.call(
            lambda: services.lesson_work.fail(
                ticket, stage=failure.stage, message=failure.error_message, details=details
            ),
            seconds=services.retry_policy.schedule_wait,
            retryable=retry.is_transient,
        )
    except Superseded:
        return []
    except TransientError:
        LOG.exception("Lesson %s: its failure could not be written", ticket.lesson)
        return []
    return [
        replace(
            failure,
            message=message_of(row),
            request_id=row["id"],
            correlation_id=row["correlation_id"],
            student_id=row["student_id"],
            attempt=row["attempt"],
        )
        for row in rows
    ]


def _schedule_retry(
    error: TransientError, failure: Failure, ticket: Ticket, services: Services
) -> bool:
    """Schedule a retry. False if no attempt or no time is left."""
    policy = services.retry_policy
    delay = retry.call(
        lambda: services.ledger_of(ticket).schedule_retry(
            ticket,
            failure.stage,
            failure.error_message,
            at_least=error.retry_after or 0.0,
            counted=not isinstance(error, CircuitOpen),
            policy=policy,
        ),
        seconds=policy.schedule_wait,
        retryable=retry.is_transient,
    )
    if delay is None:
        return False
    LOG.warning(
        "Request %s waits for %.0f s in %s: %s",
        failure.request_id,
        delay,
        failure.stage,
        failure.error_message,
    )
    return True


def dead_letter_attributes(failure: Failure, *, job: str) -> dict[str, str]:
    """The original attributes and the `dlq_` ones (docs/interfaces.md#dead-letters).

    Pub/Sub's limits apply: a value is cut to 1024 UTF-8 bytes, and there are at most 100
    attributes. `dlq_` attributes of an earlier dead letter are replaced.
    """
    kept = {
        key: value
        for key, value in failure.message.attributes.items()
        if not key.startswith((_OWN, "goog"))
    }
    originals = dict(list(kept.items())[: MAX_ATTRIBUTES - _OWN_MAX])
    own: Mapping[str, str] = {
        "dlq_id": _dead_letter_id(failure),
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


def _dead_letter_id(failure: Failure) -> str:
    """Twelve hexadecimal digits; a failure that is published again has the same id.

    An attempt fails once, so its number identifies the failure. A message that was never
    claimed fails at every delivery, so its id includes the time and the data.
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
    """Replace characters that PostgreSQL or UTF-8 cannot hold; odd file names contain some."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def _stack(error: BaseException) -> str:
    """The stack trace, innermost frame first: file, line and function, but no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in frames[::-1])
