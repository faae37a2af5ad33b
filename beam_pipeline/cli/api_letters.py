"""The dead letters that the API shows and acts on: those of `vividly dlq`."""

from __future__ import annotations

from typing import Any, Literal

import typer

from beam_pipeline.api.letters import Act, Which
from beam_pipeline.cli.context import Context
from beam_pipeline.cli.dead_letters import (
    MAX_HELD,
    DeadLetter,
    Filter,
    dead_letters,
    held_dead_letters,
)
from beam_pipeline.cli.dlq_replay import Replay, Result, purge_all, replay_all, result_as_json

MAX_REPLAYS = 3


class ContextLetters:
    """The dead letters of the system that a context names."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def look(self, which: Which) -> list[dict[str, Any]]:
        """See `DeadLetters.look`."""
        chosen = _filter(which)
        with dead_letters(self._context, MAX_HELD) as found:
            return [letter.as_json() for letter in _matching(chosen, found)[: which.limit]]

    def act(self, what: Literal["replay", "purge"], act: Act) -> list[dict[str, Any]]:
        """See `DeadLetters.act`."""
        chosen = _filter(act)
        with held_dead_letters(self._context, MAX_HELD) as (letters, store):
            found = _matching(chosen, letters)
            if what == "replay":
                replay = Replay(self._context, MAX_REPLAYS, act.force, None, act.dry_run)
                return [result_as_json(one) for one in replay_all(found, replay, store, act.limit)]
            found = found[: act.limit]
            if act.dry_run:
                return [result_as_json(Result(letter, "would be purged")) for letter in found]
            return [result_as_json(one) for one in purge_all(found, store)]


def _filter(which: Which) -> Filter:
    return Filter(
        which.stage, which.reason, which.request, which.older_than, which.newer_than, which.ids
    )


def _matching(chosen: Filter, letters: list[DeadLetter]) -> list[DeadLetter]:
    try:
        return chosen.matching(letters)
    except typer.Exit:
        raise LookupError("There is no dead letter with one of these ids.") from None
