"""Measures statements of the database as its tables grow.

    python -m bench.growth                # up to 1,000,000 requests, 100,000 passages; 10 minutes
    python -m bench.growth --requests 1000,10000 --passages 1000,2000 --rounds 20

Each size has a database of its own, on one server, filled by SQL and analyzed. The sizes are
measured in turn, so that other load affects all of them. The server does not wait for the disk
(fsync=off), which would hide the work of the statements.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, text

from beam_pipeline.local.postgres import EmbeddedPostgres
from bench.report import aim, say, table
from vividly.evaluation.metrics import percentile
from vividly.evaluation.questions import read_questions
from vividly.execution.stages import STAGES, plan
from vividly.library.retrieval import index_library
from vividly.library.retrieval.corpus_loader import load_corpus
from vividly.library.retrieval.embedding import Embedder
from vividly.library.retrieval.hybrid import HybridRetriever
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.model.lesson import Understanding
from vividly.model.request import Message, parse_request
from vividly.model.ticket import Ticket
from vividly.model.wanted import Wanted
from vividly.platform.ledger import Ledger, migrate, queries
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.lesson_work import LessonWork
from vividly.platform.ledger.lessons import Lessons
from vividly.platform.retry import RetryPolicy

AT_ONCE = 50_000
"""Rows that one statement inserts."""
REQUESTS_A_LESSON = 10
OPEN, HELD = 20, 10
"""Requests that are in work, however many there are; the rest of them wait for a lesson."""
WAITING = 1 + OPEN // REQUESTS_A_LESSON
"""Lessons that wait to be made."""
GROWTH_AIM = 1.3
RETRIEVAL_AIM_MS = 30.0
RETRIEVAL_AIM_PASSAGES = 10_000
QUESTIONS = Path(__file__).parent.parent / "tests" / "data" / "eval" / "physics.yaml"
Operation = Callable[[], object]

_ID = "overlay(overlay(md5('request ' || n) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid"
"""The id of the nth request, a UUID of version 4."""
_REQUESTS = f"""
INSERT INTO content_requests (
    id, correlation_id, student_id, student_query, grade_level, interest, requested_modalities,
    topic, status, progress_percentage, current_stage, created_at, started_at, text_ready_at,
    completed_at, failed_at, deadline_at, withdrawn_at, attempt, video_url, script_text,
    message_data, total_duration_seconds, cost_usd, lease_owner, lease_expires_at, lesson_key)
SELECT
    {_ID}, 'bench-' || n, 'student-' || mod(n, 5000), 'Explain topic ' || mod(n, 500),
    1 + mod(n, 12), 'basketball', '{{video}}', 'topic-' || mod(n, 500), status,
    CASE status WHEN 'completed' THEN 100 ELSE 40 END,
    CASE status WHEN 'generating' THEN 'Making the video' END,
    at, at, at + interval '1 s',
    CASE status WHEN 'completed' THEN at + interval '20 s' END,
    CASE status WHEN 'failed' THEN at + interval '20 s' END,
    CASE status WHEN 'generating' THEN now() + interval '1 day' ELSE at + interval '600 s' END,
    CASE status WHEN 'failed' THEN at + interval '700 s' END,
    1, 'videos/' || n || '.mp4', repeat(md5(n::text), 12), convert_to(repeat('m', 300), 'UTF8'),
    20, 0.01,
    CASE WHEN status = 'generating' AND n <= :held THEN 'another worker' END,
    CASE status WHEN 'generating' THEN now() + interval '1 day' END,
    CASE WHEN n > :held
        THEN encode(sha256(convert_to('lesson ' || 1 + n / :each, 'UTF8')), 'hex') END
FROM (
    SELECT n, now() - n * interval '20 s' AS at,
        CASE WHEN n <= :open THEN 'generating' WHEN mod(n, 50) = 0 THEN 'failed'
             WHEN mod(n, 51) = 0 THEN 'out_of_scope' ELSE 'completed' END AS status
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
) AS numbers
"""
_STAGES = f"""
INSERT INTO request_stages (request_id, stage_name, stage_order, status, started_at, completed_at,
    duration_seconds, stage_metadata)
