"""The doors of the local stack: the port of its API, and tokens to try it with.

Both stay the same from one start to the next, so that bookmarks and open browsers go on.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Engine

from beam_pipeline.local.processes import free_port
from beam_pipeline.local.state import write_private
from vividly.platform.ledger.tokens import Holder, create_token, holder_of

TOKEN_S = 30 * 86_400.0
"""How long a token is valid."""
HOLDERS = (
    Holder("student", "local-student"),
    Holder("teacher", "local-teacher", ("local-student", "local-student-2", "local-student-3")),
    Holder("operator", "local-operator"),
)
"""Whose tokens there are."""


def port_near(wanted: int) -> tuple[int, str]:
    """A port for the API: the wanted one, or any free one if it is taken; and a note if so."""
    port = free_port(wanted)
    if not wanted or port == wanted:
        return port, ""
    return port, (
        f"port {wanted} is taken, so it has {port} this time; choose one by --api-port or "
        "VIVIDLY_API_PORT"
    )


def tokens_in(file: Path, engine: Engine) -> dict[str, str]:
    """Role -> a token: those of the file that are valid, and new ones in place of the others.

    The database has only their digests. The file is for its owner alone, as `stack.json` is, by
    which one reaches the database itself.
    """
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError):
        kept = {}
    tokens = {}
    for holder in HOLDERS:
        token = kept.get(holder.role) if isinstance(kept, dict) else None
        if not isinstance(token, str) or holder_of(engine, token) != holder:
            token = create_token(engine, holder, lifetime=TOKEN_S, note="vividly up")
        tokens[holder.role] = token
    write_private(file, json.dumps(tokens, indent=1))
    return tokens
