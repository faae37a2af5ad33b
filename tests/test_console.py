"""The pages: signing in, asking, a lesson's page, and what they refuse."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.console import rendering
from beam_pipeline.console.colours import DARK, LIGHT
from beam_pipeline.console.session import LANGUAGE, SESSION, own_path
from tests.support.api import OPERATOR, OTHER, STUDENT, TEACHER, backend_on
from tests.support.console import SAME, Reader, reading, tags
from tests.support.project import Project
from tests.support.requests import claimed
from tests.test_hostile_input import TRICKS
from vividly.lesson.scripting.shipped import shipped_script
from vividly.lesson.video.design import contrast
from vividly.model.request import parse_request
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.tokens import revoke_token, tokens
from vividly.text.locales import known_locales, locale_for

VIDEO = ["video"]
TOPIC = "content-generation-requests"


@pytest.fixture
def student(engine: Engine, tmp_path: Path) -> Iterator[Reader]:
    with reading(backend_on(engine, tmp_path, "unused"), STUDENT) as reader:
        yield reader


def asked(reader: Reader, **changes: Any) -> str:
    """The id of a request that was just asked for."""
    answer = reader.ask(**changes)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removeprefix("/lessons/")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "A robot&#39;s voice speaks: there is no better one in this language."),
        ("es-MX", "Habla una voz de robot"),
    ],
)
def test_a_lesson_says_that_only_a_robots_voice_speaks(
    student: Reader, engine: Engine, language: str, said: str
) -> None:
    ledger = Ledger(engine, owner="the job")
    lesson = claimed(ledger, student_id="s-1", language=language, requested_modalities=["audio"])
    path = f"/lessons/{lesson.request.request_id}"
    for stage, robotic in (("write_script", None), ("speak", False), ("speak", True)):
        metadata = {"interest_used": "soccer", "robotic": robotic}
        ledger.stage_completed(lesson, stage, progress=50, seconds=1, retries=0, metadata=metadata)
        assert (said in student.get(path).text) is (robotic is True)


# -- signing in --------------------------------------------------------------------------------


def test_a_token_becomes_a_cookie_that_no_script_reads(student: Reader) -> None:
    kept = student.client.cookies[SESSION]
    student.client.cookies.clear()
    away = student.get("/lessons")
    assert (away.status_code, away.headers["Location"]) == (303, "/sign-in?next=%2Flessons")
    back = student.send("/sign-in", {"token": kept, "next": "/lessons"})
    assert (back.status_code, back.headers["Location"]) == (303, "/lessons")
    cookie = back.headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    behind = student.send("/sign-in", {"token": kept}, headers={"X-Forwarded-Proto": "https"})
    assert "secure" in behind.headers["Set-Cookie"].lower()
    assert student.send("/sign-out").headers["Set-Cookie"].startswith(f'{SESSION}="";')


@pytest.mark.parametrize("token", ["", "vividly_wrong", "no token\r\n", "ключ", "x" * 5000])
def test_a_wrong_token_signs_nobody_in(student: Reader, token: str) -> None:
    student.client.cookies.clear()
    refused = student.send("/sign-in", {"token": token})
    assert refused.status_code == 401 and "Set-Cookie" not in refused.headers
    assert "unknown, revoked or expired" in refused.text
    assert not token or token not in refused.text


def test_a_revoked_token_is_signed_out(student: Reader, engine: Engine) -> None:
    assert student.get("/").status_code == 200
    revoke_token(engine, tokens(engine)[0]["id"])
    assert student.get("/").headers["Location"] == "/sign-in?next=%2F"


@pytest.mark.parametrize(
    ("path", "goes_to"),
    [
        ("/lessons?cursor=a", "/lessons?cursor=a"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: b", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_own_pages_alone(path: str, goes_to: str) -> None:
    assert own_path(path) == goes_to


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused(
    student: Reader, engine: Engine, headers: dict[str, str]
) -> None:
    fields = {"student_query": "Explain photosynthesis", "grade_level": "9"}
    for path in ("/ask", "/sign-in", "/sign-out", "/language"):
        assert student.send(path, fields, headers=headers).status_code == 403
    assert queries.counts(engine) == {}
    own = {"Sec-Fetch-Site": "", "Origin": "http://testserver"}
    assert student.send("/language", {"language": "es"}, headers=own).status_code == 303


def test_every_page_forbids_foreign_and_inline_code(student: Reader) -> None:
    request_id = asked(student)
    for path in ("/", "/sign-in", "/lessons", f"/lessons/{request_id}", "/nothing"):
        answer = student.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "style-src 'self'" in policy
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for tag, given in tags(answer.text):
            assert not any(name == "style" or name.startswith("on") for name in given), tag
            assert tag != "script" or given["src"].startswith("/static/")
        for loaded in re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text):
            file = student.get(loaded)
            assert file.status_code == 200 and "immutable" in file.headers["Cache-Control"]


def test_no_token_is_in_the_log(student: Reader, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kept = student.client.cookies[SESSION]
    student.get("/")
    student.get("/lessons?token=" + kept)
    student.send("/sign-in", {"token": kept})
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("beam_pipeline")]
    assert len(ours) >= 3 and not any(kept in line for line in ours)
    assert any(line.startswith("POST /sign-in: 303") for line in ours)


# -- asking ------------------------------------------------------------------------------------


def test_a_question_is_asked_once_however_often_the_form_is_sent(
    engine: Engine, tmp_path: Path, project: Project
) -> None:
    with reading(backend_on(engine, tmp_path, project.name), STUDENT) as reader:
        page = reader.get("/")
        key = re.search(r'name="key" value="([^"]+)"', page.text)
        assert key
        first = asked(reader, key=key[1], wanted="text", language="es-MX")
        assert asked(reader, key=key[1], wanted="text", language="es-MX") == first
        row = queries.by_id(engine, [first])[first]
        assert (row["student_id"], row["status"], row["grade_level"]) == ("s-1", "pending", 10)
        assert (row["language"], list(row["requested_modalities"])) == ("es-MX", ["text"])
        assert len(project.take(TOPIC)) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"student_query": " a "}, "A question needs 3 to 500 characters."),
        ({"grade_level": ""}, "Choose your grade."),
        ({"grade_level": "٣"}, "Choose your grade."),
        ({"grade_level": "13"}, "Choose your grade."),
        ({"grade_level": "9" * 5000}, "Choose your grade."),
    ],
)
def test_a_fault_is_told_beside_its_field(
    student: Reader, engine: Engine, changes: dict[str, str], told: str
) -> None:
    answer = student.ask(**{"student_query": "Why is <b>this</b>?"} | changes)
    assert answer.status_code == 422 and told in answer.text
    assert "basketball" in answer.text, "what was filled in stays"
    assert queries.counts(engine) == {}


def test_who_asks_too_often_is_told_when_to_go_on(engine: Engine, tmp_path: Path) -> None:
    backend = backend_on(engine, tmp_path, "unused", rate_limit=1, rate_window=100)
    with reading(backend, STUDENT) as reader:
        asked(reader)
        refused = reader.ask()
        assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 90
        assert f"in {refused.headers['Retry-After']} seconds" in refused.text


def test_a_form_is_limited_and_uploads_nothing(student: Reader, engine: Engine) -> None:
    assert student.ask(student_query="x" * 70_000).status_code == 413
    file = {"student_query": ("a.txt", b"What is a wave?"), "grade_level": (None, "9")}
    sent = student.client.post("/ask", files=file, headers=SAME)
    assert sent.status_code == 422 and queries.counts(engine) == {}


def test_the_database_away_is_said_on_a_page(
    student: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = student.client.app.state.backend  # type: ignore[attr-defined]
    gone = make_engine("postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setitem(vars(backend), "engine", gone)
    for away in (student.get("/"), student.ask()):
        assert away.status_code == 503 and away.headers["Retry-After"] == "5"
        assert "not available right now" in away.text


def test_a_follow_up_stays_one_when_its_form_is_shown_again(
    student: Reader, engine: Engine, ledger: Ledger
) -> None:
    earlier = claimed(ledger, student_id="s-1").request.request_id
    again = student.ask(student_query="?", follow_up_to=earlier).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', again))
    request_id = asked(student, **hidden, student_query="why?")
    row = queries.message_of(engine, request_id)
    assert row and parse_request(row["message_data"]).follow_up_to == earlier
    assert "Stop" in student.get(f"/lessons/{request_id}").text
    student.send(f"/lessons/{request_id}/cancel")
    page = student.get(f"/lessons/{request_id}").text
    assert 'value="why?"' in page and f'name="follow_up_to" value="{earlier}"' in page


def test_the_address_of_a_form_leads_to_its_page(student: Reader) -> None:
    for path, page in (("/ask", "/"), ("/class/ask", "/class"), ("/lessons/x/check", "/lessons/x")):
        sent_to = student.get(path)
        assert (sent_to.status_code, sent_to.headers["Location"]) == (303, page)
    shown = student.get("/lessons?cursor=a&b=c").text
    assert shown.count('name="next" value="/lessons?cursor=a&amp;b=c"') == 1
    student.client.cookies.clear()
    away = student.get("/class?student=s-1").headers["Location"]
    assert away == "/sign-in?next=%2Fclass%3Fstudent%3Ds-1"


# -- a lesson ----------------------------------------------------------------------------------


def test_a_lesson_shows_its_progress_then_its_text_then_its_end(
    student: Reader, engine: Engine, ledger: Ledger
) -> None:
    script = shipped_script("photosynthesis", grade_level=9)
    ticket = claimed(ledger, student_id="s-1", requested_modalities=VIDEO)
    own = f"/lessons/{ticket.request.request_id}"
    page = student.get(own).text
    assert "<progress" in page and f'data-follow="{own}/events"' in page
    assert "appears here as soon as it is written" in page
    ledger.text_ready(ticket, script.text)
    page = student.get(own).text
    assert "<h1" in page and script.title in page and script.scenes[1].heading in page
    assert "<progress" in page, "the video is still being made"
    assert f"{script.sources[0].title}: {script.sources[0].section}" in html.unescape(page)
    with engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET status = 'failed'"))
    page = student.get(own).text
    assert "could not be made" in page and "data-follow" not in page


def test_the_answer_is_shown_to_who_has_answered(student: Reader, ledger: Ledger) -> None:
    script = shipped_script("photosynthesis", grade_level=9)
    ticket = claimed(ledger, student_id="s-1")
    ledger.text_ready(ticket, script.text)
    own = f"/lessons/{ticket.request.request_id}"
    *_, question, answer = script.text.split("\n\n")[:-2]
    before = html.unescape(student.get(own).text)
    assert question in before and answer not in before
    after = student.send(f"{own}/check", {"answer": "<i>sugar</i>"})
    assert answer in html.unescape(after.text)
    assert "&lt;i&gt;sugar&lt;/i&gt;" in after.text and "<i>sugar" not in after.text
    empty = student.send(f"{own}/check", {"answer": "  "})
    assert answer not in html.unescape(empty.text)


def test_a_question_back_is_answered_by_a_button(
    student: Reader, engine: Engine, ledger: Ledger
) -> None:
    ticket = claimed(ledger, student_id="s-1", student_query="waves")
    own = f"/lessons/{ticket.request.request_id}"
    choices = ["What are sound waves?", "What are <b>light</b> waves?"]
    told = {"message": "Do you mean one of these?", "details": {"questions": choices}}
    assert ledger.finish(ticket, "clarification_needed", **told)
    page = student.get(own).text
    assert 'value="What are sound waves?"' in page and "&lt;b&gt;light" in page
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    chosen = student.send("/ask", hidden | {"student_query": "What are sound waves?"})
    row = queries.by_id(engine, [chosen.headers["Location"][9:]]).popitem()[1]
    assert (row["student_query"], row["grade_level"]) == ("What are sound waves?", 9)
    assert list(row["requested_modalities"]) == ["text"]


def test_feedback_is_kept_and_shown(student: Reader, engine: Engine, ledger: Ledger) -> None:
    ticket = claimed(ledger, student_id="s-1")
    own = f"/lessons/{ticket.request.request_id}"
    with engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET status = 'completed'"))
    assert "Did this lesson help you?" in student.get(own).text
    said = {"helpful": "no", "complaints": ["sound", "wrong"], "comment": "Too loud"}
    assert student.send(f"{own}/feedback", said).status_code == 303
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM request_feedback")).one()
    assert (row.given_by, row.helpful, row.complaints) == ("s-1", False, ["sound", "wrong"])
    assert "It did not help" in student.get(own).text
    for wrong in ({"helpful": "no", "complaints": "smell"}, {"comment": "a\0"}):
        assert student.send(f"{own}/feedback", wrong).status_code == 422


def test_a_lesson_can_be_stopped(student: Reader, engine: Engine) -> None:
    request_id = asked(student)
    for _ in range(2):
        assert student.send(f"/lessons/{request_id}/cancel").status_code == 303
    assert queries.counts(engine) == {"cancelled": 1}
    assert "You stopped this lesson" in student.get(f"/lessons/{request_id}").text


def test_files_come_in_ranges(student: Reader, engine: Engine, tmp_path: Path) -> None:
    request_id = asked(student)
    store = student.client.app.state.backend.generated  # type: ignore[attr-defined]
    store.write("videos/a.mp4", b"0123456789", "video/mp4")
    store.write("videos/a.vtt", "WEBVTT\n\nñ".encode(), "text/vtt")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET video_url = :v, captions_url = :c"),
            {"v": store.uri("videos/a.mp4"), "c": store.uri("videos/a.vtt")},
        )
    own = f"/lessons/{request_id}/media"
    part = student.get(f"{own}/video", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    words = student.get(f"{own}/captions")
    assert words.headers["Content-Type"] == "text/vtt; charset=utf-8" and "ñ" in words.text
    assert student.get(f"{own}/audio").status_code == 404
    assert student.get(f"{own}/secret").status_code == 404


@pytest.mark.parametrize("holder", [OTHER, TEACHER, OPERATOR])
def test_a_lesson_is_seen_by_its_student_teacher_and_operators(
    engine: Engine, tmp_path: Path, ledger: Ledger, holder: Any
) -> None:
    ticket = claimed(ledger, student_id="s-1")
    own = f"/lessons/{ticket.request.request_id}"
    with reading(backend_on(engine, tmp_path, "unused"), holder) as reader:
        seen = 404 if holder == OTHER else 200
        for path in ("", "/events"):
            if not path or holder == OTHER:
                assert reader.get(own + path).status_code == seen
        if holder == OTHER:
            for path in ("cancel", "check", "feedback"):
                fields = {"helpful": "yes", "answer": "a"}
                assert reader.send(f"{own}/{path}", fields).status_code == 404
            assert ticket.request.request_id not in reader.get("/lessons").text


def test_ids_are_checked_before_they_reach_the_database(student: Reader, engine: Engine) -> None:
    with engine.begin() as connection:  # a query would be an error of ours
        connection.execute(text("ALTER TABLE content_requests RENAME TO gone"))
    for wrong in ("x", "1", "d0805d49-5b84-1a88-8537-448a97871960", "'; DROP TABLE x; --"):
        for path in ("", "/events", "/media/video"):
            assert student.get(f"/lessons/{wrong}{path}").status_code == 404
        for path in ("check", "feedback", "cancel"):
            assert student.send(f"/lessons/{wrong}/{path}", {"helpful": "yes"}).status_code == 404
    assert student.get("/lessons?cursor=%27").status_code == 404


# -- every page --------------------------------------------------------------------------------


def test_a_students_words_are_only_text(student: Reader, ledger: Ledger) -> None:
    plain = claimed(ledger, student_id="s-1", requested_modalities=VIDEO)
    ledger.text_ready(plain, "# Title\n\n## A\n\nWords")
    usual = kinds(student.get(f"/lessons/{plain.request.request_id}").text)
    form = kinds(student.ask(student_query="Why?", grade_level="").text)
    for trick in TRICKS:
        words = trick[:100]
        given = {"student_query": f"why {words}", "interest": words}
        ticket = claimed(ledger, student_id="s-1", requested_modalities=VIDEO, **given)
        ledger.text_ready(ticket, f"# {words}\n\n## {words}\n\n{words}")
        page = student.get(f"/lessons/{ticket.request.request_id}").text
        assert kinds(page) <= usual | MARKDOWN, trick
        assert words.split()[-1] in html.unescape(page)
        assert kinds(student.ask(**given, grade_level="").text) <= form, trick
    assert kinds(student.get("/lessons").text) <= usual | {"ul", "time"}


MARKDOWN = frozenset(
    ("ul", "ol", "li", "p", "pre", "code", "em", "strong", "hr", "br", "blockquote")
)
"""What a student's words may become in a lesson's text, which is Markdown."""


def kinds(page: str) -> set[str]:
    """The kinds of elements of a page, and the attributes of any that would run code."""
    return {tag for tag, _ in tags(page)} | {
        name for _, given in tags(page) for name in given if name.startswith("on")
    }


def test_the_language_is_chosen_or_the_browsers(student: Reader) -> None:
    assert '<html lang="en">' in student.get("/", headers={"Accept-Language": "fr, zz"}).text
    spanish = student.get("/", headers={"Accept-Language": "fr;q=0.9, es-MX;q=0.8"}).text
    assert '<html lang="es">' in spanish and "¿Qué te gustaría entender?" in spanish
    assert 'value="es-MX" selected' in spanish
    student.send("/language", {"language": "es", "next": "/"})
    assert '<html lang="es">' in student.get("/", headers={"Accept-Language": "en"}).text
    student.send("/language", {"language": "../x"})
    assert student.client.cookies[LANGUAGE] == "es"


def test_every_language_says_what_english_says() -> None:
    english = locale_for("en").pages.phrases
    gaps = re.compile(r"\{\w*\}")
    for tag in known_locales():
        phrases = locale_for(tag).pages.phrases
        assert phrases.keys() == english.keys(), tag
        for name, phrase in phrases.items():
            assert sorted(gaps.findall(phrase)) == sorted(gaps.findall(english[name])), name


def test_every_phrase_that_a_template_names_exists() -> None:
    folder = Path(rendering.__file__).parent / "templates"
    english = locale_for("en").pages.phrases
    named = {
        name
        for file in folder.iterdir()
        for name in re.findall(r"'((?:[a-z_]+)\.[a-z_0-9]+)'", file.read_text("utf-8"))
        if not name.endswith(("_", ".html", ".svg", ".js", ".css", ".ttf"))
    }
    assert named and named <= english.keys()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_every_colour_of_text_can_be_read(theme: Any) -> None:
    for ground in (*theme.grounds, theme.surface):
        for colour in (theme.text, theme.muted, theme.accent, theme.right, theme.wrong):
            assert contrast(colour, ground) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
