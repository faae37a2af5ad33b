"""What a school must not answer, found inside the job, before anybody else sees the words.

Rules first (`check`, `check_interest`, `check_lines`), then, for questions, what they mean
(`check_query`). Deterministic and safe between threads. docs/safety.md says what is found and
what is not.
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
"""Languages that the rules and what was learnt can read, likeliest first."""
_SENTENCE = 6
"""Words from which an interest is a sentence, and no name of a thing."""
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
        encoder_folder: see `vividly.library.encoder.sentence_encoder`.

    Raises:
        SettingsError: the sentence encoder is not there.
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
    """Why a student's question must not be answered, by rules alone; None where it may.

    Rules of all languages are always tried, since students mix them.

    Args:
        language: a BCP 47 tag; its region settles how phone numbers are written.
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
    """An answer that is no lesson, with kind words and help lines where there may be need of them.

    That is where its category or a word of the question touches the body, medicine, death, despair
    or being hurt, where the question means something like it, and where it is in a language that
    nothing here reads. So a child in need that no rule recognises is still told where help is.

    Args:
        texts: the question, and the interest that came with it.
        language: BCP 47 tag of the lesson that was asked for. The words are in that of the
            question, where there are such words.
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
    """Whether an answer to a question that nothing refuses carries help lines, see `kindly`."""
    if _touches(text):
        return True
    return by_meaning.odds_of(text, encoder_folder=encoder_folder).need >= by_meaning.MAY_NEED


def _touches(text: str) -> bool:
    """Whether a word touches the body, medicine, death, despair or being hurt."""
    book = rulebook()
    return book.touching.first(book.read(text)) is not None


def check_interest(text: str, *, language: str = "en", encoder_folder: str = "") -> Finding | None:
    """Why no lesson may be built around an interest; None where it may.

    Stricter than `check`: whoever likes guns may ask how they work, but gets no
    lesson on fractions that is told with guns. An interest that is a sentence is also read for
    a child in need, as `check_query` reads a question.
    """
    book = rulebook()
    words = book.read(text)
    found = book.queries.first(words) or book.interests.first(words)
    if found is None and len(words) >= _SENTENCE:
        found = by_meaning.check_meaning(text, harmless=True, encoder_folder=encoder_folder)
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
