"""Answers that a student gets instead of a lesson. They never repeat the student's words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vividly.model.lesson import Answer
from vividly.text import languages
from vividly.text.locales import DEFAULT, locale_for, no_lessons, primary_subtag


def ask(message: str, choices: Sequence[str], category: str) -> Answer:
    """Ask the student to clarify. Each choice is itself a question that can be understood."""
    return Answer("clarification_needed", message, tuple(choices), category)


def vague(choices: Sequence[str], subject: str = "", *, language: str = DEFAULT) -> Answer:
    """Ask for more detail. `subject` is empty if even the subject is unknown."""
    locale = locale_for(language)
    known = ""
    if subject:
        known = locale.answers.big_subject.format(locale.names.subject_title(subject))
    return ask(f"{known}{locale.answers.vague}", choices, "vague")


def close(titles: Sequence[str], choices: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Ask which of several about equally good topics is meant."""
    texts = locale_for(language).answers
    return ask(texts.close.format(texts.any_of(titles)), choices, "ambiguous")


def no_lesson_yet(area: str, near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Answer for a school topic without a lesson. `area` is empty if it is unknown."""
    texts, subjects = locale_for(language).answers, _subjects(language)
    if area in subjects:
        message = texts.no_lesson_on_part.format(area)
    elif area:
        message = texts.no_lesson_on_area.format(area, texts.all_of(subjects))
    else:
        message = texts.no_lesson.format(texts.all_of(subjects))
    return _outside(message, near, "no_lesson_yet", language)


def too_little(title: str, near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Answer for a library topic with too little material for a lesson."""
    message = locale_for(language).answers.too_little.format(title)
    return _outside(message, near, "no_lesson_yet", language)


def not_for_grade(
    title: str, grades: tuple[int, int], grade: int, *, language: str = DEFAULT
) -> Answer:
    """Answer for a topic whose lesson is for other grades: from the first to the last."""
    texts = locale_for(language).answers
    low, high = grades
    nearest = low if grade < low else high
    message = texts.not_for_grade.format(
        title=title, grade=grade, low=low, high=high, nearest=nearest
    )
    return Answer("out_of_scope", message, category="grade")


def not_school(near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Answer for a question that is not about school."""
    texts = locale_for(language).answers
    message = texts.not_school.format(texts.all_of(_subjects(language)))
    return _outside(message, near, "not_school", language)


def asked_in(language: str, title: str, *, wanted: str = DEFAULT) -> Answer:
    """Answer for a question whose language is not that of the requested lesson.

    The message is in the language of the question first, then in the requested one.

    Args:
        language: the language of the question, which has lessons.
        title: title of a lesson in that language on the question; empty for none.
        wanted: the requested language.
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
    """Answer for a language without lessons.

    Args:
        lessons: primary subtags of the languages with lessons.
        wanted: the language used or requested; the answer is in it too, if a text exists.
    """
    names, texts = languages.names_of(lessons), locale_for(DEFAULT).answers
    message = no_lessons().default.format(all=texts.all_of(names), any=texts.any_of(names))
    own = no_lessons().in_own_words.get(primary_subtag(wanted), "") if wanted else ""
    if own:
        named = ", ".join(languages.own_names_of(lessons))
        message = f"{own.format(languages=named)} {message}"
    return Answer("out_of_scope", message, category="language")


def no_voice(wanted: str) -> Answer:
    """Answer for a language that has lessons but no voice."""
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
