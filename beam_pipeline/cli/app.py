"""The command `vividly`: its subcommands, help texts and options."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import warnings
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from beam_pipeline.cli import (
    canary,
    cancel,
    costs,
    dlq,
    evaluate,
    gallery,
    ingest,
    jobs,
    preview,
    purge,
    requests,
    requeue,
    serve,
    token,
    topics,
    verify,
)
from beam_pipeline.cli.context import EXIT_USAGE, say_error
from vividly import __version__
from vividly.model.explain import explain


class _Commands(TyperGroup):
    """The commands. An option with an invalid value gets an error message in our words."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
                error.message = f"it {explain(error.__cause__)}"
            raise


app = typer.Typer(
    name="vividly",
    cls=_Commands,
    help="Turns students' questions into narrated, captioned, cited video lessons.\n\n"
    "Commands talk to the system that DATABASE_URL, GCP_PROJECT_ID and the job's other "
    "variables name; if DATABASE_URL is not set, to the running local stack.\n\n"
    "[bold]Start with[/]\n"
    "  vividly up        in one terminal\n"
    '  vividly submit --query "Explain photosynthesis" --grade 9 --wait\n'
    "  vividly topics    topics to ask about\n\n"
    "[bold]Exit codes[/]\n"
    "  0 done   1 failed   2 wrong usage or setting   3 not found   130 interrupted",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    pass


app.command("up")(jobs.up)
app.command("run")(jobs.run)
app.command("api")(serve.api)
app.add_typer(token.app, name="token")
app.command("submit")(requests.submit)
app.command("status")(requests.status)
app.command("watch")(requests.watch)
app.command("text")(requests.text)
app.command("open")(requests.open_lesson)
app.command("requests")(requests.list_requests)
app.command("topics")(topics.topics)
app.command("canary")(canary.canary)
app.command("smoke")(canary.smoke)
app.command("cancel")(cancel.cancel)
app.command("purge")(purge.purge)
app.command("requeue")(requeue.requeue)
app.add_typer(dlq.app, name="dlq")
app.add_typer(evaluate.app, name="evaluate")
app.command("ingest")(ingest.ingest)
app.command("preview")(preview.preview)
app.command("gallery")(gallery.gallery)
app.command("costs")(costs.costs)
app.command("verify")(verify.verify)


def _in_paragraphs(text: str) -> str:
    """A docstring without line breaks inside paragraphs, for the terminal to wrap.

    Paragraphs with a bold title (examples) stay as they are.
    """
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(p if p.startswith("[bold]") else " ".join(p.split()) for p in paragraphs)


for _group in (app, dlq.app, evaluate.app, token.app):
    for _command in _group.registered_commands:
        _command.help = _in_paragraphs(getattr(_command.callback, "__doc__", None) or "")


def main() -> None:
    """Run the command line."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    level = (os.environ.get("LOG_LEVEL") or "ERROR").upper()
    if level not in (known := logging.getLevelNamesMapping()):
        say_error(f"LOG_LEVEL={level}: choose one of {', '.join(known)}")
        sys.exit(EXIT_USAGE)
    logging.basicConfig(level=level)
    app(prog_name="vividly")