SELECT {_ID}, name, place, 'completed', now(), now(), 1.5,
    '{{"provider": "offline", "reused": false}}'
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n,
    unnest(CAST(:stages AS text[])) WITH ORDINALITY AS stage(name, place)
"""
_EVENTS = f"""
INSERT INTO request_events (request_id, event_type, event_message)
SELECT {_ID}, kind, 'A message of the usual length, which says what happened'
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n,
    unnest('{{claimed,text_ready,completed}}'::text[]) AS kind
"""
_LESSONS = """
INSERT INTO lessons (key, identity, topic_id, grade_band, language, interest)
SELECT encode(sha256(convert_to('lesson ' || n, 'UTF8')), 'hex'), 'bench', 'topic-' || mod(n, 500),
    '9-10', 'en', 'interest ' || n
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
_LESSON_WORK = """
INSERT INTO lesson_work (key, status, token_by, token_at, tokens, attempt, taken_at,
    taken_token_at, seconds, ended_at)
SELECT encode(sha256(convert_to('lesson ' || n, 'UTF8')), 'hex'), status, 'bench', at, 1, 1,
    CASE WHEN ended THEN at + interval '1 s' END, CASE WHEN ended THEN at END,
    CASE status WHEN 'done' THEN 20 END, CASE WHEN ended THEN at + interval '21 s' END
FROM (
    SELECT n, now() - n * interval '200 s' AS at, n > :waiting AS ended,
        CASE WHEN n <= :waiting THEN 'waiting' WHEN mod(n, 50) = 0 THEN 'failed' ELSE 'done' END
            AS status
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
) AS numbers
"""
# A book: every passage of the corpus again and again, 20 to a section.
_DOCUMENTS = """
INSERT INTO documents (key, corpus, book, title, licence, attribution, position, digest)
SELECT 'bench/' || n / 20, 'bench', 'bench', 'Section', 'CC BY', 'Bench', n / 20, 'bench'
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
WHERE mod(n, 20) = 0 OR n = 1
"""
_PASSAGES = """
INSERT INTO passages (key, corpus, topic_id, subject, kind, heading, position, body, sentences,
    source, document_key, language, grade_low, grade_high, details)
SELECT 'bench/' || n, 'bench', 'bench/' || n / 20, subject, kind, heading, mod(n, 20), body,
    sentences, source, 'bench/' || n / 20, language, grade_low, grade_high, details
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY key) - 1 AS place FROM passages
      WHERE corpus <> 'bench') AS shipped
    ON place = mod(n, (SELECT count(*) FROM passages WHERE corpus <> 'bench'))
"""
# Vectors near to those of the passage that was copied.
_VECTORS = """
INSERT INTO passage_embeddings (model, passage_key, embedding)
SELECT model, 'bench/' || n,
    (SELECT array_agg(part + 0.02 * (random() - 0.5) ORDER BY place)
     FROM unnest(CAST(embedding AS real[])) WITH ORDINALITY AS parts(part, place))::vector
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY key) - 1 AS place FROM passages
      WHERE corpus <> 'bench') AS shipped
    ON place = mod(n, (SELECT count(*) FROM passages WHERE corpus <> 'bench'))
JOIN passage_embeddings ON passage_key = shipped.key
"""


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", default="1000,100000,1000000", help="sizes")
    parser.add_argument("--passages", default="1000,10000,100000", help="sizes")
    parser.add_argument("--rounds", type=int, default=300, help="calls of each statement")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vividly-bench-") as folder, ExitStack() as stop:
        Path(folder).chmod(0o755)  # the database's user must enter it
        server = EmbeddedPostgres(
            Path(folder) / "postgres", fsync="off", synchronous_commit="off", max_wal_size="4GB"
        )
        url = server.start()
        stop.callback(server.stop)
        rows: list[tuple[object, ...]] = []
        by_vectors = partial(passage_operations, embedder=SentenceEmbedder())
        ways: tuple[tuple[str, str, Callable[[Engine], Mapping[str, Operation]]], ...] = (
            ("requests", given.requests, request_operations),
            ("passages", given.passages, by_vectors),
        )
        for what, sizes, operations in ways:
            engines = {}
            for size in map(int, sizes.split(",")):
                engines[size] = _database(url, f"{what}_{size}", what, size)
                stop.callback(engines[size].dispose)
            every = {size: operations(engine) for size, engine in engines.items()}
            rows += _measure(what, every, given.rounds)
    columns = ("statement", "of", "size: p50 ms (p95 ms)", "largest / smallest", "aim", "met")
    print(table(columns, rows))


