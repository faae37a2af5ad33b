"""What a student is told instead of a lesson. Never in the student's own words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vividly.model.lesson import Answer
from vividly.text import languages
from vividly.text.locales import DEFAULT, locale_for, no_lessons, primary_subtag


def ask(message: str, choices: Sequence[str], category: str) -> Answer:
    """A question back; each choice is understood when it is sent as a question."""
    return Answer("clarification_needed", message, tuple(choices), category)


def vague(choices: Sequence[str], subject: str = "", *, language: str = DEFAULT) -> Answer:
    """Too little to go by; `subject` where at least that is known."""
    locale = locale_for(language)
    known = ""
    if subject:
        known = locale.answers.big_subject.format(locale.names.subject_title(subject))
    return ask(f"{known}{locale.answers.vague}", choices, "vague")


def close(titles: Sequence[str], choices: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Several topics fit about as well."""
    texts = locale_for(language).answers
    return ask(texts.close.format(texts.any_of(titles)), choices, "ambiguous")


def no_lesson_yet(area: str, near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """School matter that the corpus lacks; `area` is empty where it is not known which."""
    texts, subjects = locale_for(language).answers, _subjects(language)
    if area in subjects:
        message = texts.no_lesson_on_part.format(area)
    elif area:
        message = texts.no_lesson_on_area.format(area, texts.all_of(subjects))
    else:
        message = texts.no_lesson.format(texts.all_of(subjects))
    return _outside(message, near, "no_lesson_yet", language)


def too_little(title: str, near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """A topic of the library on which there is too little to make a lesson of."""
    message = locale_for(language).answers.too_little.format(title)
    return _outside(message, near, "no_lesson_yet", language)


def not_school(near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Not what the product is for."""
    texts = locale_for(language).answers
    message = texts.not_school.format(texts.all_of(_subjects(language)))
    return _outside(message, near, "not_school", language)


def asked_in(language: str, title: str, *, wanted: str = DEFAULT) -> Answer:
    """A question in one language where a lesson in another was asked for.

    In the language of the question first, since that is what the student wrote.

    Args:
        language: of the question; there are lessons in it.
        title: of the lesson in it that answers the question; empty for none.
        wanted: the language of the lesson that was asked for.
    """
    own, other = locale_for(language).answers, locale_for(wanted).answers
    first = own.asked_in_this.format(
        wanted=languages.name_of(wanted, language),
        there=own.lesson_there.format(title) if title else "",
    )
    then = other.asked_in_other.format(
        language=languages.name_of(language, wanted), tag=primary_subtag(language)
    )
    return Answer("out_of_scope", f"{first} {then}", category="language")


def language(lessons: Collection[str] = (DEFAULT,), wanted: str = "") -> Answer:
    """A language that there are no lessons in.

    Args:
        lessons: primary subtags of the languages that there are lessons in.
        wanted: the language that was used or asked for; it is answered in, too, if it is one
            of those that most students elsewhere speak.
    """
    names, texts = languages.names_of(lessons), locale_for(DEFAULT).answers
    message = no_lessons().default.format(all=texts.all_of(names), any=texts.any_of(names))
    own = no_lessons().in_own_words.get(primary_subtag(wanted), "") if wanted else ""
    if own:
        named = ", ".join(languages.own_names_of(lessons))
        message = f"{own.format(languages=named)} {message}"
    return Answer("out_of_scope", message, category="language")


def no_voice(wanted: str) -> Answer:
    """A language that there are lessons in, but no voice here speaks."""
    own, default = locale_for(wanted), locale_for(DEFAULT)
    message = default.answers.no_voice.format(languages.name_of(wanted))
    if own != default:
        message = f"{own.answers.no_voice} {message}"
    return Answer("out_of_scope", message, category="language")


def _subjects(language: str) -> tuple[str, ...]:
    return tuple(locale_for(language).names.subjects.values())


def _outside(message: str, near: Sequence[str], category: str, language: str) -> Answer:
    if near:
        texts = locale_for(language).answers
        message += texts.near.format(texts.any_of(near))
    return Answer("out_of_scope", message, category=category, suggestions=tuple(near))
