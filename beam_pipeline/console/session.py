"""Who looks at a page: the holder of the token in the session cookie."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from beam_pipeline.api.identity import Behind, holder_with
from beam_pipeline.api.problems import Problem
from vividly.platform.ledger.tokens import Holder
from vividly.text.locales import DEFAULT, known_locales, primary_subtag

SESSION = "vividly_session"
"""The cookie that holds the token: unreadable for scripts, and not sent from other sites' forms."""
LANGUAGE = "vividly_language"
MAX_FIELDS = 1200
SESSION_S = 30 * 86_400
"""Seconds that a browser keeps the cookie; the token itself may end before."""


class SignInFirst(Exception):
    """The page is for those who are signed in."""


def signed_in(request: Request, backend: Behind) -> Holder:
    """Who looks at the page.

    Raises:
        SignInFirst: nobody is signed in, or the token is revoked or expired.
    """
    token = request.cookies.get(SESSION)
    holder = holder_with(backend, token) if token else None
    if holder is None:
        raise SignInFirst
    request.state.holder = holder
    return holder


SignedIn = Annotated[Holder, Depends(signed_in)]


def teacher(holder: SignedIn) -> Holder:
    """Who looks at the page, with a class to look at.

    Raises:
        Problem: 404.
    """
    if holder.role != "teacher":
        raise Problem(404, "There is no such page.")
    return holder


Teacher = Annotated[Holder, Depends(teacher)]


def operator(holder: SignedIn) -> Holder:
    """Who looks at the page, who must be an operator.

    Raises:
        Problem: 404, so that nobody else learns what there is.
    """
    if not holder.is_operator:
        raise Problem(404, "There is no such page.")
    return holder


Operator = Annotated[Holder, Depends(operator)]


def from_own_page(request: Request) -> None:
    """Refuse a form that another site sends (CSRF).

    Browsers say where a form comes from: in `Sec-Fetch-Site`, older ones in `Origin`.

    Raises:
        Problem: 403.
    """
    if request.method in ("GET", "HEAD"):
        return
    if site := request.headers.get("Sec-Fetch-Site"):
        own = site == "same-origin"
    else:
        origin = urlsplit(request.headers.get("Origin", ""))
        own = bool(origin.netloc) and origin.netloc == request.headers.get("Host")
    if not own:
        raise Problem(403, "This form was not sent by a page of Vividly.")


async def form_of(request: Request) -> FormData:
    """The fields of a form, which uploads nothing.

    Raises:
        Problem: 422, it is not a form in UTF-8.
    """
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        found: list[tuple[str, str | UploadFile]] = [*pairs]
        return FormData(found)
    except ValueError:
        raise Problem(422, "The form cannot be read.") from None


Form = Annotated[FormData, Depends(form_of)]


def text_of(form: FormData, name: str) -> str:
    """A field of a form, trimmed; "" if it is absent."""
    return str(form.get(name, "")).strip()


def language_of(request: Request) -> str:
    """The language of the pages: as chosen, else the first known one that the browser accepts."""
    chosen = request.cookies.get(LANGUAGE, "")
    accepted = request.headers.get("Accept-Language", "").split(",")
    for tag in (chosen, *(one.partition(";")[0] for one in accepted)):
        if tag.strip() and primary_subtag(tag) in known_locales():
            return primary_subtag(tag)
    return DEFAULT


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read; over HTTPS it is sent over HTTPS alone."""
    scheme = request.headers.get("X-Forwarded-Proto", request.url.scheme)
    response.set_cookie(
        name, value, max_age=SESSION_S, httponly=True, samesite="lax", secure=scheme == "https"
    )


def here(request: Request) -> str:
    """The address of the page that a request is for, without the site."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def own_path(path: str) -> str:
    """The path if it is one of these pages, else the first page."""
    parts = urlsplit(path)
    own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if own and not parts.scheme and not parts.netloc else "/"
