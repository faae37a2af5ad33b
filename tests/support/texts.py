"""All texts in YAML files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def texts_in(folder: Path) -> Iterator[str]:
    """Each text of more than one word in the files below a folder."""
    for file in sorted(folder.glob("**/*.yaml")):
        yield from (t for t in _texts(yaml.load(file.read_text("utf-8"), _LOADER)) if " " in t)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
