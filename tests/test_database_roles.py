"""The roles of templates/database-roles.sql: each can do its work, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from beam_pipeline import preflight
from beam_pipeline.graph import build
from tests.support.requests import fields, message
from tests.test_graph import endpoints
from vividly.execution.services import Services
from vividly.model.request import FRESH, MARK, parse_request
from vividly.model.settings import Settings
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.engine import make_engine

ROLES = Path(__file__).parent.parent / "templates" / "database-roles.sql"
LOGINS = {
    "worker_login": "vividly_worker",
    "operator_login": "vividly_operator",
    "reader_login": "vividly_reader",
    "api_login": "vividly_api",
}


@pytest.fixture
def logins(services: Services) -> dict[str, str]:
    """URLs of a login for each role."""
    with services.engine.begin() as connection:
        for _ in range(2):  # it can be run twice
            connection.exec_driver_sql(ROLES.read_text())
        for login, role in LOGINS.items():
            connection.execute(
                text(
                    f"DO $$ BEGIN CREATE ROLE {login} LOGIN; "
                    "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
                )
            )
            connection.execute(text(f"GRANT {role} TO {login}"))
    url = services.engine.url
    return {
        role: url.set(username=login).render_as_string(hide_password=False)
        for login, role in LOGINS.items()
    }


@pytest.fixture
def as_role(logins: dict[str, str]) -> Iterator[dict[str, Engine]]:
    engines = {role: make_engine(url) for role, url in logins.items()}
    yield engines
    for engine in engines.values():
        engine.dispose()


def allowed(engine: Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        if "42501" not in str(error.orig):
            raise  # the statement itself is wrong; no privilege is missing
        return False
    return True


def test_a_worker_can_do_its_work(
    settings: Settings, services: Services, logins: dict[str, str], tmp_path: Path
) -> None:
    services.index_library()
    request = fields(requested_modalities=["text"])
    file = tmp_path / "requests.jsonl"
    file.write_text(json.dumps(request))
    own = replace(settings, database_url=logins["vividly_worker"])
    ends = endpoints(tmp_path, input_file=str(file))
    # The preflight has no more rights than the job.
    preflight.require(own, ends, connections=15)
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        build(pipeline, own, ends, job="test")
    found = queries.by_id(services.engine, [request["request_id"]])[request["request_id"]]
    assert found["status"] == "completed"
    ledger = Ledger(Services(own).engine, owner="requeue")
    assert ledger.due(limit=1, pending_after=0, again_after=0) == []
    assert ledger.claim_expired(limit=1, lease=1) == []
    assert ledger.mark_notified() == 0


@pytest.mark.parametrize(
    ("role", "statement", "may"),
    [
        ("vividly_worker", "DELETE FROM request_events", False),
        ("vividly_worker", "UPDATE request_events SET event_message = ''", False),
        ("vividly_worker", "UPDATE passages SET body = ''", False),
        ("vividly_worker", "DROP TABLE content_requests", False),
        ("vividly_worker", "ALTER TABLE content_requests ADD COLUMN x int", False),
        ("vividly_worker", "CREATE TABLE x (y int)", False),
        ("vividly_worker", "TRUNCATE work_leases", False),
        ("vividly_operator", "DROP TABLE passages", False),
        ("vividly_reader", "SELECT status, count(*) FROM content_requests GROUP BY 1", True),
        ("vividly_reader", "SELECT avg(duration_seconds) FROM request_stages", True),
        ("vividly_reader", "SELECT student_query FROM content_requests", False),
        ("vividly_reader", "SELECT student_id, interest FROM content_requests", False),
        ("vividly_reader", "SELECT script_text FROM content_requests", False),
        ("vividly_reader", "SELECT message_data FROM content_requests", False),
        ("vividly_reader", "SELECT * FROM request_events", False),
        ("vividly_reader", "UPDATE content_requests SET status = 'failed'", False),
        ("vividly_reader", "INSERT INTO work_leases VALUES ('a', 'b', now())", False),
    ],
)
def test_a_role_may_do_no_more(
    as_role: dict[str, Engine], role: str, statement: str, may: bool
) -> None:
    assert allowed(as_role[role], statement) == may


def test_a_worker_may_remove_what_its_tool_made_and_nothing_else(
    as_role: dict[str, Engine], services: Services
) -> None:
    worker, operator = (as_role[f"vividly_{who}"] for who in ("worker", "operator"))
    said = ({}, {MARK: "submit"}, {MARK: "canary", FRESH: "true"})
    ids = []
    for metadata in said:
        sent = message()
        request = parse_request(sent.data)
        services.ledger.submit(request, sent, metadata)
        ids.append(request.request_id)
    removed = [allowed(worker, f"DELETE FROM content_requests WHERE id = '{id}'") for id in ids]
    assert removed == [False, False, True]
    assert not allowed(worker, "DELETE FROM content_requests")
    assert set(queries.by_id(services.engine, ids)) == set(ids[:2])
    assert allowed(operator, f"DELETE FROM content_requests WHERE id = '{ids[0]}'")
    assert allowed(services.engine, f"DELETE FROM content_requests WHERE id = '{ids[1]}'")
    # With its events, which a worker may not change.
    ledger = Ledger(worker, owner="canary")
    sent = message()
    request = parse_request(sent.data)
    ledger.submit(request, sent, {MARK: "canary", FRESH: "true"})
    ledger.cancel(request.request_id, by="canary")
    ledger.remove(request.request_id)
    assert queries.events(services.engine, request.request_id) == []
