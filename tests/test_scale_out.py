"""Several jobs on one subscription make every lesson once: real processes, database and Pub/Sub."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from beam_pipeline.pubsub import subscription_of
from bench.system import lessons
from tests.support.real_job import System
from vividly.execution.stages import STAGES
from vividly.platform.ledger.schema import ENDED

pytestmark = pytest.mark.slow
LESSONS, CLASS = 3, 5
QUICK = ("--lease=60", "--video_frame_rate=vfr", "--video_captions=track_only")
TEXT_JOB = ("--stages=text", "--similar_lesson_distance=0", "--local_max_messages=2", *QUICK)
MEDIA_JOB = ("--stages=media", "--local_max_messages=1", *QUICK)
WORKERS = """
CREATE TABLE workers (work text, owner text);
CREATE FUNCTION note_worker() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO workers VALUES (TG_TABLE_NAME, NEW.lease_owner);
    RETURN NULL; END $$;
CREATE TRIGGER note_worker AFTER INSERT OR UPDATE ON content_requests
    FOR EACH ROW WHEN (NEW.lease_owner IS NOT NULL AND NEW.text_ready_at IS NULL)
    EXECUTE FUNCTION note_worker();
CREATE TRIGGER note_worker AFTER INSERT OR UPDATE ON lesson_work
    FOR EACH ROW WHEN (NEW.lease_owner IS NOT NULL) EXECUTE FUNCTION note_worker();
"""
"""Who had a request before its text, or a lesson: noted by the database itself."""
MADE = """
SELECT stage_name, count(*), count(DISTINCT lesson_key)
FROM request_stages JOIN content_requests ON content_requests.id = request_id
WHERE request_stages.status = 'completed' AND stage_name = ANY(:stages)
    AND NOT stage_metadata @> '{"reused": true}'
GROUP BY 1
"""
"""How often a stage made its result itself, and of how many lessons."""
ONCE_A_LESSON = [name for name in STAGES if name not in ("understand", "find_lesson")]


def test_two_text_jobs_and_four_media_jobs_make_every_lesson_once(system: System) -> None:
    engine = system.services.engine
    with engine.begin() as connection:
        connection.exec_driver_sql(WORKERS)
    with system.jobs(*[TEXT_JOB] * 2, *[MEDIA_JOB] * 4):
        ids = [
            system.publish(lesson.fields(f"student-{student}", "video"))
            for student in range(CLASS)
            for lesson in lessons(LESSONS, seed=16)
        ]
        system.until(lambda: all(system.row(one).get("status") in ENDED for one in ids))
        letters = system.resources.pull(subscription_of(system.letters), limit=100, wait=1.0)

    with engine.connect() as connection:
        workers = Counter(
            work for work, _ in connection.execute(text("SELECT DISTINCT * FROM workers"))
        )
        work = connection.execute(
            text("SELECT status, attempt, retry_count, cardinality(served) FROM lesson_work")
        ).all()
        made = connection.execute(text(MADE), {"stages": ONCE_A_LESSON}).all()
    assert {system.row(one)["status"] for one in ids} == {"completed"}
    assert [tuple(one) for one in work] == [("done", 1, 0, CLASS)] * LESSONS
    assert {row[0]: (row[1], row[2]) for row in made} == dict.fromkeys(
        ONCE_A_LESSON, (LESSONS, LESSONS)
    )
    videos = [system.folder / "generated" / "videos" / f"{one}.mp4" for one in ids]
    assert len({video.stat().st_ino for video in videos}) == LESSONS
    assert not letters
    # That nothing was made twice says something only if several jobs were at it.
    assert workers["content_requests"] == 2
    assert workers["lesson_work"] > 1
