"""The dead letters of a system, as operators look at them and act on them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]


class Which(BaseModel):
    """Which dead letters, as of `vividly dlq`; what is left out lets all through."""

    model_config = ConfigDict(strict=True)

    ids: list[Text] | None = None
    stage: Text | None = None
    reason: Text | None = None
    request: Text | None = None
    older_than: Annotated[Text | None, Field(examples=["2h"])] = None
    newer_than: Annotated[Text | None, Field(examples=["3d"])] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class Act(Which):
    """What to do with which dead letters."""

    dry_run: Annotated[bool, Field(description="Only say what would be done.")] = True
    force: Annotated[bool, Field(description="Also what would fail again.")] = False


class DeadLetters(Protocol):
    """The dead letters of a system.

    Each method raises SettingsError if a filter is malformed, and LookupError if an id matches
    none of them.
    """

    def look(self, which: Which) -> list[dict[str, Any]]:
        """The matching ones."""

    def act(self, what: Literal["replay", "purge"], act: Act) -> list[dict[str, Any]]:
        """Replay or delete the matching ones; what was done with each."""
