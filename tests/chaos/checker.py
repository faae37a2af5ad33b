"""Reads the final state and reports broken promises. Shares no code with the job."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pg8000.native

from tests.chaos.plan import Sending

ENDS = ("completed", "failed", "clarification_needed", "out_of_scope", "blocked", "cancelled")
FILES = ("mp4", "m4a", "vtt", "chapters.vtt", "transcript.md", "jpg", "lesson.json")
GRACE_S = 60.0
"""Seconds after its budget by which a request must have ended; the requeue has to find it first."""


@dataclass
class Verdict:
    """The findings. Every list in `broken` must be empty."""

    facts: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.broken.values())


def check(
    sendings: Sequence[Sending],
    connection: pg8000.native.Connection,
    generated: Path,
    letters: Sequence[tuple[bytes, dict[str, str]]],
    notes: Sequence[tuple[bytes, dict[str, str]]],
    *,
    budget: float,
) -> Verdict:
    """Compare everything that was sent with the final state."""
    verdict = Verdict()
    rows = {
        str(row[0]): dict(zip(_COLUMNS, row, strict=True))
        for row in connection.run(f"SELECT {', '.join(_COLUMNS)} FROM content_requests")
    }
    _lost(sendings, rows, letters, verdict)
    _stuck(rows, budget, verdict)
    _history(connection, verdict)
    _generated_once(connection, verdict)
    _lessons(connection, rows, verdict)
    _told(rows, notes, verdict)
    _files(rows, generated, verdict)
    verdict.facts |= {
        "sent": len(sendings),
        "copies": sum(len(sending.copies) for sending in sendings),
        **Counter(row["status"] for row in rows.values()),
        "reasons": dict(
            Counter(
                f"{(row['error_details'] or {}).get('reason')} in {row['error_stage']}"
                for row in rows.values()
                if row["status"] == "failed"
            )
        ),
        "dead letters": len(letters),
        "dead letters by reason": dict(Counter(a.get("dlq_reason") for _, a in letters)),
        "notifications": len(notes),
        "attempts": dict(sorted(Counter(row["attempt"] for row in rows.values()).items())),
    }
    return verdict


_COLUMNS = (
    "id", "status", "attempt", "error_stage", "error_details", "started_at", "completed_at",
    "failed_at", "text_ready_at", "deadline_at", "requested_modalities", "progress_percentage",
    "video_url", "audio_url", "retry_count", "lesson_key",
)  # fmt: skip


def _lost(
    sendings: Sequence[Sending],
    rows: dict[str, dict[str, Any]],
    letters: Sequence[tuple[bytes, dict[str, str]]],
    verdict: Verdict,
) -> None:
    lettered = {a.get("dlq_request_id") for _, a in letters}
    payloads = {data for data, _ in letters}
    for sending in sendings:
        if not sending.valid:
            if sending.data not in payloads:
                verdict.broken["lost"].append(f"no dead letter for {sending.data[:40]!r}")
        elif sending.request_id not in rows:
            verdict.broken["lost"].append(f"{sending.request_id}: nothing is known of it")
        elif rows[sending.request_id]["status"] == "failed" and sending.request_id not in lettered:
            verdict.broken["lost"].append(f"{sending.request_id}: failed, no dead letter")
    known = {sending.request_id for sending in sendings}
    verdict.broken["unknown rows"] += [one for one in rows if one not in known]


def _stuck(rows: dict[str, dict[str, Any]], budget: float, verdict: Verdict) -> None:
    longest = 0.0
    for request_id, row in rows.items():
        if row["status"] not in ENDS:
            verdict.broken["stuck"].append(f"{request_id}: {row['status']}")
            continue
        end = row["completed_at"] or row["failed_at"]
        if end and row["started_at"]:
            took = (end - row["started_at"]).total_seconds()
            longest = max(longest, took)
            if took > budget + GRACE_S:
                verdict.broken["stuck"].append(f"{request_id}: ended after {took:.0f} s")
    verdict.facts["longest, s"] = round(longest, 1)


def _history(connection: pg8000.native.Connection, verdict: Verdict) -> None:
    last: dict[str, tuple[int, str, int]] = {}
    for request_id, attempt, status, progress in connection.run(
        "SELECT request_id::text, attempt, status, progress FROM chaos_history "
        "WHERE request_id IS NOT NULL ORDER BY n"
    ):
        before = last.get(request_id)
        last[request_id] = (attempt, status, progress)
        if before is None:
            continue
        was_attempt, was_status, was_progress = before
        if attempt < was_attempt:
            verdict.broken["attempts that went back"].append(request_id)
        if attempt == was_attempt and progress < was_progress:
            verdict.broken["progress that went back"].append(
                f"{request_id}: {was_progress} to {progress} in attempt {attempt}"
            )
        if was_status in ENDS and was_status != status:
            again = was_status == "failed" and attempt > was_attempt
            if not again:
                verdict.broken["ends that were overwritten"].append(
                    f"{request_id}: {was_status} to {status}"
                )


def _generated_once(connection: pg8000.native.Connection, verdict: Verdict) -> None:
    for request_id, number in connection.run(
        "SELECT request_id::text, count(*) FROM request_events WHERE event_type = 'completed' "
        "GROUP BY 1 HAVING count(*) > 1"
    ):
        verdict.broken["generated twice"].append(f"{request_id}: completed {number} times")


@dataclass
class _Lesson:
    """A lesson during the replay of the history.

    Attributes:
        waiting: the requests that wait for it.
        first: the request that began it.
        served: request id -> the attempt of the lesson that completed it.
    """

    status: str = ""
    attempt: int = 0
    waiting: set[str] = field(default_factory=set)
    first: str = ""
    served: dict[str, int] = field(default_factory=dict)


def _lessons(
    connection: pg8000.native.Connection, rows: dict[str, dict[str, Any]], verdict: Verdict
) -> None:
    """Replay what happened to the lessons and to the requests that waited for them."""
    lessons: dict[str, _Lesson] = defaultdict(_Lesson)
    waits_for: dict[str, str] = {}
    for request_id, key, attempt, status, held, served in connection.run(
        "SELECT request_id::text, lesson, attempt, status, held, served "
        "FROM chaos_history ORDER BY n"
    ):
        if request_id is None:
            _next_state(key, lessons[key], attempt, status, served, verdict)
            continue
        before = waits_for.pop(request_id, None)
        if before:
            lessons[before].waiting.discard(request_id)
        # A held request is being ended: its worker found that its lesson failed or comes too late.
        if key and status not in ENDS and not held:
            waits_for[request_id] = key
            lessons[key].waiting.add(request_id)
            lessons[key].first = lessons[key].first or request_id
    outlived = 0
    for key, lesson in lessons.items():
        if lesson.waiting and lesson.status in ("waiting", "working"):
            verdict.broken["lessons orphaned"].append(
                f"{key}: {lesson.status}, and {len(lesson.waiting)} requests wait"
            )
        elif lesson.waiting:
            verdict.broken["subscribers forgotten"] += [
                f"{one}: waits, but {key} is {lesson.status or 'unknown'}" for one in lesson.waiting
            ]
        for one in lesson.served:
            if one in rows and rows[one]["status"] != "completed":
                verdict.broken["subscribers forgotten"].append(
                    f"{one}: served with {key}, but it is {rows[one]['status']}"
                )
        first = rows.get(lesson.first)
        outlived += bool(
            lesson.status == "done"
            and lesson.served
            and first
            and first["status"] in ("cancelled", "failed")
        )
    _paid_once(connection, {key for key, one in lessons.items() if one.status == "done"}, verdict)
    verdict.facts["lessons"] = dict(Counter(lesson.status for lesson in lessons.values()))
    verdict.facts["lessons' attempts"] = dict(
        sorted(Counter(lesson.attempt for lesson in lessons.values()).items())
    )
    verdict.facts["lessons that outlived their first request"] = outlived
    verdict.facts["most requests served by a lesson"] = max(
        (len(lesson.served) for lesson in lessons.values()), default=0
    )


def _next_state(
    key: str, lesson: _Lesson, attempt: int, status: str, served: Sequence[str], verdict: Verdict
) -> None:
    if attempt < lesson.attempt:
        verdict.broken["attempts that went back"].append(key)
    if lesson.status == "done" and status != "done":
        # The harness deletes no file, so a lesson that is done stays done.
        verdict.broken["lessons made twice"].append(f"{key}: done, then {status}")
    if lesson.status == "done" and attempt != lesson.attempt:
        verdict.broken["lessons made twice"].append(
            f"{key}: attempt {lesson.attempt} completed it, and attempt {attempt} too"
        )
    for one in served:
        if lesson.served.setdefault(one, attempt) != attempt:
            verdict.broken["lessons made twice"].append(
                f"{key}: attempts {lesson.served[one]} and {attempt} served {one}"
            )
    if status == "done":
        verdict.broken["subscribers forgotten"] += [
            f"{one}: {key} was done without it" for one in lesson.waiting
        ]
    if status == "dropped":
        verdict.broken["lessons orphaned"] += [
            f"{key}: dropped, although {one} waited" for one in lesson.waiting
        ]
    lesson.attempt, lesson.status = attempt, status


def _paid_once(connection: pg8000.native.Connection, done: set[str], verdict: Verdict) -> None:
    """No two completed requests made the same stage of a lesson; all but one found it made."""
    for key, stage, number in connection.run(
        "SELECT lesson_key, stage_name, count(*) FROM request_stages "
        "JOIN content_requests ON content_requests.id = request_id "
        "WHERE stage_name IN ('speak', 'render', 'deliver') AND lesson_key IS NOT NULL "
        "AND content_requests.status = 'completed' AND request_stages.status = 'completed' "
        "AND NOT stage_metadata @> '{\"reused\": true}' "
        "GROUP BY 1, 2 HAVING count(*) > 1"
    ):
        if key in done:
            verdict.broken["lessons made twice"].append(f"{key}: {number} requests paid {stage}")


def _told(
    rows: dict[str, dict[str, Any]],
    notes: Sequence[tuple[bytes, dict[str, str]]],
    verdict: Verdict,
) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for data, attributes in notes:
        body = json.loads(data)
        assert attributes["event"] == body["event"]
        told[body["request_id"]].add(body["event"])
    for request_id, row in rows.items():
        wanted = {row["status"]} if row["status"] in ENDS[:-1] else set()
        if row["text_ready_at"] and row["status"] != "cancelled":
            wanted.add("text_ready")
        for event in sorted(wanted - told[request_id]):
            verdict.broken["notifications missing"].append(f"{request_id}: {event}")


def _files(rows: dict[str, dict[str, Any]], generated: Path, verdict: Verdict) -> None:
    there: dict[str, dict[str, float]] = defaultdict(dict)
    for path in sorted(generated.rglob("*")):
        if not path.is_file() or ".fences" in path.parts:
            continue
        request_id, _, kind = path.name.partition(".")
        if path.parent.name != "videos" or kind not in FILES:
            verdict.broken["orphaned files"].append(str(path.relative_to(generated)))
            continue
        there[request_id][kind] = path.stat().st_mtime
    for request_id, files in there.items():
        row = rows.get(request_id)
        if row is None or row["status"] != "completed":
            state = row["status"] if row else "unknown"
            verdict.broken["orphaned files"].append(f"{request_id}: {state}, {len(files)} files")
            continue
        late = [kind for kind, at in files.items() if at > row["completed_at"].timestamp() + 0.5]
        if late:
            verdict.broken["generated twice"].append(
                f"{request_id}: {', '.join(late)} written after it was completed"
            )
    for request_id, row in rows.items():
        wanted = set()
        if row["status"] == "completed" and row["video_url"]:
            wanted = set(FILES)
        elif row["status"] == "completed" and row["audio_url"]:
            wanted = {"m4a", "lesson.json"}
        missing = wanted - there.get(request_id, {}).keys()
        if missing:
            verdict.broken["files missing"].append(f"{request_id}: {', '.join(sorted(missing))}")
        made = {"video": row["video_url"], "audio": row["audio_url"]}
        for modality in row["requested_modalities"]:
            if row["status"] == "completed" and modality in made and not made[modality]:
                verdict.broken["files missing"].append(f"{request_id}: no {modality}_url")
    verdict.facts["lessons with files"] = len(there)
