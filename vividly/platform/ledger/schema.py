"""The tables of requests. The tables of the library are in `library.py`.

`migrations/` creates them; a test compares the two.
"""

from __future__ import annotations

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from vividly.platform.ledger.front import api_tokens, request_feedback
from vividly.platform.ledger.library import (
    corpus_versions,
    documents,
    embedding_models,
    passage_embeddings,
    passages,
    topics,
)
from vividly.platform.ledger.metadata import Time as _Time
from vividly.platform.ledger.metadata import metadata
from vividly.platform.ledger.metadata import one_of as _one_of

REQUEST_STATUSES = (
    "pending",
    "validating",
    "generating",
    "completed",
    "failed",
    "clarification_needed",
    "out_of_scope",
    "blocked",
    "cancelled",
)
STAGE_STATUSES = ("pending", "in_progress", "completed", "failed", "skipped")
LESSON_STATUSES = ("waiting", "working", "done", "failed", "dropped")
"""Statuses of the work on a lesson; `dropped` if nobody waits for it any more."""
ACTIVE = ("validating", "generating")
"""Statuses of a request that was claimed and has not ended."""
ENDED = tuple(s for s in REQUEST_STATUSES if s not in ("pending", *ACTIVE))
"""Statuses of a request that has ended."""

__all__ = [
    "ACTIVE",
    "ENDED",
    "REQUEST_STATUSES",
    "STAGE_STATUSES",
    "api_tokens",
    "content_requests",
    "corpus_versions",
    "documents",
    "embedding_models",
    "lesson_work",
    "lessons",
    "metadata",
    "passage_embeddings",
    "passages",
    "request_events",
    "request_feedback",
    "request_stages",
    "topics",
    "work_leases",
]

MAY_HAVE_FILES = text(
    "status IN ('failed', 'cancelled') AND withdrawn_at IS NULL "
    "AND requested_modalities && ARRAY['audio', 'video']"
)
"""Whether a request ended without a lesson, and files of it may be left. It does not matter how
far its last attempt came, because an earlier attempt may have delivered."""
content_requests = Table(
    "content_requests",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("correlation_id", Text, nullable=False),
    Column("student_id", Text, nullable=False),
    Column("student_query", Text, nullable=False),
    Column("grade_level", SmallInteger, nullable=False),
    Column("interest", Text),
    Column("language", Text, nullable=False, server_default="en-US"),
    Column("requested_modalities", ARRAY(Text), nullable=False),
    Column("topic", Text),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("current_stage", Text),
    Column("progress_percentage", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", _Time, nullable=False, server_default=func.now()),
    Column("started_at", _Time),
    Column("text_ready_at", _Time),
    Column("completed_at", _Time),
    Column("failed_at", _Time),
    Column("video_url", Text),
    Column("audio_url", Text),
    Column("captions_url", Text),
    Column("thumbnail_url", Text),
    Column("transcript_url", Text),
    Column("chapters_url", Text),
    Column("lesson_url", Text),
    Column("script_text", Text),
    Column("error_message", Text),
    Column("error_stage", Text),
    Column("error_details", JSONB),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("request_metadata", JSONB, nullable=False, server_default="{}"),
    Column("total_duration_seconds", Double),
    Column("cost_usd", Numeric(12, 6)),
    # The claim: its fencing number, its owner, and when another worker may take it over.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_owner", Text),
    Column("lease_expires_at", _Time),
    # When the request's budget ends, and when its scheduled retry is due.
    Column("deadline_at", _Time),
    Column("next_attempt_at", _Time),
    # The hand-over message of a text job older than `lesson_work`.
    Column("handover", LargeBinary),
    # The lesson that the request waits for, or was served: the key of its `lesson_work`.
    Column("lesson_key", Text),
    # When, and how often, its message was published again.
    Column("requeued_at", _Time),
    Column("requeues", Integer, nullable=False, server_default="0"),
    # When the files of a request that was not completed were deleted.
    Column("withdrawn_at", _Time),
    # The message as received, to publish it again.
    Column("message_data", LargeBinary),
    Column("message_attributes", JSONB, nullable=False, server_default="{}"),
    CheckConstraint(_one_of("status", REQUEST_STATUSES), name="status"),
    CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="progress_percentage"),
    Index(None, "created_at"),
    Index(None, "status", "created_at"),
    Index(None, "started_at"),
    Index(None, "student_id", "created_at"),
    Index(
        "content_requests_held_idx", "lease_owner", postgresql_where=text("lease_owner IS NOT NULL")
    ),
    Index(
        "content_requests_open_idx",
        "lease_expires_at",
        postgresql_where=text("status IN ('pending', 'validating', 'generating')"),
    ),
    Index(
        "content_requests_lesson_idx",
        "lesson_key",
        postgresql_where=text("status IN ('validating', 'generating')"),
    ),
    Index("content_requests_files_idx", "deadline_at", postgresql_where=MAY_HAVE_FILES),
)

