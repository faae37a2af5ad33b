"""The data of visuals as a model writes it, in the few forms that Gemini's schemas take well.

One object for each kind, all of them optional; no unions, no limits, which Vertex AI counts as
states of its decoder, and short names. What is written is held to the limits of
`vividly.model.visuals` afterwards: data that does not keep them is no data. The docstrings go to
the model as descriptions. There is no figure here: pictures come from sources only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from vividly.model.visuals import Visual, VisualKind

T = TypeVar("T")
_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual)


class _Data(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class WrittenDefinition(_Data):
    """Parts: 1 the meaning, 2 the example."""

    term: str
    meaning: str
    example: str | None = None


class WrittenTerm(_Data):
    """A symbol as in the formula, what it stands for, and its unit."""

    symbol: str
    name: str
    unit: str | None = None


class WrittenEquation(_Data):
    """A formula in TeX, and 1 to 5 terms of it, which are its parts."""

    formula: str
    terms: list[WrittenTerm]


class WrittenStep(_Data):
    """What happens, in a few words, and more of it."""

    label: str
    detail: str | None = None


class WrittenProcess(_Data):
    """2 to 5 steps, first to last."""

    steps: list[WrittenStep]


class WrittenCycle(_Data):
    """3 to 6 steps of which the last leads to the first."""

    steps: list[WrittenStep]


class WrittenRow(_Data):
    """What is compared, and how it is with either of the two."""

    aspect: str
    left: str
    right: str


class WrittenComparison(_Data):
    """The two things, and 2 to 4 rows."""

    left: str
    right: str
    rows: list[WrittenRow]


class WrittenEvent(_Data):
    """When, such as 1687, and what."""

    when: str
    what: str


class WrittenTimeline(_Data):
    """2 to 6 events in the order of time."""

    events: list[WrittenEvent]


class WrittenPoint(_Data):
    """A label, or a number in a line chart, and its value."""

    x: str
    y: float


class WrittenChart(_Data):
    """2 to 8 points with values out of the sources; y_label ends in the unit: Speed (m/s)."""

    form: Literal["bar", "line"]
    x_label: str | None = None
    y_label: str
    points: list[WrittenPoint]


class WrittenMark(_Data):
    """A value out of the sources, and what it is called."""

    value: float
    label: str


class WrittenNumberLine(_Data):
    """A stretch with a tick at each step, and 1 to 6 marks on it."""

    start: float
    end: float
    step: float
    unit: str | None = None
    marks: list[WrittenMark]


class WrittenArrow(_Data):
    """Length beside the other arrows; degrees: 0 right, 90 up, 180 left, 270 down."""

    label: str
    magnitude: float
    direction: float


class WrittenVectors(_Data):
    """1 to 5 arrows at one body; resultant: label of their sum, or null."""

    body: str | None = None
    arrows: list[WrittenArrow]
    resultant: str | None = None


def _or_none(value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Optionally = Annotated[T | None, WrapValidator(_or_none)]
"""Data that is off its form is no data: the script is good without it."""


def visual_of(kind: str, given: Mapping[str, BaseModel | None]) -> Visual | None:
    """The visual of a scene: of its own kind, else the first that there is; None without.

    Args:
        given: the data by kind.
    """
    there = {name: data for name, data in given.items() if data is not None}
    chosen = kind if kind in there else next(iter(there), None)
    if chosen is None:
        return None
    data = {**_clean(there[chosen].model_dump()), "kind": chosen}
    if chosen == "equation":
        data["formula"] = _undelimited(data["formula"])
        data["terms"] = [t | {"symbol": _undelimited(t["symbol"])} for t in data["terms"]]
    try:
        return _VISUAL.validate_python(data)
    except ValidationError:
        return None


def data_of(visual: Visual) -> tuple[VisualKind, dict[str, Any]]:
    """The kind of a visual and its data, as a model would have written them."""
    data: dict[str, Any] = _VISUAL.dump_python(visual, mode="json", exclude_defaults=True)
    data.pop("kind", None)
    return visual.kind, data


def _undelimited(formula: str) -> str:
    """A formula without the dollar signs that models like to put around it."""
    return formula.strip("$ ")


def _clean(value: Any) -> Any:
    """Texts with single spaces, all the way down; null stands for an empty one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value
