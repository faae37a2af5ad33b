"""The work on a lesson's sound and pictures, which requests subscribe to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ACTIVE = sa.text("status IN ('validating', 'generating')")
_OPEN = sa.text("status IN ('waiting', 'working')")
_MADE = sa.text("seconds IS NOT NULL")
_TAKEN = sa.text("taken_token_at IS NOT NULL")
_STATUSES = "status IN ('waiting', 'working', 'done', 'failed', 'dropped')"


def upgrade() -> None:
    op.create_table(
        "lesson_work",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=True),
        sa.Column("token_by", sa.Text(), nullable=False),
        sa.Column(
            "token_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("tokens", sa.Integer(), server_default="1", nullable=False),
        sa.Column("in_one_job", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_token_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "results",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("served", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_stage", sa.Text(), nullable=True),
        sa.Column("error_details", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(_STATUSES, name=op.f("lesson_work_status_check")),
        sa.PrimaryKeyConstraint("key", name=op.f("lesson_work_pkey")),
    )
    op.create_index("lesson_work_open_idx", "lesson_work", ["status"], postgresql_where=_OPEN)
    op.create_index("lesson_work_made_idx", "lesson_work", ["ended_at"], postgresql_where=_MADE)
    op.create_index(
        "lesson_work_taken_idx", "lesson_work", ["taken_token_at"], postgresql_where=_TAKEN
    )
    op.create_index(
        "lesson_work_last_taken_idx", "lesson_work", ["taken_at"], postgresql_where=_TAKEN
    )
    op.add_column("content_requests", sa.Column("lesson_key", sa.Text(), nullable=True))
    op.create_index("content_requests_started_at_idx", "content_requests", ["started_at"])
    op.create_index(
        "content_requests_lesson_idx",
        "content_requests",
        ["lesson_key"],
        postgresql_where=_ACTIVE,
    )


def downgrade() -> None:
    op.drop_index(
        "content_requests_lesson_idx", table_name="content_requests", postgresql_where=_ACTIVE
    )
    op.drop_index("content_requests_started_at_idx", table_name="content_requests")
    op.drop_column("content_requests", "lesson_key")
    op.drop_table("lesson_work")
