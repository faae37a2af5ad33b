"""The ingestion job: options, pipeline, runner."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from functools import partial

import apache_beam as beam
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult
from sqlalchemy import Engine

from beam_pipeline.options import VividlyOptions, runs_on_dataflow
from transforms.ingest import FAILURES, LEFT_OUT, NAMESPACE, Ingest
from vividly.execution.services import services_for
from vividly.library.oer import Choices, Omitted
from vividly.library.oer.files import locate
from vividly.model.database_url import SECRET_NAME
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings

LOG = logging.getLogger(__name__)


class IngestOptions(PipelineOptions):  # type: ignore[misc]
    """The options of this job, in addition to Beam's and the lesson job's."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group("ingestion")
        group.add_argument(
            "--library",
            action="append",
            default=[],
            help="gs://BUCKET/FOLDER or a path; may be repeated [GCS_OER_CONTENT_BUCKET]",
        )
        group.add_argument(
            "--failures_file", default="", help="file for unreadable documents, as JSON lines"
        )
        group.add_argument(
            "--strict",
            action="store_true",
            help="refuse documents of which something would be left out",
        )
        for name, text in (
            ("corpus", "name of the corpus"),
            ("subject", "such as physics"),
            ("grades", "such as 9-12"),
            ("language", "BCP 47 tag"),
            ("licence", "such as 'CC BY 4.0'"),
            ("attribution", "whom the licence asks to be named"),
        ):
            group.add_argument(f"--{name}", default="", help=f"{text}; default: as the files say")


def run(argv: Sequence[str]) -> int:
    """Run the job; on Dataflow it is only submitted.

    Returns:
        The process's exit code: 0, or 1 if the job failed or a document was unreadable.

    Raises:
        SettingsError: settings are missing or malformed; the message names all of them.
    """
    options = PipelineOptions(list(argv))
    ours = options.view_as(IngestOptions)
    settings, libraries, choices = _read_options(options)
    runner = None
    if not runs_on_dataflow(options):
        from beam_pipeline.local.bounded import bounded_runner

        runner = bounded_runner(options)
    pipeline = beam.Pipeline(runner=runner, options=options)
    done = (
        pipeline
        | "Libraries" >> beam.Create(libraries)
        | "Ingest" >> Ingest(settings, choices, partial(_index, settings), strict=ours.strict)
    )
    lines = done[FAILURES] | "AsJson" >> beam.Map(lambda failure: failure.as_json())
    if ours.failures_file:
        _ = lines | "WriteFailures" >> beam.io.WriteToText(
            ours.failures_file, shard_name_template="", append_trailing_newlines=True
        )
    else:
        _ = lines | "LogFailures" >> beam.Map(LOG.error)
    _ = done[LEFT_OUT] | "LogLeftOut" >> beam.MapTuple(_log_left_out)
    result = pipeline.run()
    if runs_on_dataflow(options):
        return 0
    state = result.wait_until_finish()
    counts = counters(result)
    LOG.info("Ingested: %s", ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))
    return 0 if state == "DONE" and not counts.get("unreadable") else 1


def counters(result: PipelineResult) -> dict[str, int]:
    """How many documents were new, changed, unchanged, removed and unreadable; how many passages
    and words they have, and how many parts were left out."""
    found = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]
    return {metric.key.metric.name: metric.result for metric in found}


def _log_left_out(kind: str, parts: Omitted) -> None:
    first = parts.first
    LOG.info(
        "Left out: %s, %d times, %d words; for example %r at %s",
        kind,
        parts.count,
        parts.words,
        first.example,
        first.place,
    )


def _missing(place: str) -> str:
    """What is wrong with a local path; empty if nothing is."""
    try:
        locate(place or ".")
    except SettingsError as error:
        return f"--library {error}"
    return ""


def _read_options(options: PipelineOptions) -> tuple[Settings, list[str], Choices]:
    ours, lessons = options.view_as(IngestOptions), options.view_as(VividlyOptions)
    libraries = ours.library or [lessons.oer_content_bucket]
    problems = []
    if not all(libraries):
        problems.append("--library (or GCS_OER_CONTENT_BUCKET) is not set: say what to ingest")
    if not lessons.database_url:
        problems.append("--database_url (or DATABASE_URL) is not set: say where to store it")
    if runs_on_dataflow(options):
        if not SECRET_NAME.fullmatch(lessons.database_url):
            problems.append(
                "--database_url: Dataflow shows a job's options to everyone who can see the job; "
                "put the URL into Secret Manager and give "
                "projects/PROJECT/secrets/NAME/versions/latest"
            )
        for place in (*libraries, ours.failures_file):
            if place and not place.startswith("gs://"):
                problems.append(f"{place}: Dataflow workers share no directory; give gs://…")
    grades = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", ours.grades) if ours.grades else None
    if ours.grades and not grades:
        problems.append(f"--grades {ours.grades}: want two grades such as 9-12, or one")
    choices = Choices()
    try:
        choices = Choices(
            corpus=ours.corpus,
            subject=ours.subject,
            grades=(int(grades[1]), int(grades[2] or grades[1])) if grades else None,
            language=ours.language,
            licence=ours.licence,
            attribution=ours.attribution,
        )
    except SettingsError as error:
        problems.append(str(error))
    if not runs_on_dataflow(options):
        problems += [problem for place in libraries if (problem := _missing(place))]
    if problems:
        raise SettingsError("\n".join(problems))
    settings = Settings(
        database_url=lessons.database_url,
        generated_content_bucket="",
        temp_files_bucket="",
        oer_content_bucket=lessons.oer_content_bucket,
    )
    return settings, libraries, choices


def _index(settings: Settings, engine: Engine) -> None:
    """Make the vectors of ingested passages, on the worker that finishes a corpus."""
    services_for(settings).index_library(engine)
