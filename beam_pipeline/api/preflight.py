"""Checks what the API needs before it can work.

It refuses to start if a check fails, so that a deployment that lacks something gets no calls. A
service that is only away does not keep it from starting. `vividly api --check` shows the checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from sqlalchemy import Engine, func, select

from beam_pipeline.api.backend import Backend
from beam_pipeline.options import is_file
from beam_pipeline.preflight import Check, check_tables, checked
from beam_pipeline.pubsub import subscription_of
from vividly.model.errors import PermanentError, SettingsError
from vividly.platform.ledger.engine import address, database_errors

PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    "content_requests": ("SELECT", "INSERT", "UPDATE"),
    "request_stages": ("SELECT", "UPDATE"),
    "lesson_work": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "request_events": ("SELECT", "INSERT"),
    "topics": ("SELECT",),
    "api_tokens": ("SELECT",),
    "alembic_version": ("SELECT",),
    "request_feedback": ("SELECT", "INSERT", "UPDATE"),
}
"""Table -> what the API does with it: the role `vividly_api` of templates/database-roles.sql."""


def checks(backend: Backend, dead_letters: str) -> Iterator[Check]:
    """Check everything that the API needs.

    Args:
        dead_letters: their topic, or the file that replaces it.
    """
    engine = backend.engine
    where = address(engine)
    tables = checked("tables", where, partial(_tables, engine), waits=True)
    yield tables
    if tables.passed:
        yield checked("database role", where, partial(_role, engine), waits=True)
    root = backend.generated.uri("x").removesuffix("x")
    look = partial(backend.generated.check, writing=False, signing=True)
    yield checked("generated_content_bucket", root, look, waits=True)
    topic = backend.request_topic
    yield checked("input_topic", topic, lambda: backend.resources.check_topic(topic), waits=True)
    if not is_file(dead_letters):
        name = subscription_of(dead_letters)
        yield checked(
            "dead letters", name, lambda: backend.resources.check_subscription(name), waits=True
        )
    if backend.oidc and backend.settings.oidc:
        yield checked("oidc_issuer", backend.settings.oidc.issuer, backend.oidc.check, waits=True)


def _tables(engine: Engine) -> None:
    try:
        check_tables(engine)
    except SettingsError:
        raise
    except PermanentError as error:
        raise SettingsError(f"it cannot be reached: {error}") from error


def _role(engine: Engine) -> None:
    pairs = [(table, one) for table, needed in PRIVILEGES.items() for one in needed]
    query = select(func.current_user(), *(func.has_table_privilege(*pair) for pair in pairs))
    with database_errors(engine), engine.connect() as connection:
        login, *granted = connection.execute(query).one()
    missing = [
        f"{one} on {table}" for (table, one), has in zip(pairs, granted, strict=True) if not has
    ]
    if missing:
        raise SettingsError(
            f"the login {login} lacks {', '.join(missing)}: run templates/database-roles.sql, and "
            f'GRANT vividly_api TO "{login}"'
        )
