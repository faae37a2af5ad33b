"""What the API checks before it starts, and its database role: enough for its work, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.api.backend import Backend
from beam_pipeline.api.oidc import Oidc, OidcSettings
from beam_pipeline.api.preflight import PRIVILEGES, checks
from beam_pipeline.preflight import require_all
from tests.support.api import CONTENT, OPERATOR, Api, backend_on, served
from tests.support.command_line import name_system, vividly
from tests.support.project import Project
from tests.support.requests import claimed
from tests.test_api_operators import Issuer, issuer  # noqa: F401
from tests.test_database_roles import ROLES, allowed, logins  # noqa: F401
from vividly.model.errors import SettingsError, TransientError
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.engine import make_engine
from vividly.platform.storage import open_store

LETTERS = "projects/{}/topics/content-requests-dev-dlq"


@pytest.fixture
def api_login(logins: dict[str, str]) -> Iterator[Engine]:  # noqa: F811
    engine = make_engine(logins["vividly_api"])
    yield engine
    engine.dispose()


def problems(backend: Backend, letters: str = "./letters.jsonl") -> dict[str, str]:
    """What is wrong with a system, by what was looked at."""
    return {one.subject: one.problem for one in checks(backend, letters) if not one.passed}


def test_the_privileges_are_those_of_the_role() -> None:
    granted: dict[str, set[str]] = {}
    for what, tables in re.findall(
        r"GRANT ([\w, ]+) ON ([\w, ]+) TO vividly_api", ROLES.read_text()
    ):
        for table in tables.split(", "):
            granted.setdefault(table, set()).update(what.split(", "))
    assert {table: set(needed) for table, needed in PRIVILEGES.items()} == granted


def test_the_api_can_do_its_work(
    api_login: Engine, engine: Engine, tmp_path: Path, project: Project
) -> None:
    # `logins` has made the roles in the database of `services`, which `engine` is not.
    owner = make_engine(api_login.url.set(username=engine.url.username).render_as_string(False))
    backend = backend_on(api_login, tmp_path, project.name)
    assert problems(backend, LETTERS.format(project.name)) == {}
    with served(backend) as api:
        own = Api(api.client, replace(backend, engine=owner))  # it may make tokens
        asked = own.asked(key="k")
        assert own.asked(key="k") == asked
        done = claimed(Ledger(owner, owner="test"), student_id="s-1").request.request_id
        request = f"{CONTENT}/requests"
        assert own.get(f"{request}/{asked}", by=OPERATOR).status_code == 200
        assert own.post(f"{request}/{done}/feedback", json={"helpful": True}).status_code == 204
        assert own.get(f"{request}/{done}/feedback").json()[0]["helpful"]
        assert own.post(f"{request}/{asked}/cancel").status_code == 200
        assert own.get(f"{request}/{asked}/events").text.count("event: cancelled") == 1
        for path in ("/api/v1/topics", request, "/health/ready"):
            assert own.get(path).status_code == 200
        for path in ("state", "rates"):
            assert own.get(f"/api/v1/operations/{path}", by=OPERATOR).status_code == 200
        follows = own.ask(student_query="why?", follow_up_to=done)
        assert follows.status_code == 202
    for statement in (
        "INSERT INTO api_tokens (digest, role, student_id, expires_at) VALUES ('', '', '', now())",
        "UPDATE api_tokens SET expires_at = now()",
        "DELETE FROM content_requests",
        "DELETE FROM request_feedback",
        "UPDATE request_events SET event_message = ''",
        "SELECT * FROM passages",
    ):
        assert not allowed(api_login, statement), statement
    owner.dispose()


def test_what_is_missing_is_named_with_its_fix(
    logins: dict[str, str],  # noqa: F811
    engine: Engine,
    tmp_path: Path,
    project: Project,
) -> None:
    reader = make_engine(logins["vividly_reader"])
    found = problems(
        replace(
            backend_on(reader, tmp_path, "no-such-project"),
            generated=open_store(str(tmp_path / "nowhere")),
        ),
        LETTERS.format("no-such-project"),
    )
    reader.dispose()
    assert found.keys() == {"tables", "generated_content_bucket", "input_topic", "dead letters"}
    assert "permission denied" in found["tables"]
    assert "does not exist; create it" in found["generated_content_bucket"]
    assert "run `vividly verify --create`" in found["input_topic"]
    backend = backend_on(engine, tmp_path, project.name)
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE lacking LOGIN IN ROLE pg_read_all_data"))
    lacking = make_engine(engine.url.set(username="lacking").render_as_string(False))
    told = problems(replace(backend, engine=lacking))["database role"]
    lacking.dispose()
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE lacking"))
    assert "the login lacking lacks INSERT on content_requests, UPDATE on content_requests" in told
    assert 'GRANT vividly_api TO "lacking"' in told and "SELECT" not in told


def test_what_is_only_away_does_not_keep_it_from_starting(engine: Engine, tmp_path: Path) -> None:
    gone = Issuer()
    settings = OidcSettings(gone.url, "vividly")
    gone.close()
    nowhere = make_engine("postgresql://nobody:secret-word@127.0.0.1:9/none")
    backend = backend_on(nowhere, tmp_path, "unused", oidc=settings)
    found = [one for one in checks(backend, "./letters.jsonl") if not one.passed]
    assert {one.subject for one in found} >= {"tables", "oidc_issuer"}
    away = [one for one in found if one.subject != "input_topic"]
    assert all(one.passing for one in away)
    require_all(away)


def test_an_issuer_that_is_none_is_refused(issuer: Issuer) -> None:  # noqa: F811
    Oidc(OidcSettings(issuer.url, "vividly")).check()
    with pytest.raises(SettingsError, match=f"calls itself '{issuer.url}', as its tokens do"):
        Oidc(OidcSettings(f"{issuer.url}/", "vividly")).check()
    issuer.answers = 404
    with pytest.raises(SettingsError, match="openid-configuration answers 404"):
        Oidc(OidcSettings(issuer.url, "vividly")).check()
    issuer.answers = 503
    with pytest.raises(TransientError):
        Oidc(OidcSettings(issuer.url, "vividly")).check()


def test_the_command_checks_and_does_not_start_with_less(
    engine: Engine, tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    name_system(monkeypatch, tmp_path, url, project.name)
    refused = vividly("api", "--port", "0")
    assert refused.code == 2 and "generated_content_bucket: the directory" in refused.err
    (tmp_path / "generated").mkdir()
    ended = vividly("api", "--check")
    assert ended.code == 0 and ended.out.count("ok") == 5, ended.out
    monkeypatch.setenv("PUBSUB_TOPIC", "no-such-topic")
    ended = vividly("api", "--check")
    assert ended.code == 1 and "1 of 5 checks failed" in ended.out
    assert "no-such-topic does not exist" in " ".join(ended.out.split())
