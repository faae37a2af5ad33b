"""The sound and pictures of a lesson: made once, delivered to every request that waits for them.

text job     join      subscribe the request to its lesson, or serve it if the lesson is made
media job    take      take the lesson that matters most
             ...       the stages speak, render and deliver, for the lesson
             complete  give all subscribers their files, and end them in one step
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from vividly.execution.lesson_files import CONTENT_TYPES, delivered_name, lesson_json
from vividly.execution.outcomes import completed_notification, message_of
from vividly.execution.services import Services
from vividly.execution.stages import DELIVER, RENDER, SPEAK, WRITE_SCRIPT
from vividly.lesson.speech import made_by
from vividly.lesson.video.settings import render_settings
from vividly.model.errors import TransientError
from vividly.model.lesson import LessonMedia, MediaFile, Narration, Script, from_json
from vividly.model.request import Request, parse_request
from vividly.model.ticket import Ticket, Token, own_results, ticket_from_json, ticket_to_json
from vividly.platform import retry

LOG = logging.getLogger(__name__)
COPIES = 8
"""Files that are copied at once: a copy in Cloud Storage takes longer than it costs."""
POLL_S = 0.5


@dataclass(frozen=True)
class Completed:
    """A subscriber that was completed with its lesson.

    Attributes:
        notification: its data and attributes.
    """

    ticket: Ticket
    notification: tuple[bytes, dict[str, str]]


class LessonLost(TransientError):
    """Every worker that had a lesson was lost.

    Attributes:
        ticket: of the lesson's last attempt, in whose name it must be failed.
    """

    def __init__(self, message: str, ticket: Ticket) -> None:
        super().__init__(message)
        self.ticket = ticket


@dataclass(frozen=True)
class Joined:
    """The result of joining a lesson: one of the two is set, or neither if it is being made.

    Attributes:
        served: the request's ticket with the results of all stages; its files are delivered.
        urls: the columns with their addresses.
        token: to publish, since this request is the first one that waits.
    """

    served: Ticket | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    token: Token | None = None


def lesson_key(ticket: Ticket, services: Services) -> str:
    """The key of a request's lesson: its script, and all that makes sound and pictures of it."""
    settings = services.settings
    modality = "video" if ticket.request.wants_video else "audio"
    parts = {
        "script": ticket.results[WRITE_SCRIPT.name],
        "voice": made_by(settings, ticket.request.language),
        "video": render_settings(settings).identity if modality == "video" else "",
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
    own = own_results(ticket.request.request_id) if ticket.fresh else ""
    return f"{own}{modality}-{digest}"


def join(ticket: Ticket, services: Services, *, in_one_job: bool = False) -> Joined:
    """Subscribe a request to its lesson. If the lesson is made already, deliver its files.

    Args:
        in_one_job: whether the job runs all stages, so that there is no media topic.

    Raises:
        Superseded: the request is no longer this attempt's.
        TransientError: the database or a bucket is unavailable.
    """
    key, work = lesson_key(ticket, services), services.lesson_work
    while True:
        found = work.subscribe(
            ticket, key, ticket_to_json(replace(ticket, lesson=key)), in_one_job=in_one_job
        )
        if found.status != "done":
            token = found.token
            if token is None and not services.retry_policy.durable:
                # Nothing publishes a lost token later; `take` waits for the worker, if any.
                token = Token(key, "")
            return Joined(token=token)
        served = replace(ticket, results={**ticket.results, **found.results})
        try:
            media = from_json(LessonMedia, services.temp.read(served.results[DELIVER.name]))
            files = _Delivery(served, services, media).deliver([(ticket.request, ticket.attempt)])
        except FileNotFoundError as error:
            LOG.warning("Lesson %s is made again: %s", key, error)
            work.reopen(key, found.attempt)
            continue
        return Joined(
            served,
            {f"{kind}_url": services.generated.uri(made.name) for kind, made in files.items()},
        )


def take(token: Token, services: Services) -> Ticket | None:
    """Take the lesson that matters most, and start to renew the claim on it.

    Returns:
        The ticket of the work, for all subscribers; None if no lesson waits.

    Raises:
        LessonLost: the lesson's workers were lost too often.
        TransientError: the database was unavailable for `claim_wait` seconds.
    """
    settings, policy = services.settings, services.retry_policy
    while True:
        taken = retry.call(
            lambda: services.lesson_work.take(
                token, lease=settings.lease, max_attempts=policy.max_takeover_attempts
            ),
            seconds=policy.claim_wait,
        )
        if taken is not None:
            break
        services.lesson_work.drop_unwanted(key=token.lesson)
        if policy.durable or services.lesson_work.status(token.lesson) not in (
            "waiting",
            "working",
        ):
            return None
        time.sleep(POLL_S)  # another process has it, or had it when it died
    limits = sum(stage.seconds(settings) for stage in (SPEAK, RENDER, DELIVER))
    ticket = replace(
        ticket_from_json(taken.ticket),
        lesson=taken.key,
        lesson_attempt=taken.attempt,
        deadline=time.time() + limits,
    )
    if taken.exhausted:
        raise LessonLost(
            f"the lesson was begun {policy.max_takeover_attempts} times and every worker that "
            "had it was lost; look for a crash in the stage that its row names",
            ticket,
        )
    services.lesson_heartbeat.start_renewing(ticket, limits)
    return ticket


def complete(ticket: Ticket, services: Services) -> list[Completed]:
    """Deliver a finished lesson to all its subscribers, and end them.

    Returns:
        Its subscribers. The same ones again if this attempt has completed it before.

    Raises:
        Superseded: another worker has the lesson, or nobody waits for it any more.
        TransientError: the database or a bucket is unavailable.
    """
    work = services.lesson_work
    media = from_json(LessonMedia, services.temp.read(ticket.results[DELIVER.name]))
    delivery = _Delivery(ticket, services, media)
    columns = _shapes(media, services)
    done: list[Completed] = []
    rows: dict[str, Mapping[str, Any]] = {}
    while True:
        waiting = [row for row in work.subscribers(ticket) if row["id"] not in rows]
        rows |= {row["id"]: row for row in waiting}
        tickets = [ticket_of(row) for row in waiting]
        delivery.deliver([(one.request, one.attempt) for one in tickets])
        ids, over = work.complete(
            ticket,
            {request_id: row["attempt"] for request_id, row in rows.items()},
            columns=columns,
        )
        missing = [one for one in ids if one not in rows]
        rows |= work.rows(missing)
        done += [_completed(rows[one], _urls(one, columns)) for one in ids]
        if over:
            return done


def close(ticket: Ticket, services: Services, *, stage: str, why: str) -> list[Ticket]:
    """End the work on a lesson without media. Returns its subscribers, which are to be ended.

    Raises:
        Superseded: another worker has the lesson, or nobody waits for it any more.
    """
    details = {"reason": "permanent", "error_type": "", "tries": 1, "replayable": True}
    rows = services.lesson_work.fail(ticket, stage=stage, message=why, details=details)
    return [ticket_of(row) for row in rows]


class _Delivery:
    """Copies a lesson's files to the generated bucket, for one request after another."""

    def __init__(self, ticket: Ticket, services: Services, media: LessonMedia) -> None:
        read = services.temp.read
        self._services = services
        self._media = media
        self._script = from_json(Script, read(ticket.results[WRITE_SCRIPT.name]))
        self._narration = from_json(Narration, read(ticket.results[SPEAK.name]))

    def deliver(self, requests: Sequence[tuple[Request, int]]) -> dict[str, MediaFile]:
        """Deliver to requests, given with their attempts. Returns the files of the last one.

        Raises:
            FileNotFoundError: a file of the lesson is gone.
        """
        if len(requests) == 1:
            return self._one(*requests[0])
        with ThreadPoolExecutor(COPIES, thread_name_prefix="vividly-copy") as pool:
            delivered = list(pool.map(lambda one: self._one(*one), requests))
        return delivered[-1] if delivered else {}

    def _one(self, request: Request, attempt: int) -> dict[str, MediaFile]:
        generated, files = self._services.generated, dict[str, MediaFile]()
        for kind, made in self._media.files.items():
            name = delivered_name(request.request_id, kind)
            generated.copy(
                self._services.temp, made.name, name, CONTENT_TYPES[kind], attempt=attempt
            )
            files[kind] = replace(made, name=name)
        urls = {kind: generated.uri(file.name) for kind, file in files.items()}
        data = lesson_json(request, self._script, self._narration, urls)
        name = delivered_name(request.request_id, "lesson")
        generated.write(name, data, CONTENT_TYPES["lesson"], attempt=attempt)
        files["lesson"] = MediaFile(name, CONTENT_TYPES["lesson"], len(data))
        return files


def _shapes(media: LessonMedia, services: Services) -> dict[str, tuple[str, str]]:
    """Column -> what stands before and after a request's id in the address of its file."""
    mark = "00000000-0000-4000-8000-000000000000"
    shapes = {}
    for kind in (*media.files, "lesson"):
        before, _, after = services.generated.uri(delivered_name(mark, kind)).partition(mark)
        shapes[f"{kind}_url"] = (before, after)
    return shapes


def _urls(request_id: str, columns: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {name: f"{before}{request_id}{after}" for name, (before, after) in columns.items()}


def _completed(row: Mapping[str, Any], content: Mapping[str, object]) -> Completed:
    return Completed(ticket_of(row), completed_notification(row, content))


def ticket_of(row: Mapping[str, Any]) -> Ticket:
    """The ticket of a claimed request, without results, from its row."""
    message = message_of(row)
    request, deadline = parse_request(message.data), row["deadline_at"].timestamp()
    return Ticket(message, request, row["attempt"], deadline)
