"""What libraries find wrong, in sentences of our own.

Their messages are made for programmers, and some quote the value, which may be a student's
words. `faults_of` names each fault of a value by its place; `explain` is for any error.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

DISK_FULL = "the disk is full; free some space"
_WANTED = {
    "bool": "true or false",
    "bytes": "bytes",
    "dict": "an object",
    "float": "a number",
    "int": "a whole number",
    "list": "an array",
    "model": "an object",
    "dataclass": "an object",
    "string": "a string",
    "tuple": "an array",
}
"""What a value has to be, by the first word of Pydantic's type of fault."""


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """(place, what is wrong there) of each fault, without the values.

    The place is that of the field, with dots between names: `scenes.0.kind`; empty where the
    value as a whole is at fault.
    """
    found = (
        (".".join(map(str, fault["loc"])), _fault(fault["type"], fault.get("ctx", {}), fault))
        for fault in error.errors(include_url=False)
    )
    return list(dict.fromkeys(found))


def explain(error: BaseException) -> str:
    """An error in a sentence: of its own message, where it is not a library's."""
    if isinstance(error, ValidationError):
        faults = (f"{place}: {what}" if place else what for place, what in faults_of(error))
        return "; ".join(faults)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return f"line {mark.line + 1} is not YAML" if mark else "it is not YAML"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {why(error)}" if error.filename else why(error)
    return str(error)


def why(error: OSError) -> str:
    """Why the system refused, without the file that it is about."""
    return DISK_FULL if is_full(error) else error.strerror or str(error)


def is_full(error: OSError) -> bool:
    """Whether the disk, or what a user may have of it, is used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return "a number with a decimal point"
    kinds = {bool: "a boolean", str: "a string", list: "an array", tuple: "an array"}
    return kinds.get(type(value), "an object" if isinstance(value, Mapping) else "a number")


def _fault(kind: str, context: Mapping[str, Any], fault: Mapping[str, Any]) -> str:
    """One of Pydantic's faults in words."""
    value = fault["input"]
    match kind:
        case "missing":
            return "is missing"
        case "value_error":
            return str(context["error"])
        case "literal_error" | "enum":
            return f"is none of {context['expected'].replace(chr(39), '')}"
        case "string_too_short" | "too_short":
            least = context.get("min_length", 1)
            return f"has {_size(value)}, and needs at least {least}" if value else "is empty"
        case "string_too_long" | "too_long":
            return f"has {_size(value)}, and may have at most {context['max_length']}"
        case "greater_than_equal":
            return f"is less than {context['ge']}"
        case "greater_than":
            return f"is not more than {context['gt']}"
        case "less_than_equal":
            return f"is more than {context['le']}"
        case "less_than":
            return f"is not less than {context['lt']}"
        case "extra_forbidden":
            return "is not known"
        case "json_invalid":
            return "is not JSON"
    wanted = _WANTED.get(kind.partition("_")[0], "what it has to be")
    if kind.endswith("_parsing") or wanted == "what it has to be":
        return f"is not {wanted}"
    return f"is {kind_of(value)}, and has to be {wanted}"


def _size(value: Any) -> str:
    what = "character" if isinstance(value, str) else "entry"
    plural = "entries" if what == "entry" else "characters"
    return f"{len(value)} {what if len(value) == 1 else plural}"
