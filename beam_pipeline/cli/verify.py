"""`vividly verify`: is all there that the job needs?"""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape

from beam_pipeline import preflight
from beam_pipeline.cli.context import EXIT_FAILED, Context, out, reported


def verify(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- JOB OPTIONS]",
            help="The job's own options; by default those of the local stack that is up, "
            "or the environment's.",
        ),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Create what is missing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check settings, database, tables, corpus, buckets, topics and subscriptions.

    Exit code 1 where something is missing.

    [bold]Examples[/]

      vividly verify

      vividly verify --create -- --project=my-project --environment=staging \\
        --input_subscription=content-generation-worker-sub --database_url=postgresql://... \\
        --generated_content_bucket=gs://... --temp_files_bucket=gs://...
    """
    passed = True
    found = []
    with reported():
        settings, endpoints = Context(arguments or ()).job
        for check in preflight.checks(settings, endpoints, create=create):
            passed = passed and check.passed
            found.append(
                {
                    "check": check.subject,
                    "detail": check.detail,
                    "passed": check.passed,
                    "problem": check.problem,
                }
            )
            if not as_json:
                mark = "[green]ok     [/]" if check.passed else "[red]missing[/]"
                out.print(
                    f"{mark} [bold]{check.subject}[/] {escape(check.detail)}", soft_wrap=True
                )
                if check.problem:
                    out.print(f"        {escape(check.problem)}", soft_wrap=True)
    if as_json:
        print(json.dumps(found, indent=1))
    if not passed:
        raise typer.Exit(EXIT_FAILED)
