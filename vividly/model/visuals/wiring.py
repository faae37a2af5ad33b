"""The same lamps in series and in parallel, side by side, all whole or one of them broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Detail, Label, with_detail


@dataclass(frozen=True)
class Wiring(BaseVisual):
    """Two circuits with a battery and the same lamps. Parts: in series, in parallel.

    Attributes:
        series, parallel: what the two are called.
        series_detail, parallel_detail: what is said of each.
        broken: whether the last lamp is broken; the drawing shows which lamps stay lit.
    """

    lamps: Annotated[int, Field(ge=2, le=3)]
    series: Label
    parallel: Label
    series_detail: Detail = ""
    parallel_detail: Detail = ""
    broken: bool = False
    kind: Literal["wiring"] = "wiring"

    use: ClassVar[str] = (
        "lamps in series beside the same lamps in parallel, to compare the two; broken: the last "
        "lamp is broken, so that all lamps in series are dark and the others in parallel are lit"
    )

    def labels(self) -> tuple[str, ...]:
        return self.series, self.parallel

    def in_words(self) -> tuple[str, ...]:
        return (
            with_detail(self.series, self.series_detail),
            with_detail(self.parallel, self.parallel_detail),
        )

    def _texts(self) -> Iterable[str]:
        return self.series, self.series_detail, self.parallel, self.parallel_detail

    def _stated(self) -> Iterable[str]:
        return self.in_words()


EXAMPLE = Wiring(
    2, "In series", "In parallel", "one path: all go out", "a path each: others stay lit", True
)
