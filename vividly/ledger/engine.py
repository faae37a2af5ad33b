"""The database connection: one pool per process, and its errors in our terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy import exc as sa

from vividly.errors import PermanentError, SettingsError, TransientError
from vividly.ledger.secrets import read_secret
from vividly.settings import SECRET_NAME
from vividly.taxonomy import Fate, of_sqlstate

POOL_SIZE = 5
MAX_OVERFLOW = 10
POOL_TIMEOUT_S = 30
POOL_RECYCLE_S = 3600
CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 20_000


def make_engine(database_url: str) -> Engine:
    """A connection pool for the database at a URL, or at the URL that a secret holds.

    Nothing is connected yet.

    Raises:
        SettingsError: the URL cannot be read.
        TransientError: the secret cannot be read just now.
    """
    if SECRET_NAME.fullmatch(database_url):
        database_url = read_secret(database_url)
    try:
        url = make_url(database_url).set(drivername="postgresql+pg8000")
    except (sa.ArgumentError, ValueError):
        raise SettingsError(
            "the database URL is malformed: want postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=POOL_RECYCLE_S,
        pool_pre_ping=True,
        # Parameters hold students' words, and errors are logged.
        hide_parameters=True,
        connect_args={
            "application_name": "vividly",
            "timeout": CONNECT_TIMEOUT_S + STATEMENT_TIMEOUT_MS // 1000,
        },
    )

    @event.listens_for(engine, "connect")
    def _limit_statements(connection, _record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        cursor.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        cursor.close()
        connection.commit()

    ping = engine.dialect.do_ping

    def ping_or_replace(dbapi_connection: Any) -> bool:
        # pg8000 lets the socket's own errors through, which SQLAlchemy's pre-ping does not
        # take for a lost connection: every pooled one would fail a statement of its own.
        try:
            return ping(dbapi_connection)
        except OSError:
            return False

    engine.dialect.do_ping = ping_or_replace  # type: ignore[method-assign]
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        setattr(engine.dialect, name, _without_values(getattr(engine.dialect, name)))
    return engine


def _without_values(execute: Callable[..., None]) -> Callable[..., None]:
    """Execution whose errors do not tell the row that the server refuses (its DETAIL)."""

    def executed(*args: Any, **keywords: Any) -> None:
        try:
            execute(*args, **keywords)
        except Exception as error:
            for told in error.args:
                if isinstance(told, dict):
                    told.pop("D", None)
            raise

    return executed


def address(engine: Engine) -> str:
    """Where the database is, without the password."""
    url = engine.url
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"


@contextmanager
def database_errors(engine: Engine) -> Iterator[None]:
    """Turn what SQLAlchemy and pg8000 raise into transient and permanent errors.

    Raises:
        TransientError: the database is away, busy or shutting down.
        PermanentError: the statement itself is at fault.
    """
    where = address(engine)
    try:
        yield
    except sa.TimeoutError as error:
        raise TransientError(f"database {where}: no free connection in the pool") from error
    except sa.DBAPIError as error:
        state = sqlstate(error)
        if of_sqlstate(state) is Fate.TRANSIENT:
            raise TransientError(
                f"database {where}: {state or type(error.orig).__name__}: {_first_line(error)}"
            ) from error
        raise PermanentError(f"database {where}: {state}: {_first_line(error)}") from error
    except (ConnectionError, TimeoutError) as error:
        raise TransientError(f"database {where}: {type(error).__name__}") from error


def sqlstate(error: sa.DBAPIError) -> str | None:
    """The five-character SQLSTATE that the server sent, or None if it sent nothing."""
    first = error.orig.args[0] if error.orig and error.orig.args else None
    return first.get("C") if isinstance(first, dict) else None


def _first_line(error: sa.DBAPIError) -> str:
    """The server's own message, without the statement and its parameters."""
    first = error.orig.args[0] if error.orig and error.orig.args else ""
    text = first.get("M", "") if isinstance(first, dict) else str(first)
    return text.splitlines()[0][:200] if text else type(error.orig).__name__
