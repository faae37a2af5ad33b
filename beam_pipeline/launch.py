"""Launches the job: options, preflight, graph, runner."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    WorkerOptions,
)
from apache_beam.runners.runner import PipelineRunner

from beam_pipeline.graph import build
from beam_pipeline.options import Endpoints, VividlyOptions, read_options, runs_on_dataflow
from vividly.model.settings import Settings

LOG = logging.getLogger(__name__)
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
        from beam_pipeline.local.streaming import run_streaming

        return run_streaming(
            lambda: _assemble(options, settings, endpoints), options, settings, endpoints
        )
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
