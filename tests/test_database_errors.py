"""The pool, and how database errors are handled (real servers, really stopped)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, create_engine, text

from beam_pipeline.local.postgres import EmbeddedPostgres
from tests.support.ledgers import claim, row
from tests.support.requests import claimed, ticket
from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.ledger import Ledger, migrate
from vividly.platform.ledger.engine import _numbered, address, database_errors, make_engine


@pytest.fixture
def own_server() -> Iterator[tuple[EmbeddedPostgres, str]]:
    """A server that a test may spoil, and the URL of its database.

    Not below pytest's folder: each session closes that one to other users, and where
    we are root the server runs as another user.
    """
    with TemporaryDirectory(prefix="vividly-test-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "own")
        try:
            yield server, server.start()
        finally:
            server.stop()


def test_a_stopped_server_is_a_transient_error_and_a_restarted_one_is_used_again(
    own_server: tuple[EmbeddedPostgres, str],
) -> None:
    server, url = own_server
    engine = make_engine(url)
    migrate(engine)
    ledger = Ledger(engine, owner="test")
    sent = claimed(ledger)
    server.stop()
    for _ in range(2):  # with an open connection, and without one
        with pytest.raises(TransientError, match=r"database 127\.0\.0\.1:"):
            ledger.progress(sent, 50)
    restarted = make_engine(server.start())
    try:
        Ledger(restarted, owner="test").progress(sent, 60)
        assert row(restarted, sent)["progress_percentage"] == 60
    finally:
        restarted.dispose()
        engine.dispose()


def test_a_wrong_password_is_a_permanent_error_that_does_not_show_it(
    own_server: tuple[EmbeddedPostgres, str],
) -> None:
    server, url = own_server
    administrator = make_engine(url)
    with administrator.begin() as connection:
        connection.execute(text("CREATE ROLE app LOGIN PASSWORD 'swordfish'"))
    rules = server.data / "pg_hba.conf"
    rules.write_text(f"host all app 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    with administrator.begin() as connection:
        connection.execute(text("SELECT pg_reload_conf()"))
    administrator.dispose()

    def connect(password: str) -> None:
        engine = make_engine(url.replace("postgres@", f"app:{password}@"))
        with database_errors(engine), engine.connect():
            engine.dispose()

    connect("swordfish")
    with pytest.raises(PermanentError, match="28P01: password authentication failed") as caught:
        connect("hunter2")
    assert "hunter2" not in str(caught.value)


def test_an_unknown_database_is_a_permanent_error_that_names_it(postgres: str) -> None:
    engine = make_engine(f"{postgres}/nowhere")
    with pytest.raises(PermanentError, match='/nowhere: 3D000: database "nowhere" does not exist'):
        claim(Ledger(engine, owner="test"), ticket())


def test_missing_tables_are_a_permanent_error(postgres: str) -> None:
    engine = make_engine(f"{postgres}/postgres")
    with pytest.raises(PermanentError, match=r"42P01.*content_requests"):
        claim(Ledger(engine, owner="test"), ticket())
    engine.dispose()


def test_a_server_that_is_not_there_is_a_transient_error() -> None:
    engine = make_engine("postgresql://app:hunter2@127.0.0.1:1/vividly")
    with pytest.raises(TransientError, match=r"127\.0\.0\.1:1/vividly") as caught:
        claim(Ledger(engine, owner="test"), ticket())
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("08006", TransientError),
        ("40001", TransientError),
        ("40P01", TransientError),
        ("53300", TransientError),
        ("55P03", TransientError),
        ("57014", TransientError),
        ("57P01", TransientError),
        ("58030", TransientError),
        ("22012", PermanentError),
        ("23505", PermanentError),
        ("42501", PermanentError),
        ("P0001", PermanentError),
    ],
)
def test_the_servers_own_code_decides(engine: Engine, state: str, error: type[Exception]) -> None:
    # language=postgresql
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'no luck' USING ERRCODE = '{state}'; END $$"
    with (
        pytest.raises(error, match=f"{state}: no luck"),
        database_errors(engine),
        engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_an_error_does_not_quote_the_statements_values(ledger: Ledger) -> None:
    sent = ticket(student_query="why do zebrafish glow")
    with ledger.engine.begin() as connection:
        connection.execute(text("ALTER TABLE content_requests ADD CHECK (grade_level > 12)"))
    with pytest.raises(PermanentError) as caught:
        claim(ledger, sent)
    assert "zebrafish" not in str(caught.value)


@pytest.mark.parametrize(
    "value", [datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "half a pair: \ud800"]
)
def test_no_answer_is_left_for_the_next_statement(engine: Engine, value: object) -> None:
    """The driver stops in the middle: what the server sends after that is nobody's."""
    for number in range(5):
        with pytest.raises((ValueError, OverflowError)), engine.connect() as connection:
            connection.execute(text("SELECT :v"), {"v": value})
        with engine.connect() as connection:
            answer = connection.execute(text("SELECT :n"), {"n": f"{number}"}).scalar_one()
            assert answer == f"{number}"


