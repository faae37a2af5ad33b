"""Connections to Cloud SQL through Google's connector: mutual TLS, and IAM login.

The connector asks the Cloud SQL Admin API for the instance's address and certificate authority,
and for a client certificate that is valid for an hour. With IAM login the certificate also
carries the account's access token, so no password is needed.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL

from vividly.model.errors import SettingsError, TransientError, VividlyError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.sql.connector import Connector

SCOPE = "https://www.googleapis.com/auth/sqlservice.admin"
CONNECT_TIMEOUT_S = 30.0
"""Limit for the Admin API's two calls, the handshake and the login together."""
ROLES = "roles/cloudsql.client and roles/cloudsql.instanceUser"


class CloudSql:
    """Opens connections to one instance. Thread-safe.

    Args:
        url: has `cloud_sql_instance` in its query. With a password, the URL's user logs in by
            it. Without one, the account of the credentials logs in by IAM, as the URL's user if
            it names one.
        timeout: seconds that an open connection waits for the server.
    """

    def __init__(self, url: URL, *, application_name: str, timeout: float) -> None:
        query = {name: str(value) for name, value in url.query.items()}
        self.instance = query["cloud_sql_instance"]
        self._ip = query.get("cloud_sql_ip", "private")
        self._endpoint = query.get("cloud_sql_endpoint")
        self._user = url.username or query.get("user")
        self._password = url.password or query.get("password")
        self._database, self._name, self._timeout = url.database, application_name, timeout
        self._lock = threading.Lock()
        self._connector: Connector | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def connect(self) -> Any:
        """A new DB-API connection.

        Raises:
            SettingsError: there are no credentials, or they name no user.
            TransientError: the instance or the Admin API refused or did not answer.
            pg8000.Error: the database itself refused.
        """
        from pg8000 import Error

        try:
            connector, loop = self._ready()
            login = {"password": self._password} if self._password else {"enable_iam_auth": True}
            opening = asyncio.run_coroutine_threadsafe(
                connector.connect_async(
                    self.instance,
                    "pg8000",
                    user=self._user,
                    database=self._database,
                    application_name=self._name,
                    ssl_context=False,  # the connector's socket is already encrypted
                    **login,
                ),
                loop,
            )
            try:
                connection = opening.result(CONNECT_TIMEOUT_S)
            except TimeoutError:
                opening.cancel()
                raise
        except (Error, VividlyError):
            raise
        except Exception as error:
            raise TransientError(
                f"Cloud SQL instance {self.instance}: {_reason(error, self._ip)}"
            ) from error
        # The connector sets no timeout, and a server that is cut off never answers.
        connection._usock.settimeout(self._timeout)
        return connection

    def close(self) -> None:
        """Stop the connector; the next connection starts a new one."""
        with self._lock:
            if self._connector and self._loop:
                self._connector.close()
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._connector = None

    def _ready(self) -> tuple[Connector, asyncio.AbstractEventLoop]:
        with self._lock:
            if self._connector is None or self._loop is None:
                # Imported here because the library takes half a second to load.
                from google.cloud.sql.connector import Connector

                credentials = _credentials()
                self._user = self._user or _user_of(credentials)
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="cloud-sql", daemon=True
                ).start()
                # Our own loop lets a connection time out. "lazy": a certificate is fetched when
                # a connection needs it, not in the background.
                self._connector = Connector(
                    loop=self._loop,
                    credentials=credentials,
                    ip_type=self._ip,
                    refresh_strategy="lazy",
                    sqladmin_api_endpoint=self._endpoint,
                )
            return self._connector, self._loop


def _credentials() -> Credentials:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
    except DefaultCredentialsError as error:
        raise SettingsError(
            "the database is Cloud SQL (cloud_sql_instance), and there are no Google Cloud "
            "credentials: run `gcloud auth application-default login`, or run as a service account"
        ) from error
    return credentials


def _user_of(credentials: Credentials) -> str:
    """The account's name in Cloud SQL: without `.gserviceaccount.com`."""
    from google.auth.transport.requests import Request

    email = getattr(credentials, "service_account_email", "")
    if email == "default":  # on Google Cloud, before the first token is fetched
        credentials.refresh(Request())
        email = getattr(credentials, "service_account_email", "")
    if not email:
        raise SettingsError(
            "the database URL names no user, and the credentials are no service account's: give "
            "your own, as in postgresql://you%40school.example@/DATABASE?cloud_sql_instance=..."
        )
    return str(email).removesuffix(".gserviceaccount.com")


def _reason(error: BaseException, ip: str) -> str:
    """Why the connection failed, and the fix."""
    from aiohttp import ClientResponseError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.sql.connector.exceptions import CloudSQLIPTypeError

    match error:
        case ClientResponseError(status=401 | 403):
            return (
                f"the Admin API refuses the account (HTTP {error.status}): {error.message}; give "
                f"it {ROLES}, and enable sqladmin.googleapis.com"
            )
        case ClientResponseError(status=404):
            return "there is no such instance: is cloud_sql_instance right?"
        case ClientResponseError():
            return f"the Admin API answered HTTP {error.status}: {error.message}"
        case CloudSQLIPTypeError():
            return f"it has no {ip} address: say which by cloud_sql_ip=private, public or psc"
        case GoogleAuthError():
            return f"no access token: {error}"
        case ssl.SSLError():
            return f"the TLS handshake failed: {error.reason}"
        case TimeoutError():
            return f"no answer from its {ip} address: does the network reach it (port 3307)?"
    return f"{type(error).__name__}: {error}"
