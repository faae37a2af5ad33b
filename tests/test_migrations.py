"""The migrations create exactly the tables that the code describes, and remove them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from vividly.platform.ledger import migrate, pending_migrations
from vividly.platform.ledger.migrations import _config
from vividly.platform.ledger.schema import REQUEST_STATUSES, STAGE_STATUSES, metadata


@pytest.fixture
def bare(engine: Engine) -> Engine:
    """A database without any table."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine


def test_the_migrations_and_the_schema_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_checks_and_generated_columns_agree(bare: Engine) -> None:
    """Definitions that Alembic does not compare: they are the same both ways."""

    def definitions() -> object:
        with bare.connect() as connection:
            checks = connection.execute(
                text(
                    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                    "WHERE connamespace = 'public'::regnamespace "
                    "AND conrelid <> coalesce(to_regclass('alembic_version'), 0) ORDER BY conname"
                )
            ).all()
            columns = connection.execute(
                text(
                    "SELECT table_name, column_name, generation_expression, is_nullable, "
                    "identity_generation FROM information_schema.columns "
                    "WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
                    "ORDER BY 1, 2"
                )
            ).all()
        return checks, columns

    with bare.begin() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
    metadata.create_all(bare)
    described = definitions()
    metadata.drop_all(bare)
    migrate(bare)
    assert definitions() == described


def test_every_status_is_allowed_and_no_other(engine: Engine) -> None:
    def allowed(table: str) -> str:
        checks = inspect(engine).get_check_constraints(table)
        return " ".join(check["sqltext"] for check in checks)

    for status in REQUEST_STATUSES:
        assert f"'{status}'" in allowed("content_requests")
    for status in STAGE_STATUSES:
        assert f"'{status}'" in allowed("request_stages")
    assert "'done'" not in allowed("content_requests")


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    with engine.begin() as connection:
        command.downgrade(_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == {"alembic_version", *metadata.tables}


def test_every_single_step_can_be_undone_and_redone(bare: Engine) -> None:
    for revision in pending_migrations(bare):
        for step in (command.upgrade, command.downgrade, command.upgrade):
            with bare.begin() as connection:
                step(_config(connection), "-1" if step is command.downgrade else revision)
    assert pending_migrations(bare) == []


def test_what_is_pending_is_listed_oldest_first(bare: Engine) -> None:
    scripts = ScriptDirectory.from_config(_config())
    known = [revision.revision for revision in scripts.walk_revisions()][::-1]
    assert known[0] == "0001"
    assert pending_migrations(bare) == known
    migrate(bare)
    assert pending_migrations(bare) == []


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO corpus_versions (name, digest) VALUES ('kept', 'digest')")
        )
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM corpus_versions")).all() == [("kept",)]


def test_processes_that_migrate_at_once_take_turns(bare: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [bare] * 4))
    assert pending_migrations(bare) == []


def test_there_is_one_line_of_revisions() -> None:
    scripts = ScriptDirectory.from_config(_config())
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", "'done'"), ("progress_percentage", "101"), ("progress_percentage", "-1")],
)
def test_the_database_itself_refuses(engine: Engine, column: str, value: str) -> None:
    statement = text(
        "INSERT INTO content_requests (id, correlation_id, student_id, student_query, "
        f"grade_level, requested_modalities, {column}) "
        f"VALUES (gen_random_uuid(), 'c', 's', 'q', 9, '{{video}}', {value})"
    )
    with engine.connect() as connection, pytest.raises(Exception, match=f"{column}_check"):
        connection.execute(statement)


def test_a_request_takes_its_stages_and_events_with_it(engine: Engine) -> None:
    with engine.begin() as connection:
        key = connection.execute(
            text(
                "INSERT INTO content_requests (id, correlation_id, student_id, student_query, "
                "grade_level, requested_modalities) "
                "VALUES (gen_random_uuid(), 'c', 's', 'q', 9, '{video}') RETURNING id"
            )
        ).scalar()
        for statement in (
            "INSERT INTO request_stages (request_id, stage_name, stage_order) VALUES (:k, 's', 1)",
            "INSERT INTO request_events (request_id, event_type, event_message) "
            "VALUES (:k, 'e', 'm')",
            "DELETE FROM content_requests WHERE id = :k",
        ):
            connection.execute(text(statement), {"k": key})
        for table in ("request_stages", "request_events"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
