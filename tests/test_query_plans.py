"""No statement of the hot paths reads a whole table: Postgres' plans, on tables of some size.

The plans are made with `enable_seqscan=off`. Postgres then reads a table as a whole only where no
index serves the statement, whatever its statistics say of the cost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from bench.growth import (
    fill_passages,
    fill_requests,
    passage_operations,
    request_id,
    request_operations,
)
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.engine import make_engine

ROWS = 5_000
GROWING = {
    "content_requests", "request_stages", "request_events", "lessons", "lesson_work", "documents",
    "passages",
}  # fmt: skip
"""Tables that grow with the requests or with the library."""
MOSTLY_TRUE = {None, "(started_at IS NOT NULL)"}
"""Filters of a scan that almost every row passes, so that a limit ends it soon."""
_PARTIAL_INDEXES = "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL"
_STREAMS = {"Result", "Subquery Scan", "LockRows", "Nested Loop", "Append", "Incremental Sort"}
"""Nodes that give rows as they read them."""


@pytest.fixture(scope="module")
def filled(shared_database_url: str) -> Iterator[Engine]:
    engine = make_engine(shared_database_url)
    fill_requests(engine, ROWS, lessons=ROWS)
    fill_passages(engine, ROWS // 2)
    yield engine
    engine.dispose()


def _full_scans(engine: Engine, call: Callable[[], object]) -> set[str]:
    """The growing tables that the statements of a call have to read as a whole."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        partial = set(connection.exec_driver_sql(_PARTIAL_INDEXES).scalars())
        return {
            table
            for statement, parameters in _statements(engine, call)
            if not isinstance(parameters, list)  # many rows at once: plain inserts
            for table in _scanned(_plan(connection, statement, parameters), partial)
        }


def _statements(engine: Engine, call: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements of a call, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert statements
    return statements


def _plan(connection: Connection, statement: str, parameters: Any) -> Any:
    explained = f"EXPLAIN (FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(explained, parameters).scalar_one()
    return json.loads(plan) if isinstance(plan, str) else plan


def _scanned(node: Any, partial: Collection[str], *, limited: bool = False) -> Iterator[str]:
    """The growing tables that a plan reads as a whole, by the table or by an index of all rows.

    Args:
        partial: the indexes of some rows only.
        limited: whether what reads this node stops after some rows.
    """
    if isinstance(node, list):
        for one in node:
            yield from _scanned(one, partial, limited=limited)
    elif isinstance(node, dict):
        kind, table = node.get("Node Type", ""), node.get("Relation Name")
        by_index = "Index Cond" in node or node.get("Index Name") in partial
        stops = limited and node.get("Filter") in MOSTLY_TRUE
        if table in GROWING and (
            kind == "Seq Scan" or (kind.startswith("Index") and not (by_index or stops))
        ):
            yield str(table)
        # A sort reads all rows before it gives the first.
        limited = kind == "Limit" or (limited and kind in _STREAMS)
        for inner in node.values():
            yield from _scanned(inner, partial, limited=limited)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM content_requests WHERE topic = 'x'",
        "SELECT count(*) FROM content_requests",
        "SELECT id FROM content_requests WHERE topic = 'x' ORDER BY id LIMIT 1",
        "SELECT id FROM content_requests ORDER BY topic LIMIT 1",
    ],
)
def test_a_scan_of_a_whole_table_is_seen(filled: Engine, statement: str) -> None:
    def scan() -> None:
        with filled.connect() as connection:
            connection.exec_driver_sql(statement)

    assert _full_scans(filled, scan) == {"content_requests"}


def test_requests_are_found_by_an_index(filled: Engine) -> None:
    found = {
        name: scans
        for name, operation in request_operations(filled).items()
        if (scans := _full_scans(filled, operation))
    }
    assert not found


def test_files_to_delete_are_found_among_those_that_are_left(filled: Engine) -> None:
    """Most requests that failed have no files any more, and an index of all of them grows."""
    find = request_operations(filled)["requeue: whose files are to be deleted"]
    ((statement, parameters),) = _statements(filled, find)
    with filled.connect() as connection:
        assert "content_requests_files_idx" in str(_plan(connection, statement, parameters))


def test_a_request_and_its_rows_are_found_by_an_index(filled: Engine) -> None:
    one = request_id(100)
    ledger = Ledger(filled, owner="bench")
    calls: tuple[Callable[[], object], ...] = (
        lambda: queries.by_id(filled, [one]),
        lambda: queries.stages(filled, one),
        lambda: queries.events(filled, one),
        lambda: queries.script_text(filled, one),
        lambda: queries.last_event(filled),
        lambda: queries.holders(filled),
        lambda: queries.backlog(filled),
        lambda: queries.circuits(filled),
        lambda: ledger.renew([(one, 1)], lease=60),
        lambda: ledger.release_claims(),
        lambda: ledger.mark_notified(),
    )
    assert [_full_scans(filled, call) for call in calls] == [set()] * len(calls)


def test_passages_are_found_by_an_index(filled: Engine) -> None:
    """By their words. The vectors of the whole library are compared, which finds the nearest."""
    for name, operation in passage_operations(filled, None).items():
        operation()  # the first one counts the words of the whole library
        assert (name, _full_scans(filled, operation)) == (name, set())
