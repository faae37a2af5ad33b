"""Indexes for the nearest passages: one for each usual length of a vector."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX passage_embeddings_384_idx ON passage_embeddings "
        "USING hnsw ((embedding::vector(384)) vector_cosine_ops) "
        "WHERE vector_dims(embedding) = 384"
    )
    op.execute(
        "CREATE INDEX passage_embeddings_768_idx ON passage_embeddings "
        "USING hnsw ((embedding::vector(768)) vector_cosine_ops) "
        "WHERE vector_dims(embedding) = 768"
    )


def downgrade() -> None:
    op.execute("DROP INDEX passage_embeddings_768_idx")
    op.execute("DROP INDEX passage_embeddings_384_idx")
