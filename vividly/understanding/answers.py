"""What a student is told instead of a lesson. Never in the student's own words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vividly import languages
from vividly.lesson import Answer

SUBJECTS = ("physics", "chemistry", "biology", "earth science", "mathematics")
_IN_OWN_WORDS = {
    "es": "Vividly todavía no tiene lecciones en español; pregunta en otro idioma: {languages}.",
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


def vague(choices: Sequence[str], subject: str = "") -> Answer:
    """Too little to go by; `subject` where at least that is known."""
    known = f"{subject.replace('-', ' ').capitalize()} is a big subject. " if subject else ""
    return ask(f"{known}What would you like to learn about? For example:", choices, "vague")


def close(titles: Sequence[str], choices: Sequence[str]) -> Answer:
    """Several topics fit about as well."""
    return ask(f"Do you mean {any_of(titles)}?", choices, "ambiguous")


def no_lesson_yet(area: str, near: Sequence[str]) -> Answer:
    """School matter that the corpus lacks; `area` is empty where it is not known which."""
    if area in SUBJECTS:
        message = f"There is no Vividly lesson on this part of {area} yet."
    elif area:
        message = f"There are no Vividly lessons on {area} yet, only in {all_of(SUBJECTS)}."
    else:
        message = f"There is no Vividly lesson on that yet. It has lessons in {all_of(SUBJECTS)}."
    return _outside(message, near, "no_lesson_yet")


def not_school(near: Sequence[str]) -> Answer:
    """Not what the product is for."""
    return _outside(
        f"That is outside what Vividly can help with. It explains topics in {all_of(SUBJECTS)}.",
        near,
        "not_school",
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


def any_of(names: Sequence[str]) -> str:
    """The names as a choice: "a, b or c"."""
    return _joined(names, "or")


def all_of(names: Sequence[str]) -> str:
    """The names together: "a, b and c"."""
    return _joined(names, "and")


def _outside(message: str, near: Sequence[str], category: str) -> Answer:
    if near:
        message += f" You could ask about {any_of(near)}."
    return Answer("out_of_scope", message, category=category)


def _joined(names: Sequence[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
