"""The report of a request: one shape for people and scripts (docs/interfaces.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from vividly.platform.ledger import queries
from vividly.platform.ledger.outbox import FOR_A_PLACE, FOR_ANOTHER
from vividly.platform.ledger.schema import ENDED
from vividly.text.interests import EVERYDAY, bridge_interest, known_interests
from vividly.text.locales import locale_for

Row = Mapping[str, Any]
UNSURE = 0.5
"""Confidence in the topic below which the student is told that the lesson may be on another matter:
a third of such questions or more get a wrong topic, one in ten of the others
(docs/understanding.md)."""
_AS_THEY_ARE = (
    "correlation_id", "student_id", "student_query", "grade_level", "interest", "language",
    "requested_modalities", "status", "progress_percentage", "current_stage", "topic",
    "error_stage", "error_message", "error_details", "retry_count", "created_at", "started_at",
    "text_ready_at", "completed_at", "failed_at", "deadline_at", "next_attempt_at",
    "seconds_to_text", "seconds_to_end", "cost_usd",
)  # fmt: skip
_OF_STAGE = (
    "stage_name", "status", "started_at", "completed_at", "duration_seconds", "retry_count",
    "error_message", "stage_metadata",
)  # fmt: skip
_OF_EVENT = (
    "event_type", "event_message", "stage_name", "severity", "created_at", "event_data",
)  # fmt: skip


def reports(engine: Engine, request_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The reports of the requests with these ids, in this order. Unknown ids are left out.

    Raises:
        TransientError: the database is unavailable.
    """
    rows = queries.by_id(engine, request_ids, with_text=True)
    stages = _by_request(queries.stages_of(engine, request_ids))
    events = _by_request(queries.events_of(engine, request_ids))
    return [
        report(rows[id], stages.get(id, []), events.get(id, [])) for id in request_ids if id in rows
    ]


def report(row: Row, stages: Sequence[Row], events: Sequence[Row]) -> dict[str, Any]:
    """The report of a request, in values that JSON can hold.

    Args:
        row: its row of `content_requests`, as `queries` returns it, with `script_text`.
        stages: its rows of `request_stages`, in order.
        events: its rows of `request_events`, oldest first.
    """
    metadata = dict(row["request_metadata"])
    answer, text = metadata.pop("answer", None), row["script_text"]
    told = {
        "request_id": row["id"],
        **{name: row[name] for name in _AS_THEY_ARE},
        "title": title_of(text),
        "text": text,
        "urls": {k.removesuffix("_url"): row[k] for k in row if k.endswith("_url") and row[k]},
        "answer": answer,
        "unmet": unmet(row, stages, events),
        "waiting": waiting(row),
        "attempts": attempts(events),
        "stages": [{name: stage[name] for name in _OF_STAGE} for stage in stages],
        "events": [{name: event[name] for name in _OF_EVENT} for event in events],
        "request_metadata": metadata,
    }
    plain: dict[str, Any] = _plain(told)
    return plain


def title_of(text: str | None) -> str | None:
    """The title of a lesson's text: its first heading."""
    first = (text or "").partition("\n")[0]
    return first.removeprefix("# ") if first.startswith("# ") else None


