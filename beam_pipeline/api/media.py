"""The files of a lesson: from a directory, in ranges too; from Cloud Storage by a signed URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, RedirectResponse

from beam_pipeline.api.backend import Backend
from beam_pipeline.api.identity import Behind, Caller
from beam_pipeline.api.problems import Problem, described
from beam_pipeline.api.requests import CONTENT, Id, visible
from vividly.execution.lesson_files import CONTENT_TYPES
from vividly.platform.ledger.tokens import Holder

SIGNED_S = 3600
"""Seconds for which a signed URL is valid at least: a player that paused goes on with it."""
T = TypeVar("T")
Kind = Literal["video", "audio", "captions", "chapters", "transcript", "thumbnail", "lesson"]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {kind: {} for kind in CONTENT_TYPES.values()}},
    206: {"description": "The ranges of the file that `Range` names."},
    307: {
        "description": "The file is at a signed URL of Cloud Storage, which is valid for a while."
    },
    416: {"description": "The file has no such range."},
}
router = APIRouter(prefix=CONTENT, tags=["lessons"], responses=described(401, 404, 422, 503))


@router.get("/requests/{request_id}/media/{kind}", responses=_FILE, response_class=FileResponse)
def media(request_id: Id, kind: Kind, backend: Behind, holder: Caller) -> Response:
    """A file of a lesson."""

    def place_of(name: str) -> Path | str:
        return backend.generated.place(name, seconds=SIGNED_S)

    place = file_of(request_id, kind, backend, holder, place_of)
    if isinstance(place, str):
        return RedirectResponse(place, 307)
    return FileResponse(place, media_type=CONTENT_TYPES[kind])


def file_of(
    request_id: str, kind: Kind, backend: Backend, holder: Holder, read: Callable[[str], T]
) -> T:
    """What `read` makes of the object name of a lesson's file.

    Raises:
        Problem: 404, there is no such lesson for the caller, no such file, or it is gone.
    """
    url = visible(backend, holder, request_id)[f"{kind}_url"]
    root = backend.generated.uri("x").removesuffix("x")
    if not url or not url.startswith(root):
        raise Problem(404, "The lesson has no such file.")
    try:
        return read(url.removeprefix(root))
    except FileNotFoundError:
        raise Problem(404, "The file is not there any more.") from None
