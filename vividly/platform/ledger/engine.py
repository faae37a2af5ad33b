"""The database connection: one pool per process, and its errors in our terms."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy import exc as sa

from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.model.settings import SECRET_NAME, database_url_problem
from vividly.platform.ledger.secrets import read_secret
from vividly.platform.taxonomy import Fate, of_sqlstate

POOL_SIZE = 5
MAX_OVERFLOW = 10
POOL_TIMEOUT_S = 30
POOL_RECYCLE_S = 3600
CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 20_000
HINTS = {
    "28000": ": are the user and the password of the URL right?",
    "28P01": ": are the user and the password of the URL right?",
    "3D000": ": create it, or name another at the end of the URL",
    "42501": ": grant its user the rights of a role (templates/database-roles.sql)",
    "42P01": ": make the tables with `vividly verify --create`",
    "42703": ": bring the tables up to date with `vividly verify --create`",
    "53100": ": the database's disk is full; free some space",
}
"""What to do, by SQLSTATE."""


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
        problem = database_url_problem(database_url)
    except (sa.ArgumentError, ValueError):
        problem = "is malformed: want postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    if problem:
        raise SettingsError(f"the database URL (DATABASE_URL) {problem}")
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
    close = engine.dialect.do_close

    def close_or_drop(dbapi_connection: Any) -> None:
        # One that is lost cannot say goodbye, which the pool would log with a traceback.
        with suppress(OSError, engine.dialect.dbapi.Error):  # type: ignore[union-attr]
            close(dbapi_connection)

    engine.dialect.do_close = close_or_drop  # type: ignore[method-assign]
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
    where = f"database {address(engine)}"
    try:
        yield
    except sa.TimeoutError as error:
        raise TransientError(f"{where}: no free connection in the pool") from error
    except sa.DBAPIError as error:
        state = sqlstate(error)
        if state is None:
            raise TransientError(f"{where}: {_lost(error, engine)}") from error
        told = f"{where}: {state}: {_first_line(error)}" + HINTS.get(state, "")
        if of_sqlstate(state) is Fate.TRANSIENT:
            raise TransientError(told) from error
        raise PermanentError(told) from error
    except (ConnectionError, TimeoutError) as error:
        raise TransientError(f"{where}: {_lost(error, engine)}") from error


def sqlstate(error: sa.DBAPIError) -> str | None:
    """The five-character SQLSTATE that the server sent, or None if it sent nothing."""
    first = error.orig.args[0] if error.orig and error.orig.args else None
    return first.get("C") if isinstance(first, dict) else None


def _lost(error: BaseException, engine: Engine) -> str:
    """Why the server sent nothing."""
    host, port = engine.url.host or "localhost", engine.url.port or 5432
    causes: BaseException | None = error
    while causes is not None:
        match causes:
            case ConnectionRefusedError():
                return f"nothing listens at {host}:{port}: is it running, and is the port right?"
            case socket.gaierror():
                return f"no host is known by the name of {host}"
            case TimeoutError():
                return f"no answer from {host}:{port}: is it a PostgreSQL, and is the port right?"
        causes = getattr(causes, "orig", None) or causes.__cause__
    return f"the connection was lost ({type(getattr(error, 'orig', None) or error).__name__})"


def _first_line(error: sa.DBAPIError) -> str:
    """The server's own message, without the statement and its parameters."""
    first = error.orig.args[0] if error.orig and error.orig.args else ""
    text = first.get("M", "") if isinstance(first, dict) else str(first)
    return text.splitlines()[0][:200] if text else type(error.orig).__name__
