"""Requests that wait for another attempt, for the media job, or for a worker that is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIMES = ("deadline_at", "next_attempt_at", "requeued_at", "withdrawn_at")
_HELD = sa.text("lease_owner IS NOT NULL")
_OPEN = sa.text("status IN ('pending', 'validating', 'generating')")


def upgrade() -> None:
    for name in _TIMES:
        op.add_column(
            "content_requests", sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        )
    op.add_column("content_requests", sa.Column("handover", sa.LargeBinary(), nullable=True))
    op.add_column(
        "content_requests",
        sa.Column("requeues", sa.Integer(), server_default="0", nullable=False),
    )
    op.create_index(
        "content_requests_open_idx",
        "content_requests",
        ["lease_expires_at"],
        unique=False,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "content_requests_held_idx",
        "content_requests",
        ["lease_owner"],
        unique=False,
        postgresql_where=_HELD,
    )


def downgrade() -> None:
    op.drop_index(
        "content_requests_held_idx", table_name="content_requests", postgresql_where=_HELD
    )
    op.drop_index(
        "content_requests_open_idx", table_name="content_requests", postgresql_where=_OPEN
    )
    for name in ("requeues", "handover", *_TIMES):
        op.drop_column("content_requests", name)
