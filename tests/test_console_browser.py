"""The pages in a real browser: a lesson from the question to its sources, phone, dark, axe.

They need Debian's Chromium (`apt-get install chromium`) and are skipped without it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from beam_pipeline.api.backend import Backend
from beam_pipeline.cli.api_letters import ContextLetters
from beam_pipeline.cli.context import Context
from tests.support.api import OPERATOR, STUDENT, backend_on
from tests.support.browser import (
    PHONE,
    SCRIPT_FAULTS,
    accessibility_faults,
    chromium,
    needs_chromium,
    overflow,
    signed_in,
    site,
)
from tests.support.lessons import short_script, tones, write_wav
from tests.support.project import Project
from tests.support.requests import claimed
from vividly.execution.lesson_files import CONTENT_TYPES, delivered_name
from vividly.lesson.scripting.shipped import shipped_script
from vividly.lesson.video.render import render_lesson
from vividly.model.ticket import Ticket
from vividly.platform.ledger.tokens import Holder

pytestmark = [pytest.mark.slow, needs_chromium]
CLASS = Holder("teacher", "t-1", ("s-1", "s-2", "s-3"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def no_script_fails() -> Iterator[None]:
    SCRIPT_FAULTS.clear()
    yield
    assert SCRIPT_FAULTS == []


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a short lesson, as the job renders them."""
    folder = tmp_path_factory.mktemp("lesson")
    narration, samples = tones(short_script())
    wav = write_wav(samples, folder / "narration.wav")
    found = render_lesson(short_script(), narration, wav, folder / "out")
    return {kind: path.read_bytes() for kind, path in found.items() if kind in CONTENT_TYPES}


@pytest.fixture
def backend(engine: Engine, tmp_path: Path) -> Backend:
    return backend_on(engine, tmp_path, "unused")


def until(page: Page, expression: str) -> None:
    """Wait until an expression is true in a page, which does not evaluate strings itself (CSP)."""
    end = time.monotonic() + 15
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def deliver(backend: Backend, ticket: Ticket, files: dict[str, bytes]) -> None:
    """End a request with the files of a lesson, as the job does."""
    urls = {}
    for kind, data in files.items():
        name = delivered_name(ticket.request.request_id, kind)
        backend.generated.write(name, data, CONTENT_TYPES[kind])
        urls[f"{kind}_url"] = backend.generated.uri(name)
    assert backend.ledger.finish(ticket, "completed", message="", details=urls)


def delivered(backend: Backend, files: dict[str, bytes]) -> Ticket:
    """A request of the student whose lesson is ready."""
    ticket = claimed(backend.ledger, student_id="s-1", requested_modalities=["video"])
    backend.ledger.text_ready(ticket, shipped_script("photosynthesis", grade_level=9).text)
    deliver(backend, ticket, files)
    return ticket


def begun(backend: Backend) -> Ticket:
    """The only request, which a job has just claimed."""
    with backend.engine.connect() as connection:
        data = connection.execute(text("SELECT message_data FROM content_requests")).scalar_one()
    return claimed(backend.ledger, **json.loads(bytes(data)))


