"""The index of existing lessons and of lessons in work."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from vividly.model.wanted import Found, Wanted
from vividly.platform.ledger.fence import Fenced
from vividly.platform.ledger.schema import lessons

_L = lessons.c


class Lessons(Fenced):
    """The table `lessons`."""

    def find(
        self, wanted: Wanted, embedding: Sequence[float] | None = None, *, distance: float = 0.0
    ) -> Found:
        """The lesson to serve: the same as wanted, a similar one, or a new one.

        Args:
            embedding: unit vector of the interest; None to find only the same lesson.
            distance: cosine distance up to which an interest is similar.
        """
        with self._transaction() as connection:
            again = update(lessons).values(uses=_L.uses + 1, used_at=func.now())
            if connection.execute(again.where(_L.key == wanted.key)).rowcount:
                return Found(wanted.key, wanted.interest, "same")
            if embedding is not None and distance > 0:
                away = _L.embedding.cosine_distance(list(embedding))
                nearest = connection.execute(
                    select(_L.key, _L.interest, away.label("away"))
                    .where(
                        _L.topic_id == wanted.topic_id,
                        _L.grade_band == wanted.grade_band,
                        _L.language == wanted.language,
                        _L.identity == wanted.identity,
                        _L.embedding.is_not(None),
                        func.vector_dims(_L.embedding) == len(embedding),
                    )
                    .order_by(away, _L.created_at)
                    .limit(1)
                ).one_or_none()
                if nearest is not None and nearest.away <= distance:
                    connection.execute(again.where(_L.key == nearest.key))
                    return Found(nearest.key, nearest.interest, "similar", float(nearest.away))
            new = insert(lessons).values(
                key=wanted.key,
                identity=wanted.identity,
                topic_id=wanted.topic_id,
                grade_band=wanted.grade_band,
                language=wanted.language,
                interest=wanted.interest,
                embedding=list(embedding) if embedding is not None else None,
            )
            made = connection.execute(new.on_conflict_do_nothing(index_elements=["key"]))
            return Found(wanted.key, wanted.interest, "new" if made.rowcount else "same")
