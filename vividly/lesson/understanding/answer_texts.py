"""The sentences that answers are made of, by language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vividly.text.languages import DEFAULT, primary


@dataclass(frozen=True)
class Texts:
    """What is said instead of a lesson; each `{}` stands for a list of names.

    Attributes:
        subjects: names of the subjects by their slugs in the corpus.
        or_, and_: the words that join the last name to those before it.
        clashing: pattern of the names that cannot follow such a word, and `instead` the word
            that is said before them.
    """

    subjects: Mapping[str, str]
    big_subject: str
    vague: str
    close: str
    no_lesson_on_part: str
    no_lesson_on_area: str
    no_lesson: str
    too_little: str
    not_school: str
    near: str
    or_: str
    and_: str
    clashing: Mapping[str, str]
    instead: Mapping[str, str]

    def joined(self, names: Sequence[str], how: Literal["or", "and"]) -> str:
        """The names as one: "a, b or c"."""
        word = self.or_ if how == "or" else self.and_
        last = names[-1].casefold()
        if word in self.clashing and re.match(self.clashing[word], last):
            word = self.instead[word]
        return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


_TEXTS = {
    "en": Texts(
        subjects={
            "physics": "physics",
            "chemistry": "chemistry",
            "biology": "biology",
            "earth-science": "earth science",
            "mathematics": "mathematics",
        },
        big_subject="{} is a big subject. ",
        vague="What would you like to learn about? For example:",
        close="Do you mean {}?",
        no_lesson_on_part="There is no Vividly lesson on this part of {} yet.",
        no_lesson_on_area="There are no Vividly lessons on {} yet, only in {}.",
        no_lesson="There is no Vividly lesson on that yet. It has lessons in {}.",
        too_little="Vividly cannot make a lesson on “{}” yet: there is too little in its library "
        "about that.",
        not_school="That is outside what Vividly can help with. It explains topics in {}.",
        near=" You could ask about {}.",
        or_="or",
        and_="and",
        clashing={},
        instead={},
    ),
    "es": Texts(
        subjects={
            "physics": "física",
            "chemistry": "química",
            "biology": "biología",
            "earth-science": "ciencias de la Tierra",
            "mathematics": "matemáticas",
        },
        big_subject="{} es una materia muy amplia. ",
        vague="¿Qué te gustaría aprender? Por ejemplo:",
        close="¿Te refieres a {}?",
        no_lesson_on_part="Vividly todavía no tiene una lección en español sobre este tema de {}.",
        no_lesson_on_area="Vividly todavía no tiene lecciones de {}, solo de {}.",
        no_lesson="Vividly todavía no tiene una lección en español sobre eso. Hay lecciones de {}.",
        too_little="Vividly todavía no puede hacer una lección sobre «{}»: en su biblioteca hay "
        "muy poco sobre eso.",
        not_school="Vividly no puede ayudarte con eso. Explica temas de {}.",
        near=" Puedes preguntar por {}.",
        or_="o",
        and_="y",
        clashing={"o": "h?[oó]", "y": "h?(?:í|i(?!e))"},
        instead={"o": "u", "y": "e"},
    ),
}


def texts_in(language: str) -> Texts:
    """The texts in a BCP 47 language; English where there are none."""
    return _TEXTS.get(primary(language), _TEXTS[DEFAULT])
