"""The ways in which making a lesson can fail, and what follows from each.

| class               | what follows                                                  |
|---------------------|---------------------------------------------------------------|
| `PermanentError`    | never retried; dead letter with reason `permanent`             |
| `InvalidRequest`    | the message itself is at fault: reason `invalid`               |
| `NoLesson`          | no failure of the request: the student gets `out_of_scope`     |
| `TransientError`    | retried with backoff, then reason `transient_exhausted`        |
| `UnusableAnswer`    | as transient, but tried only a few times: each try costs money |
| `DeadlineExceeded`  | the time is used up: reason `deadline_exceeded`                |
| `ContentBlocked`    | no failure: the student gets the outcome `blocked`             |

A message says what was wrong, where, and what to do about it. It never holds
a secret or the student's text.
"""

from __future__ import annotations

from collections.abc import Sequence


class VividlyError(Exception):
    """Base of every error that this package raises on purpose."""


class PermanentError(VividlyError):
    """Trying again would fail in the same way."""


class InvalidRequest(PermanentError):
    """The incoming message breaks the rules of docs/interfaces.md#requests.

    Attributes:
        faults: (field, what is wrong with it), empty where the message as a whole is at fault.
        request_id: the message's own id where it could still be read.
    """

    def __init__(
        self,
        message: str = "",
        *,
        faults: Sequence[tuple[str, str]] = (),
        request_id: str | None = None,
    ) -> None:
        """The message of one with faults is made from them."""
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
    """What there is to read on a topic does not make a lesson. The student is told so, kindly.

    The message is for operators: what is missing, and the fix.
    """


class TransientError(VividlyError):
    """A service was busy, slow or away; the same call may succeed later.

    Attributes:
        retry_after: seconds that the service asked to wait, or None.
        quota: whether the service was only asked too often (HTTP 429).
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, quota: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.quota = quota


class UnusableAnswer(VividlyError):
    """A model answered with what cannot be used: truncated, empty, or off its schema."""


class ContentBlocked(VividlyError):
    """A question or an answer is unsafe for a school. The student is told so, kindly.

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

    Not a failure: the work is somebody else's now.
    """
