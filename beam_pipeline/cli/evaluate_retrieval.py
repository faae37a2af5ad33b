"""`vividly evaluate retrieval`: how often the answering passages are found, and how fast."""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from beam_pipeline.cli.context import EXIT_FAILED, out, reported
from beam_pipeline.cli.display import safe, table
from vividly.model.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from vividly.evaluation.retrieval import Outcome
    from vividly.model.settings import Settings

QUESTIONS = Path("tests/data/eval/physics.yaml")
SAMPLE = Path("examples/oer")
"""A chapter of the book that the questions are about."""


def retrieval(
    questions: Annotated[
        Path, typer.Argument(help="Labelled questions; the file's first lines say its form.")
    ] = QUESTIONS,
    book: Annotated[
        str,
        typer.Option(help="The book that the questions are about; it is ingested first."),
    ] = "",
    database: Annotated[
        str,
        typer.Option(
            help="URL of a database to measure as it is (with --book, the book is ingested into "
            "it). Default: a new embedded database, deleted afterwards."
        ),
    ] = "",
    embedder: Annotated[str, typer.Option(help="As --embedding_provider of the job.")] = "",
    misses: Annotated[bool, typer.Option(help="List the questions without an answer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Ask labelled questions by full text, by vectors and by both.

    section@5 and passage@5: the share of questions for which one of the first five passages is
    from an answering section, or answers itself. MRR: mean of 1 / rank of the first passage
    from an answering section. Exit code 1 if no question can be asked.

    [bold]Examples[/]
      vividly evaluate retrieval --book ~/osbooks-physics
      vividly evaluate retrieval --database postgresql://USER:PASSWORD@HOST/DATABASE --misses
    """
    with reported(), database_for_evaluation(database) as url:
        from vividly.evaluation.questions import read_questions
        from vividly.evaluation.retrieval import answerable, compare
        from vividly.library.retrieval import index_library, make_embedder
        from vividly.platform.ledger.engine import make_engine

        asked = read_questions(questions)
        engine = make_engine(url)
        notes = prepare_database(engine, book, fresh=not database)
        settings = settings_for_evaluation(url, embedder)
        started = time.perf_counter()
        model = make_embedder(settings)
        index_library(engine, model)
        notes.append(f"indexed in {time.perf_counter() - started:.1f} s as {model.identity}")
        usable = answerable(engine, asked)
        if len(usable) < len(asked.questions):
            notes.append(
                f"{len(usable)} of {len(asked.questions)} questions are about what is there; "
                f"for the others ingest the book {asked.corpus!r} (--book)"
            )
        outcomes = compare(engine, model, asked.corpus, usable) if usable else {}
        engine.dispose()
    if as_json:
        print(json.dumps(_as_json(outcomes, notes), indent=1))
    else:
        for note in notes:
            out.print(f"[dim]{safe(note)}[/]", soft_wrap=True)
        if outcomes:
            out.print(_table(outcomes))
        if misses:
            _list_misses(outcomes.get("hybrid", []))
    if not outcomes:
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def database_for_evaluation(given: str) -> Iterator[str]:
    """URL of the given database, or of a temporary embedded one."""
    if given:
        yield given
        return
    from beam_pipeline.local.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="vividly-evaluation-") as folder:
        # The server runs as another user where we are root.
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "postgres", fsync="off")
        try:
            yield server.start()
        finally:
            server.stop()


def prepare_database(engine: Engine, book: str, *, fresh: bool, sample: bool = True) -> list[str]:
    """Fill the database; returns notes on its contents.

    Args:
        book: path or URL of a book to ingest; empty for none.
        fresh: whether the database is new and gets the shipped corpus.
        sample: whether a new database without a book gets the sample chapter.
    """
    from vividly.library.oer import load_documents, read_library
    from vividly.library.retrieval.corpus_loader import load_corpus
    from vividly.platform.ledger import migrate

    notes = []
    if fresh:
        migrate(engine)
        load_corpus(engine)
    source = book if "://" in book else str(Path(book).expanduser())
    if not book or not ("://" in book or Path(source).exists()):
        source = str(SAMPLE) if fresh and sample and SAMPLE.exists() else ""
        what = f"the book {book} is not there" if book else "no --book is given"
        if book or (fresh and sample):
            notes.append(f"{what}: asking about {source or 'what is in the database'}")
    if not source:
        return notes
    started = time.perf_counter()
    changes = load_documents(engine, read_library(source))
    passages = sum(change.passages for change in changes)
    took = time.perf_counter() - started
    return [*notes, f"ingested {len(changes)} documents, {passages} passages in {took:.1f} s"]


def settings_for_evaluation(url: str, embedder: str) -> Settings:
    from vividly.model.settings import Settings

    project = os.environ.get("GCP_PROJECT_ID", "")
    plain = Settings(database_url=url, generated_content_bucket=".", temp_files_bucket=".")
    provider: Any = embedder or plain.embedding_provider
    if provider == "vertex" and not project:
        raise SettingsError("--embedder=vertex wants GCP_PROJECT_ID: the project it is billed to")
    return Settings(
        database_url=url,
        generated_content_bucket=".",
        temp_files_bucket=".",
        embedding_provider=provider,
        vertex_project=project,
    )


def _table(outcomes: Mapping[str, Sequence[Outcome]]) -> Table:
    from vividly.evaluation.questions import groups
    from vividly.evaluation.retrieval import scores

    shown = table()
    shown.add_column("questions")
    shown.add_column("number", justify="right")
    shown.add_column("by")
    for name in ("section@5", "passage@5", "MRR", "p50 ms", "p95 ms"):
        shown.add_column(name, justify="right")
    by_way = {way: groups(of) for way, of in outcomes.items()}
    for group in next(iter(by_way.values())):
        for way, grouped in by_way.items():
            of = scores(grouped[group])
            first = way == next(iter(by_way))
            bold = "bold" if way == "hybrid" else ""
            shown.add_row(
                group if first else "",
                str(of.questions) if first else "",
                way,
                *(f"{value:.3f}" for value in (of.section_at_5, of.passage_at_5, of.mrr)),
                *(f"{value:.1f}" for value in (of.p50_ms, of.p95_ms)),
                style=bold,
                end_section=way == "hybrid",
            )
    return shown


def _list_misses(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if not outcome.passage_hit:
            asked = outcome.question
            what = "section found" if outcome.section_hit else "missed"
            out.print(
                f"{what}: {safe(asked.ask)} [dim](in {', '.join(asked.sections)}; "
                f"found {', '.join(outcome.found)})[/]",
                soft_wrap=True,
            )


def _as_json(outcomes: Mapping[str, Sequence[Outcome]], notes: Sequence[str]) -> object:
    from vividly.evaluation.questions import groups
    from vividly.evaluation.retrieval import scores

    def plain(of: Sequence[Outcome]) -> dict[str, object]:
        figures = asdict(scores(of))
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in figures.items()
        }

    return {
        "notes": list(notes),
        "scores": {
            way: {group: plain(part) for group, part in groups(of).items()}
            for way, of in outcomes.items()
        },
    }
