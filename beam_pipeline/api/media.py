"""The files of a lesson: from a directory, in ranges too; from Cloud Storage by a signed URL."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, RedirectResponse

from beam_pipeline.api.identity import Behind, Caller
from beam_pipeline.api.problems import Problem, described
from beam_pipeline.api.requests import CONTENT, Id, visible
from vividly.execution.lesson_files import CONTENT_TYPES
from vividly.execution.report import title_of
from vividly.platform.ledger import queries

SIGNED_S = 3600
"""Seconds for which a signed URL is valid at least: a player that paused goes on with it."""
READ_BY_SCRIPTS = ("captions", "chapters", "transcript", "lesson")
"""Small files that players and scripts read. They come from here, wherever the bucket is: after a
redirect to another origin a browser hides where the call is from, and no rule for CORS fits."""
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
def media(
    request_id: Id,
    kind: Kind,
    backend: Behind,
    holder: Caller,
    download: Annotated[
        bool, Query(description="To be saved under the lesson's title, not shown.")
    ] = False,
) -> Response:
    """A file of a lesson."""
    url = visible(backend, holder, request_id)[f"{kind}_url"]
    root = backend.generated.uri("x").removesuffix("x")
    if not url or not url.startswith(root):
        raise Problem(404, "The lesson has no such file.")
    name = url.removeprefix(root)
    disposition = _saved_as(request_id, name, backend) if download else ""
    headers = {"Content-Disposition": disposition} if disposition else {}
    try:
        if kind in READ_BY_SCRIPTS:
            answer = Response(backend.generated.read(name), headers=headers)
            answer.headers["Content-Type"] = f"{CONTENT_TYPES[kind]}; charset=utf-8"
            return answer
        place = backend.generated.place(name, seconds=SIGNED_S, disposition=disposition)
    except FileNotFoundError:
        raise Problem(404, "The file is not there any more.") from None
    if isinstance(place, str):
        return RedirectResponse(place, 307)
    return FileResponse(place, media_type=CONTENT_TYPES[kind], headers=headers)


def _saved_as(request_id: str, name: str, backend: Behind) -> str:
    """The `Content-Disposition` of a file that is saved under the title of its lesson."""
    title = title_of(queries.script_text(backend.engine, request_id)) or "lesson"
    title = title.replace("/", "-")
    return f"attachment; filename*=UTF-8''{quote(title, safe='')}.{name.rpartition('.')[2]}"
