"""Explains the errors of libraries in our own words.

Library messages are written for programmers, and some quote the value, which may be a student's
words. `faults_of` lists the faults of a value by place; `explain` handles any error.
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
"""First word of Pydantic's error type -> what the value must be."""


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """(place, what is wrong there) for each fault, without the values.

    The place is the path of the field, such as `scenes.0.kind`; empty if the fault is that of the
    whole value.
    """
    found = (
        (".".join(map(str, fault["loc"])), _fault(fault["type"], fault.get("ctx", {}), fault))
        for fault in error.errors(include_url=False)
    )
    return list(dict.fromkeys(found))


def explain(error: BaseException) -> str:
    """An error as a sentence. Errors of libraries are reworded; others keep their message."""
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
    """Why the operating system refused, without the file's name."""
    return DISK_FULL if is_full(error) else error.strerror or str(error)


def is_full(error: OSError) -> bool:
    """Whether the disk is full or the user's disk quota is used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def kind_of(value: object) -> str:
    """The type of a JSON value, in words."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return "a number with a decimal point"
    kinds = {bool: "a boolean", str: "a string", list: "an array", tuple: "an array"}
    return kinds.get(type(value), "an object" if isinstance(value, Mapping) else "a number")


def _fault(kind: str, context: Mapping[str, Any], fault: Mapping[str, Any]) -> str:
    """One of Pydantic's errors in words."""
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
