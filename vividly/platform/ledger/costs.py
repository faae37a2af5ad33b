"""The costs of lessons, summed by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Date, Engine, Numeric, and_, cast, func, literal_column, not_, select
from sqlalchemy.dialects.postgresql import JSONPATH

from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.fence import seconds
from vividly.platform.ledger.purge import MARKED
from vividly.platform.ledger.schema import content_requests, request_stages

GROUPS = ("day", "stage", "subject")
_R, _S = content_requests.c, request_stages.c
_understood = request_stages.alias("understood")
_cost = cast(_S.stage_metadata["cost_usd"].astext, Numeric)
_COLUMNS = {
    "day": cast(func.timezone("UTC", _R.created_at), Date),
    "stage": _S.stage_name,
    "subject": func.coalesce(_understood.c.stage_metadata["subject"].astext, "none"),
}


def costs(engine: Engine, *, by: Sequence[str], days: int) -> list[Mapping[str, Any]]:
    """Sums over the requests of the last days, without tests, in the order of the groups.

    Args:
        by: some of `GROUPS`; a day is that of the request's creation, in UTC.

    Returns:
        Rows with the groups and: `requests`; `cost_usd`; `reused`, the number of stages that
        reused another request's result; `unpriced`, the number of stages with usage that has no
        price; and the sums of `input_tokens`, `output_tokens`, `characters` and `seconds`.
    """
    groups = [_COLUMNS[name].label(name) for name in by]
    usage = _S.stage_metadata["usage"]
    statement = (
        select(
            *groups,
            func.count(_S.request_id.distinct()).label("requests"),
            func.coalesce(func.sum(_cost), 0).label("cost_usd"),
            func.count().filter(_S.stage_metadata["reused"].astext == "true").label("reused"),
            func.count().filter(and_(usage.is_not(None), _cost.is_(None))).label("unpriced"),
            *(_amount(unit) for unit in ("input_tokens", "output_tokens", "characters", "seconds")),
        )
        .select_from(request_stages)
        .join(content_requests, _R.id == _S.request_id)
        .outerjoin(
            _understood,
            and_(
                _understood.c.request_id == _S.request_id,
                _understood.c.stage_name == "understand",
            ),
        )
        .where(_R.created_at > func.now() - seconds(days * 86_400), _S.started_at.is_not(None))
        .where(not_(MARKED))
        .group_by(*(literal_column(name) for name in by))
        .order_by(*groups)
    )
    with database_errors(engine), engine.connect() as connection:
        return [row._asdict() for row in connection.execute(statement)]


def _amount(unit: str) -> Any:
    """The sum of a unit over all services of a stage's `usage`."""
    path = cast(f"$.usage.*.{unit}", JSONPATH)
    every = func.jsonb_path_query_array(_S.stage_metadata, path)
    value = func.jsonb_array_elements_text(every).column_valued("value")
    of_stage = select(func.sum(cast(value, Numeric))).scalar_subquery()
    return func.coalesce(func.sum(of_stage), 0).label(unit)