def _measure(
    what: str, every: Mapping[int, Mapping[str, Operation]], rounds: int
) -> list[tuple[object, ...]]:
    """Time the statements of all sizes in turn."""
    sizes = sorted(every)
    rows: list[tuple[object, ...]] = []
    for name in every[sizes[0]]:
        say(f"{name}, of {what}")
        took: dict[int, list[float]] = {size: [] for size in sizes}
        for size in sizes:
            every[size][name]()  # warm
        for size in sizes * rounds:
            began = time.perf_counter()
            every[size][name]()
            took[size].append(1000 * (time.perf_counter() - began))
        p50 = {size: percentile(took[size], 0.5) for size in sizes}
        p95 = {size: percentile(took[size], 0.95) for size in sizes}
        told = "; ".join(f"{size:,}: {p50[size]:.1f} ({p95[size]:.1f})" for size in sizes)
        result = aim("", p50[sizes[-1]] / p50[sizes[0]], at_most=GROWTH_AIM)
        rows.append((name, what, told, *result[1:]))
        if name == "retrieval" and (slow := p95.get(RETRIEVAL_AIM_PASSAGES)):
            result = aim("", slow, at_most=RETRIEVAL_AIM_MS)
            rows.append((name, what, f"p95 ms of {RETRIEVAL_AIM_PASSAGES:,}", *result[1:]))
    return rows


def _database(url: str, name: str, what: str, size: int) -> Engine:
    """A new database of the server with tables of this size."""
    say(f"filling {size:,} {what}")
    _outside_transaction(url, f"CREATE DATABASE {name}")
    engine = make_engine(f"{url.rsplit('/', 1)[0]}/{name}")
    migrate(engine)
    if what == "requests":
        fill_requests(engine, size)
    else:
        load_corpus(engine)
        index_library(engine, SentenceEmbedder())
        fill_passages(engine, size)
    return engine


