"""Indexes for the nearest passages: one for each usual length of a vector."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for length in (384, 768):
        op.execute(
            f"CREATE INDEX passage_embeddings_{length}_idx ON passage_embeddings "
            f"USING hnsw ((embedding::vector({length})) vector_cosine_ops) "
            f"WHERE vector_dims(embedding) = {length}"
        )


def downgrade() -> None:
    for length in (384, 768):
        op.execute(f"DROP INDEX passage_embeddings_{length}_idx")
