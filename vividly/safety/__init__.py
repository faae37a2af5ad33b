"""What a school must not answer, found inside the job, before anybody else sees the words.

Rules first (`check`, `check_interest`, `check_lines`), then, for questions, what they mean
(`check_query`). Deterministic and safe between threads. docs/safety.md says what is found and
what is not.
"""

from __future__ import annotations

from collections.abc import Iterable

from vividly.safety import by_meaning
from vividly.safety.answers import blocked_answer
from vividly.safety.categories import CATEGORIES, Finding
from vividly.safety.personal import personal_data
from vividly.safety.rules import data_digest, rulebook

__all__ = [
    "CATEGORIES",
    "Finding",
    "blocked_answer",
    "check",
    "check_interest",
    "check_lines",
    "check_query",
    "identity",
    "query_identity",
]
_VERSION = "1"
"""To be raised when the code, and not the data, finds something else."""


def identity() -> str:
    """Names the rules as they are: a stored result does not outlive them."""
    return f"rules-{_VERSION}-{data_digest()}"


def query_identity() -> str:
    """The same of all that `check_query` goes by."""
    return f"{identity()}+{by_meaning.identity()}"


def check_query(text: str, *, language: str = "en", encoder_folder: str = "") -> Finding | None:
    """Why a student's question must not be answered, by rules and by what it means.

    Args:
        language: as for `check`.
        encoder_folder: see `vividly.encoder.sentence_encoder`.

    Raises:
        SettingsError: the sentence encoder is not there.
    """
    found = check(text, language=language)
    if found or rulebook().has_harmless(text):
        return found
    return by_meaning.check_meaning(text, encoder_folder=encoder_folder)


def check(text: str, *, language: str = "en") -> Finding | None:
    """Why a student's question must not be answered, by rules alone; None where it may.

    Rules of all languages are always tried, since students mix them.

    Args:
        language: a BCP 47 tag; its region settles how phone numbers are written.
    """
    book = rulebook()
    return book.queries.first(book.read(text)) or _personal(text, language)


def check_interest(text: str, *, language: str = "en") -> Finding | None:
    """Why no lesson may be built around an interest; None where it may.

    Stricter than `check`: whoever likes guns may ask how they work, but gets no
    lesson on fractions that is told with guns.
    """
    book = rulebook()
    words = book.read(text)
    found = book.queries.first(words) or book.interests.first(words)
    return found or _personal(text, language)


def check_lines(lines: Iterable[str], *, language: str = "en") -> tuple[Finding, ...]:
    """What a written script must not say: at most one finding for each line, with its position."""
    book = rulebook()
    findings: list[Finding] = []
    for position, line in enumerate(lines):
        words = book.read(line)
        found = book.queries.first(words) or book.scripts.first(words) or _personal(line, language)
        if found:
            findings.append(Finding(found.category, found.rule, position))
    return tuple(findings)


def _personal(text: str, language: str) -> Finding | None:
    kind = personal_data(text, language=language)
    return Finding("personal_data", f"personal_data.{kind}") if kind else None
