"""Measures how well retrieval finds the passages that answer labelled questions, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine, select

from vividly.evaluation.metrics import mean, percentile, reciprocal_rank, share
from vividly.evaluation.questions import Question, QuestionSet, section_number
from vividly.library.retrieval.embedding import Embedder
from vividly.library.retrieval.hybrid import HybridRetriever
from vividly.model.lesson import Passage
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passages

AT = 5
"""A hit has to be among so many first passages."""
DEPTH = 20
"""The reciprocal rank considers so many first passages."""
Search = Callable[[str], Sequence[Passage]]
"""From a question to passages, best first."""


@dataclass(frozen=True)
class Outcome:
    """The result of one question; `seconds` is the time that retrieval took."""

    question: Question
    section_hit: bool
    passage_hit: bool
    reciprocal: float
    seconds: float
    found: tuple[str, ...]


@dataclass(frozen=True)
class Scores:
    """The figures of a group of questions. Times are in milliseconds."""

    questions: int
    section_at_5: float
    passage_at_5: float
    mrr: float
    p50_ms: float
    p95_ms: float


def evaluate(questions: Iterable[Question], search: Search) -> list[Outcome]:
    """Ask each question. `search` returns up to `DEPTH` passages."""
    outcomes = []
    for question in questions:
        started = time.perf_counter()
        found = search(question.ask)
        seconds = time.perf_counter() - started
        outcomes.append(
            Outcome(
                question=question,
                section_hit=any(map(question.in_section, found[:AT])),
                passage_hit=any(map(question.answered_by, found[:AT])),
                reciprocal=reciprocal_rank([question.in_section(p) for p in found]),
                seconds=seconds,
                found=tuple(section_number(passage) for passage in found[:AT]),
            )
        )
    return outcomes


def scores(outcomes: Sequence[Outcome]) -> Scores:
    """The figures of some outcomes."""
    times = [outcome.seconds * 1000 for outcome in outcomes]
    return Scores(
        questions=len(outcomes),
        section_at_5=share([outcome.section_hit for outcome in outcomes]),
        passage_at_5=share([outcome.passage_hit for outcome in outcomes]),
        mrr=mean([outcome.reciprocal for outcome in outcomes]),
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
    )


def compare(
    engine: Engine, embedder: Embedder, corpus: str, questions: Sequence[Question]
) -> dict[str, list[Outcome]]:
    """The outcomes by full text alone, by vectors alone, and by both."""
    ways = {
        "words": HybridRetriever(engine, None),
        "vectors": HybridRetriever(engine, embedder, words_weight=0.0),
        "hybrid": HybridRetriever(engine, embedder),
    }
    outcomes = {}
    for name, retriever in ways.items():
        # Warm-up: loading data once per process must not count as a question's time.
        retriever.search("energy", corpora=(corpus,))
        outcomes[name] = evaluate(questions, partial(_search, retriever, corpus))
    return outcomes


def answerable(engine: Engine, asked: QuestionSet) -> list[Question]:
    """The questions for which the database has an answering section."""
    section = passages.c.source["section"].astext
    with database_errors(engine), engine.connect() as connection:
        there = connection.execute(
            select(section).where(passages.c.corpus == asked.corpus).distinct()
        ).scalars()
        numbers = {name.split(" ", 1)[0] for name in there}
    return [question for question in asked.questions if numbers.intersection(question.sections)]


def _search(retriever: HybridRetriever, corpus: str, query: str) -> Sequence[Passage]:
    return retriever.search(query, corpora=(corpus,), limit=DEPTH)
