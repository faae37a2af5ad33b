"""`vividly up` and `vividly run`: the local stack with the job."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from beam_pipeline.cli.context import (
    EXIT_FAILED,
    EXIT_USAGE,
    out,
    reported,
    say_error,
)
from beam_pipeline.cli.display import safe
from beam_pipeline.local.emulator import find_emulator
from beam_pipeline.local.state import home, refuse_second, shown
from vividly.errors import SettingsError

Speech = Annotated[
    str,
    typer.Option(
        "--speech-provider",
        help="flite or espeak; by default flite, and espeak where flite is not installed.",
    ),
]


def up(speech_provider: Speech = "") -> None:
    """Start Postgres, Pub/Sub and the job, and stay until Ctrl-C.

    Everything it starts is stopped with it; data stays in .vividly.
    A DATABASE_URL or PUBSUB_EMULATOR_HOST that is set is used as it is.

    [bold]Examples[/]
      vividly up
      VIVIDLY_HOME=/tmp/vividly vividly up
    """
    _ctrl_c_on_sigterm()
    with reported():
        refuse_second()
        given = os.environ.get("PUBSUB_EMULATOR_HOST")
        if not given and isinstance(missing := find_emulator(), str):
            raise SettingsError(
                f"{missing}. Without it, `vividly run FILE` works through a file of requests"
            )
        _say(f"Starting the local stack in {shown(home())} ...")
        # Only now, for it takes seconds: somebody should know that something happens.
        from beam_pipeline.local.stack import LocalStack

        with LocalStack(_say, speech_provider=speech(speech_provider)) as stack:
            if not stack.pubsub:
                raise SettingsError(
                    "`vividly up` needs Pub/Sub (see above); without it, "
                    "`vividly run FILE` works through a file of requests"
                )
            stack.start_jobs()
            out.print("Ready: [bold]vividly submit --help[/]. Ctrl-C stops everything.")
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
            help="Publish request ids as they are; by default each gets a new one, so that the "
            "same file can be run again.",
        ),
    ] = False,
    speech_provider: Speech = "",
) -> None:
    """Start the stack, submit a file of requests, show what becomes of them, stop.

    Exit code 1 where a valid request failed.
    Where there is no Pub/Sub emulator, the job reads the file itself.

    [bold]Examples[/]
      vividly run
      vividly run my-requests.jsonl --keep-ids
    """
    if not file.is_file():
        say_error(f"there is no file {file}; give one: vividly run FILE")
        raise typer.Exit(EXIT_USAGE)
    _ctrl_c_on_sigterm()
    with reported():
        refuse_second()
        from beam_pipeline.cli.demo import read_lines, run_demo

        lines = read_lines(file, keep_ids=keep_ids)
        if not lines:
            raise SettingsError(f"{file} holds no requests: want one JSON object per line")
        _say(f"Starting the local stack in {shown(home())} ...")
        from beam_pipeline.local.stack import LocalStack

        with LocalStack(_say, speech_provider=speech(speech_provider)) as stack:
            try:
                well = run_demo(stack, lines)
            finally:
                _say("Stopping ...")
    if not well:
        raise typer.Exit(EXIT_FAILED)


def speech(chosen: str) -> str:
    """The speech provider for the local stack, named in a line where it is not flite."""
    if chosen:
        return chosen
    from beam_pipeline.local.stack import use_unpacked_flite
    from vividly.speech.flite import library_dir

    use_unpacked_flite()
    if library_dir() is not None:
        # flite speaks English alone; espeak-ng the other languages of the lessons.
        return "flite,espeak"
    out.print(
        "Speech: espeak-ng, because flite is not installed "
        "(Debian and Ubuntu: `apt-get install libflite1` gives a clearer voice)"
    )
    return "espeak"


def _say(line: str) -> None:
    out.print(f"[dim]{safe(line)}[/]", soft_wrap=True)


def _ctrl_c_on_sigterm() -> None:
    """Being asked to end is the same as Ctrl-C: everything is stopped in order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
