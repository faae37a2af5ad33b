"""A timeline: events in chronological order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Detail, with_detail


@dataclass(frozen=True)
class Event:
    """A time, as written ("1687", "3 s", "prophase"), and what happened."""

    when: Annotated[str, Field(min_length=1, max_length=20)]
    what: Detail = ""


@dataclass(frozen=True)
class Timeline(BaseVisual):
    """Events in chronological order. Parts: the events."""

    events: Annotated[tuple[Event, ...], Field(min_length=2, max_length=6)]
    kind: Literal["timeline"] = "timeline"

    use: ClassVar[str] = "when things happened, in the order of time"

    @property
    def is_diagram(self) -> bool:
        return False

    def labels(self) -> tuple[str, ...]:
        return tuple(event.what or event.when for event in self.events)

    def in_words(self) -> tuple[str, ...]:
        return tuple(with_detail(event.when, event.what) for event in self.events)

    def _texts(self) -> Iterable[str]:
        return (part for event in self.events for part in (event.when, event.what))

    def _stated(self) -> Iterable[str]:
        return self.in_words()


EXAMPLE = Timeline(
    (
        Event("Prophase", "chromosomes become visible"),
        Event("Metaphase", "they line up in the middle"),
        Event("Anaphase", "their halves part"),
        Event("Telophase", "two nuclei form"),
    )
)
