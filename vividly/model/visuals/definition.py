"""A term and what it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label


@dataclass(frozen=True)
class Definition(BaseVisual):
    """A term and what it means. Parts: the meaning, then the example if there is one."""

    term: Label
    meaning: Annotated[str, Field(min_length=1, max_length=160)]
    example: Annotated[str, Field(max_length=120)] = ""
    kind: Literal["definition"] = "definition"

    use: ClassVar[str] = "a term that the lesson hangs on; meaning: what it means, without the term"

    @property
    def is_diagram(self) -> bool:
        return False

    def labels(self) -> tuple[str, ...]:
        return (self.term, self.example) if self.example else (self.term,)

    def in_words(self) -> tuple[str, ...]:
        meaning = f"{self.term}: {self.meaning}"
        return (meaning, self.example) if self.example else (meaning,)

    def _texts(self) -> Iterable[str]:
        return self.term, self.meaning, self.example

    def _stated(self) -> Iterable[str]:
        return f"{self.term}: {self.meaning}", self.example


EXAMPLE = Definition(
    "Photosynthesis",
    "how plants use light to make sugar out of water and carbon dioxide",
    "A leaf in the sun makes sugar all day",
)
