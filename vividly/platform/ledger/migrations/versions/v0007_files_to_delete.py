"""An index of the requests that ended without a lesson and whose files are to be deleted."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX content_requests_files_idx ON content_requests (deadline_at) "
        "WHERE status IN ('failed', 'cancelled') AND withdrawn_at IS NULL "
        "AND requested_modalities && ARRAY['audio', 'video']"
    )


def downgrade() -> None:
    op.execute("DROP INDEX content_requests_files_idx")
