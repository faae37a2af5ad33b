"""Upgrades a database to the schema that this version of the code needs (Alembic).

Alembic is imported at first use, since that takes a quarter of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_130_205_164
"""Id of the advisory lock by which concurrent migrations take turns."""


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables. Does nothing if they are up to date."""
    from alembic import command

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(connection), "head")


def pending_migrations(engine: Engine) -> list[str]:
    """The revisions that are not yet applied to the database, oldest first."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    missing = [revision.revision for revision in scripts.walk_revisions("base", "head")]
    if current in missing:
        missing = missing[: missing.index(current)]
    return missing[::-1]
