"""Measures the speed of retrieval over many passages.

    python -m bench.retrieval --book ~/osbooks-physics --passages 10000

The table holds the shipped corpus, the book, and further books made from it: the
same passages with a third of their words replaced by words of other passages, so that the
vocabulary, the lengths and the frequencies stay those of real text. The questions are those
of the evaluation. The baseline, interleaved with ours, is Postgres's own ts_rank over the
OR-ed words.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.dialects.postgresql import TSQUERY

from beam_pipeline.local.postgres import EmbeddedPostgres
from bench.report import table
from vividly.evaluation.metrics import percentile
from vividly.evaluation.questions import read_questions
from vividly.library.oer import load_documents, read_library
from vividly.library.retrieval import index_library, make_embedder
from vividly.library.retrieval.corpus_loader import load_corpus
from vividly.library.retrieval.hybrid import HybridRetriever
from vividly.model.settings import Settings
from vividly.platform.ledger import migrate
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.library import corpus_versions, passages

REPLACED = 1 / 3
BATCH = 500


def main() -> None:
    """Fill a temporary database and query it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--book", default="", help="a book to ingest; else the shipped corpus only")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=Path, default=Path("tests/data/eval/physics.yaml"))
    parser.add_argument("--embedder", default="offline")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vividly-bench-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "postgres", fsync="off")
        url = server.start()
        try:
            _run(url, options)
        finally:
            server.stop()


def _run(url: str, options: argparse.Namespace) -> None:
    engine = make_engine(url)
    migrate(engine)
    load_corpus(engine)
    if options.book:
        load_documents(engine, read_library(str(Path(options.book).expanduser())))
    total = fill(engine, options.passages)
    settings = Settings(
        database_url=url,
        generated_content_bucket=".",
        temp_files_bucket=".",
        embedding_provider=options.embedder,
    )
    started = time.perf_counter()
    embedder = make_embedder(settings)
    made = index_library(engine, embedder)
    took = time.perf_counter() - started
    print(f"{total} passages; {made} vectors of {embedder.dimensions} dimensions in {took:.1f} s\n")
    ways = {
        "plain ts_rank": _plain(engine),
        "words": HybridRetriever(engine, None).search,
        "vectors": HybridRetriever(engine, embedder, words_weight=0.0).search,
        "hybrid": HybridRetriever(engine, embedder).search,
    }
    asked = [question.ask for question in read_questions(options.questions).questions]
    times: dict[str, list[float]] = {name: [] for name in ways}
    for search in ways.values():
        search("energy")
    for _ in range(options.rounds):
        for question in asked:
            for name, search in ways.items():
                began = time.perf_counter()
                search(question)
                times[name].append(1000 * (time.perf_counter() - began))
    base = percentile(times["plain ts_rank"], 0.5)
    rows = [
        (name, p50, p95, p50 / base, p95 / base)
        for name, of in times.items()
        for p50, p95 in [(percentile(of, 0.5), percentile(of, 0.95))]
    ]
    print(table(("way", "p50 ms", "p95 ms", "p50 / plain", "p95 / plain p50"), rows))


def fill(engine: Engine, wanted: int, seed: int = 1) -> int:
    """Add varied copies until there are so many passages; returns their number."""
    columns = [c for c in passages.c if c.name not in ("search", "document_key")]
    with engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(select(*columns)).mappings()]
        chance = random.Random(seed)
        words = [word for row in rows for word in row["body"].split()]
        made: list[dict[str, object]] = []
        for number in range(max(0, wanted - len(rows))):
            row = dict(chance.choice(rows))
            body = " ".join(
                chance.choice(words) if chance.random() < REPLACED else word
                for word in row["body"].split()
            )
            row.update(
                key=f"bench/{number}",
                corpus="bench",
                topic_id=f"bench/{number // 20}",
                body=body,
                sentences=[{"say": body}],
            )
            made.append(row)
        for at in range(0, len(made), BATCH):
            connection.execute(insert(passages), made[at : at + BATCH])
        connection.execute(insert(corpus_versions).values(name="bench", digest=str(len(made))))
        connection.execute(text("ANALYZE passages"))
        return len(rows) + len(made)


def _plain(engine: Engine):  # type: ignore[no-untyped-def]
    lexeme = func.unnest(func.tsvector_to_array(func.to_tsvector("english", text(":q"))))
    either = select(func.string_agg(func.quote_literal(lexeme.column_valued("l")), " | "))
    query = either.scalar_subquery().cast(TSQUERY)
    rank = func.ts_rank(passages.c.search, query, 1)
    matching = passages.c.search.bool_op("@@")(query)
    best = select(passages).where(matching).order_by(rank.desc()).limit(5)

    def search(question: str) -> object:
        with engine.connect() as connection:
            return connection.execute(best, {"q": question}).all()

    return search


if __name__ == "__main__":
    main()
