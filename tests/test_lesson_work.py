"""The work on lessons: made once, for every request that subscribed to it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from tests.support.ledgers import at_once, claim, expire, lesson_work, row, subscribe, taken
from tests.support.requests import ticket
from vividly.model.errors import Superseded
from vividly.model.ticket import Ticket, Token
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.lesson_work import LessonWork
from vividly.platform.retry import RetryPolicy

COLUMNS = {"video_url": ("gs://made/videos/", ".mp4")}


def begun(ledger: Ledger, key: str = "lesson", **changes: object) -> tuple[Ticket, Token | None]:
    """A request that waits for a lesson, and the token that it published."""
    sent = claimed(ledger, **changes)
    return sent, subscribe(ledger, sent, key).token


def claimed(ledger: Ledger, **changes: object) -> Ticket:
    sent = ticket(requested_modalities=["video"], **changes)
    found = claim(ledger, sent)
    assert found.result == "claimed"
    return replace(sent, attempt=found.attempt)


def complete(work: LessonWork, lesson: Ticket) -> tuple[list[str], bool]:
    """Complete a lesson for all who wait now."""
    delivered = {one["id"]: one["attempt"] for one in work.subscribers(lesson)}
    done = replace(lesson, results={"speak": "s", "render": "r", "deliver": "d"})
    return work.complete(done, delivered, columns=COLUMNS)


def set_lesson(engine: Engine, key: str, column: str, seconds: float) -> None:
    """Set a time of a lesson to so many seconds ago."""
    with engine.begin() as connection:
        connection.execute(
            text(
                f"UPDATE lesson_work SET {column} = now() - :ago * interval '1 second' "
                "WHERE key = :key"
            ),
            {"ago": seconds, "key": key},
        )


def set_request(engine: Engine, sent: Ticket, column: str, seconds: float) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                f"UPDATE content_requests SET {column} = now() + :left * interval '1 second' "
                "WHERE id = :id"
            ),
            {"left": seconds, "id": sent.request.request_id},
        )


def status(ledger: Ledger, key: str = "lesson") -> str:
    return lesson_work(ledger).status(key)


@pytest.fixture
def work(ledger: Ledger) -> LessonWork:
    return lesson_work(ledger)


# -- subscribing -------------------------------------------------------------------------------


def test_of_thirty_who_subscribe_at_once_one_publishes(ledger: Ledger) -> None:
    sent = [claimed(ledger) for _ in range(30)]
    found = at_once(30, lambda at: subscribe(ledger, sent[at]))
    assert len([one for one in found if one.token]) == 1
    assert {one.status for one in found} == {"waiting"}


def test_a_bundle_that_runs_again_publishes_its_token_again(ledger: Ledger) -> None:
    sent, first = begun(ledger)
    other, none = begun(ledger)
    assert (first is not None, none) == (True, None)
    assert subscribe(ledger, sent).token == first
    assert subscribe(ledger, other).token is None


def test_who_comes_while_the_lesson_is_completed_is_never_forgotten(
    engine: Engine, ledger: Ledger
) -> None:
    for round in range(15):
        key = f"lesson-{round}"
        _, token = begun(ledger, key)
        assert token is not None
        lesson = taken(ledger, token)
        late = [claimed(ledger) for _ in range(4)]
        served: list[str] = []
        start = threading.Barrier(5)

        def finish(lesson: Ticket = lesson, start: threading.Barrier = start) -> None:
            work = lesson_work(ledger)
            start.wait()
            while not complete(work, lesson)[1]:
                pass

        finisher = threading.Thread(target=finish)
        finisher.start()

        def come(
            one: Ticket,
            key: str = key,
            start: threading.Barrier = start,
            served: list[str] = served,
        ) -> None:
            start.wait()
            if subscribe(ledger, one, key).status == "done":
                served.append(one.request.request_id)

        comers = [threading.Thread(target=come, args=(one,)) for one in late]
        for thread in comers:
            thread.start()
        for thread in (*comers, finisher):
            thread.join()
        for one in late:
            ended = row(engine, one)["status"] == "completed"
            assert ended != (one.request.request_id in served), "completed, or told to be served"


def test_a_lesson_that_is_done_is_not_waited_for(engine: Engine, ledger: Ledger) -> None:
    _, token = begun(ledger)
    assert token is not None
    complete(lesson_work(ledger), taken(ledger, token))
    late = claimed(ledger)
    found = subscribe(ledger, late)
    assert (found.status, found.token) == ("done", None)
    assert found.results["deliver"] == "d"
    assert row(engine, late)["lesson_key"] is None, "its claim is still held"


def test_a_lesson_whose_files_are_gone_is_made_again(ledger: Ledger, work: LessonWork) -> None:
    _, token = begun(ledger)
    assert token is not None
    complete(work, taken(ledger, token))
    late = claimed(ledger)
    work.reopen("lesson", subscribe(ledger, late).attempt)
    again = subscribe(ledger, late)
    assert again.token is not None
    assert taken(ledger, again.token).lesson_attempt == 2


# -- taking ------------------------------------------------------------------------------------


def test_a_token_without_a_time_takes_what_waits(ledger: Ledger) -> None:
    """So does a job without durable retries, which waits for a worker that may have died."""
    begun(ledger)
    assert taken(ledger, Token("lesson", "")).lesson == "lesson"


def test_of_twenty_workers_one_takes_it(ledger: Ledger) -> None:
    _, token = begun(ledger)
    assert token is not None
    found = at_once(20, lambda _: lesson_work(ledger).take(token, lease=60, max_attempts=5))
    assert len([one for one in found if one]) == 1


def test_tokens_and_lessons_are_as_many_whichever_takes_which(ledger: Ledger) -> None:
    """Six lessons and six tokens: every worker gets one, and none gets the same."""
    tokens = [begun(ledger, f"lesson-{at}")[1] for at in range(6)]
    assert all(tokens)
    found = at_once(6, lambda at: taken(ledger, tokens[at]).lesson)  # type: ignore[arg-type]
    assert sorted(found) == [f"lesson-{at}" for at in range(6)]


def test_the_lesson_that_most_wait_for_is_taken_first(ledger: Ledger) -> None:
    _, token = begun(ledger, "one")
    for _ in range(3):
        begun(ledger, "three")
    assert token is not None
    assert taken(ledger, token).lesson == "three"
    assert taken(ledger, token).lesson == "one"


def test_the_lesson_whose_time_runs_out_is_taken_first(engine: Engine, ledger: Ledger) -> None:
    for _ in range(3):
        _, token = begun(ledger, "three")
    urgent, token = begun(ledger, "urgent")
    assert token is not None
    set_request(engine, urgent, "deadline_at", 30)
    assert taken(ledger, token).lesson == "urgent"


def made_in(engine: Engine, ledger: Ledger, seconds: float) -> None:
    """A lesson that took so long, for the estimate."""
    _, token = begun(ledger, "made")
    assert token is not None
    complete(lesson_work(ledger), taken(ledger, token))
    with engine.begin() as connection:
        connection.execute(text("UPDATE lesson_work SET seconds = :s"), {"s": seconds})


def test_what_cannot_end_in_time_is_not_begun(engine: Engine, ledger: Ledger) -> None:
    made_in(engine, ledger, 50)
    hopeless, token = begun(ledger, "hopeless")
    assert token is not None
    set_request(engine, hopeless, "deadline_at", 40)
    assert lesson_work(ledger).take(token, lease=60, max_attempts=5) is None
    set_request(engine, hopeless, "deadline_at", 90)
    assert taken(ledger, token).lesson == "hopeless"


def test_an_old_estimate_does_not_stop_the_work_for_ever(engine: Engine, ledger: Ledger) -> None:
    made_in(engine, ledger, 5_000)
    _, token = begun(ledger)
    assert token is not None
    assert lesson_work(ledger).take(token, lease=60, max_attempts=5) is None
    set_lesson(engine, "made", "ended_at", 700)
    assert taken(ledger, token).lesson == "lesson"


def test_a_lesson_is_taken_over_once_when_its_worker_is_lost(
    engine: Engine, ledger: Ledger
) -> None:
    sent = [begun(ledger) for _ in range(3)]
    token = sent[0][1]
    assert token is not None
    first = taken(ledger, token)
    set_lesson(engine, "lesson", "lease_expires_at", 1)
    set_lesson(engine, "lesson", "token_at", 30)
    ((again, _),) = lesson_work(ledger).due_tokens(limit=10, again_after=60)
    assert lesson_work(ledger).due_tokens(limit=10, again_after=60) == []
    second = taken(ledger, again)
    assert second.lesson_attempt == first.lesson_attempt + 1
    with pytest.raises(Superseded):
        lesson_work(ledger).progress(first, 70)
    assert lesson_work(ledger).take(again, lease=60, max_attempts=5) is None


def test_a_lesson_whose_workers_are_all_lost_is_exhausted(engine: Engine, ledger: Ledger) -> None:
    _, token = begun(ledger)
    assert token is not None
    for _ in range(2):
        found = lesson_work(ledger).take(token, lease=60, max_attempts=2)
        assert found is not None and not found.exhausted
        set_lesson(engine, "lesson", "lease_expires_at", 1)
    found = lesson_work(ledger).take(token, lease=60, max_attempts=2)
    assert found is not None and found.exhausted


def test_what_its_owner_lets_go_of_is_taken_at_once(ledger: Ledger, work: LessonWork) -> None:
    _, token = begun(ledger)
    assert token is not None
    first = taken(ledger, token)
    assert work.renew([("lesson", first.lesson_attempt)], lease=60)
    assert work.release_claims() == 1
    assert not work.renew([("lesson", first.lesson_attempt)], lease=60)
    assert taken(ledger, token).lesson_attempt == 2


# -- in progress -------------------------------------------------------------------------------


def test_progress_is_everybodys_and_the_cost_the_firsts(engine: Engine, ledger: Ledger) -> None:
    first, token = begun(ledger)
    second, _ = begun(ledger)
    assert token is not None
    lesson, work = taken(ledger, token), lesson_work(ledger)
    work.stage_started(lesson, "speak", doing="Recording", progress=40, lease=60)
    assert {row(engine, one)["current_stage"] for one in (first, second)} == {"Recording"}
    work.stage_completed(
        lesson,
        "speak",
        progress=60,
        seconds=2.0,
        retries=0,
        metadata={"provider": "x"},
        cost_usd=0.5,
    )
    assert {row(engine, one)["progress_percentage"] for one in (first, second)} == {60}
    assert [row(engine, one)["cost_usd"] for one in (first, second)] == [0.5, None]
    stages = [
        next(s for s in queries.stages(engine, one.request.request_id) if s["stage_order"] == 5)
        for one in (first, second)
    ]
    assert [one["stage_metadata"] for one in stages] == [{"provider": "x"}, {"reused": True}]
    assert {one["status"] for one in stages} == {"completed"}


def test_a_retry_is_everybodys_and_due_once(engine: Engine, ledger: Ledger) -> None:
    sent = [begun(ledger) for _ in range(3)]
    token = sent[0][1]
    assert token is not None
    lesson, work = taken(ledger, token), lesson_work(ledger)
    delay = work.schedule_retry(
        lesson, "speak", "the voice is away", at_least=1, counted=True, policy=RetryPolicy()
    )
    assert delay is not None
    for one, _ in sent:
        events = queries.events(engine, one.request.request_id)
        assert [event["event_type"] for event in events].count("put_down") == 1
        assert row(engine, one)["error_message"] == "the voice is away"
    assert work.due_tokens(limit=10, again_after=60) == []
    assert work.take(token, lease=60, max_attempts=5) is None, "it is not due"
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE lesson_work SET token_at = now() - interval '9 s', "
                "next_attempt_at = now() - interval '1 s'"
            )
        )
    ((again, _),) = work.due_tokens(limit=10, again_after=60)
    assert work.due_tokens(limit=10, again_after=60) == []
    assert taken(ledger, again).lesson_attempt == 2
    assert {row(engine, one)["error_message"] for one, _ in sent} == {None}


def test_a_lesson_is_tried_again_only_while_somebody_has_time(
    engine: Engine, ledger: Ledger
) -> None:
    first, token = begun(ledger)
    assert token is not None
    lesson = taken(ledger, token)
    set_request(engine, first, "deadline_at", 2)
    assert (
        lesson_work(ledger).schedule_retry(
            lesson, "speak", "away", at_least=5, counted=True, policy=RetryPolicy()
        )
        is None
    )


# -- the ends ----------------------------------------------------------------------------------


def test_all_who_wait_are_completed_in_one_step(engine: Engine, ledger: Ledger) -> None:
    sent = [begun(ledger) for _ in range(5)]
    token = sent[0][1]
    assert token is not None
    work, lesson = lesson_work(ledger), taken(ledger, token)
    ids, over = complete(work, lesson)
    assert over
    assert sorted(ids) == sorted(one.request.request_id for one, _ in sent)
    for one, _ in sent:
        found = row(engine, one)
        assert (found["status"], found["progress_percentage"]) == ("completed", 100)
        assert found["video_url"] == f"gs://made/videos/{one.request.request_id}.mp4"
        events = [e["event_type"] for e in queries.events(engine, one.request.request_id)]
        assert events.count("completed") == 1
        stages = queries.stages(engine, one.request.request_id)
        ends = {stage["stage_name"]: stage["status"] for stage in stages}
        assert (ends["render"], ends["deliver"]) == ("completed", "completed")
    assert complete(work, lesson) == (ids, True), "a bundle that runs again says the same"


def test_who_has_no_files_yet_is_not_completed(engine: Engine, ledger: Ledger) -> None:
    first, token = begun(ledger)
    second, _ = begun(ledger)
    assert token is not None
    work, lesson = lesson_work(ledger), taken(ledger, token)
    ids, over = work.complete(lesson, {first.request.request_id: 1}, columns=COLUMNS)
    assert (ids, over) == ([first.request.request_id], False)
    assert row(engine, second)["status"] == "generating"
    assert complete(work, lesson) == ([second.request.request_id], True)


def test_a_failed_lesson_is_begun_anew_by_a_replay_of_one(engine: Engine, ledger: Ledger) -> None:
    sent = [begun(ledger) for _ in range(3)]
    token = sent[0][1]
    assert token is not None
    work, lesson = lesson_work(ledger), taken(ledger, token)
    details = {"reason": "permanent", "error_type": "X", "tries": 1, "replayable": True}
    rows = work.fail(lesson, stage="speak", message="no such voice", details=details)
    assert {one["id"] for one in rows} == {one.request.request_id for one, _ in sent}
    with pytest.raises(Superseded):
        work.progress(lesson, 80)
    assert work.forsaken(after=60, limit=10) == []
    assert len(work.forsaken(after=-1, limit=10)) == 3, "until their failures are written"
    again = subscribe(ledger, sent[1][0])
    assert again.token is not None
    assert taken(ledger, again.token).lesson_attempt == 2


def test_cancelling_one_of_two_does_not_stop_the_lesson(ledger: Ledger) -> None:
    (first, token), (second, _) = begun(ledger), begun(ledger)
    assert token is not None
    lesson, work = taken(ledger, token), lesson_work(ledger)
    ledger.cancel(first.request.request_id, by="test")
    work.check(lesson)
    assert status(ledger) == "working"
    ledger.cancel(second.request.request_id, by="test")
    assert status(ledger) == "dropped"
    with pytest.raises(Superseded):
        work.check(lesson)


def test_work_is_kept_though_the_time_of_all_who_wait_is_over(
    engine: Engine, ledger: Ledger
) -> None:
    first, token = begun(ledger)
    assert token is not None
    lesson, work = taken(ledger, token), lesson_work(ledger)
    set_request(engine, first, "deadline_at", -1)
    assert len(ledger.claim_expired(limit=10, lease=60)) == 1
    work.drop_unwanted()
    work.progress(lesson, 70)
    assert complete(work, lesson) == ([], True)
    assert subscribe(ledger, claimed(ledger)).status == "done"


def test_a_lesson_that_nobody_waits_for_is_dropped_and_can_be_begun_again(
    engine: Engine, ledger: Ledger
) -> None:
    first, token = begun(ledger)
    assert token is not None
    ledger.cancel(first.request.request_id, by="test")
    assert status(ledger) == "dropped"
    _, again = begun(ledger)
    assert again is not None
    assert taken(ledger, again).lesson == "lesson"


# -- what is lost, and what is late ------------------------------------------------------------


@pytest.fixture
def waits(engine: Engine, ledger: Ledger) -> LessonWork:
    """A lesson whose token was published 90 seconds ago."""
    begun(ledger, "waits")
    set_lesson(engine, "waits", "token_at", 90)
    return lesson_work(ledger)


def keys(work: LessonWork) -> list[str]:
    return [token.lesson for token, _ in work.due_tokens(limit=10, again_after=60)]


def test_a_token_that_waits_behind_others_is_not_published_again(
    engine: Engine, ledger: Ledger, waits: LessonWork
) -> None:
    _, token = begun(ledger, "older")
    begun(ledger, "older")
    assert token is not None
    assert taken(ledger, token).lesson == "older"
    set_lesson(engine, "older", "taken_token_at", 200)
    assert keys(waits) == [], "a worker is busy, and has come only to older tokens"


def test_a_token_that_a_later_one_overtook_is_lost(
    engine: Engine, ledger: Ledger, waits: LessonWork
) -> None:
    _, token = begun(ledger, "newer")
    assert token is not None
    for _ in range(3):
        begun(ledger, "newer")  # so that this lesson is taken first
    assert taken(ledger, token).lesson == "newer"
    assert keys(waits) == ["waits"]
    assert keys(waits) == []
    set_lesson(engine, "waits", "token_at", 90)
    assert keys(waits) == [], "the interval has doubled"


def test_a_token_is_lost_if_all_workers_are_idle(waits: LessonWork) -> None:
    assert keys(waits) == ["waits"]


def test_a_lesson_takes_the_token_of_the_one_that_took_its_own(
    engine: Engine, ledger: Ledger, waits: LessonWork
) -> None:
    """The token of a lesson was used for another one: now it waits for that one's token."""
    _, newer = begun(ledger, "newer")
    for _ in range(3):
        begun(ledger, "newer")
    with engine.connect() as connection:
        moment = connection.execute(
            text(
                "SELECT to_char(timezone('UTC', token_at), 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || "
                "'+00:00' FROM lesson_work WHERE key = 'waits'"
            )
        ).scalar_one()
    assert newer is not None
    assert taken(ledger, Token("waits", moment)).lesson == "newer"
    assert keys(waits) == [], "the token of the other is on its way"
    assert taken(ledger, newer).lesson == "waits"


