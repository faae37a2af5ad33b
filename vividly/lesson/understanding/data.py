"""The data files beside this package's code."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FILES = ("ambiguities.yaml", "phrasing.yaml", "scope.yaml", "spanish.yaml", "thesaurus.yaml")


def load(name: str, *, package: str = "vividly.lesson.understanding") -> Any:
    """The content of a YAML file of a package."""
    return yaml.load(files(package).joinpath(name).read_text("utf-8"), Loader=_Loader)


@cache
def digest() -> str:
    """SHA-256 over the data files, in hex, cut to 12 digits: changes when an answer may."""
    sum_ = hashlib.sha256()
    ours = (("vividly.lesson.understanding", name) for name in FILES)
    for package, name in (("vividly.text", "interests.yaml"), *ours):
        sum_.update(name.encode() + b"\0" + files(package).joinpath(name).read_bytes() + b"\0")
    return sum_.hexdigest()[:12]
