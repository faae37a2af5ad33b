"""What a student is told instead of a lesson. Never in the student's own words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vividly.lesson.understanding.answer_texts import texts_in
from vividly.model.lesson import Answer
from vividly.text import languages
from vividly.text.languages import DEFAULT, primary

_IN_OWN_WORDS = {
    "fr": "Vividly n'a pas encore de leçons en français ; pose ta question dans une autre "
    "langue : {languages}.",
    "de": "Vividly hat noch keine Lektionen auf Deutsch; frage bitte in einer anderen Sprache: "
    "{languages}.",
    "pt": "O Vividly ainda não tem aulas em português; pergunte em outro idioma: {languages}.",
    "it": "Vividly non ha ancora lezioni in italiano; fai la domanda in un'altra lingua: "
    "{languages}.",
    "hi": "Vividly में अभी हिन्दी में पाठ नहीं हैं; कृपया किसी और भाषा में पूछें: {languages}।",
    "zh": "Vividly 还没有中文课程,请用其他语言提问:{languages}。",
    "ar": "لا توجد دروس بالعربية في Vividly بعد؛ اسأل من فضلك بلغة أخرى: {languages}.",
}
"""That there are no lessons in a language, said in it."""


def ask(message: str, choices: Sequence[str], category: str) -> Answer:
    """A question back; each choice is understood when it is sent as a question."""
    return Answer("clarification_needed", message, tuple(choices), category)


def vague(choices: Sequence[str], subject: str = "", *, language: str = DEFAULT) -> Answer:
    """Too little to go by; `subject` where at least that is known."""
    texts = texts_in(language)
    known = texts.big_subject.format(texts.subjects[subject].capitalize()) if subject else ""
    return ask(f"{known}{texts.vague}", choices, "vague")


def close(titles: Sequence[str], choices: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Several topics fit about as well."""
    return ask(texts_in(language).close.format(any_of(titles, language)), choices, "ambiguous")


def no_lesson_yet(area: str, near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """School matter that the corpus lacks; `area` is empty where it is not known which."""
    texts = texts_in(language)
    subjects = tuple(texts.subjects.values())
    if area in subjects:
        message = texts.no_lesson_on_part.format(area)
    elif area:
        message = texts.no_lesson_on_area.format(area, all_of(subjects, language))
    else:
        message = texts.no_lesson.format(all_of(subjects, language))
    return _outside(message, near, "no_lesson_yet", language)


def too_little(title: str, near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """A topic of the library on which there is too little to make a lesson of."""
    message = texts_in(language).too_little.format(title)
    return _outside(message, near, "no_lesson_yet", language)


def not_school(near: Sequence[str], *, language: str = DEFAULT) -> Answer:
    """Not what the product is for."""
    texts = texts_in(language)
    message = texts.not_school.format(all_of(tuple(texts.subjects.values()), language))
    return _outside(message, near, "not_school", language)


def asked_in_spanish(title: str) -> Answer:
    """A question in Spanish where a lesson in another language was asked for.

    In Spanish first, since that is what the student wrote.

    Args:
        title: of the Spanish lesson that answers it; empty for none.
    """
    there = f" Hay una lección en español: {title}." if title else ""
    return Answer(
        "out_of_scope",
        "Preguntaste en español, pero la lección se pidió en inglés. Para tenerla en español, "
        f'pídela con language "es".{there} This question is in Spanish; ask for the lesson with '
        'language "es", or ask in English.',
        category="language",
    )


def language(lessons: Collection[str] = ("en",), wanted: str = "") -> Answer:
    """A language that there are no lessons in.

    Args:
        lessons: primary subtags of the languages that there are lessons in.
        wanted: the language that was used or asked for; it is answered in, too, if it is one
            of those that most students elsewhere speak.
    """
    names = languages.names_of(lessons)
    only = f"{all_of(names)} only so far"
    message = f"Vividly can explain topics in {only}. Please ask again in {any_of(names)}."
    own = _IN_OWN_WORDS.get(languages.primary(wanted), "") if wanted else ""
    if own:
        named = ", ".join(languages.own_names_of(lessons))
        message = f"{own.format(languages=named)} {message}"
    return Answer("out_of_scope", message, category="language")


def no_voice(wanted: str) -> Answer:
    """A language that there are lessons in, but no voice here speaks."""
    name = languages.name_of(languages.primary(wanted))
    message = (
        f"There is no voice for {name} here yet, so this lesson cannot be spoken. "
        "Ask for the text alone, or in English."
    )
    own = _NO_VOICE.get(languages.primary(wanted), "")
    return Answer("out_of_scope", f"{own} {message}".strip(), category="language")


_NO_VOICE = {
    "es": "Aquí todavía no hay una voz en español: pide solo el texto, o la lección en inglés.",
}


def spoken(title: str, language: str = DEFAULT) -> str:
    """A topic's title as it stands inside a sentence."""
    if primary(language) == "es":
        return title[:1].lower() + title[1:]
    return title.replace("The ", "the ", 1)


def any_of(names: Sequence[str], language: str = DEFAULT) -> str:
    """The names as a choice: "a, b or c"."""
    return texts_in(language).joined(names, "or")


def all_of(names: Sequence[str], language: str = DEFAULT) -> str:
    """The names together: "a, b and c"."""
    return texts_in(language).joined(names, "and")


def _outside(message: str, near: Sequence[str], category: str, language: str) -> Answer:
    if near:
        message += texts_in(language).near.format(any_of(near, language))
    return Answer("out_of_scope", message, category=category, suggestions=tuple(near))
