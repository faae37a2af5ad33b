"""`vividly cancel`: the row, its stages and its events; `test_resilience` tests the job."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.support.command_line import vividly
from tests.support.project import Project
from tests.support.requests import claimed, ticket
from vividly.execution.stages import plan
from vividly.model.errors import Superseded
from vividly.platform.ledger import Ledger, queries


def test_what_has_ended_cannot_be_cancelled(project: Project, engine: Engine) -> None:
    ledger = Ledger(engine, owner="test")
    done = claimed(ledger)
    ledger.finish(done, "completed", message="", details={})
    refused = vividly("cancel", done.request.request_id)
    assert refused.code == 1
    assert "is completed already" in refused.err
    assert vividly("cancel", "ffffffff").code == 3
    pending = ticket()
    ledger.submit(pending.request, pending.message, {})
    assert vividly("cancel", pending.request.request_id).code == 0
    row = queries.by_id(engine, [pending.request.request_id])[pending.request.request_id]
    assert row["status"] == "cancelled"


def test_a_cancelled_request_is_nobodys_and_its_log_says_why(
    project: Project, engine: Engine
) -> None:
    ledger = Ledger(engine, owner="test")
    at_work = claimed(ledger)
    request_id = at_work.request.request_id
    told = vividly("cancel", request_id[:13].upper(), "--reason", "asked twice", "--json").json
    assert (told["request_id"], told["status"]) == (request_id, "cancelled")
    with pytest.raises(Superseded):
        ledger.check(at_work)
    row = queries.by_id(engine, [request_id])[request_id]
    assert [row[name] for name in ("lease_owner", "lease_expires_at", "current_stage")] == [
        None
    ] * 3
    assert {one["status"] for one in queries.stages(engine, request_id)} == {"skipped"}
    assert vividly("cancel", request_id).code == 0, "once more is no error"
    (event,) = [e for e in queries.events(engine, request_id) if e["event_type"] == "cancelled"]
    assert event["event_data"]["reason"] == "asked twice"
    assert event["event_data"]["by"].startswith("vividly cancel (")
    again = ledger.claim(
        at_work.request, at_work.message, lease=60, max_attempts=5, stages=plan(at_work.request)
    )
    assert again.result == "cancelled"
    assert ledger.cancel("00000000-0000-4000-8000-000000000000", by="test") is None
