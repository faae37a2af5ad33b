"""The command `vividly`: everything an operator or a newcomer does by hand."""

from __future__ import annotations

import logging
import os
import warnings

import typer

from beam_pipeline.cli import dlq, jobs, requests, verify

app = typer.Typer(
    name="vividly",
    help="Turns students' questions into narrated, captioned, cited video lessons.\n\n"
    "Commands talk to the local stack that is up (`vividly up`), or to the system that "
    "DATABASE_URL, GCP_PROJECT_ID and the other variables of the job name.\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage or a missing setting, 3 not found.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command("up")(jobs.up)
app.command("run")(jobs.run)
app.command("submit")(requests.submit)
app.command("status")(requests.status)
app.command("watch")(requests.watch)
app.command("requests")(requests.list_requests)
app.add_typer(dlq.app, name="dlq")
app.command("verify")(verify.verify)


def main() -> None:
    """Run the command line."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "ERROR"))
    app()
