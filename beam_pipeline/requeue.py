"""Requeue: publishes the messages of requests that are due or were lost, in one pass.

Run by the local stack, by a scheduler in the cloud, or by hand (`vividly requeue`). Several
passes at once are safe: each request is claimed by one of them.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from beam_pipeline.options import is_file
from beam_pipeline.pubsub import Resources
from vividly.execution.failures import dead_letter_attributes
from vividly.execution.lesson_files import withdraw
from vividly.execution.outcomes import (
    completed_notification,
    expired_failure,
    failure_notification,
    repeat_failure,
    repeat_notifications,
)
from vividly.execution.shared_lesson import ticket_of
from vividly.model import message_file
from vividly.model.errors import Superseded, VividlyError
from vividly.model.ticket import Failure, token_to_json
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.lesson_work import LessonWork
from vividly.platform.retry import RetryPolicy
from vividly.platform.storage import ObjectStore

LOG = logging.getLogger(__name__)
LIMIT = 500
TEXT_ONLY = "The text is ready. Sound and pictures could not be made in time."
Late = Literal["fail", "text_only"]


@dataclass(frozen=True)
class Topics:
    """Full names of the topics to publish to; dead letters may go to a file."""

    requests: str
    media: str
    notifications: str
    dead_letters: str


def requeue(
    ledger: Ledger,
    resources: Resources,
    topics: Topics,
    *,
    generated: ObjectStore | None = None,
    policy: RetryPolicy | None = None,
    limit: int = LIMIT,
    late: Late = "fail",
    at_once: int = 0,
) -> Counter[str]:
    """Run one pass.

    A message that could not be published is due again after `policy.republish_after` seconds.

    Args:
        generated: the bucket of finished lessons, to delete files of requests without one.
        policy: when requests count as lost.
        late: what becomes of a request whose lesson cannot be ready within its budget.
        at_once: how many lessons the media jobs can make at once, for the forecast; as many as
            they make now if that is more.

    Returns:
        Counts: messages published, by `Due.why`, and `lesson` (messages for the media job);
        `expired` (requests ended out of time), `late` (requests ended because they would be),
        `told_again` (requests whose end was published once more, since the worker that ended
        them may be lost), `withdrawn` (requests whose files were deleted), `swept` (files left
        by killed processes), `not_published`, `not_withdrawn`.

    Raises:
        TransientError: the database is unavailable.
    """
    policy = policy or RetryPolicy()
    work = LessonWork(ledger.engine, owner=ledger.owner)
    done: Counter[str] = Counter()
    for due in ledger.due(
        limit=limit, pending_after=policy.pending_after, again_after=policy.republish_after
    ):
        with _counted(done, due.why, f"Request {due.request_id} was not put back"):
            attributes = {**due.attributes, "request_id": due.request_id}
            resources.publish(topics.requests, due.data, attributes)
    for token, in_one_job in work.due_tokens(limit=limit, again_after=policy.hand_over_after):
        with _counted(done, "lesson", f"Lesson {token.lesson} was not put back"):
            topic = topics.requests if in_one_job else topics.media
            resources.publish(topic, token_to_json(token), {})
    hopeless = [
        *work.late(capacity=at_once),
        *work.forsaken(after=policy.expire_lease, limit=limit),
    ]
    for row in ledger.claim_expired(limit=limit, lease=policy.expire_lease, others=hopeless):
        why = "expired" if row["expired"] else "late"
        with _counted(done, why, f"Request {row['id']} was not ended") as ended:
            _end(row, ledger, resources, topics, late)
        if not ended:
            with suppress(VividlyError):
                ledger.release_claim(row["id"], row["attempt"])  # the next pass may succeed
    work.drop_unwanted()
    for row in work.unnotified(after=policy.expire_lease, limit=limit):
        with _counted(done, "told_again", f"The end of request {row['id']} was not published"):
            _tell_again(row, resources, topics)
            ledger.claim_unnotified(row["id"])
    if generated is not None:
        done += _withdraw(ledger, generated, limit, policy.withdraw_after)
        done["swept"] += generated.sweep()
    return +done


@contextmanager
def _counted(done: Counter[str], what: str, problem: str) -> Iterator[list[bool]]:
    """Count the block, or that it failed. What it yields is empty if it failed."""
    succeeded: list[bool] = []
    try:
        yield succeeded
        succeeded.append(True)
        done[what] += 1
    except VividlyError as error:
        LOG.warning("%s: %s", problem, error)
        done["not_published"] += 1


def _end(
    row: Mapping[str, Any], ledger: Ledger, resources: Resources, topics: Topics, late: Late
) -> None:
    """End a request that has no worker, or whose lesson is too late or failed.

    Publishes before it writes: if this process is lost in between, the end is published twice.
    """
    if late == "text_only" and row["text_ready_at"] and not row["lesson_error_stage"]:
        resources.publish(
            topics.notifications, *completed_notification(row, {"message": TEXT_ONLY})
        )
        ledger.finish(ticket_of(row), "completed", message=TEXT_ONLY, details={})
        return
    failure = expired_failure(row)
    _publish_dead_letter(failure, resources, topics.dead_letters)
    resources.publish(topics.notifications, *failure_notification(failure))
    ledger.fail(failure)


def _tell_again(row: Mapping[str, Any], resources: Resources, topics: Topics) -> None:
    """Publish the notifications of a request that has ended, and its dead letter if it failed."""
    again = repeat_notifications(row)
    if row["status"] == "failed":
        failure = repeat_failure(row)
        _publish_dead_letter(failure, resources, topics.dead_letters)
        again.append(failure_notification(failure))
    for one in again:
        resources.publish(topics.notifications, *one)


def _publish_dead_letter(failure: Failure, resources: Resources, where: str) -> None:
    data, attributes = failure.message.data, dead_letter_attributes(failure, job="requeue")
    if is_file(where):
        message_file.append(Path(where).expanduser(), (data, attributes))
    else:
        resources.publish(where, data, attributes)


def _withdraw(ledger: Ledger, generated: ObjectStore, limit: int, grace: float) -> Counter[str]:
    done: Counter[str] = Counter()
    for request_id, attempt in ledger.to_withdraw(limit=limit, grace=grace):
        try:
            withdraw(request_id, attempt, generated)
            ledger.mark_withdrawn(request_id, attempt)
            done["withdrawn"] += 1
        except Superseded:
            continue  # a later attempt has delivered
        except VividlyError as error:
            LOG.warning("Files of request %s were not deleted: %s", request_id, error)
            done["not_withdrawn"] += 1
    return done
