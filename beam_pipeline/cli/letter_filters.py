"""The options that select dead letters, the same for all commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from beam_pipeline.cli.context import EXIT_NOT_FOUND, say_error
from beam_pipeline.cli.letters import DeadLetter
from vividly.model.errors import SettingsError

REASONS = ("invalid", "transient_exhausted", "permanent", "deadline_exceeded")
SHORTEST_ID = 4
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID]...", help="Ids of letters or requests, or their first characters."
    ),
]
Stage = Annotated[str | None, typer.Option(help="Only of this stage.")]
Reason = Annotated[
    str | None,
    typer.Option(help=f"Only of this reason: {', '.join(REASONS[:-1])} or {REASONS[-1]}."),
]
RequestId = Annotated[
    str | None,
    typer.Option("--request", help="Only of this request: its id or first characters."),
]
OlderThan = Annotated[
    str | None, typer.Option(help="Only what failed longer ago than this: 30s, 15m, 2h, 3d.")
]
NewerThan = Annotated[
    str | None, typer.Option(help="Only what failed within this time: 30s, 15m, 2h, 3d.")
]
Source = Annotated[
    Path | None,
    typer.Option("--from", help="Read them from this file, which a local job wrote."),
]


def age(text: str, option: str) -> timedelta:
    """A duration such as `2h`.

    Raises:
        SettingsError: the text is not a duration.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not found:
        raise SettingsError(f"{option}={text!r}: want a number and s, m, h or d, such as 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True)
class Filter:
    """Conditions that a dead letter must meet; None matches everything.

    Raises:
        SettingsError: a value is malformed, or empty (as a script's unset variable is).
    """

    stage: str | None = None
    reason: str | None = None
    request: str | None = None
    older_than: str | None = None
    newer_than: str | None = None
    ids: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for id in self.ids or ():
            if len(id) < SHORTEST_ID:
                raise SettingsError(
                    f"ID {id!r}: give a letter's id, or its request's, or at least "
                    f"{SHORTEST_ID} characters of it; `vividly dlq list` shows them"
                )
        for field in fields(self):
            if getattr(self, field.name) == "":
                raise SettingsError(f"--{field.name.replace('_', '-')} is empty")
        if self.reason is not None and self.reason not in REASONS:
            raise SettingsError(f"--reason {self.reason}: choose one of {', '.join(REASONS)}")
        for text, option in self._ages():
            age(text, option)

    def __bool__(self) -> bool:
        """Whether any condition is set."""
        return self != Filter()

    def matching(self, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
        """The matching letters. Exits with code 3 if an id matches none of them."""
        found = self._matching(letters)
        unknown = [id for id in self.ids or () if not any(letter.is_called(id) for letter in found)]
        if unknown:
            say_error(f"there is no dead letter {', '.join(unknown)}; see `vividly dlq list`")
            raise typer.Exit(EXIT_NOT_FOUND)
        return found

    def _matching(self, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
        now = datetime.now(UTC)
        before = now - age(self.older_than, "--older-than") if self.older_than else None
        after = now - age(self.newer_than, "--newer-than") if self.newer_than else None
        return [
            letter
            for letter in letters
            if (self.ids is None or any(letter.is_called(id) for id in self.ids))
            and (self.stage is None or letter.get("stage") == self.stage)
            and (self.reason is None or letter.get("reason") == self.reason)
            and (self.request is None or letter.is_about(self.request))
            and (before is None or letter.failed_at < before)
            and (after is None or letter.failed_at >= after)
        ]

    def _ages(self) -> list[tuple[str, str]]:
        both = ((self.older_than, "--older-than"), (self.newer_than, "--newer-than"))
        return [(text, option) for text, option in both if text is not None]
