"""Books and their vectors; lessons that are shared, and who is making them."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_SEARCH = (
    "ALTER TABLE passages ADD COLUMN search tsvector GENERATED ALWAYS AS ("
    "setweight(to_tsvector({config}, heading), 'A') || "
    "setweight(to_tsvector({config}, body), 'B')) STORED"
)


def _replace_search(config: str) -> None:
    op.drop_index("passages_search_idx", table_name="passages", postgresql_using="gin")
    op.drop_column("passages", "search")
    op.execute(_SEARCH.format(config=config))
    op.create_index(
        "passages_search_idx", "passages", ["search"], unique=False, postgresql_using="gin"
    )


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "documents",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("chapter", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("attribution", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("documents_pkey")),
    )
    op.create_index(op.f("documents_corpus_position_idx"), "documents", ["corpus", "position"])
    op.create_table(
        "topics",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("document_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("grade_low", sa.SmallInteger(), nullable=False),
        sa.Column("grade_high", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("terms", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["document_key"],
            ["documents.key"],
            name=op.f("topics_document_key_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("topics_pkey")),
    )
    op.create_index(op.f("topics_subject_idx"), "topics", ["subject"])

    op.alter_column("passages", "position", type_=sa.Integer(), existing_type=sa.SmallInteger())
    op.add_column("passages", sa.Column("document_key", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("passages_document_key_fkey"),
        "passages",
        "documents",
        ["document_key"],
        ["key"],
        ondelete="CASCADE",
    )
    op.add_column("passages", sa.Column("language", sa.Text(), server_default="en", nullable=False))
    op.add_column(
        "passages", sa.Column("grade_low", sa.SmallInteger(), server_default="1", nullable=False)
    )
    op.add_column(
        "passages", sa.Column("grade_high", sa.SmallInteger(), server_default="12", nullable=False)
    )
    op.add_column(
        "passages",
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
    op.create_index(op.f("passages_document_key_idx"), "passages", ["document_key"])
    _replace_search(
        "CASE language WHEN 'es' THEN 'spanish'::regconfig ELSE 'english'::regconfig END"
    )

    op.create_table(
        "passage_embeddings",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("passage_key", sa.Text(), nullable=False),
        sa.Column("embedding", VECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_key"],
            ["passages.key"],
            name=op.f("passage_embeddings_passage_key_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("model", "passage_key", name=op.f("passage_embeddings_pkey")),
    )
    op.create_index(
        op.f("passage_embeddings_passage_key_idx"), "passage_embeddings", ["passage_key"]
    )
    op.create_table(
        "embedding_models",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("embedding_models_pkey")),
    )
    op.create_table(
        "work_leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("work_leases_pkey")),
    )
    op.create_table(
        "lessons",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("grade_band", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("interest", sa.Text(), nullable=False),
        sa.Column("embedding", VECTOR(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("lessons_pkey")),
    )
    op.create_index(
        op.f("lessons_topic_id_grade_band_language_idx"),
        "lessons",
        ["topic_id", "grade_band", "language"],
    )


def downgrade() -> None:
    op.drop_table("lessons")
    op.drop_table("work_leases")
    op.drop_table("embedding_models")
    op.drop_table("passage_embeddings")
    op.drop_table("topics")
    # What the older version cannot hold.
    op.execute("DELETE FROM passages WHERE document_key IS NOT NULL")
    _replace_search("'english'::regconfig")
    op.drop_index(op.f("passages_document_key_idx"), table_name="passages")
    for column in ("details", "grade_high", "grade_low", "language", "document_key"):
        op.drop_column("passages", column)
    op.alter_column("passages", "position", type_=sa.SmallInteger(), existing_type=sa.Integer())
    op.drop_table("documents")
    op.execute("DROP EXTENSION IF EXISTS vector")