def test_connections_that_the_server_closed_are_replaced(ledger: Ledger) -> None:
    sent = claimed(ledger)
    with ExitStack() as held:
        pooled = [held.enter_context(ledger.engine.connect()) for _ in range(5)]
        own = [c.execute(text("SELECT pg_backend_pid()")).scalar() for c in pooled]
    other = make_engine(ledger.engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        for pid in own:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.dispose()
    for progress in (50, 51):
        ledger.progress(sent, progress)
        assert row(ledger.engine, sent)["progress_percentage"] == progress


def test_the_pool_is_as_promised(engine: Engine) -> None:
    pool = engine.pool
    assert pool.size() == 15  # type: ignore[attr-defined]
    assert pool._max_overflow == 0  # type: ignore[attr-defined]
    assert pool._timeout == 30  # type: ignore[attr-defined]
    assert pool._recycle == 3600
    assert pool._pre_ping


def test_a_pool_opens_fifteen_connections_and_no_more(engine: Engine) -> None:
    with ThreadPoolExecutor(30) as threads:
        list(threads.map(lambda _: claimed(Ledger(engine, owner="test")), range(60)))
    with engine.connect() as connection:
        open_now = connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        ).scalar()
    assert open_now is not None
    assert 1 <= open_now <= 15


def test_the_connections_of_a_burst_serve_the_next_one(engine: Engine) -> None:
    def burst() -> set[int]:
        with ExitStack() as held:
            all_ = [held.enter_context(engine.connect()) for _ in range(15)]
            return {c.execute(text("SELECT pg_backend_pid()")).scalar_one() for c in all_}

    assert burst() == burst()


def test_a_pool_without_a_free_connection_is_a_transient_error(engine: Engine) -> None:
    small = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with (
        small.connect(),
        pytest.raises(TransientError, match="no free connection"),
        database_errors(small),
        small.connect(),
    ):
        pass
    small.dispose()


def test_statements_have_a_time_limit(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "20s"
        assert connection.execute(text("SHOW application_name")).scalar() == "vividly"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+pg8000", "postgresql+psycopg2"])
def test_every_spelling_of_a_url_uses_the_same_driver(scheme: str) -> None:
    engine = make_engine(f"{scheme}://app:hunter2@db.example/lessons")
    assert engine.dialect.driver == "pg8000"
    assert address(engine) == "db.example:5432/lessons"


@pytest.mark.parametrize("url", ["", "hunter2", "://hunter2", "postgresql://hunter2:x:y:z/"])
def test_a_url_that_cannot_be_read_is_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="malformed") as caught:
        make_engine(url)
    assert "hunter2" not in str(caught.value)


def test_a_secret_without_credentials_is_an_error_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    name = "projects/p/secrets/database-url"
    with pytest.raises(SettingsError, match=f"{name}/versions/latest"):
        make_engine(name)


def test_a_statement_is_converted_for_the_driver_once(engine: Engine) -> None:
    statement = text("SELECT :first || ' % %s ''%'' ' || :second")
    for number in range(3):
        values = {"first": f"a{number}", "second": "%s"}
        before = _numbered.cache_info()
        with engine.connect() as connection:
            assert connection.execute(statement, values).scalar() == f"a{number} % %s '%' %s"
        assert _numbered.cache_info().misses - before.misses == (1 if number == 0 else 0)
