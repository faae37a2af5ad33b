"""`vividly verify`: check everything that the job needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from beam_pipeline.cli.context import EXIT_FAILED, Context, out, reported
from beam_pipeline.cli.display import say
from vividly.model.errors import VividlyError

if TYPE_CHECKING:
    from beam_pipeline.preflight import Check


def verify(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="-- JOB OPTIONS",
            help="The job's own options; by default those of the environment, or of the running "
            "local stack.",
        ),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Create what is missing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check settings, database, tables, corpus, buckets, topics and subscriptions.

    Exit code 1 if something is missing, 2 if a setting is.

    [bold]Examples[/]
      vividly verify
      vividly verify --create -- \\
        --project=my-project --environment=staging \\
        --input_subscription=content-generation-worker-sub \\
        --database_url=postgresql://USER:PASSWORD@HOST/DATABASE \\
        --generated_content_bucket=gs://my-generated \\
        --temp_files_bucket=gs://my-temp
    """
    with reported():
        show(_checks(Context(arguments or (), anywhere=True), create), as_json=as_json)


def show(checks: Iterator[Check], *, as_json: bool = False) -> None:
    """Make the checks and print them. Exits with code 1 if one failed."""
    found = []
    for check in checks:
        found.append(check)
        if not as_json:
            _print(check)
    if as_json:
        print(json.dumps([_as_json(check) for check in found], indent=1))
    missing = [check for check in found if not check.passed]
    if missing:
        if not as_json:
            out.print(f"[red]{len(missing)} of {len(found)} checks failed[/]")
        raise typer.Exit(EXIT_FAILED)


def _checks(context: Context, create: bool) -> Iterator[Check]:
    from beam_pipeline import connections, preflight

    settings, endpoints = context.job
    if endpoints.input_subscription:
        # Before the subscription, which may have to be created for this topic.
        yield _request_topic(context, endpoints.input_subscription, create)
    yield from preflight.checks(
        settings, endpoints, connections=connections.wanted(context.options), create=create
    )


def _request_topic(context: Context, subscription: str, create: bool) -> Check:
    from beam_pipeline.preflight import Check

    topic = ""
    try:
        topic = context.request_topic
        context.resources.check_topic(topic, create=create)
        if create:
            context.resources.check_subscription(subscription, topic=topic, create=True)
    except VividlyError as error:
        return Check("input_topic", topic, str(error))
    return Check("input_topic", topic)


def _print(check: Check) -> None:
    mark = "[green]ok    [/]" if check.passed else "[red]failed[/]"
    say(out, check.detail, first=f"{mark} [bold]{check.subject}[/] ", rest=" " * 7)
    for line in check.problem.splitlines():
        say(out, line, first=" " * 7)


def _as_json(check: Check) -> dict[str, object]:
    return {
        "check": check.subject,
        "detail": check.detail,
        "passed": check.passed,
        "problem": check.problem,
    }
