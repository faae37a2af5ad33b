"""The events of a request, as they happen (server-sent events)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from beam_pipeline.api.changes import Changes, Seen
from beam_pipeline.api.identity import Behind, Caller
from beam_pipeline.api.problems import described
from beam_pipeline.api.requests import CONTENT, Id, visible
from vividly.platform.ledger import queries
from vividly.platform.ledger.schema import ENDED

ALIVE_S = 15.0
"""Seconds after which a quiet stream sends a comment, so that no proxy ends it."""
FOR_STUDENTS = ("claimed", "text_ready", "put_down", "requeued", *ENDED)
"""The events that students are told; their words are for operators, the kind is enough."""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`progress` whenever the state changes, and each event by its type with its "
        "id. The stream ends when the request has ended.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The request has ended, and `Last-Event-ID` is its last event."},
}
router = APIRouter(prefix=CONTENT, tags=["lessons"], responses=described(401, 404, 422, 503))


@router.get("/requests/{request_id}/events", responses=_STREAM, response_class=StreamingResponse)
def events(
    request_id: Id,
    request: Request,
    backend: Behind,
    holder: Caller,
    last_event_id: Annotated[
        str | None,
        Header(pattern=r"^\d{1,18}$", description="The id of the last event that was received."),
    ] = None,
) -> Response:
    """Follow a request as it happens. A client that connects again goes on where it was."""
    row = visible(backend, holder, request_id)
    after = int(last_event_id or 0)
    if row["status"] in ENDED and after:
        told = queries.events(backend.engine, request_id)
        if after >= max(
            (one["id"] for one in told if _is_told(one, holder.is_operator)), default=0
        ):
            return Response(status_code=204)
    changes: Changes = request.app.state.changes
    return StreamingResponse(
        _stream(changes, request_id, after, in_full=holder.is_operator),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream(
    changes: Changes, request_id: str, after: int, *, in_full: bool
) -> AsyncIterator[bytes]:
    watch, shown, sent = changes.watch(request_id), None, set[int]()
    try:
        while True:
            try:
                seen = await watch.next(within=ALIVE_S)
            except TimeoutError:
                yield format_sse_event(comment="still here")
                continue
            if seen is None:
                return
            for event in seen.events:
                if event["id"] > after and event["id"] not in sent:
                    sent.add(event["id"])
                    if _is_told(event, in_full):
                        yield _event(event, in_full)
            if (state := _state(seen)) != shown:
                shown = state
                yield format_sse_event(event="progress", data_str=json.dumps(state))
            if state["status"] in ENDED:
                return
    finally:
        changes.forget(watch)


def _is_told(event: Mapping[str, Any], in_full: bool) -> bool:
    return in_full or event["event_type"] in FOR_STUDENTS


def _state(seen: Seen) -> dict[str, Any]:
    state = seen.state
    return {
        "request_id": state["id"],
        "status": state["status"],
        "progress_percentage": state["progress_percentage"],
        "current_stage": state["current_stage"],
        "has_text": state["text_ready_at"] is not None,
    }


def _event(event: Mapping[str, Any], in_full: bool) -> bytes:
    told = {
        "event_type": event["event_type"],
        "stage_name": event["stage_name"],
        "created_at": event["created_at"].isoformat(),
        **({"event_message": event["event_message"]} if in_full else {}),
    }
    return format_sse_event(
        event=event["event_type"], id=str(event["id"]), data_str=json.dumps(told)
    )
