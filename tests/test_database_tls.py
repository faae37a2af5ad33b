"""Which servers the database's connection trusts: real TLS, and Cloud SQL's own protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from beam_pipeline.options import Endpoints
from beam_pipeline.preflight import checks, require
from tests.support.postgres_tls import Authority, CloudSqlInstance, TlsPostgres, known_host
from vividly.model.errors import SettingsError, TransientError
from vividly.model.settings import Settings
from vividly.platform.ledger import engine as engines
from vividly.platform.ledger.engine import address, database_errors, make_engine

HOST = "db.school.example"
ALLOWED = "sslmode=require&allow_unverified_database=true"
IAM_USER = "vividly-text@school.iam"


@pytest.fixture(scope="module")
def upstream(postgres: str) -> int:
    """Port of a Postgres without TLS that trusts everybody, with a user for an IAM login."""
    engine = make_engine(f"{postgres}/postgres")
    with engine.begin() as connection:
        connection.execute(text(f'CREATE ROLE "{IAM_USER}" LOGIN'))
    engine.dispose()
    return int(postgres.rsplit(":", 1)[1])


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    """Whom the tests trust by `sslrootcert`; HOST can be resolved meanwhile."""
    with known_host(HOST):
        yield Authority(tmp_path)


def url_of(server: TlsPostgres, *query: str, host: str = HOST, password: str = "hunter2") -> str:
    end = "?" + "&".join(query) if query else ""
    return f"postgresql://postgres:{password}@{host}:{server.port}/postgres{end}"


def answer(url: str, question: str = "SELECT 42") -> object:
    """The database's answer, or the error as the job gets it."""
    engine = make_engine(url)
    try:
        with database_errors(engine), engine.connect() as connection:
            return connection.execute(text(question)).scalar()
    finally:
        engine.dispose()


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(TransientError, match=words) as caught:
        yield
    assert "hunter2" not in str(caught.value)


def test_a_good_certificate_is_accepted(upstream: int, authority: Authority) -> None:
    with TlsPostgres(upstream, authority.server(HOST)) as server:
        assert answer(url_of(server, f"sslrootcert={authority.path}")) == 42
        assert answer(url_of(server, f"sslrootcert={authority.path}", "sslmode=verify-full")) == 42
        assert (server.encrypted, server.plain) == (2, 0)


def test_an_expired_certificate_is_refused(upstream: int, authority: Authority) -> None:
    with TlsPostgres(upstream, authority.server(HOST, days=(-3, -1))) as server:
        for mode in ("verify-full", "verify-ca"):
            with refused(f"{HOST}:{server.port}.* has expired: renew it"):
                answer(url_of(server, f"sslrootcert={authority.path}", f"sslmode={mode}"))
        assert (server.encrypted, server.plain) == (0, 0)


def test_a_foreign_certificate_is_refused(
    upstream: int, authority: Authority, tmp_path: Path
) -> None:
    foreign = Authority(tmp_path, "Somebody else")
    with TlsPostgres(upstream, foreign.server(HOST)) as server:
        for query in ([], ["sslmode=verify-full"], [f"sslrootcert={authority.path}"]):
            with refused("is not trusted .*: name the file .* by sslrootcert=PATH"):
                answer(url_of(server, *query))
        assert (server.encrypted, server.plain) == (0, 0)


def test_the_certificate_of_another_host_is_refused(upstream: int, authority: Authority) -> None:
    with TlsPostgres(upstream, authority.server("other.school.example")) as server:
        trust = f"sslrootcert={authority.path}"
        with refused("is for another host: .* sslmode=verify-ca"):
            answer(url_of(server, trust))
        with refused("is for another host"):
            answer(url_of(server, trust, "sslmode=verify-full", host="127.0.0.1"))
        assert answer(url_of(server, trust, "sslmode=verify-ca")) == 42


def test_a_certificate_for_an_address_is_accepted(upstream: int, authority: Authority) -> None:
    with TlsPostgres(upstream, authority.server("127.0.0.1")) as server:
        trust = (f"sslrootcert={authority.path}", "sslmode=verify-full")
        assert answer(url_of(server, *trust, host="127.0.0.1")) == 42


def test_a_server_without_tls_is_refused(upstream: int, authority: Authority) -> None:
    with TlsPostgres(upstream, None) as server:
        for query in ([], [ALLOWED]):
            with refused(r"it offers no TLS: switch it on there \(ssl = on\)"):
                answer(url_of(server, *query))
        disabled = ALLOWED.replace("require", "disable")
        assert answer(url_of(server, disabled)) == 42


def test_an_unverified_connection_is_made_only_where_it_is_allowed(
    upstream: int, authority: Authority
) -> None:
    with TlsPostgres(upstream, authority.server("whoever", days=(-3, -1))) as server:
        for mode in ("require", "disable"):
            with pytest.raises(SettingsError, match="allow_unverified_database=true") as caught:
                answer(url_of(server, f"sslmode={mode}"))
            assert "hunter2" not in str(caught.value)
        assert (server.encrypted, server.plain) == (0, 0)
        assert answer(url_of(server, ALLOWED)) == 42
        assert (server.encrypted, server.plain) == (1, 0)


