"""The database's URL (`DATABASE_URL`): its forms, and when a connection may be unverified.

| form | connection |
|---|---|
| `postgresql://USER:PASSWORD@HOST:PORT/DATABASE` | TLS, certificate and host name verified |
| the same with a loopback host or `?unix_sock=PATH` | as the server offers |
| `postgresql:///DATABASE?cloud_sql_instance=PROJECT:REGION:INSTANCE` | Cloud SQL, IAM login |
| `projects/PROJECT/secrets/SECRET/versions/VERSION` | a secret that holds one of the above |

docs/operations.md lists the parameters. No message shows any part of a URL that may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlsplit

SECRET_NAME = re.compile(r"projects/[^/\s]+/secrets/[^/\s]+(/versions/[^/\s]+)?")
DATABASE_SCHEMES = ("postgresql", "postgres")
"""URL schemes, without the driver (`+psycopg2`), which is ignored."""
SSL_MODES = ("verify-full", "verify-ca", "require", "disable")
VERIFIED = ("verify-full", "verify-ca")
CLOUD_SQL_IPS = ("private", "public", "psc")
CLOUD_SQL = ("cloud_sql_instance", "cloud_sql_ip", "cloud_sql_endpoint")
TLS = ("sslmode", "sslrootcert", "allow_unverified_database")
PARAMETERS = (*TLS, *CLOUD_SQL, "unix_sock", "user", "password")
"""Allowed query parameters. `host` and `port` are not: they would override the checked ones."""

_WANT = "want postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_INSTANCE = re.compile(r"[a-z0-9.:-]+:[a-z0-9-]+:[a-z0-9-]+")


def database_url_problem(database_url: str) -> str:
    """What is wrong with a database's URL, and the fix; empty if it is valid.

    The name of a secret is valid; the secret is not read here.
    """
    if SECRET_NAME.fullmatch(database_url):
        return ""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", database_url)
    if scheme and scheme[1].lower().partition("+")[0] not in DATABASE_SCHEMES:
        return f"begins with {scheme[1]}://, and the database has to be PostgreSQL: {_WANT}"
    try:
        parts = urlsplit(database_url)
        given = parse_qsl(parts.query)
        found = parts.hostname or {"cloud_sql_instance", "unix_sock"} & dict(given).keys()
        usable = bool(scheme and found) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return f"is malformed: {_WANT}"
    if not parts.path.strip("/"):
        return "names no database: end it with /DATABASE"
    names = [name for name, _ in given]
    if set(names) - set(PARAMETERS) or len(names) != len(set(names)):
        return (
            "has a parameter after the ? that is unknown or given twice: "
            f"the known ones are {', '.join(PARAMETERS)}"
        )
    query = dict(given)
    if "cloud_sql_instance" in query:
        return _cloud_sql_problem(parts, query)
    if needless := [name for name in CLOUD_SQL if name in query]:
        return f"has {needless[0]} without cloud_sql_instance=PROJECT:REGION:INSTANCE"
    return _tls_problem(parts.hostname, query)


def ssl_mode(host: str | None, query: Mapping[str, str]) -> str | None:
    """How to protect a connection: one of `SSL_MODES`, or None to use what the server offers.

    Example: `ssl_mode("db.example", {})` is `"verify-full"`, `ssl_mode("localhost", {})` None.
    """
    return query.get("sslmode") or (None if _is_local(host, query) else "verify-full")


def _is_local(host: str | None, query: Mapping[str, str]) -> bool:
    """Whether the connection stays on this machine."""
    if "unix_sock" in query or host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _tls_problem(host: str | None, query: Mapping[str, str]) -> str:
    mode, allowed = ssl_mode(host, query), query.get("allow_unverified_database", "false")
    if mode and mode not in SSL_MODES:
        return f"has an unknown sslmode: choose one of {', '.join(SSL_MODES)}"
    if allowed not in ("true", "false"):
        return "has an unknown allow_unverified_database: choose true or false"
    if mode == "verify-ca" and "sslrootcert" not in query:
        return (
            "has sslmode=verify-ca without sslrootcert: name the file of the authority that signs "
            "the server's certificate, or leave sslmode out (verify-full)"
        )
    if "sslrootcert" in query and mode not in VERIFIED:
        return f"has sslrootcert, which goes with sslmode={' or '.join(VERIFIED)}"
    if mode in (None, *VERIFIED) or _is_local(host, query) or allowed == "true":
        return ""
    return (
        f"has sslmode={mode}, so that anybody on the way could pose as the database: leave sslmode "
        "out (and name the authority of a certificate that is not publicly trusted by "
        "sslrootcert=PATH), or accept the risk with allow_unverified_database=true"
    )


def _cloud_sql_problem(parts: SplitResult, query: Mapping[str, str]) -> str:
    if not _INSTANCE.fullmatch(query["cloud_sql_instance"]):
        return "has a malformed cloud_sql_instance: want PROJECT:REGION:INSTANCE"
    if query.get("cloud_sql_ip", "private") not in CLOUD_SQL_IPS:
        return f"has an unknown cloud_sql_ip: choose one of {', '.join(CLOUD_SQL_IPS)}"
    if parts.hostname:
        return "has a host beside cloud_sql_instance: leave the host out, as in USER@/DATABASE"
    if needless := [name for name in (*TLS, "unix_sock") if name in query]:
        return f"has {needless[0]} beside cloud_sql_instance, whose connections are always verified"
    return ""
