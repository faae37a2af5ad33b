"""The errors of making a lesson, and what happens after each.

| class               | what happens                                                  |
|---------------------|---------------------------------------------------------------|
| `PermanentError`    | never retried; dead letter with reason `permanent`             |
| `InvalidRequest`    | the message is invalid: reason `invalid`                       |
| `NoLesson`          | no failure of the request: the student gets `out_of_scope`     |
| `TransientError`    | retried with backoff, then reason `transient_exhausted`        |
| `UnusableAnswer`    | like transient, but with few tries: each try costs money       |
| `DeadlineExceeded`  | the time is used up: reason `deadline_exceeded`                |
| `ContentBlocked`    | no failure: the student gets the outcome `blocked`             |

A message says what was wrong, where, and what to do about it. It never contains a secret or the
student's text.
"""

from __future__ import annotations

from collections.abc import Sequence


class VividlyError(Exception):
    """Base class of this package's errors."""


class PermanentError(VividlyError):
    """A retry would fail in the same way."""


class InvalidRequest(PermanentError):
    """The incoming message breaks the rules of docs/interfaces.md#requests.

    Attributes:
        faults: (field, what is wrong with it); empty if the whole message is malformed.
        request_id: the message's own id if it could be read.
    """

    def __init__(
        self,
        message: str = "",
        *,
        faults: Sequence[tuple[str, str]] = (),
        request_id: str | None = None,
    ) -> None:
        """If there are faults, the message is made from them."""
        super().__init__(message or "; ".join(f"{name}: {what}" for name, what in faults))
        self.faults = tuple(faults)
        self.request_id = request_id

    @property
    def fields(self) -> tuple[str, ...]:
        """The offending fields, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.faults))


class SettingsError(PermanentError):
    """A setting is missing or malformed; the message names it and the fix."""


class NoLesson(PermanentError):
    """The passages on a topic are not enough for a lesson. The student gets a kind answer.

    The message is for operators: what is missing, and the fix.
    """


class TransientError(VividlyError):
    """A service was busy, slow or unavailable; the same call may succeed later.

    Attributes:
        retry_after: seconds that the service asked to wait, or None.
        quota: whether a quota was used up (HTTP 429).
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, quota: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.quota = quota


class UnusableAnswer(VividlyError):
    """A model's answer cannot be used: it is truncated, empty, or does not fit the schema."""


class ContentBlocked(VividlyError):
    """A question or an answer is unsafe for a school. The student gets a kind answer.

    Attributes:
        category: one of `vividly.lesson.safety.CATEGORIES`.
    """

    def __init__(self, message: str, *, category: str) -> None:
        super().__init__(message)
        self.category = category


class DeadlineExceeded(VividlyError):
    """A stage or the whole request has used up its time."""


class Superseded(VividlyError):
    """The request belongs to a newer attempt, or has ended: stop, and write nothing.

    Not a failure: the newer attempt does the work, or it is done.
    """
