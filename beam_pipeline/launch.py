"""Launches the job: options, preflight, graph, runner."""

from __future__ import annotations

import logging
import math
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    WorkerOptions,
)
from apache_beam.runners.runner import PipelineResult, PipelineRunner

from beam_pipeline.graph import build
from beam_pipeline.local.state import tell_ready
from beam_pipeline.options import Endpoints, VividlyOptions, read_options, runs_on_dataflow
from vividly.execution.services import services_for
from vividly.model.settings import Settings
from vividly.platform.telemetry.traces import flush

LOG = logging.getLogger(__name__)
DRAIN_S = 30.0
HANGS_AFTER_MIN = 5


def launch(argv: Sequence[str]) -> int:
    """Run the job on the runner that the arguments name.

    A Dataflow job is only submitted. A local job runs until its input file is
    processed, or until SIGTERM or SIGINT has drained it.

    Returns:
        The process's exit code: 0, or 1 if the job failed.

    Raises:
        SettingsError: settings or resources are missing; the message names all of them.
    """
    options = PipelineOptions(list(argv))
    settings, endpoints = read_options(options)
    _pin_runner(options, settings, endpoints)
    _check(options, settings, endpoints)
    if runs_on_dataflow(options):
        _assemble(options, settings, endpoints).run()
        return 0
    if endpoints.streaming:
        return _run_streaming(options, settings, endpoints)
    from beam_pipeline.local.bounded import bounded_runner

    pipeline = _assemble(options, settings, endpoints, bounded_runner(options))
    state = pipeline.run().wait_until_finish()
    return 0 if state == "DONE" else 1


def job_name(options: PipelineOptions) -> str:
    """The job's name: Dataflow's, or `vividly-local`."""
    return options.view_as(GoogleCloudOptions).job_name or "vividly-local"


def _check(options: PipelineOptions, settings: Settings, endpoints: Endpoints) -> None:
    """Run the preflight checks, before any worker starts."""
    if options.view_as(VividlyOptions).launch_checks == "settings":
        return
    if runs_on_dataflow(options) and options.view_as(GoogleCloudOptions).no_auth:
        LOG.warning("There are no credentials (--no_auth): the launch checks were skipped")
        return
    # Imported here: the libraries of all services take seconds to load.
    from beam_pipeline.connections import wanted
    from beam_pipeline.preflight import require

    require(settings, endpoints, connections=wanted(options))


def _pin_runner(options: PipelineOptions, settings: Settings, endpoints: Endpoints) -> None:
    """Choose the local runner explicitly: Beam's default may download one, or read nothing.

    On Dataflow, set the limit after which Beam ends a worker process that hangs: some minutes
    after the time of any request that it can be working on is over.
    """
    standard = options.view_as(StandardOptions)
    if runs_on_dataflow(options):
        standard.streaming = standard.streaming or endpoints.streaming
        worker = options.view_as(WorkerOptions)
        if worker.element_processing_timeout_minutes is None:
            minutes = math.ceil(settings.request_budget / 60) + HANGS_AFTER_MIN
            worker.element_processing_timeout_minutes = minutes
        return
    if standard.runner in (None, "DirectRunner", "SwitchingDirectRunner"):
        standard.runner = "BundleBasedDirectRunner" if endpoints.streaming else "FnApiRunner"
    standard.streaming = endpoints.streaming


def _assemble(
    options: PipelineOptions,
    settings: Settings,
    endpoints: Endpoints,
    runner: PipelineRunner | None = None,
) -> beam.Pipeline:
    pipeline = beam.Pipeline(runner=runner, options=options)
    build(
        pipeline,
        settings,
        endpoints,
        job=job_name(options),
        rebalance=runs_on_dataflow(options),
    )
    return pipeline


def _run_streaming(options: PipelineOptions, settings: Settings, endpoints: Endpoints) -> int:
    """Run until a signal asks to stop, then finish the requests in progress."""
    from beam_pipeline.local import runner

    ours = options.view_as(VividlyOptions)
    ledger = services_for(settings).ledger
    ledger.marks_notified = True
    runner.install(
        max_messages=ours.local_max_messages,
        release_claims=ledger.release_claims,
        mark_notified=ledger.mark_notified,
    )
    health = ""
    if ours.health_check_port or ours.local_ready_file:
        from beam_pipeline.local.health import Readiness, checks_of, serve

        readiness = Readiness(checks_of(services_for(settings), endpoints))
        # Without a requested port, serve only this machine; the ready file names the port.
        host = "" if ours.health_check_port else "127.0.0.1"
        health = f"127.0.0.1:{serve(ours.health_check_port, readiness, host=host).server_port}"
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    result = _assemble(options, settings, endpoints).run()
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
        LOG.warning("Some requests were not done in %d seconds and were released", DRAIN_S)
    flush(settings.trace_export)
    return 0


def _await_end(result: PipelineResult, stop: threading.Event, failed: threading.Event) -> None:
    """Wait for the pipeline: a streaming pipeline ends only if it fails."""
    try:
        result.wait_until_finish()
    except Exception:
        LOG.exception("The pipeline died")
    failed.set()
    stop.set()