def test_a_question_becomes_a_lesson_that_plays(
    browser: Browser, backend: Backend, files: dict[str, bytes]
) -> None:
    script = shipped_script("photosynthesis", grade_level=9)
    with site(backend) as address:
        page = signed_in(browser, address, backend.engine, STUDENT)
        page.get_by_role("button", name="Explain photosynthesis").click()
        expect(page.get_by_label("Your question")).to_have_value(re.compile("basketball fans"))
        page.get_by_role("button", name="Make my lesson").click()
        page.wait_for_url(re.compile("/lessons/"))
        bar = page.locator("progress")
        expect(bar).to_have_attribute("value", "0")
        ticket = begun(backend)
        expect(bar).to_have_attribute("value", "5")
        expect(page.get_by_text("appears here as soon")).to_be_visible()
        backend.ledger.text_ready(ticket, script.text, progress=40)
        expect(page.get_by_role("heading", name=script.title, level=1)).to_be_visible()
        expect(page.locator("#text h2").first).to_be_visible()
        expect(page.locator("#sources li")).to_have_count(len(script.sources))
        assert accessibility_faults(page) == []
        deliver(backend, ticket, files)
        video = page.locator("video")
        expect(video).to_be_visible()
        until(page, "document.querySelector('video').duration > 1")
        page.get_by_role("button", name="Play").click()
        until(page, "document.querySelector('video').currentTime > 0.5")
        captions = page.get_by_role("button", name="Captions", exact=True)
        captions.click()
        expect(captions).to_have_attribute("aria-pressed", "true")
        until(
            page,
            "[...document.querySelector('video').textTracks].some("
            "t => t.kind === 'captions' && t.mode === 'showing' && t.activeCues.length)",
        )
        expect(page.locator("#transcript li[aria-current]")).to_have_count(1)
        assert page.locator(".marks i").count() >= 1
        last = page.locator("#transcript button").last
        last.click()
        until(
            page,
            "(video => video.currentTime > video.duration / 2)(document.querySelector('video'))",
        )
        page.get_by_label("Speed").select_option("2")
        assert page.evaluate("document.querySelector('video').playbackRate") == 2
        page.keyboard.press("Tab")
        page.get_by_label("Your answer").fill("sugar")
        page.get_by_role("button", name="Compare with the answer").click()
        expect(page.locator("#check .right")).to_be_visible()
        assert page.evaluate("document.querySelector('video').currentTime") > 0, "it plays on"
        page.get_by_label("It helped").check()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Thank you")).to_be_visible()
        assert accessibility_faults(page) == []


def test_a_page_goes_on_after_the_stream_was_refused_and_keeps_what_was_answered(
    browser: Browser, backend: Backend, files: dict[str, bytes]
) -> None:
    ticket = claimed(backend.ledger, student_id="s-1", requested_modalities=["video"])
    backend.ledger.text_ready(ticket, shipped_script("photosynthesis", grade_level=9).text)
    with site(backend) as address:
        page = signed_in(browser, address, backend.engine, STUDENT)
        page.clock.install()
        page.route("**/events", lambda route: route.fulfill(status=503), times=1)
        page.goto(f"{address}/lessons/{ticket.request.request_id}")
        page.get_by_label("Your answer").fill("sugar")
        page.get_by_role("button", name="Compare with the answer").click()
        answer = page.locator("#check .right")
        expect(answer).to_be_visible()
        deliver(backend, ticket, files)
        video = page.locator("video")
        for _ in range(30):
            if not video.count():
                page.clock.run_for(1000)  # until the page tries again
                page.wait_for_timeout(100)
        expect(video).to_be_visible()
        expect(answer).to_be_visible()


def test_the_page_does_not_move_while_it_loads(
    browser: Browser, backend: Backend, files: dict[str, bytes]
) -> None:
    ticket = delivered(backend, files)
    with site(backend) as address:
        page = signed_in(browser, address, backend.engine, STUDENT)
        for path in ("/", f"/lessons/{ticket.request.request_id}", "/lessons"):
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            moved = page.evaluate(
                "new Promise(done => { new PerformanceObserver(list => done(list.getEntries()"
                ".reduce((sum, one) => sum + one.value, 0)))"
                ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(0), 99) })"
            )
            assert moved < 0.1, f"{path} moves by {moved}"


