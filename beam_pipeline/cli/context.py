"""The system that a command talks to, and exit codes and messages when it fails.

Beam and the Google clients take seconds to load, so they are imported where they are used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from beam_pipeline.cli.display import console, say
from beam_pipeline.local import state
from vividly.model.database_url import database_url_problem
from vividly.model.errors import InvalidRequest, SettingsError, TransientError, VividlyError
from vividly.model.explain import explain, is_full

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions
    from sqlalchemy import Engine

    from beam_pipeline.options import Endpoints, VividlyOptions
    from beam_pipeline.pubsub import Resources
    from beam_pipeline.requeue import Topics
    from vividly.execution.services import Services
    from vividly.model.settings import Settings
    from vividly.platform.google.gemini import Model

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_INTERRUPTED = 130

out = console()
err = console(stderr=True)


class Context:
    """The system that a command works on.

    The system is named by `arguments` (the job's options), otherwise by the environment
    (DATABASE_URL and the job's other variables), otherwise it is the running local stack.
    """

    def __init__(self, arguments: Sequence[str] = (), *, anywhere: bool = False) -> None:
        """With `anywhere` no system need be named: the settings then report what is missing."""
        self._arguments = list(arguments)
        self._database_url = ""
        self.stack: state.Running | None = None
        """The local stack, where it is the one that is up."""
        if arguments:
            return
        up = state.running()
        given = os.environ.get("DATABASE_URL", "")
        if up and given in ("", up.database_url):
            self.stack = up
            self._arguments, self._database_url = up.arguments, up.database_url
            os.environ["PUBSUB_EMULATOR_HOST"] = up.pubsub
        elif given:
            if problem := database_url_problem(given):
                raise SettingsError(f"the database URL (DATABASE_URL) {problem}")
            self._database_url = given
        elif not anywhere:
            raise SettingsError(
                "there is no system to talk to: start one with `vividly up`, or name one by "
                "DATABASE_URL, GCP_PROJECT_ID and the job's other variables"
            )

    @cached_property
    def options(self) -> PipelineOptions:
        """The job's options, unchecked."""
        from apache_beam.options.pipeline_options import PipelineOptions

        return PipelineOptions(self._arguments)

    @property
    def _ours(self) -> VividlyOptions:
        from beam_pipeline.options import VividlyOptions

        ours: VividlyOptions = self.options.view_as(VividlyOptions)
        return ours

    @cached_property
    def job(self) -> tuple[Settings, Endpoints]:
        """All settings, checked."""
        from beam_pipeline.options import read_options

        return read_options(self.options)

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        from vividly.platform.ledger.engine import make_engine

        return make_engine(self._database_url or self._ours.database_url)

    @cached_property
    def services(self) -> Services:
        """Database, buckets and providers. Only what is used has to be set."""
        from beam_pipeline.options import read_settings
        from vividly.execution.services import services_for

        return services_for(read_settings(self.options))

    @cached_property
    def resources(self) -> Resources:
        """Pub/Sub."""
        from beam_pipeline.pubsub import Resources

        return Resources()

    @property
    def environment(self) -> str:
        """dev, staging or prod."""
        return str(self._ours.environment)

    @property
    def request_topic(self) -> str:
        """The topic that requests are published to."""
        return self._topic(self._ours.input_topic, "input_topic")

    @property
    def topics(self) -> Topics:
        """The topics that the requeue publishes to."""
        from beam_pipeline.requeue import Topics

        ours = self._ours
        return Topics(
            requests=self.request_topic,
            media=self._topic(ours.media_topic, "media_topic"),
            notifications=self._topic(ours.notification_topic, "notification_topic"),
            dead_letters=self.dead_letters,
        )

    @property
    def dead_letters(self) -> str:
        """The dead-letter topic, or the file that replaces it."""
        from beam_pipeline.options import dead_letter_topic, is_file

        ours = self._ours
        name = ours.dead_letter_topic or dead_letter_topic(ours.environment)
        return name if is_file(name) else self._topic(name, "dead_letter_topic")

    def _topic(self, name: str, option: str) -> str:
        from beam_pipeline.options import VARIABLES, project_of, resource

        full = resource(project_of(self.options), "topics", name)
        if not full.startswith("projects/"):
            raise SettingsError(
                f"{option} is {name!r} and no project is set: set {VARIABLES['project']}, "
                "or give projects/PROJECT/topics/NAME"
            )
        return full


def files_and_options(arguments: Sequence[str] | None) -> tuple[list[Path], list[str]]:
    """The files among a command's arguments, and the options of the job."""
    found = arguments or ()
    files = [Path(one) for one in found if not one.startswith("--")]
    return files, [one for one in found if one.startswith("--")]


def model_of(options: Sequence[str]) -> Model:
    """The model that writes scripts, by the options of a job or else by the environment.

    Raises:
        SettingsError: no project is configured, or a setting is wrong.
    """
    from beam_pipeline.options import read_settings
    from vividly.platform.google.gemini import script_model

    return script_model(read_settings(Context(options, anywhere=True).options))


@contextmanager
def reported() -> Iterator[None]:
    """Turn our errors and Ctrl-C into a message and an exit code instead of a traceback."""
    try:
        yield
    except (SettingsError, InvalidRequest) as error:
        say_error(error)
        raise typer.Exit(EXIT_USAGE) from error
    except TransientError as error:
        say_error(f"{error} (may pass: try again)" + _disk_note())
        raise typer.Exit(EXIT_FAILED) from error
    except VividlyError as error:
        say_error(error)
        raise typer.Exit(EXIT_FAILED) from error
    except OSError as error:
        # The user's file, or a full disk; any other OSError is a bug and gets a traceback.
        if error.filename is None and not is_full(error):
            raise
        say_error(explain(error) + _disk_note())
        raise typer.Exit(EXIT_FAILED) from error
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _disk_note() -> str:
    """A line on the local stack's disk if it may be the cause, otherwise empty."""
    elsewhere = os.environ.get("DATABASE_URL") and state.running() is None
    if elsewhere or not state.disk_is_low():
        return ""
    return f"\nthe disk of {state.shown(state.home())}, where the local stack is, has no space left"


def say_error(message: object) -> None:
    """Print an error message; its line breaks are kept."""
    first, *others = str(message).splitlines() or [""]
    say(err, first, first="[bold red]error:[/] ")
    for line in others:
        inner = " " * (len(line) - len(line.lstrip()))
        say(err, line, first=" " * len("error: ") + inner)
