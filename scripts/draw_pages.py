"""Walks through the pages of the running local stack, and draws them: docs/images/page-*.jpg.

    vividly up                            # in another terminal
    python -m scripts.draw_pages

A student asks on a phone and at a desk, in English and Spanish, watches, answers, asks on and is
asked back; a teacher asks for a class; an operator tries the replay of a dead letter. Stops at
the first page that does not show what it should. Needs Chromium (`scripts/install-chromium.sh`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page, expect

from beam_pipeline.cli.context import Context
from tests.support.browser import DESK, accessibility_faults, chromium, overflow, signed_in
from vividly.platform.ledger.tokens import Holder

FOLDER = Path(__file__).parents[1] / "docs" / "images"
PHONE = {
    "viewport": {"width": 375, "height": 812},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
STUDENT = Holder("student", "maya")
TEACHER = Holder("teacher", "mr-ortiz", ("maya", "leo", "ana"))
OPERATOR = Holder("operator", "ops")
LESSON_MS = 600_000
"""Milliseconds that a lesson may take."""


def main() -> None:
    """Draw all pages."""
    context = Context()
    if context.stack is None or not context.stack.api:
        raise SystemExit("start the local stack with `vividly up`")
    address = context.stack.api
    context.resources.publish(context.request_topic, b'{"grade_level": "ten"}', {})

    def page_of(browser: Browser, who: Holder, **how: Any) -> Page:
        return signed_in(browser, address, context.engine, who, **{"viewport": DESK} | how)

    expect.set_options(timeout=60_000)  # dead letters are read for some seconds
    with chromium() as browser:
        page = browser.new_page(viewport=DESK, locale="en-US")
        page.goto(address)
        _draw(page, "sign-in", full=False)
        lesson = _phone(page_of(browser, STUDENT, **PHONE))
        _desk(page_of(browser, STUDENT), lesson)
        page = page_of(browser, STUDENT, color_scheme="dark")
        page.goto(address + lesson)
        _draw(page, "lesson-dark", full=False)
        _spanish(page_of(browser, STUDENT, **PHONE, locale="es-MX"))
        _class(page_of(browser, TEACHER))
        _operations(page_of(browser, OPERATOR), lesson)


def _draw(page: Page, name: str, *, full: bool = True) -> None:
    """Draw a page as it is now, after looking for faults in it."""
    page.wait_for_load_state()
    page.wait_for_timeout(700)  # for what fades in
    faults = accessibility_faults(page)
    if wider := overflow(page):
        faults.append(f"{wider} pixels wider than its window")
    if faults:
        raise SystemExit(f"{page.url}: {faults}")
    path = FOLDER / f"page-{name}.jpg"
    page.screenshot(path=path, full_page=full, type="jpeg", quality=72)
    print(path)


def _play_until(page: Page, seconds: float) -> None:
    """Play the lesson with captions up to a time, and pause."""
    expect(page.locator("video")).to_be_visible(timeout=LESSON_MS)
    play = page.get_by_role("button", name=re.compile("^(Play|Reproducir)"))
    play.click()
    # The policy of the pages lets no string be evaluated in them, so `wait_for_function` cannot.
    while page.evaluate("document.querySelector('video').currentTime") < seconds:
        page.wait_for_timeout(200)
    expect(page.locator("#transcript li[aria-current]")).to_have_count(1)
    play.click()


def _phone(page: Page) -> str:
    """Ask and watch. Returns the path of the lesson."""
    _draw(page, "ask-phone", full=False)
    page.get_by_role("button", name="Explain photosynthesis").click()
    page.get_by_role("button", name="Make my lesson").click()
    page.wait_for_url(re.compile("/lessons/"))
    expect(page.locator(".steps li.completed").first).to_be_visible(timeout=LESSON_MS)
    expect(page.locator("#text h2").first).to_be_visible(timeout=LESSON_MS)
    _draw(page, "progress-phone", full=False)
    _play_until(page, 14)
    expect(page.locator("#sources li").first).to_be_visible()
    _draw(page, "lesson-phone", full=False)
    return urlsplit(page.url).path


def _desk(page: Page, lesson: str) -> None:
    """Watch the lesson again, answer its question, say what helped, download, and ask on."""
    _draw(page, "ask")
    page.goto(urljoin(page.url, lesson))
    _play_until(page, 14)
    _draw(page, "lesson", full=False)
    page.get_by_label("Your answer").fill("Sugar and oxygen, with energy from light")
    page.get_by_role("button", name="Compare with the answer").click()
    expect(page.locator("#check .right")).to_be_visible()
    page.get_by_label("It helped").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".downloads a").first.click()
    print(f"downloaded {download.value.suggested_filename}")
    page.locator("#follow-up-question").fill("Why does it need light?")
    page.locator("#follow-up").scroll_into_view_if_needed()
    _draw(page, "follow-up", full=False)
    page.locator("#follow-up button").click()
    page.wait_for_url(re.compile(f"/lessons/(?!{lesson.rpartition('/')[2]})"))
    expect(page.get_by_role("heading", name="Photosynthesis", level=1)).to_be_visible(
        timeout=LESSON_MS
    )
    page.goto(urljoin(page.url, "/"))
    page.get_by_label("Your question").fill("waves")
    page.get_by_label("Grade", exact=True).select_option("9")
    page.get_by_role("button", name="Make my lesson").click()
    expect(page.locator(".choose button").first).to_be_visible(timeout=LESSON_MS)
    _draw(page, "question-back", full=False)
    page.locator(".choose button").first.click()
    expect(page.locator("#text h2").first).to_be_visible(timeout=LESSON_MS)
    page.goto(urljoin(page.url, "/lessons"))
    _draw(page, "my-lessons", full=False)


def _spanish(page: Page) -> None:
    """Ask in Spanish, on a phone."""
    _draw(page, "ask-spanish", full=False)
    page.locator(".example").first.click()
    page.locator("label.choice", has_text="Solo texto").click()
    page.locator("main button.primary").click()
    page.wait_for_url(re.compile("/lessons/"))
    expect(page.locator("#feedback button")).to_be_visible(timeout=LESSON_MS)
    _draw(page, "lesson-spanish", full=False)


def _class(page: Page) -> None:
    """Ask one question for a class."""
    page.goto(urljoin(page.url, "/class"))
    page.get_by_label("Your question").fill("What is friction?")
    page.get_by_label("Grade", exact=True).select_option("8")
    page.locator("label.choice", has_text="Text only").click()
    page.get_by_role("button", name="Ask for all").click()
    expect(page.get_by_text("asked for 3 students")).to_be_visible()
    rows = page.locator(".item", has_text="What is friction?")
    expect(rows.locator(".badge.completed")).to_have_count(3, timeout=LESSON_MS)
    _draw(page, "class")


def _operations(page: Page, lesson: str) -> None:
    """Look at the system and at one request; try the replay of a dead letter, and do it."""
    page.goto(urljoin(page.url, "/operations"))
    _draw(page, "operations")
    page.goto(urljoin(page.url, f"/operations/requests/{lesson.rpartition('/')[2]}"))
    _draw(page, "request", full=False)
    page.goto(urljoin(page.url, "/dead-letters"))
    page.locator("[name=ids]").first.check()
    page.get_by_role("button", name="Say what would happen").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    _draw(page, "dead-letters", full=False)
    page.get_by_role("button", name="Replay the chosen").click()
    expect(page.get_by_role("heading", name="What was done")).to_be_visible()


if __name__ == "__main__":
    main()
