"""Runs a streaming job in this process until a signal drains it."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult

from beam_pipeline.local import runner
from beam_pipeline.local.state import tell_ready
from beam_pipeline.options import Endpoints, VividlyOptions
from transforms.stage import prepare
from vividly.execution.services import services_for
from vividly.execution.stages import STAGES
from vividly.model.settings import Settings
from vividly.platform.telemetry.traces import flush

LOG = logging.getLogger(__name__)
DRAIN_S = 30.0
BETWEEN_S = 0.2
"""Seconds between two lessons that nobody asked for, so that requests are hardly slowed."""


def run_streaming(
    assemble: Callable[[], beam.Pipeline],
    options: PipelineOptions,
    settings: Settings,
    endpoints: Endpoints,
) -> int:
    """Run until SIGTERM or SIGINT, then finish the messages in flight.

    Args:
        assemble: builds the pipeline, after the runner is set up.

    Returns:
        The exit code of the process: 0, or 1 if the pipeline failed.
    """
    ours = options.view_as(VividlyOptions)
    services = services_for(settings)
    ledger = services.ledger
    ledger.marks_notified = True
    runner.install(
        max_messages=ours.local_max_messages,
        bundles=ours.local_bundles,
        release_claims=lambda: [ledger.release_claims(), services.lesson_work.release_claims()],
        mark_notified=ledger.mark_notified,
    )
    health = ""
    if ours.health_check_port or ours.local_ready_file:
        from beam_pipeline.local.health import Readiness, checks_of, serve

        readiness = Readiness(checks_of(services_for(settings), endpoints))
        # Without a configured port, only readers of the ready file on this machine use it.
        host = "" if ours.health_check_port else "127.0.0.1"
        health = f"127.0.0.1:{serve(ours.health_check_port, readiness, host=host).server_port}"
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    result = assemble().run()
    if endpoints.stages != "media":
        threading.Thread(target=_prepare, args=(settings, stop), name="prepare").start()
    LOG.info("The job is running: stages %s", endpoints.stages)
    if ours.local_ready_file:
        tell_ready(Path(ours.local_ready_file), health)
    failed = threading.Event()
    threading.Thread(target=_await_end, args=(result, stop, failed), daemon=True).start()
    stop.wait()
    if failed.is_set():
        return 1
    LOG.info("The job is draining")
    if not runner.drain(DRAIN_S):
        LOG.warning("Some requests were not done in %d seconds and were given back", DRAIN_S)
    flush(settings.trace_export)
    return 0


def _prepare(settings: Settings, stop: threading.Event) -> None:
    """Load what the stages need, and write a lesson on each topic of the package, with pauses.

    How long a line takes to say and how hard it is to read is kept from then on: half of the time
    of a text.
    """
    for name in STAGES:
        prepare(name, settings)
    if settings.script_provider != "offline":
        return
    # Imported here because a media job does not need it.
    from vividly.lesson.scripting.shipped import shipped_script
    from vividly.library.corpus import load_topics

    for topic in load_topics():
        if stop.wait(BETWEEN_S):
            return
        shipped_script(topic)


def _await_end(result: PipelineResult, stop: threading.Event, failed: threading.Event) -> None:
    """A streaming pipeline ends only when it fails."""
    try:
        result.wait_until_finish()
    except Exception:
        LOG.exception("The pipeline died")
    failed.set()
    stop.set()