def unmet(row: Row, stages: Iterable[Row], events: Iterable[Row]) -> list[dict[str, str]]:
    """What the request asked for and the lesson lacks.

    Returns:
        `wish`, and `message` for the student, in the language of the lesson.
    """
    said: dict[str, Mapping[str, Any]] = {s["stage_name"]: s["stage_metadata"] for s in stages}
    script, found = said.get("write_script", {}), said.get("find_lesson", {})
    if not script:
        return []
    locale = locale_for(row["language"])
    say, unmet = locale.unmet, []
    understood = said.get("understand", {})
    if understood.get("confidence", 1.0) < UNSURE:
        unmet.append(("topic", say.nearest.format(topic=understood["topic"])))
    if others := understood.get("others"):
        asks = locale.answers.any_of([say.question.format(question) for question in others])
        told = say.topic.format(topic=understood["topic"], questions=asks)
        unmet.append(("topic", told))
    wanted, got = row["interest"], script.get("interest_used")
    if wanted and got == EVERYDAY:
        unmet.append(("interest", say.interest.format(interest=wanted)))
    elif wanted and (
        found.get("cache") == "similar" or (got and _carried(wanted, got, row["language"]))
    ):
        near = locale.names.interest(str(found.get("interest", got)))
        unmet.append(("interest", say.near_interest.format(near=near, interest=wanted)))
    grade, made_for = row["grade_level"], script.get("grade_level", row["grade_level"])
    if made_for != grade:
        unmet.append(("grade", say.grade.format(made_for=made_for, grade=grade)))
    # The writer notes a reading level that is outside its tolerance.
    level = script.get("reading_level") or 0
    if level and any(note.startswith("reading level") for note in script.get("notes", ())):
        reads = say.harder if level > grade else say.easier
        unmet.append(("grade", reads.format(level=f"{level:.0f}", grade=grade)))
    if said.get("speak", {}).get("robotic"):
        unmet.append(("voice", say.voice))
    for event in events:
        if event["event_type"] == "over_cost" and row["status"] == "completed":
            unmet.append(("cost", say.cost.format(why=event["event_message"])))
    return [{"wish": wish, "message": message} for wish, message in unmet]


def _carried(wanted: str, got: str, language: str) -> bool:
    """Whether the interest of a lesson is known, and another one than the student named."""
    return got in known_interests() and bridge_interest(wanted, {got}, language) != got


def waiting(row: Row) -> dict[str, Any] | None:
    """Why a request is waiting; None if it is in work or has ended.

    Returns:
        `why`, in one word; `message`, for people; `since` and `until`, if known.
    """
    if row["status"] in ENDED:
        return None
    now: datetime = row["read_at"]
    stage = row["error_stage"] or "claim"
    until = None
    if row["status"] == "pending":
        why, message, since = "not_begun", "no job has begun it", row["created_at"]
    elif row["next_attempt_at"] is not None:
        reason = f"{stage}: {row['error_message']}" if row["error_message"] else "its job stopped"
        since = row["next_attempt_at"]
        if row["next_attempt_at"] > now:
            why, message, until, since = "put_down", reason, row["next_attempt_at"], None
        else:
            why, message = "due", f"it is to be tried again, and no job has begun it ({reason})"
    elif row["lesson_status"] == "waiting":
        why, message = "handed_over", "the media job has not begun its lesson"
        since = row["text_ready_at"]
    elif row["lease_expires_at"] is not None and row["lease_expires_at"] < now:
        why, message = "lost", "the job that worked on it is gone"
        since = row["lease_expires_at"]
    elif row["trouble"]:
        why, message, since = "trouble", f"{row['trouble']}; it is tried again meanwhile", None
    elif row["current_stage"] == FOR_ANOTHER:
        why, since = "shared", None
        message = "another request is making the same result, which will serve this one too"
    elif row["current_stage"] == FOR_A_PLACE:
        why, message, since = "no_place", "the job works on as many as it may at once", None
    else:
        return None
    return {"why": why, "message": message, "since": since, "until": until}


def attempts(events: Iterable[Row]) -> list[dict[str, Any]]:
    """The attempts of a request: when each began, and how it ended.

    Returns:
        `attempt`, counted from 1; `began_at`; `ended_at`; `ended`: `put_down`, `lost` or the
        final status, None while it runs; `stage` and `message` of its end.
    """
    found: list[dict[str, Any]] = []

    def end(ended: str, event: Row) -> None:
        if found and found[-1]["ended"] is None:
            found[-1] |= {
                "ended_at": event["created_at"],
                "ended": ended,
                "stage": event["stage_name"],
                "message": event["event_message"] if ended != "lost" else None,
            }

    for event in events:
        kind = event["event_type"]
        if kind == "claimed":
            end("lost", event)
            found.append(
                {
                    "attempt": len(found) + 1,
                    "began_at": event["created_at"],
                    "ended_at": None,
                    "ended": None,
                    "stage": None,
                    "message": None,
                }
            )
        elif kind == "put_down" or kind in ENDED:
            end(kind, event)
    return found


def _by_request(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["request_id"], []).append(row)
    return found


def _plain(value: Any) -> Any:
    """The value in JSON types: times in ISO 8601, decimals as numbers."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime) else value
