"""The database connection: one pool per process, with errors converted to our classes."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from pg8000 import InterfaceError, legacy
from pg8000.dbapi import convert_paramstyle
from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy import exc as sa

from vividly.model.database_url import SECRET_NAME, TLS, database_url_problem, ssl_mode
from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.ledger.cloud_sql import CloudSql
from vividly.platform.ledger.secrets import read_secret
from vividly.platform.taxonomy import RetryClass, of_sqlstate

POOL_SIZE = 15
"""Connections of a process at most. They stay open: each new one costs 10 to 40 ms of a core."""
PING_AFTER_S = 1.0
"""Seconds without use after which a connection is tested by a statement before it is used."""
POOL_TIMEOUT_S = 30
POOL_RECYCLE_S = 3600
STATEMENT_TIMEOUT_S = 20
SOCKET_TIMEOUT_S = 30
"""Limit for a server that sends nothing; longer than a statement may take."""
APPLICATION = "vividly"
HINTS = {
    "28000": ": are the user and the password of the URL right?",
    "28P01": ": are the user and the password of the URL right?",
    "3D000": ": create it, or name another at the end of the URL",
    "42501": ": grant its user the rights of a role (templates/database-roles.sql)",
    "42P01": ": make the tables with `vividly verify --create`",
    "42703": ": bring the tables up to date with `vividly verify --create`",
    "53100": ": the database's disk is full; free some space",
}
"""SQLSTATE -> what to do."""
_EXPIRED, _OTHER_HOST = 10, (62, 64)
"""OpenSSL's error codes for certificates; 62 is a wrong host name, 64 a wrong IP address."""


@lru_cache(maxsize=1024)
def _numbered(statement: str) -> str:
    """The statement with `$1` for the first `%s`, and so on."""
    return str(convert_paramstyle("format", statement, ())[0])


def _convert(style: str, statement: str, values: Any) -> tuple[str, Any]:
    if style == "format":
        return _numbered(statement), values
    converted: tuple[str, Any] = convert_paramstyle(style, statement, values)
    return converted


# pg8000 reads a statement character by character each time, a quarter of the time of a short one.
legacy.convert_paramstyle = _convert


def make_engine(database_url: str) -> Engine:
    """Create a connection pool for a database URL (see `vividly.model.database_url`).

    Does not connect yet. `dispose()` closes the open connections.

    Raises:
        SettingsError: the URL cannot be read.
        TransientError: the secret is temporarily unavailable.
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
    cloud_sql: CloudSql | None = None
    if "cloud_sql_instance" in url.query:
        cloud_sql = CloudSql(url, application_name=APPLICATION, timeout=SOCKET_TIMEOUT_S)
        connecting: dict[str, Any] = {"creator": cloud_sql.connect}
    else:
        connecting = {
            "connect_args": {
                "application_name": APPLICATION,
                "timeout": SOCKET_TIMEOUT_S,
                "ssl_context": _ssl_context(url),
            }
        }
    engine = create_engine(
        url.difference_update_query(TLS),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=POOL_RECYCLE_S,
        pool_pre_ping=True,
        # Errors are logged, and parameters hold students' words.
        hide_parameters=True,
        **connecting,
    )
    if cloud_sql:
        event.listen(engine, "engine_disposed", lambda _: cloud_sql.close())

    @event.listens_for(engine, "connect")
    def _limit_statements(connection, _record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        cursor.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_S * 1000}")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _note_return(connection: Any, _record: object) -> None:
        if connection is not None:  # None if it was lost
            connection.returned_at = time.monotonic()

    @event.listens_for(engine, "handle_error")
    def _drop(context: ExceptionContext) -> None:
        # After any error but the server's own answer, pg8000 leaves answers unread: the next
        # statement would get them, which may be somebody else's rows.
        first = next(iter(context.original_exception.args), None)
        if not isinstance(first, dict) and not context.is_disconnect:
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    ping = engine.dialect.do_ping

    def ping_or_replace(dbapi_connection: Any) -> bool:
        # pg8000 passes on socket errors, which SQLAlchemy's pre-ping does not recognise as a
        # lost connection: each pooled connection would fail a statement.
        try:
            unused = time.monotonic() - getattr(dbapi_connection, "returned_at", 0.0)
            if unused < PING_AFTER_S and not _has_news(dbapi_connection):
                return True
            return ping(dbapi_connection)
        except OSError:
            return False

    engine.dialect.do_ping = ping_or_replace  # type: ignore[method-assign]
    close = engine.dialect.do_close

    def close_or_drop(dbapi_connection: Any) -> None:
        # Closing a lost connection fails, and the pool would log a traceback.
        with suppress(OSError, engine.dialect.dbapi.Error):  # type: ignore[union-attr]
            close(dbapi_connection)

    engine.dialect.do_close = close_or_drop  # type: ignore[method-assign]
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        setattr(engine.dialect, name, _without_values(getattr(engine.dialect, name)))
    return engine


def _has_news(connection: legacy.Connection) -> bool:
    """Whether the server sent something to an unused connection, such as that it closes it."""
    poll = select.poll()
    poll.register(connection._usock, select.POLLIN)
    return bool(poll.poll(0))


def _ssl_context(url: URL) -> ssl.SSLContext | bool | None:
    """pg8000's `ssl_context`: False for no TLS, None for unverified TLS if the server offers it.

    Raises:
        SettingsError: `sslrootcert` cannot be read.
    """
    query = {name: str(value) for name, value in url.query.items()}
    mode, authority = ssl_mode(url.host, query), query.get("sslrootcert")
    if mode == "disable" or "unix_sock" in query:
        return False
    if mode is None:
        return None
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(
            f"the database URL (DATABASE_URL) has sslrootcert={authority}, which is no readable "
            f"file of certificates in PEM ({type(error).__name__})"
        ) from error
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _without_values(execute: Callable[..., None]) -> Callable[..., None]:
    """Remove DETAIL from errors: it quotes the row that the server refused."""

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
    """The database's address without the password, for messages."""
    return f"{_server(engine)}/{engine.url.database}"


