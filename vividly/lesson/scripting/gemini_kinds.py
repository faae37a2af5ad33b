"""What a model is told about the kinds of visuals: use, parts, form and example of each.

All of it comes from the module of the kind: the form from the fields of its dataclasses, the
parts from its docstring, and the example from `EXAMPLE`. The data is one JSON object in a text
field of the answer, because a schema of all kinds has more states than Vertex AI accepts.
"""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from vividly.lesson.scripting.gemini_visuals import data_of
from vividly.model.pictures import PICTURES
from vividly.model.visuals import EXAMPLES, KINDS
from vividly.model.visuals.base import BaseVisual

LABEL = 40
"""Most characters of a label."""
WRITABLE = tuple(kind for kind, of in KINDS.items() if of.use)
"""The kinds that a model may write."""
_PARTS = re.compile(r"Parts: (.+?)[.;]")
_PLAIN = {str: "text", float: "number", int: "whole number", bool: "true or false"}


@cache
def kinds_guide() -> str:
    """All kinds for a prompt: use, parts, form and example of each, and the names of pictures."""
    told = [_told(kind) for kind in WRITABLE]
    return "\n".join(
        (
            *told,
            "",
            f"A text without a limit has at most {LABEL} characters. Fields with a question mark "
            "may be left out. A picture is one of these, and left out where unsure: "
            f"{', '.join(PICTURES)}.",
        )
    )


def _told(kind: str) -> str:
    of = KINDS[kind]
    _, example = data_of(EXAMPLES[kind])
    return (
        f"- `{kind}`: {of.use}. Parts: {parts_of(of)}.\n"
        f"  Form: {form_of(of)}\n"
        f"  Example: {json.dumps(_whole(example), ensure_ascii=False)}"
    )


def parts_of(of: type[BaseVisual]) -> str:
    """What the parts of a kind are, as its docstring says."""
    return _PARTS.findall(" ".join((of.__doc__ or "").split()))[0]  # type: ignore[no-any-return]


def form_of(of: type) -> str:
    """The fields of a dataclass with types and limits: `{label: text, detail?: text ≤ 80}`."""
    hints = get_type_hints(of, include_extras=True)
    fields = [
        f"{field.name}{'' if _required(field) else '?'}: {_type(hints[field.name])}"
        for field in dataclasses.fields(of)
        if field.name != "kind"
    ]
    return "{" + ", ".join(fields) + "}"


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _type(hint: Any, limits: FieldInfo | None = None) -> str:
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return _type(inner, next((n for n in notes if isinstance(n, FieldInfo)), limits))
    if get_origin(hint) in (Union, UnionType):
        return _type(next(arg for arg in get_args(hint) if arg is not NoneType), limits)
    if get_origin(hint) is Literal:
        if set(PICTURES) <= set(get_args(hint)):
            return "picture"
        return " | ".join(json.dumps(each) for each in get_args(hint) if each)
    low, high = _range(limits)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        count = f"{low}-{high}" if low is not None else f"up to {high}"
        if get_args(hint)[-1] is not Ellipsis:
            count = str(len(get_args(hint)))
        return f"[{count} of {_type(inner)}]"
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return form_of(hint)
    if hint is str:
        return "text" if high in (LABEL, None) else f"text ≤ {high}"
    return _PLAIN[hint] + (f" {low} to {high}" if low is not None and high is not None else "")


def _range(limits: FieldInfo | None) -> tuple[float | None, float | None]:
    """The least and the greatest length or value, as far as there are any."""
    found: dict[str, float] = {}
    for limit in limits.metadata if limits else ():
        for name in ("min_length", "max_length", "ge", "le"):
            if (value := getattr(limit, name, None)) is not None:
                found[name] = value
    return (
        found.get("min_length", found.get("ge")),
        found.get("max_length", found.get("le")),
    )


def _whole(value: Any) -> Any:
    """Numbers without a fraction as whole numbers, which are shorter."""
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
