"""The tables of CONTRACT section 4, and the passages of the corpus.

`migrations/` creates them; a test holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID

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
ACTIVE = ("validating", "generating")
"""The statuses of a request that somebody is, or was, working on."""
ENDED = tuple(s for s in REQUEST_STATUSES if s not in ("pending", *ACTIVE))
"""The statuses in which nothing more happens by itself."""

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


_Time = DateTime(timezone=True)

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
    # The claim: who may write to this row, and until when nobody else may take it over.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_owner", Text),
    Column("lease_expires_at", _Time),
    # The message as received, so that a request can be put back on its topic.
    Column("message_data", LargeBinary),
    Column("message_attributes", JSONB, nullable=False, server_default="{}"),
    CheckConstraint(_one_of("status", REQUEST_STATUSES), name="status"),
    CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="progress_percentage"),
    Index(None, "created_at"),
    Index(None, "status", "created_at"),
    Index(None, "student_id", "created_at"),
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

passages = Table(
    "passages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("corpus", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("sentences", JSONB, nullable=False),
    Column("source", JSONB, nullable=False),
    Column(
        "search",
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('english', heading), 'A') || "
            "setweight(to_tsvector('english', body), 'B')",
            persisted=True,
        ),
    ),
    Index(None, "topic_id", "kind"),
    Index("passages_search_idx", "search", postgresql_using="gin"),
)

corpus_versions = Table(
    "corpus_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("loaded_at", _Time, nullable=False, server_default=func.now()),
)
