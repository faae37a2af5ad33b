"""Finds content that a school must not answer, inside the job, before any other service sees it.

Rules run first (`check`, `check_interest`, `check_lines`); for questions a classifier of their
meaning follows (`check_query`). Deterministic and thread-safe. docs/safety.md says what is found
and what is not.
"""

from __future__ import annotations

from collections.abc import Iterable

from vividly.lesson.safety import by_meaning
from vividly.lesson.safety.answers import ALWAYS, blocked_answer, split_tag, with_help
from vividly.lesson.safety.categories import CATEGORIES, Finding
from vividly.lesson.safety.help_lines import HelpLines
from vividly.lesson.safety.personal import personal_data
from vividly.lesson.safety.rules import data_digest, rulebook
from vividly.model.lesson import Answer
from vividly.text import languages
from vividly.text.locales import primary_subtag

__all__ = [
    "CATEGORIES",
    "Finding",
    "blocked_answer",
    "check",
    "check_interest",
    "check_lines",
    "check_query",
    "identity",
    "kindly",
    "may_need_help",
    "query_identity",
]
_READ = ("en", "es")
"""Languages that the rules and the classifier can read, likeliest first."""
_SENTENCE = 6
"""An interest of at least this many words is a sentence, not the name of a thing."""
_VERSION = "1"
"""Raise this when a change to the code, not to the data, changes what is found."""


def identity() -> str:
    """Identity of the current rules. A stored result is valid only while it is the same."""
    return f"rules-{_VERSION}-{data_digest()}"


def query_identity() -> str:
    """Identity of everything that `check_query` uses: rules, classifier and encoder."""
    return f"{identity()}+{by_meaning.identity()}"


def check_query(text: str, *, language: str = "en", encoder_folder: str = "") -> Finding | None:
    """Check a student's question by rules and by meaning; None if it may be answered.

    Args:
        language: see `check`.
        encoder_folder: see `vividly.library.encoder.sentence_encoder`.

    Raises:
        SettingsError: the sentence encoder is not installed.
    """
    book = rulebook()
    if finding := check(text, language=language):
        return by_meaning.in_need_rather(finding, text, encoder_folder=encoder_folder)
    if book.studied.first(book.read(text)):
        return None
    return by_meaning.check_meaning(
        text, harmless=book.has_harmless(text), encoder_folder=encoder_folder
    )


def check(text: str, *, language: str = "en") -> Finding | None:
    """Check a student's question by rules alone; None if it may be answered.

    The rules of all languages always apply, since students mix languages.

    Args:
        language: a BCP 47 tag; its region decides the format of phone numbers.
    """
    book = rulebook()
    return book.queries.first(book.read(text)) or _personal(text, language)


def kindly(
    answer: Answer,
    *texts: str,
    language: str,
    help_lines: HelpLines,
    encoder_folder: str = "",
) -> Answer:
    """Add kind words and help lines to an answer that is no lesson, if the student may need them.

    They are added if the category of the answer requires them; if a word of the question touches
    the body, medicine, death, despair or being hurt; if the question means something like it; or
    if nothing here can read its language. So a child in need whom no rule recognises still learns
    where to find help.

    Args:
        texts: the question, and the interest that came with it.
        language: BCP 47 tag of the requested lesson. The kind words are in the language of the
            question if that can be read, otherwise in this one.
    """
    text = " ".join(filter(None, texts))
    spoken = languages.detect(text, expected=_READ)
    _, region = split_tag(language)
    tag = f"{spoken if spoken in _READ else primary_subtag(language)}-{region}".rstrip("-")
    need = by_meaning.odds_of(text, encoder_folder=encoder_folder).need
    foreign = spoken not in _READ
    if need >= by_meaning.MAY_NEED or answer.category in ALWAYS or foreign or _touches(text):
        return with_help(answer, help_lines, language=tag, first=need >= by_meaning.KIND_FIRST)
    return answer


def may_need_help(text: str, *, encoder_folder: str = "") -> bool:
    """Whether the answer to a question that no check refuses gets help lines; see `kindly`."""
    if _touches(text):
        return True
    return by_meaning.odds_of(text, encoder_folder=encoder_folder).need >= by_meaning.MAY_NEED


def _touches(text: str) -> bool:
    """Whether a word touches the body, medicine, death, despair or being hurt."""
    book = rulebook()
    return book.touching.first(book.read(text)) is not None


def check_interest(text: str, *, language: str = "en", encoder_folder: str = "") -> Finding | None:
    """Check an interest; None if a lesson may be built around it.

    Stricter than `check`: a student may ask how guns work, but gets no lesson that explains
    fractions with guns. An interest that is a sentence is also checked for a child in need, as
    `check_query` checks a question.
    """
    book = rulebook()
    words = book.read(text)
    found = book.queries.first(words) or book.interests.first(words)
    if found is None and len(words) >= _SENTENCE:
        found = by_meaning.check_meaning(text, harmless=True, encoder_folder=encoder_folder)
    return found or _personal(text, language)


def check_lines(lines: Iterable[str], *, language: str = "en") -> tuple[Finding, ...]:
    """Check the lines of a script. At most one finding per line, with the line's position."""
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
