"""The data of visuals as a model writes it, in the few forms that Gemini's schemas take well.

One object for each kind, all of them optional. The forms are those of the kinds
(`vividly.model.visuals`), which have no figure: pictures come from sources only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from vividly.model.visuals import Visual, VisualKind

T = TypeVar("T")
_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual)


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
    try:
        return _VISUAL.validate_python(data)
    except ValidationError:
        return None


def data_of(visual: Visual) -> tuple[VisualKind, dict[str, Any]]:
    """The kind of a visual and its data, as a model would have written them."""
    data: dict[str, Any] = _VISUAL.dump_python(visual, mode="json", exclude_defaults=True)
    data.pop("kind", None)
    return visual.kind, data


def _clean(value: Any) -> Any:
    """Texts with single spaces, all the way down; null stands for an empty one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value
