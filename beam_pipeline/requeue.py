"""Puts back on its topic what is due, and what lost its worker: one pass.

Run by the local stack, by a scheduler in the cloud, or by hand (`vividly requeue`). Several
at once do no harm: of each request one of them gets hold.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from beam_pipeline.options import is_file
from beam_pipeline.pubsub import Resources
from vividly.execution.ending import expiry_of, told_failure
from vividly.execution.failures import dead_letter_attributes
from vividly.execution.publication import withdraw
from vividly.model import message_file
from vividly.model.errors import Superseded, VividlyError
from vividly.model.notifications import notification
from vividly.model.ticket import Failure
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.waiting import Due
from vividly.platform.storage import ObjectStore

LOG = logging.getLogger(__name__)
LIMIT = 500
PENDING_AFTER_S = 300.0
AGAIN_AFTER_S = 30.0
WITHDRAW_AFTER_S = 60.0
EXPIRING_S = 20.0
"""How long ending a request may take, before another pass, or another process, tries it."""


@dataclass(frozen=True)
class Topics:
    """Where messages go: full names of topics; dead letters may go to a file."""

    requests: str
    media: str
    notifications: str
    dead_letters: str


@dataclass(frozen=True)
class Pauses:
    """When a request is taken to be lost; all in seconds.

    Attributes:
        pending_after: from the row of a request to the first time.
        again_after: until what was put on its topic, and is still due, is put there again.
        withdraw_after: from the end of the budget of a request that was not completed until
            its files are taken away.
    """

    pending_after: float = PENDING_AFTER_S
    again_after: float = AGAIN_AFTER_S
    withdraw_after: float = WITHDRAW_AFTER_S


def requeue(
    ledger: Ledger,
    resources: Resources,
    topics: Topics,
    *,
    generated: ObjectStore | None = None,
    pauses: Pauses | None = None,
    limit: int = LIMIT,
) -> Counter[str]:
    """One pass.

    What could not be published is due again after `again_after` seconds.

    Args:
        generated: the bucket of finished lessons, to take files of unfinished ones away.

    Returns:
        How many were put back, by why; and `expired` (ended: out of time), `withdrawn`, `swept`
        (files of writers that were killed), `not_published`, `not_withdrawn`.

    Raises:
        TransientError: the database is away.
    """
    pauses = pauses or Pauses()
    done: Counter[str] = Counter()
    for due in ledger.due(
        limit=limit, pending_after=pauses.pending_after, again_after=pauses.again_after
    ):
        try:
            _publish(due, resources, topics)
            done[due.why] += 1
        except VividlyError as error:
            LOG.warning("Request %s was not put back: %s", due.request_id, error)
            done["not_published"] += 1
    done += _end_expired(ledger, resources, topics, limit)
    if generated is not None:
        done += _withdraw(ledger, generated, limit, pauses.withdraw_after)
        done["swept"] += generated.sweep()
    return +done


def _publish(due: Due, resources: Resources, topics: Topics) -> None:
    attributes = {**due.attributes, "request_id": due.request_id}
    if due.why != "handover" or not topics.media:
        resources.publish(topics.requests, due.data, attributes)
        return
    resources.publish(topics.media, due.handover, attributes)
    if due.text_ready:
        # Whoever handed it over may have been lost before telling.
        data, attributes = notification(
            "text_ready",
            request_id=due.request_id,
            attributes=due.attributes,
            **due.text_ready,
        )
        resources.publish(topics.notifications, data, attributes)


def _end_expired(ledger: Ledger, resources: Resources, topics: Topics, limit: int) -> Counter[str]:
    """End requests whose budget is used up, and that no job has in hand.

    Told before it is written: if this process is lost in between, it is told twice.
    """
    done: Counter[str] = Counter()
    for row in ledger.take_expired(limit=limit, lease=EXPIRING_S):
        failure = expiry_of(row)
        try:
            _bury(failure, resources, topics.dead_letters)
            resources.publish(topics.notifications, *told_failure(failure))
            ledger.fail(failure)
            done["expired"] += 1
        except VividlyError as error:
            LOG.warning("Request %s could not be ended: %s", failure.request_id, error)
            done["not_published"] += 1
            with suppress(VividlyError):
                ledger.let_go(row["id"], row["attempt"])  # the next pass may do better
    return done


def _bury(failure: Failure, resources: Resources, where: str) -> None:
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
            ledger.withdrawn(request_id, attempt)
            done["withdrawn"] += 1
        except Superseded:
            continue  # it is being made again
        except VividlyError as error:
            LOG.warning("Files of request %s were not taken away: %s", request_id, error)
            done["not_withdrawn"] += 1
    return done
