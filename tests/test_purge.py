"""`vividly purge --test-data`: removes every trace of tests, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.command_line import vividly
from tests.support.project import Project
from tests.support.requests import claimed, ticket
from vividly.execution.stages import plan
from vividly.model.errors import Superseded
from vividly.model.request import FRESH, MARK, Message
from vividly.model.ticket import Ticket
from vividly.platform.ledger import Ledger, queries
from vividly.platform.storage import open_store


def claim_marked(ledger: Ledger, *, row_says: dict[str, str] | None = None) -> Ticket:
    """A request that a job has heard of by its marked message alone, or by a row too."""
    found = ticket()
    message = Message(found.message.data, {MARK: "smoke"})
    if row_says:
        ledger.submit(found.request, message, row_says)
    claim = ledger.claim(
        found.request, message, lease=60, max_attempts=5, stages=plan(found.request)
    )
    return Ticket(message, found.request, attempt=claim.attempt, deadline=0.0)


def test_test_data_leaves_no_trace_and_nothing_else_goes(
    project: Project, engine: Engine, tmp_path: Path
) -> None:
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir()
    submitted = vividly(
        *("submit", "--query", "Explain gravity", "--grade", "9", "--test", "--json")
    ).json["request_id"]
    ledger = Ledger(engine, owner="test")
    real, marked, published = claimed(ledger), claim_marked(ledger), ticket()
    for one in (real, marked):
        ledger.finish(one, "completed", message="", details={})
    vividly("cancel", submitted)
    store = open_store(str(tmp_path / "generated"))
    for one in (real, marked):
        store.write(f"videos/{one.request.request_id}.mp4", b"x", "video/mp4")
    project.bury(b"test", **{MARK: "canary"})
    project.bury(b"about it", dlq_request_id=submitted)
    project.bury(b"real", dlq_request_id=published.request.request_id)
    project.publish("content-notifications", b"{}", request_id=submitted, event="completed")
    project.publish("content-notifications", b"{}", request_id=real.request.request_id)

    assert vividly("purge", "--yes").code == 2, "of what, it does not say"
    dry = vividly("purge", "--test-data", "--dry-run", "--json").json
    assert dry == {"requests": 2, "dead letters": 2, "notifications": 1, "stopping": 0}
    assert vividly("purge", "--test-data").code == 2, "nobody confirmed it"
    done = vividly("purge", "--test-data", "--yes").out
    assert "2 requests removed" in done
    assert queries.by_id(engine, [submitted, marked.request.request_id]) == {}
    assert real.request.request_id in queries.by_id(engine, [real.request.request_id])
    assert project.buried == [b"real"]
    assert [a["request_id"] for _, a in project.take("content-notifications")] == [
        real.request.request_id
    ]
    left = [path.name for path in (tmp_path / "generated").rglob("*") if path.is_file()]
    assert set(left) == {f"{real.request.request_id}.mp4"}
    assert vividly("purge", "--test-data", "--yes", "--json").json["requests"] == 0


def test_production_is_not_purged_by_accident(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    refused = vividly("purge", "--test-data", "--yes")
    assert refused.code == 2
    assert "production" in refused.err


def test_a_request_that_is_named_is_purged_in_production_too_and_no_other(
    project: Project, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    for name in ("topics/content-requests-prod-dlq", "subscriptions/content-requests-prod-dlq-sub"):
        kind, _, _ = name.partition("/")
        full = f"projects/{project.name}/{name}"
        topic = f"projects/{project.name}/topics/content-requests-prod-dlq"
        if kind == "topics":
            project.resources.check_topic(full, create=True)
        else:
            project.resources.check_subscription(full, topic=topic, create=True)

    def bury(data: bytes, **attributes: str) -> None:
        project.resources.publish(topic, data, attributes)

    temp = open_store(str(tmp_path / "temp"))
    (tmp_path / "generated").mkdir()
    (tmp_path / "temp").mkdir()
    ledger = Ledger(engine, owner="test")
    student = claimed(ledger)
    mine, other = (claim_marked(ledger, row_says={FRESH: "true"}) for _ in range(2))
    ids = {
        name: one.request.request_id
        for name, one in (("student", student), ("mine", mine), ("other", other))
    }
    for one in (student, mine, other):
        ledger.finish(one, "completed", message="", details={})
        id = one.request.request_id
        temp.write(f"fresh/{id}.speak.12ab.json", b"{}", "application/json")
        project.publish("content-notifications", b"{}", request_id=id)
    bury(b"mine", dlq_request_id=ids["mine"])
    bury(b"other", dlq_request_id=ids["other"], **{MARK: "smoke"})
    bury(b"student", dlq_request_id=ids["student"])

    def purged(id: str) -> dict[str, int]:
        return vividly("purge", "--test-data", "--request", id, "--yes", "--json").json

    nothing = {"requests": 0, "dead letters": 0, "notifications": 0, "stopping": 0}
    assert purged(ids["student"]) == nothing, "it has no mark"
    assert purged(ids["mine"][:8]) == nothing | {"requests": 1, "dead letters": 1}
    assert set(queries.by_id(engine, ids.values())) == {ids["student"], ids["other"]}
    assert set(temp.sizes()) == {
        f"fresh/{ids[name]}.speak.12ab.json" for name in ("student", "other")
    }
    assert project.buried == [b"other", b"student"]
    assert len(project.take("content-notifications")) == 3, "they carry the mark"
    for short in ("", ids["other"][:7]):
        refused = vividly("purge", "--test-data", "--request", short, "--yes")
        assert refused.code == 2
        assert "at least 8" in refused.err


def test_what_is_being_worked_on_is_stopped_first(
    project: Project, engine: Engine, tmp_path: Path
) -> None:
    """Its worker may deliver for a moment still: nothing of that must stay behind."""
    (tmp_path / "temp").mkdir()
    store = open_store(str(tmp_path / "generated"))
    ledger = Ledger(engine, owner="test")
    at_work = claim_marked(ledger)
    request_id, name = at_work.request.request_id, f"videos/{at_work.request.request_id}.mp4"
    (tmp_path / "file").write_bytes(b"x")

    def purged(*words: str) -> dict[str, int]:
        return vividly("purge", "--test-data", "--json", *words).json

    assert purged("--dry-run")["stopping"] == 1
    ledger.check(at_work)
    first = purged("--yes")
    assert (first["requests"], first["stopping"]) == (0, 1)
    with pytest.raises(Superseded):
        ledger.check(at_work)
    store.upload(name, tmp_path / "file", "video/mp4", attempt=at_work.attempt)
    assert purged("--yes")["stopping"] == 1, "it is too soon"
    assert queries.by_id(engine, [request_id])[request_id]["status"] == "cancelled"
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE request_events SET created_at = created_at - interval '121 seconds'"
        )
    assert purged("--yes")["requests"] == 1
    assert queries.by_id(engine, [request_id]) == {}
    assert [path for path in (tmp_path / "generated").rglob("*") if path.is_file()] == []
    store.upload(name, tmp_path / "file", "video/mp4", attempt=1)  # the same id, another time


def test_only_what_is_old_enough_goes(project: Project, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    ledger = Ledger(engine, owner="test")
    old, new = claim_marked(ledger), claim_marked(ledger)
    for one in (old, new):
        ledger.finish(one, "completed", message="", details={})
        project.publish("content-notifications", b"{}", request_id=one.request.request_id)
    project.bury(b"new", **{MARK: "smoke"})
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE content_requests SET created_at = created_at - interval '2 hours' "
            f"WHERE id = '{old.request.request_id}'"
        )
    gone = vividly("purge", "--test-data", "--older-than", "1h", "--yes", "--json").json
    assert gone == {"requests": 1, "dead letters": 0, "notifications": 1, "stopping": 0}
    assert project.buried == [b"new"]
    assert [a["request_id"] for _, a in project.take("content-notifications")] == [
        new.request.request_id
    ]


def test_letters_alone_are_asked_about_too(project: Project) -> None:
    project.bury(b"test", **{MARK: "smoke"})
    assert vividly("purge", "--test-data").code == 2
    assert project.buried == [b"test"]


def test_a_mark_outlasts_a_message_without_one(project: Project, engine: Engine) -> None:
    """As in a replay from a file, which has no attributes."""
    submitted = vividly(
        *("submit", "--query", "Explain gravity", "--grade", "9", "--test", "--json")
    ).json["request_id"]
    ledger = Ledger(engine, owner="test")
    claimed(ledger, request_id=submitted)
    assert [one.id for one in ledger.test_requests()] == [submitted]