def test_who_will_be_late_is_known_before(engine: Engine, ledger: Ledger) -> None:
    made_in(engine, ledger, 100)
    lessons = [begun(ledger, f"lesson-{at:02}") for at in range(12)]
    work = lesson_work(ledger)
    # One after the other, the last would be ready after 1,200 s of 600; four at once after 300.
    assert work.late(capacity=4) == []
    late = work.late(capacity=1)
    assert 0 < len(late) < 8
    first = {lessons[at][0].request.request_id for at in range(4)}
    assert not first & set(late)
    ended = ledger.claim_expired(limit=20, lease=60, others=late)
    assert {one["id"] for one in ended} == set(late)
    assert not any(one["expired"] for one in ended)
    assert work.late(capacity=1) == []


def test_a_pending_request_that_waits_in_a_queue_is_not_published_again(
    engine: Engine, ledger: Ledger
) -> None:
    queued = ticket()
    ledger.submit(queued.request, queued.message, {})
    set_request(engine, queued, "created_at", -400)
    older = claimed(ledger)
    set_request(engine, older, "created_at", -500)

    def due() -> list[str]:
        return [one.why for one in ledger.due(limit=9, pending_after=300, again_after=30)]

    assert due() == [], "requests are being claimed, and none that came later"
    newer = claimed(ledger)
    set_request(engine, newer, "created_at", -300)
    assert due() == ["pending"], "one that came later was claimed"
    expire(engine, older)
