"""Requeue: publishes the messages of requests that are due or were lost, in one pass.

Run by the local stack, by a scheduler in the cloud, or by hand (`vividly requeue`). Several
passes at once are safe: each request is claimed by one of them.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from beam_pipeline.options import is_file
from beam_pipeline.pubsub import Resources
from vividly.execution.failures import dead_letter_attributes
from vividly.execution.lesson_files import withdraw
from vividly.execution.outcomes import expired_failure, failure_notification
from vividly.model import message_file
from vividly.model.errors import Superseded, VividlyError
from vividly.model.notifications import notification
from vividly.model.request import Message
from vividly.model.ticket import Failure
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.outbox import Due
from vividly.platform.retry import RetryPolicy
from vividly.platform.storage import ObjectStore

LOG = logging.getLogger(__name__)
LIMIT = 500


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
) -> Counter[str]:
    """Run one pass.

    A message that could not be published is due again after `policy.republish_after` seconds.

    Args:
        generated: the bucket of finished lessons, to delete files of requests without one.
        policy: when requests count as lost.

    Returns:
        Counts: messages published, by `Due.why`; `expired` (requests ended out of time),
        `withdrawn` (requests whose files were deleted), `swept` (files left by killed
        processes), `not_published`, `not_withdrawn`.

    Raises:
        TransientError: the database is unavailable.
    """
    policy = policy or RetryPolicy()
    done: Counter[str] = Counter()
    for due in ledger.due(
        limit=limit, pending_after=policy.pending_after, again_after=policy.republish_after
    ):
        try:
            _publish(due, resources, topics)
            done[due.why] += 1
        except VividlyError as error:
            LOG.warning("Request %s was not put back: %s", due.request_id, error)
            done["not_published"] += 1
    done += _end_expired(ledger, resources, topics, limit, policy.expire_lease)
    if generated is not None:
        done += _withdraw(ledger, generated, limit, policy.withdraw_after)
        done["swept"] += generated.sweep()
    return +done


def _publish(due: Due, resources: Resources, topics: Topics) -> None:
    attributes = {**due.attributes, "request_id": due.request_id}
    if due.why != "handover" or not topics.media:
        resources.publish(topics.requests, due.data, attributes)
        return
    resources.publish(topics.media, due.handover, attributes)
    if due.text_ready:
        # The worker that handed it over may have been lost before it notified.
        data, attributes = notification(
            "text_ready",
            request_id=due.request_id,
            message=Message(due.data, due.attributes),
            **due.text_ready,
        )
        resources.publish(topics.notifications, data, attributes)


def _end_expired(
    ledger: Ledger, resources: Resources, topics: Topics, limit: int, lease: float
) -> Counter[str]:
    """End requests whose budget is used up and that have no worker.

    Publishes before it writes: if this process is lost in between, the failure is published twice.
    """
    done: Counter[str] = Counter()
    for row in ledger.claim_expired(limit=limit, lease=lease):
        failure = expired_failure(row)
        try:
            _publish_dead_letter(failure, resources, topics.dead_letters)
            resources.publish(topics.notifications, *failure_notification(failure))
            ledger.fail(failure)
            done["expired"] += 1
        except VividlyError as error:
            LOG.warning("Request %s could not be ended: %s", failure.request_id, error)
            done["not_published"] += 1
            with suppress(VividlyError):
                ledger.release_claim(row["id"], row["attempt"])  # the next pass may succeed
    return done


def _publish_dead_letter(failure: Failure, resources: Resources, where: str) -> None:
    data, attributes = failure.message.data, dead_letter_attributes(failure, job="requeue")
    if is_file(where):
        message_file.append(Path(where).expanduser(), data, attributes)
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
