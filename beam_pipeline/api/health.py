"""Whether the API is alive and can work, for the platform that runs it."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from beam_pipeline.api.identity import Behind
from beam_pipeline.api.problems import described
from vividly.platform.ledger.engine import database_errors

router = APIRouter(tags=["health"])


class State(BaseModel):
    """The state of the API."""

    status: str


@router.get("/health")
async def alive() -> State:
    """The process is alive."""
    return State(status="alive")


@router.get("/health/ready", responses=described(503))
def ready(backend: Behind) -> State:
    """The API can work: its database answers. Without Pub/Sub requests wait, and are accepted."""
    with database_errors(backend.engine), backend.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return State(status="ready")
