"""The API: asking, looking, cancelling, and what it refuses."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.requeue import Topics, requeue
from tests.support.api import (
    CONTENT,
    OPERATOR,
    OTHER,
    QUESTION,
    STUDENT,
    TEACHER,
    Api,
    backend_on,
    is_problem,
    served,
)
from tests.support.command_line import name_system, vividly
from tests.support.project import Project
from tests.support.requests import claimed, ticket
from vividly.lesson.scripting.shipped import shipped_script
from vividly.model.request import parse_request
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.tokens import Holder

TOPIC = "content-generation-requests"


@pytest.fixture
def api(engine: Engine, tmp_path: Path, project: Project) -> Iterator[Api]:
    with served(backend_on(engine, tmp_path, project.name)) as api:
        yield api


@pytest.fixture
def alone(engine: Engine, tmp_path: Path) -> Iterator[Api]:
    """An API whose Pub/Sub is never used."""
    with served(backend_on(engine, tmp_path, "unused")) as api:
        yield api


def submitted(engine: Engine, student_id: str = "s-1", **changes: object) -> str:
    """The id of a request whose row is pending."""
    ledger = Ledger(engine, owner="test")
    one = ticket(student_id=student_id, **changes)
    ledger.submit(one.request, one.message, {})
    return one.request.request_id


# -- asking ------------------------------------------------------------------------------------


def test_a_question_is_recorded_and_published(api: Api, project: Project) -> None:
    answer = api.ask()
    assert answer.status_code == 202
    told = answer.json()
    request_id = told["request_id"]
    own = f"{CONTENT}/requests/{request_id}"
    assert answer.headers["Location"] == told["links"]["self"] == own
    row = queries.by_id(api.backend.engine, [request_id])[request_id]
    assert (row["status"], row["student_id"]) == ("pending", "s-1")
    ((data, attributes),) = project.take(TOPIC)
    assert parse_request(data, environment="dev").request_id == request_id
    assert {name: json.loads(data)[name] for name in QUESTION} == QUESTION
    assert attributes == {"request_id": request_id, "student_id": "s-1", "environment": "dev"}
    shown = api.get(own)
    assert shown.status_code == 200
    assert shown.json()["status"] == "pending"
    assert shown.json()["cost_usd"] is None and shown.json()["report"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"grade_level": "10"}, "grade_level"),
        ({"grade_level": 13}, "grade_level"),
        ({"student_query": "  a "}, "student_query"),
        ({"student_query": "why?" * 200}, "student_query"),
        ({"student_query": "a\0bcd"}, "student_query"),
        ({"interest": "x" * 101}, "interest"),
        ({"requested_modalities": []}, "requested_modalities"),
        ({"requested_modalities": ["smell"]}, "requested_modalities.0"),
        ({"language": "not a language"}, "language"),
        ({"environment": "prod2"}, ""),
    ],
)
def test_a_fault_is_named_and_nothing_is_written(
    alone: Api, changes: dict[str, object], field: str
) -> None:
    if field:
        answer = alone.ask(**changes)
        assert is_problem(answer, 422)
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    else:  # the environment is the API's own, whatever a body says
        answer = alone.ask(student_query="", **changes)
        assert is_problem(answer, 422)
    assert queries.counts(alone.backend.engine) == {}


def test_a_body_that_is_no_question_is_refused(alone: Api) -> None:
    for body in (b"", b"{", b"[]", b'"x"', b"\xff", b"null", b"[" * 30_000):
        answer = alone.post(
            f"{CONTENT}/generate", content=body, headers={"Content-Type": "application/json"}
        )
        assert is_problem(answer, 422) or is_problem(answer, 400), body[:20]
    question = b'{"student_query": "Why?", "grade_level": 9, "x": NaN}'
    plain = alone.post(f"{CONTENT}/generate", content=question)
    assert "Content-Type: application/json" in plain.json()["errors"][0]["message"]
    headers = {"Content-Type": "application/json"}
    wrong = alone.post(f"{CONTENT}/generate", content=question, headers=headers)
    assert is_problem(wrong, 422) and "NaN" in wrong.json()["detail"]
    large = alone.post(
        f"{CONTENT}/generate",
        content=b'{"student_query": "' + b"a" * 70_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )
    assert is_problem(large, 413)


def test_the_student_is_the_tokens_own(api: Api, project: Project) -> None:
    assert is_problem(api.ask(student_id="s-2"), 403)
    assert is_problem(api.ask(by=TEACHER, student_id="s-1"), 403)
    assert api.ask(student_id="s-1").status_code == 202
    request_id = api.asked(by=OPERATOR, student_id="s-2")
    assert queries.by_id(api.backend.engine, [request_id])[request_id]["student_id"] == "s-2"
    assert len(project.take(TOPIC)) == 2


def test_a_repeated_call_asks_once(api: Api, project: Project) -> None:
    first, again = api.ask(key="k-1"), api.ask(key="k-1")
    assert first.json() == again.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert is_problem(api.ask(key="k-1", grade_level=9), 422)
    assert api.asked(key="k-2") != first.json()["request_id"]
    assert api.asked(key="k-1", by=OTHER) != first.json()["request_id"], "the key is the caller's"
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: api.asked(key="at once"), range(8)))
    assert len(set(told)) == 1
    assert len(project.take(TOPIC)) == 4


def test_without_a_key_each_call_is_a_question(api: Api) -> None:
    assert api.asked() != api.asked()


def test_a_student_who_asks_too_often_has_to_wait(
    engine: Engine, tmp_path: Path, project: Project
) -> None:
    backend = backend_on(engine, tmp_path, project.name, rate_limit=2, rate_window=100)
    with served(backend) as api:
        api.asked(), api.asked(key="k")
        refused = api.ask()
        assert is_problem(refused, 429)
        assert 90 <= int(refused.headers["Retry-After"]) <= 100
        assert api.ask(key="k").status_code == 202, "a repeated call asks nothing new"
        assert api.ask(by=OTHER).status_code == 202
        for _ in range(3):
            assert api.ask(by=OPERATOR).status_code == 202
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE content_requests SET created_at = created_at - interval '99.5 s'")
            )
        soon = api.ask()
        assert soon.status_code == 202 or soon.headers["Retry-After"] == "1"


# -- when something is away --------------------------------------------------------------------


def test_without_pubsub_a_question_waits_and_is_published_once(
    engine: Engine, tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = project.resources
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:9")
    with served(backend_on(engine, tmp_path, project.name)) as api:
        request_id = api.asked(key="k")
        assert api.asked(key="k") == request_id
    assert queries.counts(engine) == {"pending": 1}
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET created_at = created_at - interval '1 hour'")
        )
    prefix = f"projects/{project.name}/topics/"
    topics = Topics(
        requests=prefix + TOPIC,
        media=prefix + "content-media",
        notifications=prefix + "content-notifications",
        dead_letters=prefix + "content-requests-dev-dlq",
    )
    for _ in range(2):
        requeue(Ledger(engine, owner="test"), answers, topics)
    ((data, attributes),) = project.take(TOPIC)
    assert parse_request(data).request_id == attributes["request_id"] == request_id


def test_without_a_database_it_answers_503(tmp_path: Path, engine: Engine) -> None:
    nowhere = make_engine("postgresql://nobody:secret-word@127.0.0.1:9/none")
    with served(backend_on(nowhere, tmp_path, "unused")) as api:
        own = {"Authorization": "Bearer vividly_x"}
        calls = [
            api.client.post(f"{CONTENT}/generate", json=dict(QUESTION), headers=own),
            api.client.get(f"{CONTENT}/requests", headers=own),
            api.client.get(f"{CONTENT}/requests/{uuid.uuid4()}", headers=own),
            api.client.get("/health/ready"),
        ]
        for answer in calls:
            assert is_problem(answer, 503)
            assert int(answer.headers["Retry-After"]) > 0
            assert "secret" not in answer.text and "127.0.0.1" not in answer.text
        assert api.client.get("/health").status_code == 200


def test_a_database_that_goes_away_in_a_write_leaves_nothing_behind(
    api: Api, project: Project
) -> None:
    engine = api.backend.engine
    api.token(STUDENT)
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO content_requests%'"
    )

    def end_the_writer() -> bool:
        with engine.begin() as connection:
            return bool(connection.execute(ended).all())

    with ThreadPoolExecutor(1) as pool, engine.begin() as other:
        other.execute(text("LOCK TABLE content_requests IN EXCLUSIVE MODE"))
        call = pool.submit(api.ask, key="k")
        while not end_the_writer():
            assert not call.done()
            time.sleep(0.01)
        refused = call.result()
    assert is_problem(refused, 503) and "Retry-After" in refused.headers
    assert queries.counts(engine) == {} and project.take(TOPIC) == []
    assert api.ask(key="k").status_code == 202
    assert len(project.take(TOPIC)) == 1


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_a_fault_of_the_call(api: Api, at: str) -> None:
    for name in ("since", "until"):
        assert is_problem(api.get(f"{CONTENT}/requests?{name}={at}"), 422)
    assert api.get(f"{CONTENT}/requests").status_code == 200


# -- who sees what -----------------------------------------------------------------------------


def test_a_question_may_follow_up_an_own_request_only(api: Api, project: Project) -> None:
    own, others = submitted(api.backend.engine), submitted(api.backend.engine, "s-2")
    answer = api.ask(student_query="why?", follow_up_to=own)
    assert answer.status_code == 202
    ((data, _),) = project.take(TOPIC)
    assert parse_request(data).follow_up_to == own
    refused = api.ask(student_query="why?", follow_up_to=others)
    not_mine = api.ask(by=TEACHER, student_query="why?", follow_up_to=own)
    assert is_problem(not_mine, 422), "a teacher sees it, but the question is not the student's"
    assert is_problem(refused, 404)
    assert api.ask(student_query="why?", follow_up_to="x").status_code == 422


def test_nobody_sees_the_request_of_another_student(alone: Api) -> None:
    engine = alone.backend.engine
    mine, other = submitted(engine), submitted(engine, "s-2")
    unknown = str(uuid.uuid4())
    stranger = Holder("teacher", "t-2", ("s-3",))
    for path, method in (("", "GET"), ("/cancel", "POST")):
        for holder, hidden in ((STUDENT, other), (OTHER, mine), (TEACHER, other), (stranger, mine)):
            refused = alone.call(method, f"{CONTENT}/requests/{hidden}{path}", by=holder)
            missing = alone.call(method, f"{CONTENT}/requests/{unknown}{path}", by=holder)
            assert is_problem(refused, 404)
            assert refused.json() == missing.json(), "a 404 does not say that there is one"
    for holder in (STUDENT, TEACHER, OPERATOR):
        assert alone.get(f"{CONTENT}/requests/{mine}", by=holder).status_code == 200
    assert queries.counts(engine) == {"pending": 2}

    def listed(holder: Holder, query: str = "") -> set[str]:
        answer = alone.get(f"{CONTENT}/requests{query}", by=holder)
        return {one["request_id"] for one in answer.json()["requests"]}

    assert listed(STUDENT) == listed(TEACHER) == {mine}
    assert listed(STUDENT, "?student_id=s-2") == set()
    assert listed(OPERATOR) == {mine, other}
    assert listed(OPERATOR, "?student_id=s-2") == {other}


def test_a_call_needs_a_valid_token(alone: Api) -> None:
    path = f"{CONTENT}/requests"
    for header in (None, "Basic YTpi", "Bearer", "Bearer vividly_unknown", "Bearer é"):
        headers = {"Authorization": header.encode()} if header else {}
        answer = alone.client.get(path, headers=headers)
        assert is_problem(answer, 401), header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    token = alone.token(STUDENT)
    in_the_url = alone.client.get(f"{path}?access_token={token}&token={token}")
    assert in_the_url.status_code == 401
    assert alone.get(path).status_code == 200
    with alone.backend.engine.begin() as connection:
        connection.execute(text("UPDATE api_tokens SET expires_at = now()"))
    assert is_problem(alone.get(path), 401)


def test_tokens_are_made_listed_and_revoked_by_the_command_line(
    alone: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    name_system(monkeypatch, tmp_path, url)
    mine = submitted(engine)
    made = vividly("token", "create", "--role", "student", "--student", "s-1", "--note", "Ann")
    token = made.out.strip()

    def seen() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return alone.client.get(f"{CONTENT}/requests/{mine}", headers=headers).status_code

    assert seen() == 200
    (listed,) = [json.loads(line) for line in vividly("token", "list", "--json").out.splitlines()]
    assert (listed["role"], listed["student_id"], listed["note"]) == ("student", "s-1", "Ann")
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT api_tokens::text FROM api_tokens")).scalar_one()
    for shown in (vividly("token", "list").out, json.dumps(listed), stored):
        assert token not in shown and token.removeprefix("vividly_")[:12] not in shown
    assert vividly("token", "revoke", listed["id"]).code == 0
    assert seen() == 401
    assert vividly("token", "revoke", listed["id"]).code == 3
    assert vividly("token", "revoke", "nonsense").code == 3
    for wrong in (
        ["--role", "student"],
        ["--role", "king", "--name", "k"],
        ["--role", "teacher", "--student", "s-1"],
        ["--role", "operator", "--name", "o", "--student", "s-1"],
    ):
        assert vividly("token", "create", *wrong).code == 2


# -- looking -----------------------------------------------------------------------------------


def test_a_lesson_is_shown_as_soon_as_its_text_exists(alone: Api) -> None:
    engine = alone.backend.engine
    ledger = Ledger(engine, owner="test")
    ticket = claimed(ledger, student_id="s-1", requested_modalities=["video"])
    request_id = ticket.request.request_id
    script = shipped_script("photosynthesis", grade_level=9)
    ledger.text_ready(ticket, script.text)
    own = f"{CONTENT}/requests/{request_id}"
    early = alone.get(own).json()
    assert (early["status"], early["text"]) == ("generating", script.text)
    assert early["title"] == script.title
    assert [source["title"] for source in early["sources"]] == [s.title for s in script.sources]
    assert [source["licence"] for source in early["sources"]] == [s.licence for s in script.sources]
    (check,) = [scene for scene in script.scenes if scene.kind == "check"]
    assert early["check"]["question"] == " ".join(line.say for line in check.lines)
    assert early["check"]["answer"]
    url = alone.backend.generated.uri(f"videos/{request_id}.mp4")
    ledger.finish(ticket, "completed", message="", details={"video_url": url})
    done = alone.get(own).json()
    assert (done["status"], done["progress_percentage"]) == ("completed", 100)
    assert done["urls"] == {"video": f"{own}/media/video"}
    assert "file:" not in json.dumps(done)
    full = alone.get(own, by=OPERATOR).json()["report"]
    assert {stage["stage_name"] for stage in full["stages"]} >= {"understand", "render"}


def test_an_answer_instead_of_a_lesson_is_shown(alone: Api) -> None:
    ledger = Ledger(alone.backend.engine, owner="test")
    ticket = claimed(ledger, student_id="s-1")
    details = {"questions": ["Which cells?"], "suggestions": ["Cell division"]}
    ledger.finish(ticket, "clarification_needed", message="Say more.", details=details)
    told = alone.get(f"{CONTENT}/requests/{ticket.request.request_id}").json()
    assert told["status"] == "clarification_needed"
    assert told["answer"]["message"] == "Say more."
    assert told["answer"]["questions"] == ["Which cells?"]
    assert told["answer"]["suggestions"] == ["Cell division"]


def test_pages_follow_each_other_whatever_comes_in_between(alone: Api) -> None:
    engine = alone.backend.engine
    asked = [submitted(engine) for _ in range(7)]
    with engine.begin() as connection:  # three of them at the same time
        connection.execute(
            text("UPDATE content_requests SET created_at = '2026-01-01Z' WHERE id = ANY(:ids)"),
            {"ids": asked[:3]},
        )
    expected = [one["request_id"] for one in alone.get(f"{CONTENT}/requests").json()["requests"]]
    assert set(expected) == set(asked)
    seen: list[str] = []
    path = f"{CONTENT}/requests?limit=2&status=pending&status=completed"
    while path:
        page = alone.get(path).json()
        seen += [one["request_id"] for one in page["requests"]]
        assert len(page["requests"]) <= 2
        submitted(engine)  # a newer one moves no page
        path = page["next"]
    assert seen == expected
    for cursor in ("x", "====", "YWJj", "MjAyNi0wMS0wMSB4", "é"):
        assert is_problem(alone.get(f"{CONTENT}/requests?cursor={cursor}"), 422), cursor


def test_requests_are_filtered(alone: Api) -> None:
    engine = alone.backend.engine
    ledger = Ledger(engine, owner="test")
    at_work = claimed(ledger, student_id="s-1").request.request_id
    waiting = submitted(engine)
    now = datetime.fromisoformat(alone.get(f"{CONTENT}/requests/{waiting}").json()["created_at"])

    def ids(**query: object) -> list[str]:
        answer = alone.get(f"{CONTENT}/requests", params=query)
        assert answer.status_code == 200, answer.text
        return [one["request_id"] for one in answer.json()["requests"]]

    assert ids(status="validating") == [at_work]
    assert ids(since=now.isoformat()) == [waiting]
    assert ids(until=now.isoformat()) == [at_work]
    assert ids(since=(now + timedelta(days=1)).date().isoformat()) == []
    assert ids(topic="Photosynthesis") == []
    for wrong in ({"status": "done"}, {"limit": 0}, {"limit": 101}, {"since": "x"}):
        assert is_problem(alone.get(f"{CONTENT}/requests", params=wrong), 422)


def test_ids_are_checked_before_they_reach_the_database(
    alone: Api, caplog: pytest.LogCaptureFixture
) -> None:
    alone.token(STUDENT)
    with alone.backend.engine.begin() as connection:
        connection.execute(text("ALTER TABLE content_requests RENAME TO gone"))
    for wrong in ("test-smoke-001", "1", "' OR 1=1", "0" * 36, str(uuid.uuid1())):
        for path in ("", "/events"):
            answer = alone.get(f"{CONTENT}/requests/{wrong}{path}")
            assert answer.status_code in (404, 422)
            assert answer.headers["Content-Type"] == "application/problem+json"


# -- cancelling --------------------------------------------------------------------------------


def test_a_request_is_cancelled_once_and_for_all(alone: Api) -> None:
    engine = alone.backend.engine
    mine = submitted(engine)
    path = f"{CONTENT}/requests/{mine}/cancel"
    for _ in range(2):
        answer = alone.post(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    ledger = Ledger(engine, owner="test")
    done = claimed(ledger, student_id="s-1")
    ledger.finish(done, "completed", message="", details={})
    refused = alone.post(f"{CONTENT}/requests/{done.request.request_id}/cancel")
    assert is_problem(refused, 409)


# -- how it answers ----------------------------------------------------------------------------


def test_every_answer_has_the_headers_and_no_log_has_a_token(
    alone: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = alone.token(STUDENT)
    answers = [
        alone.get(f"{CONTENT}/requests?topic=wonderful"),
        alone.get("/nothing"),
        alone.client.get(f"{CONTENT}/requests"),
        alone.ask(grade_level=99),
        alone.client.put(f"{CONTENT}/generate"),
        alone.client.get("/health"),
        alone.client.get("/api/v1/openapi.json"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 401, 422, 405, 200, 200]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" in answer.headers
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("beam_pipeline")
    )
    assert "GET /api/v1/content/requests: 200" in logged
    assert token not in logged and "wonderful" not in logged


def test_pages_of_chosen_origins_may_call_it(engine: Engine, tmp_path: Path) -> None:
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }

    def preflight(api: Api, origin: str) -> str | None:
        answer = api.client.options(f"{CONTENT}/generate", headers={"Origin": origin, **asking})
        return answer.headers.get("Access-Control-Allow-Origin")

    chosen = backend_on(engine, tmp_path, "unused", cors_origins=("https://school.example",))
    with served(chosen) as api:
        assert preflight(api, "https://school.example") == "https://school.example"
        assert preflight(api, "https://evil.example") is None
    with served(backend_on(engine, tmp_path, "unused")) as api:
        assert preflight(api, "https://school.example") is None
