"""Tokens of the API: created, found by their secret, listed and revoked.

A token is `vividly_` and 43 random characters. Only its digest is stored, so that a copy of the
table opens nothing. A plain SHA-256 is enough: a secret of 256 random bits cannot be guessed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, and_, func, insert, select, update

from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.fence import seconds
from vividly.platform.ledger.front import api_tokens

PREFIX = "vividly_"
_T = api_tokens.c
_VALID = and_(_T.revoked_at.is_(None), _T.expires_at > func.now())
_SHOWN = [
    *(column for column in api_tokens.c if column.name != "digest"),
    _VALID.label("valid"),
]


@dataclass(frozen=True)
class Holder:
    """Who makes a call of the API.

    Attributes:
        role: `student`, `teacher` or `operator`.
        student_id: the id that their requests are recorded under.
        class_ids: further students whose requests a teacher may see.
    """

    role: str
    student_id: str
    class_ids: tuple[str, ...] = ()

    @property
    def is_operator(self) -> bool:
        """Whether they may see and do everything."""
        return self.role == "operator"

    @property
    def sees(self) -> tuple[str, ...] | None:
        """The students whose requests they may see; None for all."""
        return None if self.is_operator else (self.student_id, *self.class_ids)

    def may_see(self, student_id: str) -> bool:
        """Whether they may see the requests of a student."""
        return self.sees is None or student_id in self.sees


def create_token(engine: Engine, holder: Holder, *, lifetime: float, note: str = "") -> str:
    """Create a token that is valid for `lifetime` seconds.

    Returns:
        The token itself, which cannot be read again.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    row = insert(api_tokens).values(
        digest=_digest(token),
        role=holder.role,
        student_id=holder.student_id,
        class_ids=list(holder.class_ids),
        note=note,
        expires_at=func.now() + seconds(lifetime),
    )
    with database_errors(engine), engine.begin() as connection:
        connection.execute(row)
    return token


def holder_of(engine: Engine, token: str) -> Holder | None:
    """The holder of a token; None if it is unknown, revoked or expired."""
    query = select(_T.role, _T.student_id, _T.class_ids).where(_T.digest == _digest(token), _VALID)
    with database_errors(engine), engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return Holder(row.role, row.student_id, tuple(row.class_ids)) if row else None


def tokens(engine: Engine) -> Sequence[Mapping[str, Any]]:
    """All tokens, newest first, without their digests; `valid` says whether each can be used."""
    with database_errors(engine), engine.connect() as connection:
        found = connection.execute(select(*_SHOWN).order_by(_T.created_at.desc()))
        return [row._asdict() for row in found]


def revoke_token(engine: Engine, token_id: str) -> bool:
    """Revoke a token, from now on. Returns False if no valid token has this id."""
    statement = update(api_tokens).where(_T.id == token_id, _VALID).values(revoked_at=func.now())
    with database_errors(engine), engine.begin() as connection:
        return connection.execute(statement).rowcount == 1


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
