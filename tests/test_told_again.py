"""What a lost worker owed is done by others: notifications, and the ends of requests."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.pubsub import Resources
from beam_pipeline.requeue import Topics, requeue
from tests.support.ledgers import expire, row
from tests.support.requests import claimed
from transforms.claim import ClaimDoFn
from transforms.concurrent import NOTIFICATIONS
from vividly.execution.outcomes import expired_failure
from vividly.execution.services import Services
from vividly.model.ticket import Failure, Ticket, Token
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.lesson_work import LessonWork

KEY = "audio-1"
URL = {"audio_url": ("file:///", ".m4a")}


def subscribed(ledger: Ledger) -> Ticket:
    """A request whose text is ready, and that waits for its lesson."""
    sent = claimed(ledger, requested_modalities=["audio"])
    ledger.text_ready(sent, "text")
    LessonWork(ledger.engine, owner="text").subscribe(sent, KEY, b"work")
    return sent


def made(ledger: Ledger, *, owner: str = "media") -> LessonWork:
    """A media job that takes the lesson, completes it, and has not confirmed its notifications."""
    work = LessonWork(ledger.engine, owner=owner)
    work.marks_notified = True
    taken = work.take(Token(KEY, "2026-01-01T00:00:00Z"), lease=60, max_attempts=5)
    assert taken is not None
    sent = claimed(ledger)
    ticket = Ticket(sent.message, sent.request, 1, 0.0, lesson=KEY, lesson_attempt=taken.attempt)
    waiting = {one["id"]: one["attempt"] for one in work.subscribers(ticket)}
    _, over = work.complete(ticket, waiting, columns=URL)
    assert over
    return work


def delivered_again(services: Services, sent: Ticket) -> list[tuple[str, object]]:
    """What the claim step emits for the request's message."""
    step = ClaimDoFn(services.settings, "claim")
    step.services = services
    return step.work(Ticket(sent.message, sent.request, 0, 0.0)).values


def events(values: list[tuple[str, object]]) -> list[str]:
    assert {tag for tag, _ in values} <= {NOTIFICATIONS}
    return [json.loads(one.data)["event"] for _, one in values]  # type: ignore[attr-defined]


def test_the_text_of_a_request_that_waits_for_its_lesson_is_told_again(
    services: Services,
) -> None:
    sent = subscribed(services.ledger)
    assert events(delivered_again(services, sent)) == ["text_ready"]


def test_the_text_is_told_again_after_the_end_was_told(services: Services) -> None:
    sent = subscribed(services.ledger)
    made(services.ledger)
    assert events(delivered_again(services, sent)) == ["text_ready", "completed"]
    assert events(delivered_again(services, sent)) == ["text_ready"]


def test_a_request_in_work_is_not_told_of(services: Services) -> None:
    sent = claimed(services.ledger, requested_modalities=["audio"])
    services.ledger.text_ready(sent, "text")
    assert delivered_again(services, sent) == []


@pytest.fixture
def topics(pubsub: str) -> Topics:
    """Topics; those of notifications and dead letters have a subscription."""
    resources = Resources()
    names = [f"projects/{pubsub}/topics/{name}" for name in ("requests", "media", "notes", "dlq")]
    for name in names[2:]:
        resources.check_topic(name, create=True)
        subscription = name.replace("topics", "subscriptions")
        resources.check_subscription(subscription, topic=name, create=True)
    return Topics(*names)


def published(topic: str, count: int) -> list[dict[str, str]]:
    """The attributes of messages on a topic; fewer if no more come."""
    found: list[dict[str, str]] = []
    while len(found) < count:
        some = Resources().pull(topic.replace("topics", "subscriptions"), limit=count, wait=5)
        if not some:
            break
        found += [dict(one.attributes) for one in some]
    return found


def ended_long_ago(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE content_requests SET completed_at = completed_at - interval '1 minute', "
                "failed_at = failed_at - interval '1 minute'"
            )
        )


def test_the_requeue_tells_the_end_for_a_media_job_that_was_lost(
    ledger: Ledger, engine: Engine, topics: Topics
) -> None:
    sent = [subscribed(ledger) for _ in range(2)]
    made(ledger)
    assert requeue(ledger, Resources(), topics) == {}, "its worker may still do it"
    ended_long_ago(engine)
    assert requeue(ledger, Resources(), topics) == {"told_again": 2}
    told = published(topics.notifications, 4)
    assert {(one["event"], one["request_id"]) for one in told} == {
        (event, one.request.request_id) for event in ("text_ready", "completed") for one in sent
    }
    assert {row(engine, one)["lease_owner"] for one in sent} == {None}
    assert requeue(ledger, Resources(), topics) == {}, "once is enough"


def test_the_requeue_tells_nothing_that_was_confirmed(
    ledger: Ledger, engine: Engine, topics: Topics
) -> None:
    subscribed(ledger)
    made(ledger, owner="media")
    Ledger(engine, owner="media").mark_notified()
    ended_long_ago(engine)
    assert requeue(ledger, Resources(), topics) == {}


def test_the_requeue_tells_a_failure_and_sends_its_dead_letter(
    ledger: Ledger, engine: Engine, topics: Topics
) -> None:
    sent = subscribed(ledger)
    ended = Ledger(engine, owner="media")
    ended.marks_notified = True
    failure = Failure(
        message=sent.message,
        stage="speak",
        reason="permanent",
        error_type="E",
        error_message="the voice is away",
        failed_at="2026-01-01T00:00:00.000+00:00",
        request_id=sent.request.request_id,
        attempt=sent.attempt,
    )
    assert ended.fail(failure)
    ended_long_ago(engine)
    assert requeue(ledger, Resources(), topics) == {"told_again": 1}
    assert {one["event"] for one in published(topics.notifications, 2)} == {"text_ready", "failed"}
    (letter,) = published(topics.dead_letters, 1)
    assert (letter["dlq_request_id"], letter["dlq_reason"]) == (
        sent.request.request_id,
        "permanent",
    )
    assert row(engine, sent)["lease_owner"] is None


# -- ends -------------------------------------------------------------------------------------


def test_another_pass_ends_a_late_request_whose_pass_was_lost(
    ledger: Ledger, engine: Engine
) -> None:
    sent, other = subscribed(ledger), subscribed(ledger)
    late = sent.request.request_id
    lost, scheduler = Ledger(engine, owner="lost"), Ledger(engine, owner="scheduler")
    assert [one["id"] for one in lost.claim_expired(limit=9, lease=60, others=[late])] == [late]
    assert scheduler.claim_expired(limit=9, lease=60) == []
    expire(engine, sent)
    (found,) = scheduler.claim_expired(limit=9, lease=60)
    assert (found["id"], found["attempt"], found["expired"]) == (late, 3, False)
    scheduler.release_claim(late, 3)  # its end could not be published
    (found,) = scheduler.claim_expired(limit=9, lease=60)
    assert expired_failure(found).reason == "deadline_exceeded"
    assert scheduler.fail(expired_failure(found))
    assert row(engine, other)["status"] == "generating"
