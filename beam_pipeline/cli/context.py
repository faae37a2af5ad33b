"""Which system a command talks to, and how it ends when it cannot."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import typer
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from beam_pipeline.local import stack
from beam_pipeline.options import (
    VARIABLES,
    Endpoints,
    VividlyOptions,
    dead_letter_topic,
    is_file,
    project_of,
    read_options,
    resource,
)
from beam_pipeline.pubsub import Resources
from vividly.errors import SettingsError, TransientError, VividlyError
from vividly.services import Services, services_for
from vividly.settings import Settings

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Context:
    """The system that a command works on.

    It is the one that the environment names (DATABASE_URL and the other variables
    of the job); else the local stack that is up.
    """

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        up = stack.running()
        if not arguments and not os.environ.get("DATABASE_URL"):
            if up is None:
                raise SettingsError(
                    "no system to talk to: start one with `vividly up`, or set DATABASE_URL, "
                    f"{', '.join(v for v in VARIABLES.values() if v != 'DATABASE_URL')}"
                )
            arguments = up.arguments
            if up.pubsub:
                os.environ.setdefault("PUBSUB_EMULATOR_HOST", up.pubsub)
        self.options = PipelineOptions(list(arguments))

    @cached_property
    def job(self) -> tuple[Settings, Endpoints]:
        """All settings, checked."""
        return read_options(self.options)

    @cached_property
    def services(self) -> Services:
        """Database and buckets. Only what is used has to be set."""
        ours = self.options.view_as(VividlyOptions)
        return services_for(
            Settings(
                database_url=ours.database_url,
                generated_content_bucket=ours.generated_content_bucket,
                temp_files_bucket=ours.temp_files_bucket,
                environment=ours.environment,
            )
        )

    @cached_property
    def resources(self) -> Resources:
        """Pub/Sub."""
        return Resources()

    @property
    def environment(self) -> str:
        """dev, staging or prod."""
        return str(self.options.view_as(VividlyOptions).environment)

    @property
    def request_topic(self) -> str:
        """The topic that requests are published to."""
        return self._topic(self.options.view_as(VividlyOptions).input_topic, "input_topic")

    @property
    def dead_letters(self) -> str:
        """The dead-letter topic, or the file that takes its place."""
        ours = self.options.view_as(VividlyOptions)
        name = ours.dead_letter_topic or dead_letter_topic(ours.environment)
        return name if is_file(name) else self._topic(name, "dead_letter_topic")

    def _topic(self, name: str, option: str) -> str:
        full = resource(project_of(self.options), "topics", name)
        if not full.startswith("projects/"):
            raise SettingsError(
                f"{option} is {name!r} and no project is set: set {VARIABLES['project']}, "
                "or give projects/PROJECT/topics/NAME"
            )
        return full


@contextmanager
def reported() -> Iterator[None]:
    """Turn our errors into a message and an exit code, not a traceback."""
    try:
        yield
    except SettingsError as error:
        err.print(f"[bold red]error:[/] {_plain(error)}")
        raise typer.Exit(EXIT_USAGE) from error
    except TransientError as error:
        err.print(f"[bold red]error:[/] {_plain(error)} (may pass: try again)")
        raise typer.Exit(EXIT_FAILED) from error
    except VividlyError as error:
        err.print(f"[bold red]error:[/] {_plain(error)}")
        raise typer.Exit(EXIT_FAILED) from error
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(EXIT_FAILED) from None


def _plain(value: object) -> str:
    from rich.markup import escape

    return escape(str(value))


