"""The sources and the check question of a lesson, out of its text (`vividly.model.lesson.Script`).

The text is there before any file of the lesson is, and even if no file is wanted.
"""

from __future__ import annotations

import re

from beam_pipeline.api.models import Check, Source

_ENTRY = re.compile(
    r"- (?P<title>.+?): (?P<section>.+) \((?P<attribution>.+), (?P<licence>[^,()]+)\)"
    r"(?: <(?P<url>[^<>\s]+)>)?"
)


def sources_of(text: str) -> list[Source]:
    """The sources that end a lesson's text: `- Title: section (by whom, licence) <address>`."""
    last = text.strip().split("\n\n")[-1].splitlines()
    found = [_ENTRY.fullmatch(line) for line in last]
    return [Source(**entry.groupdict()) for entry in found if entry]


def body_of(text: str) -> str:
    """A lesson's text without its title, its check question and its sources."""
    parts = text.strip().split("\n\n")
    parts = parts[1:] if parts[0].startswith("# ") else parts
    if check_of(text):
        return "\n\n".join(parts[:-5])
    return "\n\n".join(parts[:-2] if sources_of(text) else parts)


def check_of(text: str) -> Check | None:
    """The question that a lesson asks, and its answer; None if it asks none.

    They stand before the sources. Every other heading has one paragraph, this one has two.
    """
    parts = text.strip().split("\n\n")[-5:]
    if len(parts) < 5 or [part.startswith("## ") for part in parts] != [
        True,
        False,
        False,
        True,
        False,
    ]:
        return None
    return Check(question=parts[1], answer=parts[2])