request_stages = Table(
    "request_stages",
    metadata,
    Column(
        "request_id",
        UUID(as_uuid=False),
        ForeignKey("content_requests.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("stage_name", Text, primary_key=True),
    Column("stage_order", SmallInteger, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("started_at", _Time),
    Column("completed_at", _Time),
    Column("duration_seconds", Double),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("error_message", Text),
    Column("stage_metadata", JSONB, nullable=False, server_default="{}"),
    CheckConstraint(_one_of("status", STAGE_STATUSES), name="status"),
)

request_events = Table(
    "request_events",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column(
        "request_id",
        UUID(as_uuid=False),
        ForeignKey("content_requests.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("event_type", Text, nullable=False),
    Column("event_message", Text, nullable=False),
    Column("stage_name", Text),
    Column("severity", Text, nullable=False, server_default="INFO"),
    Column("created_at", _Time, nullable=False, server_default=func.now()),
    Column("event_data", JSONB, nullable=False, server_default="{}"),
    Index(None, "request_id", "created_at"),
)

# Leases: one worker computes a shared result while the others wait.
work_leases = Table(
    "work_leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires_at", _Time, nullable=False),
)

# The sound and the pictures of a lesson: one piece of work, which requests subscribe to.
lesson_work = Table(
    "lesson_work",
    metadata,
    Column("key", Text, primary_key=True),
    Column("status", Text, nullable=False, server_default="waiting"),
    # The request that began it, as `model.ticket.to_json` writes it, while the work is open.
    Column("ticket", LargeBinary),
    # The message on the media topic: who published it, when, and how often.
    Column("token_by", Text, nullable=False),
    Column("token_at", _Time, nullable=False, server_default=func.now()),
    Column("tokens", Integer, nullable=False, server_default="1"),
    # Whether the job that began it runs all stages: then there is no media topic.
    Column("in_one_job", Boolean, nullable=False, server_default="false"),
    # The worker that has it: the fencing number, the owner, and the end of its lease.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_owner", Text),
    Column("lease_expires_at", _Time),
    Column("taken_at", _Time),
    # When the message by which it was taken had been published.
    Column("taken_token_at", _Time),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", _Time),
    # The end: the results of its stages, and the requests that it was made for.
    Column("results", JSONB, nullable=False, server_default="{}"),
    Column("served", ARRAY(Text), nullable=False, server_default="{}"),
    Column("seconds", Double),
    Column("ended_at", _Time),
    Column("error_message", Text),
    Column("error_stage", Text),
    Column("error_details", JSONB),
    CheckConstraint(_one_of("status", LESSON_STATUSES), name="status"),
    Index(
        "lesson_work_open_idx", "status", postgresql_where=text("status IN ('waiting', 'working')")
    ),
    Index("lesson_work_made_idx", "ended_at", postgresql_where=text("seconds IS NOT NULL")),
    Index(
        "lesson_work_taken_idx",
        "taken_token_at",
        postgresql_where=text("taken_token_at IS NOT NULL"),
    ),
    Index(
        "lesson_work_last_taken_idx",
        "taken_at",
        postgresql_where=text("taken_token_at IS NOT NULL"),
    ),
)

# The existing lessons, by what they were made for.
lessons = Table(
    "lessons",
    metadata,
    Column("key", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("grade_band", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("interest", Text, nullable=False),
    Column("embedding", VECTOR),
    Column("created_at", _Time, nullable=False, server_default=func.now()),
    Column("used_at", _Time, nullable=False, server_default=func.now()),
    Column("uses", Integer, nullable=False, server_default="0"),
    Index(None, "topic_id", "grade_band", "language"),
)
