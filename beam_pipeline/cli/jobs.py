"""`vividly up` and `vividly run`: the local stack with the job."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beam_pipeline.cli.context import (
    EXIT_FAILED,
    EXIT_USAGE,
    out,
    reported,
    say_error,
)
from beam_pipeline.cli.display import SHORT_ID, Report, safe
from beam_pipeline.local.state import API_PORT, Running, home, refuse_second, running, shown
from vividly.model.errors import SettingsError

if TYPE_CHECKING:
    from beam_pipeline.local.stack import LocalStack

Speech = Annotated[
    str,
    typer.Option(
        "--speech-provider",
        help="hibari, kokoro or espeak, or several with commas; by default hibari for English, "
        "kokoro for Spanish and espeak for other languages.",
    ),
]


def up(
    speech_provider: Speech = "",
    api_port: Annotated[
        int,
        typer.Option(
            help="Of the API and the pages; another one is used if it is taken. 0 for any.",
            min=0,
            max=65535,
            envvar="VIVIDLY_API_PORT",
        ),
    ] = API_PORT,
) -> None:
    """Start Postgres, Pub/Sub and the job, and stay until Ctrl-C.

    Ctrl-C stops everything that it started; data stays in .vividly. The tokens that it prints
    stay the same while they are valid, for 30 days.
    Its Pub/Sub is for this machine alone, and keeps its messages in the database.
    If DATABASE_URL or PUBSUB_EMULATOR_HOST is set, that database or Pub/Sub is used.

    [bold]Examples[/]
      vividly up
      VIVIDLY_HOME=/tmp/vividly vividly up
    """
    _ctrl_c_on_sigterm()
    with reported():
        refuse_second()
        _say(f"Starting the local stack in {shown(home())} ...")
        # Imported after the message, since it takes seconds.
        from beam_pipeline.local.stack import LocalStack

        with LocalStack(_say, speech_provider=speech(speech_provider)) as stack:
            stack.start_jobs()
            stack.start_api(api_port)
            _show_doors(stack)
            try:
                while True:
                    time.sleep(1)
                    stack.check()
            except KeyboardInterrupt:
                _say("Stopping ...")
    out.print("Stopped.")


def run(
    file: Annotated[Path, typer.Argument(help="Requests, one JSON object per line.")] = Path(
        "examples/requests.jsonl"
    ),
    keep_ids: Annotated[
        bool,
        typer.Option(
            "--keep-ids",
            help="Publish request ids as they are. By default each gets a new one, so that the "
            "same file can be run again.",
        ),
    ] = False,
    speech_provider: Speech = "",
) -> None:
    """Submit a file of requests and show how each one ends.

    Uses the running stack; otherwise starts one and stops it at the end.
    Exit code 1 if a valid request failed.

    [bold]Examples[/]
      vividly run
      vividly run my-requests.jsonl --keep-ids
    """
    if not file.is_file():
        wrong = f"{file} is not a file" if file.exists() else f"there is no file {file}"
        say_error(f"{wrong}; give one: vividly run FILE")
        raise typer.Exit(EXIT_USAGE)
    _ctrl_c_on_sigterm()
    with reported():
        used = _stack_to_use(speech_provider)
        from beam_pipeline.cli.demo import read_lines, run_demo

        lines = read_lines(file, keep_ids=keep_ids)
        if not lines:
            raise SettingsError(f"{file} holds no requests: want one JSON object per line")
        if used:
            _say(f"Using the stack that is up in {shown(home())} (process {used.pid})")
            demo = run_demo(None, lines)
            _show_where(demo.lesson, used.api)
            if not demo.well:
                raise typer.Exit(EXIT_FAILED)
            return
        _say(f"Starting the local stack in {shown(home())} ...")
        from beam_pipeline.local.stack import LocalStack

        with LocalStack(_say, speech_provider=speech(speech_provider)) as stack:
            try:
                demo = run_demo(stack, lines)
            finally:
                _say("Stopping ...")
    _show_where(demo.lesson)
    if not demo.well:
        raise typer.Exit(EXIT_FAILED)


def _show_doors(stack: LocalStack) -> None:
    """Print how to ask: in a browser, by the command line, and by the API."""
    out.print("Ready. Ctrl-C here stops everything.")
    out.print(f"In a browser:\n  {stack.api}/   sign in with one of these tokens", soft_wrap=True)
    for role, token in stack.tokens.items():
        out.print(f"  {role:<9}{token}", soft_wrap=True)
    out.print("In another terminal:")
    out.print(f"  {command()} submit --query 'Explain photosynthesis' --grade 9 --wait")
    out.print("Or by the API (docs/api.md):")
    out.print(f"  URL={stack.api}\n  TOKEN={stack.tokens['student']}", soft_wrap=True)


def _show_where(lesson: Report | None, api: str = "") -> None:
    """Print the address of a lesson, and how to see it; nothing if there is no lesson.

    Args:
        api: the address of the pages, if they are up.
    """
    if lesson is None:
        return
    urls, short = lesson["urls"], lesson["request_id"][:SHORT_ID]
    out.print(f"\nThe lesson “{safe(lesson['title'])}”:")
    if url := urls.get("video") or urls.get("audio"):
        out.print(f"  {safe(url)}", soft_wrap=True)
        out.print(f"See it: open that address in a browser, or\n  {command()} open {short}")
    else:
        out.print(f"Read it:\n  {command()} text {short}")
    page = f"/lessons/{lesson['request_id']}"
    if not api:
        out.print(f"On a page, with its transcript and sources:\n  {command()} up")
        out.print("and in a browser, at the address that it prints and as its operator:")
    else:
        out.print("On a page, with its transcript and sources, as an operator:")
    out.print(f"  {api}{page}", soft_wrap=True)


def command() -> str:
    """This command, as it can be typed in another terminal of this directory."""
    script = Path(sys.argv[0]).absolute()
    on_path = shutil.which("vividly") or script.name != "vividly"
    return "vividly" if on_path else shown(script)


def _stack_to_use(speech_provider: str) -> Running | None:
    """The running stack if it accepts requests; None if no stack is running.

    Raises:
        SettingsError: a stack is running that cannot be used, and there can be only one.
    """
    up = running()
    if up is None:
        return None
    if os.environ.get("DATABASE_URL", "") not in ("", up.database_url):
        refuse_second()
    if speech_provider:
        raise SettingsError(
            f"--speech-provider: the stack that is up (process {up.pid}) has its voice already; "
            "leave the option out, or stop that stack first"
        )
    return up


def speech(chosen: str) -> str:
    """The speech provider for the local stack: the first that knows a lesson's language."""
    return chosen or "hibari,kokoro,espeak"


def _say(line: str) -> None:
    out.print(f"[dim]{safe(line)}[/]", soft_wrap=True)


def _ctrl_c_on_sigterm() -> None:
    """Treat SIGTERM like Ctrl-C, so that everything is stopped in order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
