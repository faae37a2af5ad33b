"""Checks that the database allows the connections that a job may need."""

from __future__ import annotations

import re

from apache_beam.options.pipeline_options import DebugOptions, PipelineOptions, WorkerOptions
from sqlalchemy import Engine, text

from beam_pipeline.options import runs_on_dataflow
from vividly.model.errors import SettingsError
from vividly.platform.ledger.engine import POOL_SIZE, database_errors

ONE_PROCESS = "no_use_multiple_sdk_containers"
"""Dataflow's experiment for one process per worker instead of one per CPU."""
DATAFLOW_MAX_WORKERS = 100
"""Dataflow's default limit of workers for a streaming job."""
DATAFLOW_CPUS = 2
"""CPUs of the default machine of a streaming job (n1-standard-2)."""


def wanted(options: PipelineOptions) -> int:
    """Connections that the job may need: those of all workers, twice during an update."""
    if not runs_on_dataflow(options):
        return POOL_SIZE
    worker = options.view_as(WorkerOptions)
    workers = worker.max_num_workers or worker.num_workers or DATAFLOW_MAX_WORKERS
    one = ONE_PROCESS in (options.view_as(DebugOptions).experiments or ())
    return 2 * workers * (1 if one else _cpus(worker.machine_type)) * POOL_SIZE


def check(engine: Engine, wanted: int) -> None:
    """Check that the database allows so many connections.

    Raises:
        SettingsError: it does not; the message names what can be changed.
    """
    with database_errors(engine), engine.connect() as connection:
        most, kept = connection.execute(
            text(
                "SELECT current_setting('max_connections')::int, "
                "current_setting('superuser_reserved_connections')::int"
            )
        ).one()
    if wanted > most - kept:
        raise SettingsError(
            f"the job may need {wanted} connections ({POOL_SIZE} for each process, all workers, "
            f"twice during an update), and the database has {most - kept}: lower "
            f"--max_num_workers, give --experiments={ONE_PROCESS}, or raise max_connections"
        )


def _cpus(machine_type: str | None) -> int:
    """The CPUs of a machine type such as n2-standard-4."""
    found = re.search(r"-(\d+)(?:-\d+)?$", machine_type or "")
    return int(found[1]) if found else DATAFLOW_CPUS