@pytest.mark.parametrize("language", ["en-US", "es-MX"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_suits_a_phone_both_schemes_and_a_screen_reader(
    browser: Browser,
    backend: Backend,
    files: dict[str, bytes],
    project: Project,
    scheme: str,
    language: str,
) -> None:
    project.bury(b"{}", dlq_id="aaaa00000001")
    text_of = shipped_script("photosynthesis", grade_level=9).text
    done, half, back = (
        claimed(backend.ledger, student_id="s-1", requested_modalities=["video"]) for _ in range(3)
    )
    for ticket in (done, half):
        backend.ledger.text_ready(ticket, text_of)
    deliver(backend, done, files)
    choices = {"questions": ["What is sound?", "What is light?"]}
    backend.ledger.finish(back, "clarification_needed", message="Which?", details=choices)
    own = [f"/lessons/{one.request.request_id}" for one in (done, half, back)]
    backend = replace(backend, dead_letters=ContextLetters(Context()))
    pages = {
        STUDENT: ["/", "/lessons", "/nothing", *own],
        CLASS: ["/class"],
        OPERATOR: [
            "/operations",
            f"/operations/requests/{done.request.request_id}",
            "/dead-letters",
        ],
    }
    how = {"viewport": PHONE, "color_scheme": scheme, "locale": language}
    faults = []
    with site(backend) as address:
        for holder, paths in pages.items():
            page = signed_in(browser, address, backend.engine, holder, **how)
            assert page.locator("html").get_attribute("lang") == language[:2]
            for path in paths:
                page.goto(address + path)
                faults += [f"{path}: {one}" for one in accessibility_faults(page)]
                if wider := overflow(page):
                    faults.append(f"{path}: {wider} pixels wider than a phone")
            page.context.clear_cookies()
            page.goto(address + "/sign-in")
            faults += [f"/sign-in: {one}" for one in accessibility_faults(page)]
            page.context.close()
    assert faults == []


def test_a_question_back_a_class_and_a_dead_letter(
    browser: Browser, backend: Backend, project: Project
) -> None:
    project.bury(b"{}", dlq_id="aaaa00000001")
    back = claimed(backend.ledger, student_id="s-1", student_query="waves")
    choices = {"questions": ["What is sound?", "What is light?"]}
    backend.ledger.finish(back, "clarification_needed", message="Which?", details=choices)
    backend = replace(backend, dead_letters=ContextLetters(Context()))
    with site(backend) as address:
        page = signed_in(browser, address, backend.engine, STUDENT)
        page.goto(f"{address}/lessons/{back.request.request_id}")
        page.get_by_role("button", name="What is light?").click()
        expect(page.get_by_role("heading", name="What is light?", level=1)).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("You stopped this lesson")).to_be_visible()

        page = signed_in(browser, address, backend.engine, CLASS)
        page.get_by_role("link", name="Class").click()
        page.get_by_label("Your question").fill("What is a wave?")
        page.get_by_label("Grade", exact=True).select_option("9")
        page.get_by_role("button", name="Ask for all").click()
        expect(page.get_by_text("asked for 3 students")).to_be_visible()
        expect(page.get_by_role("link", name="What is a wave?")).to_have_count(3)

        page = signed_in(browser, address, backend.engine, OPERATOR)
        page.get_by_role("link", name="Dead letters").click()
        page.locator("[name=ids]").check()
        page.get_by_role("button", name="Say what would happen").click()
        expect(page.get_by_text("would be replayed")).to_be_visible()
        page.get_by_role("button", name="Replay the chosen").click()
        expect(page.get_by_text("What was done")).to_be_visible()
        page.get_by_role("link", name="Operations").click()
        expect(page.get_by_role("link", name="What is a wave?")).to_have_count(3)


def test_the_player_obeys_the_keyboard(
    browser: Browser, backend: Backend, files: dict[str, bytes]
) -> None:
    ticket = delivered(backend, files)
    with site(backend) as address:
        page = signed_in(browser, address, backend.engine, STUDENT)
        page.goto(f"{address}/lessons/{ticket.request.request_id}")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.get_by_role("button", name="Play").focus()
        page.keyboard.press("Enter")
        until(page, "!document.querySelector('video').paused")
        page.keyboard.press("k")
        until(page, "document.querySelector('video').paused")
        _at_rest(page)
        page.get_by_label("Position").focus()
        before = page.evaluate("document.querySelector('video').currentTime")
        page.keyboard.press("PageUp")
        until(page, f"document.querySelector('video').currentTime > {before}")
        page.evaluate(  # as when the address of the file is no longer valid
            "() => { const video = document.querySelector('video'); window.loaded = 0;"
            "video.addEventListener('loadedmetadata', () => { window.loaded += 1; });"
            "video.dispatchEvent(new Event('error')); }"
        )
        until(page, "window.loaded === 1")
        until(page, f"document.querySelector('video').currentTime > {before}")


def _at_rest(page: Page) -> None:
    until(page, "!document.querySelector('video').seeking")