def _server(engine: Engine) -> str:
    """Example: "db.example:5432", or "project:region:instance" of Cloud SQL."""
    url = engine.url
    instance = url.query.get("cloud_sql_instance")
    return str(instance or f"{url.host or 'localhost'}:{url.port or 5432}")


@contextmanager
def database_errors(engine: Engine) -> Iterator[None]:
    """Convert the errors of SQLAlchemy and pg8000 to transient and permanent errors.

    Raises:
        TransientError: the database is unavailable, busy or shutting down.
        PermanentError: the statement is wrong.
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
        if of_sqlstate(state) is RetryClass.TRANSIENT:
            raise TransientError(told) from error
        raise PermanentError(told) from error
    except (ConnectionError, TimeoutError, ssl.SSLError) as error:
        raise TransientError(f"{where}: {_lost(error, engine)}") from error


def sqlstate(error: sa.DBAPIError) -> str | None:
    """The five-character SQLSTATE that the server sent, or None if it sent nothing."""
    first = error.orig.args[0] if error.orig and error.orig.args else None
    return first.get("C") if isinstance(first, dict) else None


def _lost(error: BaseException, engine: Engine) -> str:
    """Why the connection failed or was lost."""
    server = _server(engine)
    causes: BaseException | None = error
    while causes is not None:
        match causes:
            case ConnectionRefusedError():
                return f"nothing listens at {server}: is it running, and is the port right?"
            case socket.gaierror():
                return f"no host is known by the name of {engine.url.host}"
            case ssl.SSLCertVerificationError():
                return _distrusted(causes)
            case ssl.SSLError():
                return f"the TLS handshake failed ({causes.reason})"
            case InterfaceError() if "refuses SSL" in str(causes):
                return "it offers no TLS: switch it on there (ssl = on)"
            case TimeoutError():
                return f"no answer from {server}: is it a PostgreSQL, and is the port right?"
        causes = getattr(causes, "orig", None) or causes.__cause__
    return f"the connection was lost ({type(getattr(error, 'orig', None) or error).__name__})"


def _distrusted(error: ssl.SSLCertVerificationError) -> str:
    """Why the server's certificate was rejected, and the fix."""
    if error.verify_code == _EXPIRED:
        return "its TLS certificate has expired: renew it on the server"
    if error.verify_code in _OTHER_HOST:
        return (
            "its TLS certificate is for another host: connect by the name that is in it, or, if "
            "sslrootcert signs for this database alone, with sslmode=verify-ca"
        )
    return (
        f"its TLS certificate is not trusted ({error.verify_message}): name the file of the "
        "authority that signed it by sslrootcert=PATH in the URL"
    )


def _first_line(error: sa.DBAPIError) -> str:
    """The server's own message, without the statement and its parameters."""
    first = error.orig.args[0] if error.orig and error.orig.args else ""
    text = first.get("M", "") if isinstance(first, dict) else str(first)
    return text.splitlines()[0][:200] if text else type(error.orig).__name__