def test_this_machine_need_not_be_verified(upstream: int, authority: Authority) -> None:
    with TlsPostgres(upstream, authority.server("whoever")) as server:
        assert answer(url_of(server, host="127.0.0.1")) == 42
        assert server.encrypted == 1
    with TlsPostgres(upstream, None) as server:
        assert answer(url_of(server, host="localhost")) == 42
        assert server.plain == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "authority.pem").write_text(content)
    with pytest.raises(SettingsError, match=r"sslrootcert=.*authority\.pem, which is no readable"):
        make_engine(f"postgresql://{HOST}/lessons?sslrootcert={tmp_path}/authority.pem")


def test_the_job_does_not_start_on_an_unverified_connection(
    settings: Settings, upstream: int, authority: Authority
) -> None:
    ends = Endpoints("", "", "/tmp/letters", "/tmp/told", "", "", "all")
    with TlsPostgres(upstream, authority.server(HOST, days=(-3, -1))) as server:
        for query, told in (
            ("sslmode=require", "database_url: .*allow_unverified_database=true"),
            (f"sslrootcert={authority.path}", "database: it cannot be reached: .* has expired"),
        ):
            asked = replace(settings, database_url=url_of(server, query))
            with pytest.raises(SettingsError, match=told) as caught:
                require(asked, ends)
            assert "hunter2" not in str(caught.value)
        allowed = replace(settings, database_url=url_of(server, ALLOWED))
        reached = next(check for check in checks(allowed, ends) if check.subject == "database")
        assert reached.passed


@pytest.fixture
def cloud(
    upstream: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CloudSqlInstance]:
    with CloudSqlInstance(upstream, tmp_path) as instance:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(instance.credentials))
        yield instance


WHO = "SELECT concat_ws(' ', current_user, current_setting('application_name'))"


def test_the_account_logs_in_to_cloud_sql_without_a_password(cloud: CloudSqlInstance) -> None:
    assert answer(cloud.url("postgres"), WHO) == f"{IAM_USER} vividly"
    assert cloud.subjects == ["token for sqlservice.login"]
    named = IAM_USER.replace("@", "%40")
    assert answer(cloud.url("postgres", f"{named}@"), WHO) == f"{IAM_USER} vividly"


def test_a_user_of_cloud_sql_may_have_a_password(cloud: CloudSqlInstance) -> None:
    assert answer(cloud.url("postgres", "postgres:hunter2@"), WHO) == "postgres vividly"
    assert cloud.subjects == ["password"]
    assert "access_token" not in cloud.asked[0]


def test_connections_share_a_certificate_and_end_with_the_pool(cloud: CloudSqlInstance) -> None:
    engine = make_engine(cloud.url("postgres"))
    assert address(engine) == f"{cloud.name}/postgres"
    with engine.connect() as one, engine.connect() as two:
        assert one.execute(text("SHOW statement_timeout")).scalar() == "20s"
        assert two.execute(text("SELECT 1")).scalar() == 1
    assert (len(cloud.asked), len(cloud.subjects)) == (1, 2)
    engine.dispose()
    assert not [t for t in threading.enumerate() if t.name == "cloud-sql" and not _ends(t)]
    with engine.connect() as again:
        assert again.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()
    assert len(cloud.asked) == 2


def _ends(thread: threading.Thread) -> bool:
    thread.join(5)
    return not thread.is_alive()


def test_a_silent_instance_is_given_up(
    cloud: CloudSqlInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "SOCKET_TIMEOUT_S", 0.5)
    with pytest.raises(TransientError, match=f"no answer from {cloud.name}"):
        answer(cloud.url("postgres"), "SELECT pg_sleep(5)")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            403,
            r"HTTP 403\): Not allowed; give it roles/cloudsql.client and roles/cloudsql.instance",
        ),
        (404, "there is no such instance"),
        (400, "HTTP 400: Not allowed"),
    ],
)
def test_what_the_admin_api_refuses(cloud: CloudSqlInstance, code: int, told: str) -> None:
    cloud.answer = (code, "Not allowed")
    with pytest.raises(TransientError, match=f"{cloud.name}: .*{told}"):
        answer(cloud.url("postgres"))


def test_an_instance_without_the_wanted_address(cloud: CloudSqlInstance) -> None:
    cloud.address_type = "PRIMARY"
    with pytest.raises(TransientError, match="has no private address: say which by cloud_sql_ip"):
        answer(cloud.url("postgres"))
    assert answer(cloud.url("postgres", cloud_sql_ip="public")) == 42


def test_a_foreign_or_expired_instance_is_refused(
    cloud: CloudSqlInstance, upstream: int, tmp_path: Path
) -> None:
    cloud.told_authority = Authority(tmp_path, "Somebody else").pem
    with pytest.raises(TransientError, match="handshake failed"):
        answer(cloud.url("postgres"))
    assert cloud.subjects == []
    with (
        CloudSqlInstance(upstream, tmp_path, days=(-3, -1)) as expired,
        pytest.raises(TransientError, match="handshake failed"),
    ):
        answer(expired.url("postgres"))
    assert expired.subjects == []


def test_cloud_sql_without_credentials(
    cloud: CloudSqlInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(SettingsError, match="there are no Google Cloud credentials"):
        answer(cloud.url("postgres"))


def test_a_persons_credentials_name_no_user(
    cloud: CloudSqlInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person = tmp_path / "person.json"
    person.write_text(
        '{"type": "authorized_user", "client_id": "1", "client_secret": "2", "refresh_token": "3"}'
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(person))
    with pytest.raises(SettingsError, match=r"names no user, .*%40school\.example@/DATABASE"):
        answer(cloud.url("postgres"))
