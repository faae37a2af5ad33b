"""The pages of teachers and operators."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.cli.api_letters import ContextLetters
from beam_pipeline.cli.context import Context
from tests.support.api import OPERATOR, STUDENT, backend_on
from tests.support.console import Reader, reading, tags
from tests.support.project import Project
from tests.support.requests import claimed
from tests.test_hostile_input import TRICKS
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.rates import by_hour, durations
from vividly.platform.ledger.tokens import Holder

CLASS = Holder("teacher", "t-1", ("s-1", "s-2", "s-3"))
FORM = {"grade_level": "9", "interest": "", "wanted": "text", "language": "en-US", "key": "k-1"}


@pytest.fixture
def teacher(engine: Engine, tmp_path: Path) -> Iterator[Reader]:
    with reading(backend_on(engine, tmp_path, "unused"), CLASS) as reader:
        yield reader


@pytest.fixture
def operator(engine: Engine, tmp_path: Path) -> Iterator[Reader]:
    with reading(backend_on(engine, tmp_path, "unused"), OPERATOR) as reader:
        yield reader


def test_a_question_is_asked_once_for_each_student_of_a_class(
    teacher: Reader, engine: Engine
) -> None:
    fields = FORM | {"student_query": "What is a wave?"}
    for _ in range(2):
        done = teacher.send("/class/ask", fields)
        assert done.headers["Location"] == "/class?asked=3&refused=0"
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT student_id FROM content_requests")).scalars()
        assert sorted(rows) == ["s-1", "s-2", "s-3"]
    page = teacher.get("/class?asked=3").text
    assert "asked for 3 students" in page
    assert page.count(">What is a wave?</bdi>") == 3
    assert teacher.get("/class?student=s-2").text.count(">What is a wave?</bdi>") == 1
    assert "Nobody in the class" in teacher.get("/class?student=s-9").text
    wrong = teacher.send("/class/ask", fields | {"student_query": "?"})
    assert wrong.status_code == 422 and "3 to 500 characters" in wrong.text


def test_a_student_who_asks_too_often_is_left_out(engine: Engine, tmp_path: Path) -> None:
    backend = backend_on(engine, tmp_path, "unused", rate_limit=1, rate_window=100)
    with reading(backend, CLASS) as teacher:
        claimed(Ledger(engine, owner="test"), student_id="s-2")
        done = teacher.send("/class/ask", FORM | {"student_query": "What is a wave?"})
        assert done.headers["Location"] == "/class?asked=2&refused=1"
        assert "For 1 it was not" in teacher.get(done.headers["Location"]).text


@pytest.mark.parametrize("holder", [STUDENT, CLASS])
def test_operators_pages_are_for_operators(engine: Engine, tmp_path: Path, holder: Holder) -> None:
    ticket = claimed(Ledger(engine, owner="test"), student_id="s-1")
    with reading(backend_on(engine, tmp_path, "unused"), holder) as reader:
        own = f"/operations/requests/{ticket.request.request_id}"
        for path in ("/operations", own, "/dead-letters"):
            assert reader.get(path).status_code == 404
        assert reader.send("/dead-letters", {"ids": "a", "how": "now"}).status_code == 404
        if holder == STUDENT:
            assert reader.get("/class").status_code == 404
            assert reader.send("/class/ask", FORM | {"student_query": "Why?"}).status_code == 404
    assert queries.counts(engine) == {"validating": 1} or queries.counts(engine) == {
        "generating": 1
    }


def test_the_table_of_requests_is_filtered(
    operator: Reader, engine: Engine, ledger: Ledger
) -> None:
    first = claimed(ledger, student_id="s-1", student_query="What is <b>heat</b>?")
    claimed(ledger, student_id="s-2", student_query="What is a wave?")
    told = {"message": "No.", "details": {}}
    assert ledger.finish(first, "out_of_scope", **told)
    page = operator.get("/operations").text
    assert "&lt;b&gt;heat" in page and "What is a wave?" in page
    only = operator.get("/operations?status=out_of_scope").text
    assert "&lt;b&gt;heat" in only and "What is a wave?" not in only
    assert "What is a wave?" in operator.get("/operations?student=s-2&status=nonsense").text
    assert "&lt;b&gt;heat" not in operator.get("/operations?student=s-2").text
    bars = [given for tag, given in tags(page) if tag == "rect"]
    assert len(bars) == 4
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET created_at = now() - interval '3 h' WHERE id = :id"),
            {"id": first.request.request_id},
        )
    later = [given for tag, given in tags(operator.get("/operations").text) if tag == "rect"]
    assert len(later) == 4 * 4, "an hour without requests has its place"
    assert sum(float(one["height"]) for one in bars) == pytest.approx(100, abs=0.1)


def test_one_request_is_shown_as_a_waterfall(
    operator: Reader, engine: Engine, ledger: Ledger
) -> None:
    ticket = claimed(ledger, student_id="s-1", student_query="What is a wave?")
    own = f"/operations/requests/{ticket.request.request_id}"
    assert "It has not begun" in operator.get(own).text
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE request_stages SET status = 'completed', started_at = now() + "
                "stage_order * interval '2 s', duration_seconds = 2, completed_at = now() + "
                "(stage_order + 1) * interval '2 s', retry_count = 1, error_message = '<i>429</i>' "
                "WHERE stage_name IN ('understand', 'retrieve')"
            )
        )
    page = operator.get(own).text
    bars = [given for tag, given in tags(page) if given.get("class") == "completed"]
    assert len(bars) == 2
    starts = [float(one["x"]) for one in bars]
    assert starts == sorted(starts) and starts[1] + float(bars[1]["width"]) <= 1001
    assert "&lt;i&gt;429" in page and "1 retries." in page and "claimed" in page
    assert (
        operator.get("/operations/requests/d0805d49-5b84-4a88-8537-448a97871960").status_code == 404
    )


def test_dead_letters_are_replayed_after_a_dry_run(
    project: Project, engine: Engine, tmp_path: Path
) -> None:
    project.bury(b"first <b>", dlq_id="aaaa00000001")
    project.bury(b"second", dlq_id="bbbb00000002", dlq_reason="permanent")
    backend = replace(
        backend_on(engine, tmp_path, project.name), dead_letters=ContextLetters(Context())
    )
    with reading(backend, OPERATOR) as reader:
        page = reader.get("/dead-letters").text
        assert "first &lt;b&gt;" in page and "second" in page
        only = reader.get("/dead-letters?reason=permanent").text
        assert "second" in only and "aaaa00000001" not in only
        wrong = reader.get("/dead-letters?older_than=soon")
        assert wrong.status_code == 422 and "older" in wrong.text
        tried = reader.send("/dead-letters", {"ids": "aaaa00000001", "how": "try"}).text
        assert "would be replayed" in tried and re.search('value="aaaa00000001" checked', tried)
        assert len(project.buried) == 2
        nothing = reader.send("/dead-letters", {"how": "now"})
        assert nothing.status_code == 200 and len(project.buried) == 2
        done = reader.send("/dead-letters", {"ids": "aaaa00000001", "how": "now"}).text
        assert "What was done" in done and "second" in done
        never = {"ids": "cccc00000003", "how": "now"}
        project.bury(b"third", dlq_id="cccc00000003", dlq_replayable="false")
        assert "left alone" in reader.send("/dead-letters", never).text
        spanish = {"Accept-Language": "es"}
        asked = reader.send(
            "/dead-letters", never | {"how": "try", "force": "yes"}, headers=spanish
        )
        assert "se repetiría" in asked.text
        assert [data for data, _ in project.take("content-generation-requests")] == [b"first <b>"]


@pytest.mark.parametrize("holder", [CLASS, OPERATOR], ids=["teacher", "operator"])
def test_words_of_students_are_only_text_on_every_page(
    project: Project, engine: Engine, tmp_path: Path, ledger: Ledger, holder: Holder
) -> None:
    backend = replace(
        backend_on(engine, tmp_path, project.name), dead_letters=ContextLetters(Context())
    )

    def asked(words: str) -> str:
        """A request whose student, question, interest, text and errors are these words."""
        given = {"student_query": f"why {words}", "interest": words}
        ledger.text_ready(claimed(ledger, student_id="s-1", **given), f"# {words}\n\n{words}")
        ticket = claimed(ledger, student_id=words, **given)
        details = {"suggestions": [words], "questions": [words]}
        assert ledger.finish(ticket, "clarification_needed", message=words, details=details)
        project.bury(words.encode())
        return ticket.request.request_id

    def kinds(paths: list[str]) -> dict[str, set[str]]:
        """Of each page: its kinds of elements, and attributes that would run code or style."""
        found = {}
        for path in paths:
            answer = reader.get(path)
            assert answer.status_code == 200, path
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy and "default-src 'none'" in policy
            elements = tags(answer.text)
            unsafe = {name for _, given in elements for name in given if name.startswith("on")}
            found[path.rpartition("/")[0] or path] = {tag for tag, _ in elements} | unsafe
            assert not any("style" in given for _, given in elements), path
        return found

    pages = ["/class"] if holder == CLASS else ["/operations", "/dead-letters"]
    with reading(backend, holder) as reader:
        plain = f"/operations/requests/{asked('plain')}"
        usual = kinds([*pages, plain] if holder == OPERATOR else pages)
        tricked = [asked(trick[:100]) for trick in TRICKS]
        for path, found in kinds(pages).items():
            assert found <= usual[path], path
        shown = html.unescape("".join(reader.get(path).text for path in pages))
        assert all(
            trick in shown for trick in ("<script>alert(1)</script>", "<svg/onload=alert(1)>")
        )
        if holder == OPERATOR:
            for request_id in tricked:
                for path, found in kinds([f"/operations/requests/{request_id}"]).items():
                    assert found <= usual[path], request_id


def test_rates_count_and_time_the_requests(engine: Engine, ledger: Ledger) -> None:
    assert by_hour(engine, 24) == []
    assert set(durations(engine, 24).values()) == {None}
    for seconds in (10, 20, 30):
        ticket = claimed(ledger)
        ledger.text_ready(ticket, "# A")
        ledger.finish(ticket, "completed", message="", details={})
        with engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE content_requests SET text_ready_at = created_at + :s * interval '1 s', "
                    "completed_at = created_at + :s * interval '2 s' WHERE id = :id"
                ),
                {"s": seconds, "id": ticket.request.request_id},
            )
    claimed(ledger)
    old = claimed(ledger).request.request_id
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET created_at = now() - interval '2 d' WHERE id = :id"),
            {"id": old},
        )
    (hour,) = by_hour(engine, 24)
    assert (hour["asked"], hour["completed"], hour["failed"], hour["open"]) == (4, 3, 0, 1)
    found = durations(engine, 24)
    assert found["text_p50"] == pytest.approx(20) and found["text_p95"] == pytest.approx(29)
    assert found["end_p50"] is not None