def fill_requests(engine: Engine, number: int, lessons: int = 0) -> None:
    """Fill the tables of requests and of lessons of a new database, and analyze them.

    Args:
        lessons: by default one for `REQUESTS_A_LESSON` requests.
    """
    _insert(engine, (_REQUESTS, _STAGES, _EVENTS), number)
    _insert(engine, (_LESSONS, _LESSON_WORK), lessons or number // REQUESTS_A_LESSON)
    _analyze(engine)


def fill_passages(engine: Engine, number: int) -> None:
    """Add passages with vectors to the corpus until there are so many, and analyze them."""
    with engine.begin() as connection:
        have = connection.execute(text("SELECT count(*) FROM passages")).scalar_one()
        version = text("INSERT INTO corpus_versions (name, digest) VALUES ('bench', :digest)")
        connection.execute(version, {"digest": str(number)})
    book = (_DOCUMENTS, _PASSAGES, _VECTORS)
    # At least one, so that there is a book at every size.
    _insert(engine, book, max(1, number - have), at_once=AT_ONCE // 10)
    _analyze(engine)


def _insert(
    engine: Engine, statements: tuple[str, ...], number: int, at_once: int = AT_ONCE
) -> None:
    for first in range(1, number + 1, at_once):
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                last = min(number, first + at_once - 1)
                values: dict[str, object] = {"first": first, "last": last}
                every = {
                    "open": OPEN,
                    "held": HELD,
                    "each": REQUESTS_A_LESSON,
                    "waiting": WAITING,
                    "stages": list(STAGES),
                }
                values |= {name: value for name, value in every.items() if f":{name}" in statement}
                connection.execute(text(statement), values)


def _analyze(engine: Engine) -> None:
    _outside_transaction(engine.url.render_as_string(hide_password=False), "VACUUM ANALYZE")


def _outside_transaction(url: str, statement: str) -> None:
    engine = make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(statement))
    engine.dispose()


def request_operations(engine: Engine) -> dict[str, Operation]:
    """What jobs and operators do with requests, by name; each call does it once."""
    ledger, work = Ledger(engine, owner="bench"), LessonWork(engine, owner="bench")
    policy = RetryPolicy()
    known = itertools.cycle(range(OPEN + 1, 50))
    held: list[Ticket] = []

    def claim(ticket: Ticket) -> object:
        found = ledger.claim(
            ticket.request, ticket.message, lease=60, max_attempts=5, stages=plan(ticket.request)
        )
        if found.result == "claimed":
            held.append(replace(ticket, attempt=found.attempt))
        return found

    def duplicate() -> object:
        return claim(_ticket(request_id(next(known))))

    def write_status() -> None:
        if not held:
            claim(_ticket())
        ledger.stage_started(held[-1], "understand", doing="Reading", progress=10, lease=60)
        ledger.stage_completed(
            held[-1], "understand", progress=15, seconds=1.0, retries=0, metadata={}
        )

    def subscribe() -> None:
        if not held:
            claim(_ticket())
        key = hashlib.sha256(f"lesson {WAITING + 1}".encode()).hexdigest()
        assert work.subscribe(held[-1], key, b"").status == "done"

    def end() -> None:
        if not held:
            claim(_ticket())
        ledger.finish(held.pop(), "completed", message="", details={})

    return {
        "claim of a new request": lambda: claim(_ticket()),
        "claim of a duplicate": duplicate,
        "status write (begin and end of a stage)": write_status,
        "subscription to a lesson that is made": subscribe,
        "end of a request": end,
        "cache look-up": lambda: _look_up(engine),
        "list of requests": lambda: queries.recent(engine, limit=20),
        "list of failed requests": lambda: queries.recent(engine, limit=20, status="failed"),
        "requests that wait": lambda: queries.waiting(engine, limit=100),
        "requeue: what is due": lambda: ledger.due(
            limit=100, pending_after=policy.pending_after, again_after=policy.republish_after
        ),
        "requeue: which lessons are due": lambda: work.due_tokens(
            limit=100, again_after=policy.hand_over_after
        ),
        "requeue: who will be late": lambda: work.late(capacity=1),
        "requeue: whose lesson has failed": lambda: work.forsaken(after=60, limit=100),
        "requeue: which lessons nobody wants": work.drop_unwanted,
        "requeue: whose time is over": lambda: ledger.claim_expired(limit=100, lease=60),
        "requeue: whose files are to be deleted": lambda: ledger.to_withdraw(limit=100, grace=60),
    }


def request_id(number: int) -> str:
    """The id of the nth request of `fill_requests`."""
    digits = hashlib.md5(f"request {number}".encode()).hexdigest()
    return str(uuid.UUID(f"{digits[:12]}4{digits[13:16]}8{digits[17:]}"))


def _look_up(engine: Engine) -> object:
    wanted = Wanted("topic-7", "interest 7", "9-10", "en", "bench")
    return Lessons(engine, owner="bench").find(wanted)


def _ticket(id: str = "") -> Ticket:
    fields = {
        "request_id": id or str(uuid.uuid4()),
        "student_id": "student-1",
        "student_query": "Explain photosynthesis",
        "grade_level": 9,
        "requested_modalities": ["video"],
    }
    data = json.dumps(fields).encode()
    return Ticket(Message(data, {}), parse_request(data), attempt=0, deadline=0.0)


def passage_operations(engine: Engine, embedder: Embedder | None) -> dict[str, Operation]:
    """Retrieval: of the whole library, and as a request does it; a question for each call.

    Args:
        embedder: None to find by words only.
    """
    retriever = HybridRetriever(engine, embedder)
    asked = [question.ask for question in read_questions(QUESTIONS).questions]
    questions = itertools.cycle(asked)
    topic = Understanding("newtons-second-law", "Newton's second law", "physics", 1.0)

    def retrieve() -> object:
        return retriever.retrieve(topic, next(questions), grade_level=9)

    return {"search": lambda: retriever.search(next(questions)), "retrieval": retrieve}


if __name__ == "__main__":
    main()
