"""SQL gets values only as parameters: no statement is built from strings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUNS_SQL = {"text", "exec_driver_sql", "execute", "scalar", "scalars", "literal_column", "run"}
REASONS = {
    "vividly/platform/ledger/engine.py: SET statement_timeout": "a constant of the module",
    "beam_pipeline/local/postgres.py: SELECT 1 FROM pg_database": "a constant of the module",
    "beam_pipeline/local/postgres.py: CREATE DATABASE": "a constant of the module",
    "vividly/platform/ledger/migrations/versions/v0002_library_and_sharing.py: formatted": (
        "a migration"
    ),
}
"""Where it is done all the same, and why it may be."""


def sources() -> list[Path]:
    folders = ("vividly", "transforms", "beam_pipeline")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def put_together(node: ast.expr) -> str | None:
    """How a string was built, if it is not a literal."""
    match node:
        case ast.JoinedStr() if any(isinstance(v, ast.FormattedValue) for v in node.values):
            first = node.values[0]
            return str(first.value).strip() if isinstance(first, ast.Constant) else "formatted"
        case ast.BinOp(op=ast.Mod() | ast.Add()) if _has_text(node):
            return "added"
        case ast.Call(func=ast.Attribute(attr="format")):
            return "formatted"
    return None


def _has_text(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in ast.walk(node))


def found_in(code: str) -> list[str]:
    made = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in RUNS_SQL and (how := put_together(node.args[0])):
                made.append(how)
    return made


def test_no_statement_is_put_together() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {how}"
        for path in sources()
        for how in found_in(path.read_text())
    }
    unexplained = [one for one in found if not any(one.startswith(known) for known in REASONS)]
    assert unexplained == []
    assert len(sources()) > 150


@pytest.mark.parametrize(
    "code",
    [
        'connection.execute(text(f"SELECT {x}"))',
        'connection.exec_driver_sql("SELECT %s" % x)',
        'text("SELECT " + x)',
        'connection.execute("SELECT {}".format(x))',
    ],
)
def test_what_is_put_together_is_found(code: str) -> None:
    assert found_in(code)


@pytest.mark.parametrize(
    "code", ['connection.execute(text("SELECT :x"), {"x": x})', 'text("SELECT 1")', "run(a + b)"]
)
def test_what_is_written_down_is_not(code: str) -> None:
    assert not found_in(code)
