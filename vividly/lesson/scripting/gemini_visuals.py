"""Converts visuals between the model's data and `vividly.model.visuals`.

A scene of the model has one optional object per kind of visual; each kind defines its own
schema. Figures have none, because pictures come only from sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from vividly.model.pictures import PICTURES
from vividly.model.visuals import Visual, VisualKind

T = TypeVar("T")
_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual)


def _or_none(value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Optionally = Annotated[T | None, WrapValidator(_or_none)]
"""Optional data. Invalid data counts as missing, because the script works without it."""


def visual_of(kind: str, given: Mapping[str, BaseModel | None]) -> Visual | None:
    """Return the visual of the scene's kind, else the first with data; None if none is valid.

    Args:
        kind: the kind of the scene.
        given: the data by kind of visual.
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
    """Return the kind of a visual, and its data in the model's format."""
    data: dict[str, Any] = _VISUAL.dump_python(visual, mode="json", exclude_defaults=True)
    data.pop("kind", None)
    return visual.kind, data


def _clean(value: Any) -> Any:
    """Recursively normalize spaces in texts, and replace None and unknown pictures with ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        known = {
            name: "" if name == "picture" and inner not in PICTURES else inner
            for name, inner in value.items()
        }
        return {name: _clean(inner) for name, inner in known.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value
