"""The tables of the library: documents, topics, passages and their search index."""

from __future__ import annotations

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from vividly.platform.ledger.metadata import Time, metadata
from vividly.text.locales import DEFAULT, known_locales, locale_for

INDEXED_LENGTHS = (384, 768)
"""Lengths of vectors that have an index: those of the offline model, and of Vertex by default."""

# One module of a book, or one file. `digest` tells whether it has changed.
documents = Table(
    "documents",
    metadata,
    Column("key", Text, primary_key=True),
    Column("corpus", Text, nullable=False),
    Column("book", Text, nullable=False),
    Column("chapter", Text),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("licence", Text, nullable=False),
    Column("attribution", Text, nullable=False),
    Column("language", Text, nullable=False, server_default="en"),
    Column("position", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("ingested_at", Time, nullable=False, server_default=func.now()),
    Index(None, "corpus", "position"),
)

# Ingested topics. The topics that ship with the package are not listed here.
topics = Table(
    "topics",
    metadata,
    Column("id", Text, primary_key=True),
    Column("corpus", Text, nullable=False),
    Column("document_key", Text, ForeignKey("documents.key", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("grade_low", SmallInteger, nullable=False),
    Column("grade_high", SmallInteger, nullable=False),
    Column("language", Text, nullable=False, server_default="en"),
    Column("terms", ARRAY(Text), nullable=False, server_default="{}"),
    Index(None, "subject"),
)

_CASES = " ".join(
    f"WHEN '{tag}' THEN '{locale_for(tag).search.snowball}'::regconfig"
    for tag in known_locales()
    if tag != DEFAULT
)
_CONFIG = f"CASE language {_CASES} ELSE '{locale_for(DEFAULT).search.snowball}'::regconfig END"
"""Text search configuration by language. A new language needs a migration of `search`."""

passages = Table(
    "passages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("corpus", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("sentences", JSONB, nullable=False),
    Column("source", JSONB, nullable=False),
    Column("document_key", Text, ForeignKey("documents.key", ondelete="CASCADE")),
    Column("language", Text, nullable=False, server_default="en"),
    Column("grade_low", SmallInteger, nullable=False, server_default="1"),
    Column("grade_high", SmallInteger, nullable=False, server_default="12"),
    # Not spoken and not searched: equations as LaTeX, figures, objectives.
    Column("details", JSONB, nullable=False, server_default="{}"),
    Column(
        "search",
        TSVECTOR,
        Computed(
            f"setweight(to_tsvector({_CONFIG}, heading), 'A') || "
            f"setweight(to_tsvector({_CONFIG}, body), 'B')",
            persisted=True,
        ),
    ),
    Index(None, "topic_id", "kind"),
    Index(None, "document_key"),
    Index("passages_search_idx", "search", postgresql_using="gin"),
)

passage_embeddings = Table(
    "passage_embeddings",
    metadata,
    Column("model", Text, primary_key=True),
    Column(
        "passage_key",
        Text,
        ForeignKey("passages.key", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("embedding", VECTOR, nullable=False),
    Index(None, "passage_key"),
)
for _length in INDEXED_LENGTHS:
    Index(
        f"passage_embeddings_{_length}_idx",
        passage_embeddings.c.embedding.cast(VECTOR(_length)).label("nearest"),
        postgresql_using="hnsw",
        postgresql_ops={"nearest": "vector_cosine_ops"},
        postgresql_where=func.vector_dims(passage_embeddings.c.embedding) == _length,
    )

# The state that an offline vectoriser learnt from the passages.
embedding_models = Table(
    "embedding_models",
    metadata,
    Column("name", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("fitted_at", Time, nullable=False, server_default=func.now()),
)

corpus_versions = Table(
    "corpus_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("loaded_at", Time, nullable=False, server_default=func.now()),
)
