"""Tokens and feedback of the API, and notifications of every request that changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column(
            "id",
            sa.UUID(as_uuid=False),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("class_ids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('student', 'teacher', 'operator')", name="role"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "request_feedback",
        sa.Column("request_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("complaints", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column(
            "given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["request_id"], ["content_requests.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("request_id", "given_by"),
    )
    # One notification per transaction and request: the server drops repeated ones.
    op.execute(
        """
        CREATE FUNCTION vividly_notify_request() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_TABLE_NAME = 'request_events' THEN
                PERFORM pg_notify('vividly_requests', NEW.request_id::text);
            ELSE
                PERFORM pg_notify('vividly_requests', NEW.id::text);
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER vividly_notify_request
        AFTER UPDATE OF status, current_stage, progress_percentage, text_ready_at ON content_requests
        FOR EACH ROW WHEN (
            (OLD.status, OLD.current_stage, OLD.progress_percentage, OLD.text_ready_at)
            IS DISTINCT FROM
            (NEW.status, NEW.current_stage, NEW.progress_percentage, NEW.text_ready_at)
        )
        EXECUTE FUNCTION vividly_notify_request()
        """
    )
    op.execute(
        """
        CREATE TRIGGER vividly_notify_request AFTER INSERT ON request_events
        FOR EACH ROW EXECUTE FUNCTION vividly_notify_request()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER vividly_notify_request ON request_events")
    op.execute("DROP TRIGGER vividly_notify_request ON content_requests")
    op.execute("DROP FUNCTION vividly_notify_request()")
    op.drop_table("request_feedback")
    op.drop_table("api_tokens")
