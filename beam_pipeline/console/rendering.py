"""Pages out of templates: phrases in the reader's language, text of lessons, times."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import fontpkg
from babel.dates import format_datetime
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from beam_pipeline.console.colours import colours_css
from beam_pipeline.console.session import here, language_of
from vividly.text.locales import DEFAULT, known_locales, locale_for

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    # Files of a bucket are at signed addresses of Cloud Storage.
    "img-src 'self' https://storage.googleapis.com; "
    "media-src 'self' https://storage.googleapis.com; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # With `no-referrer` browsers hide where a form comes from, which `from_own_page` asks.
    "Referrer-Policy": "same-origin",
}
"""Headers of every page."""
FONT = "inter.ttf"
STATIC_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "ttf": "font/ttf",
    "svg": "image/svg+xml",
}
_markdown = MarkdownIt("commonmark", {"html": False}).disable(["link", "image", "autolink"])


@cache
def static_files() -> Mapping[str, bytes]:
    """The files that pages load, by name."""
    folder = files("beam_pipeline.console").joinpath("static")
    found = {one.name: one.read_bytes() for one in folder.iterdir()}
    with open(fontpkg.path("Inter"), "rb") as font:
        found[FONT] = font.read()
    css = found["vividly.css"].replace(FONT.encode(), _place(FONT, found[FONT]).encode())
    found["vividly.css"] = colours_css().encode() + css
    return found


@cache
def _address(name: str) -> str:
    """The address of a file."""
    return _place(name, static_files()[name])


def _place(name: str, data: bytes) -> str:
    """The address of a file: another one whenever it changes, so that browsers may keep it."""
    return f"/static/{hashlib.sha256(data).hexdigest()[:12]}/{name}"


def phrases_of(language: str) -> Callable[..., str]:
    """Says a phrase in a language: `say("ask.title")`; gaps by name.

    A phrase that the language lacks is said in English.
    """
    own, english = (locale_for(tag).pages.phrases for tag in (language, DEFAULT))

    def say(name: str, **gaps: object) -> str:
        phrase = own.get(name) or english[name]
        return phrase.format(**gaps) if gaps else phrase

    return say


def markdown(text: str) -> Markup:
    """The text of a lesson as HTML; HTML and links in it are shown as they are written."""
    # The renderer escapes all that is text.
    return Markup(_markdown.render(text))  # nosec B704


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, out of its template."""
    language = language_of(request)

    def at(value: str | datetime | None) -> str:
        if value is None:
            return ""
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        return str(format_datetime(time.astimezone(UTC), "d MMM, HH:mm", locale=language))

    shown = (
        _templates()
        .get_template(template)
        .render(
            say=phrases_of(language),
            at=at,
            language=language,
            languages=[(tag, locale_for(tag).pages) for tag in known_locales()],
            holder=getattr(request.state, "holder", None),
            path=request.url.path,
            here=here(request),
            **values,
        )
    )
    return HTMLResponse(shown, status, headers=dict(HEADERS))


def new_key() -> str:
    """A key for a form, so that sending it twice asks once."""
    return secrets.token_urlsafe(16)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("beam_pipeline.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = markdown
    environment.globals["static"] = _address
    return environment
