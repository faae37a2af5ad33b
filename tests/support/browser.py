"""The pages in Chromium, driven by Playwright.

`python -m tests.support.browser` prints which Chromium is used; exit code 1 if there is none.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from beam_pipeline.api.app import make_app
from beam_pipeline.api.backend import Backend
from beam_pipeline.api.server import Served, listen
from beam_pipeline.console.app import make_pages
from vividly.platform.ledger.tokens import Holder, create_token


def _chromium() -> str | None:
    """The path of Debian's Chromium or of Playwright's own; None if there is neither."""
    if found := shutil.which("chromium") or shutil.which("chromium-browser"):
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


CHROMIUM = _chromium()
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium: scripts/install-chromium.sh .venv/bin/python"
)
SCRIPT_FAULTS: list[str] = []
"""What went wrong in scripts of pages since it was last cleared."""
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 860}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        browser.close()


@contextmanager
def site(backend: Backend) -> Iterator[str]:
    """The address of the API and the pages of a system."""
    opened = listen("127.0.0.1", 0)
    server = Served(make_app(backend, make_pages))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def signed_in(browser: Browser, address: str, engine: Engine, holder: Holder, **how: Any) -> Page:
    """A page of somebody who has just signed in by the form.

    Args:
        how: of the window, such as `viewport` or `color_scheme`.
    """
    context = browser.new_context(**{"viewport": DESK, "locale": "en-US"} | how)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: SCRIPT_FAULTS.append(f"{page.url}: {error}"))
    page.goto(address)
    page.get_by_label("token").or_(page.get_by_label("clave")).fill(
        create_token(engine, holder, lifetime=3600)
    )
    page.locator("main button.primary").click()
    page.wait_for_url(address + "/")
    return page


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds wrong with a page as it is now."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, width)


def picture(page: Page, path: Path) -> None:
    """A picture of a whole page."""
    page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    print(CHROMIUM or "There is no Chromium.")
    sys.exit(CHROMIUM is None)
