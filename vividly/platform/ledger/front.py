"""The tables of the API: tokens and feedback."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from vividly.platform.ledger.metadata import Time, metadata, one_of

ROLES = ("student", "teacher", "operator")
COMPLAINTS = ("wrong", "confusing", "too_hard", "too_easy", "off_topic", "sound", "picture")
"""What a student may say was wrong with a lesson."""
LISTEN = "LISTEN vividly_requests"
"""Subscribes to the channel on which a trigger notifies the id of each request that changed."""

# Who may use the API. A token itself is not stored, only its SHA-256 digest.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True, server_default=func.gen_random_uuid()),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    # The student id that its requests are recorded under.
    Column("student_id", Text, nullable=False),
    # Further students whose requests a teacher may see.
    Column("class_ids", ARRAY(Text), nullable=False, server_default="{}"),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", Time, nullable=False, server_default=func.now()),
    Column("expires_at", Time, nullable=False),
    Column("revoked_at", Time),
    CheckConstraint(one_of("role", ROLES), name="role"),
)

# What students and teachers say about a lesson; the last word of each counts.
request_feedback = Table(
    "request_feedback",
    metadata,
    Column(
        "request_id",
        UUID(as_uuid=False),
        ForeignKey("content_requests.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("given_by", Text, primary_key=True),
    Column("helpful", Boolean, nullable=False),
    Column("complaints", ARRAY(Text), nullable=False, server_default="{}"),
    Column("comment", Text),
    Column("given_at", Time, nullable=False, server_default=func.now()),
)
