"""Models fitted to the passages, stored in the database so that all processes share them.

They are stored as plain data (JSON), never pickled: reading one runs no code.
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
"""Seconds until a running job notices a change of the library, at most."""


def read_fitted(engine: Engine, name: str) -> tuple[str, bytes] | None:
    """The stored model: (identity of what it was fitted to, its data); None if there is none."""
    with database_errors(engine), engine.connect() as connection:
        row = connection.execute(select(_M.identity, _M.data).where(_M.name == name)).first()
    return (str(row.identity), bytes(row.data)) if row else None


def write_fitted(engine: Engine, name: str, identity: str, data: bytes) -> None:
    """Store a model; it replaces the one of the same name."""
    new = insert(embedding_models).values(name=name, identity=identity, data=data)
    replaced = {
        "identity": new.excluded.identity,
        "data": new.excluded.data,
        "fitted_at": func.now(),
    }
    with database_errors(engine), engine.begin() as connection:
        connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=replaced))


class Current(Generic[T]):
    """A cached value that is recomputed when its key changes. Thread-safe.

    Args:
        key: reads the key, which identifies what the value depends on; cheap.
        make: computes the value for a key; may take seconds. One thread at a time runs it.
        seconds: how long to use the value before the key is checked again.
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
        """The value, at most `seconds` out of date; with `now` the key is checked first."""
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
