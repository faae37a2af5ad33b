"""Models learnt from the passages, kept in the database, so that every process has the same.

They are stored as plain data (JSON), never as pickled objects: reading one runs no code.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import embedding_models

T = TypeVar("T")
_M = embedding_models.c

CHECK_S = 10.0
"""How long it may take until a running job notices that the library has changed."""


def read_fitted(engine: Engine, name: str) -> tuple[str, bytes] | None:
    """The stored model: (what it was learnt from, its data)."""
    with database_errors(engine), engine.connect() as connection:
        row = connection.execute(select(_M.identity, _M.data).where(_M.name == name)).first()
    return (str(row.identity), bytes(row.data)) if row else None


def write_fitted(engine: Engine, name: str, identity: str, data: bytes) -> None:
    """Store a model in place of the one of that name."""
    new = insert(embedding_models).values(name=name, identity=identity, data=data)
    replaced = {
        "identity": new.excluded.identity,
        "data": new.excluded.data,
        "fitted_at": func.now(),
    }
    with database_errors(engine), engine.begin() as connection:
        connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=replaced))


class Current(Generic[T]):
    """A value of the library that is made again when what it depends on has changed.

    Args:
        key: what the value depends on, cheap to read.
        make: the value for a key; may take seconds, and is done by one thread.
    """

    def __init__(
        self, key: Callable[[], str], make: Callable[[str], T], seconds: float = CHECK_S
    ) -> None:
        self._key = key
        self._make = make
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: tuple[str, T] | None = None
        self._checked = 0.0

    def get(self, *, now: bool = False) -> T:
        """The value, at most `seconds` behind; with `now`, not behind at all."""
        held = self._held
        if held and not now and time.monotonic() - self._checked < self._seconds:
            return held[1]
        with self._lock:
            held = self._held
            if held and not now and time.monotonic() - self._checked < self._seconds:
                return held[1]
            key = self._key()
            if held is None or held[0] != key:
                held = self._held = (key, self._make(key))
            self._checked = time.monotonic()
            return held[1]
