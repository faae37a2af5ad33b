"""Converts visuals between the model's data and `vividly.model.visuals`.

The model writes the data of a visual as one JSON object in a text. Figures have none, because
pictures come only from sources.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from vividly.model.pictures import PICTURES
from vividly.model.visuals import KINDS, Visual, VisualKind

_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual, config=ConfigDict(coerce_numbers_to_str=True))
_TEX = re.compile(r'(?<!\\)\\(?!["\\/]|[bfnrt](?![A-Za-z])|u[0-9A-Fa-f]{4})')
r"""A backslash of TeX (`\frac`) that a model did not escape."""


def visual_of(kind: str, data: str | None) -> Visual | None:
    """Return the visual of a scene; None if the data is missing, or off the form of its kind.

    Args:
        kind: the kind of the scene; one that is no kind of visual is taken from the data.
        data: a JSON object.
    """
    try:
        given = json.loads(_TEX.sub(r"\\\\", data or ""), strict=False)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    if kind in KINDS:
        given["kind"] = kind
    try:
        found = _VISUAL.validate_python(_clean(given))
    except ValidationError:
        return None
    return found if found.use else None


def data_of(visual: Visual) -> tuple[VisualKind, dict[str, Any]]:
    """Return the kind of a visual, and its data in the model's format."""
    data: dict[str, Any] = _VISUAL.dump_python(visual, mode="json", exclude_defaults=True)
    data.pop("kind", None)
    return visual.kind, data


def _clean(value: Any) -> Any:
    """Recursively normalize spaces in texts, and drop fields that are null or unknown pictures."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {
            name: _clean(inner)
            for name, inner in value.items()
            if inner is not None and (name != "picture" or inner in PICTURES)
        }
    return [_clean(inner) for inner in value] if isinstance(value, list) else value
