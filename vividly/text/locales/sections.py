"""The sections of a locale: what each field of its files means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

LessonPart = Literal[
    "opening", "worked_example", "misconception", "takeaways", "takeaways_few", "check"
]
"""A part of a lesson that a phrase leads into."""


def _split(words: object) -> object:
    return frozenset(words.split()) if isinstance(words, str) else words


Words = Annotated[frozenset[str], BeforeValidator(_split)]
"""A set of words; in a file, one text with spaces between them."""


class Section(BaseModel):
    """A part of a locale. Missing fields and unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InterestName(Section):
    """An interest inside a sentence: "el" and "fútbol"; English has no article here."""

    name: str
    article: str = ""

    @property
    def with_article(self) -> str:
        """The name after its article, if the language has one before such names."""
        return f"{self.article} {self.name}".strip()


class Names(Section):
    """`names.yaml`.

    Attributes:
        subjects: slug of a subject in the corpus -> its name inside a sentence.
        interests: slug of an interest -> its name in lower case.
        american_football_in: regions in which "football" is American football; "" stands
            for a tag without a region.
    """

    subjects: Mapping[str, str]
    interests: Mapping[str, InterestName]
    american_football_in: frozenset[str]

    def subject_title(self, slug: str) -> str:
        """A subject's name with a capital letter at its beginning."""
        name = self.subjects.get(slug, slug)
        return name[:1].upper() + name[1:]

    def interest(self, slug: str) -> str:
        """An interest's name without an article; its slug's words where it has none."""
        known = self.interests.get(slug)
        return known.name if known else slug.replace("-", " ")


class Headings(Section):
    """What the scenes are called that are in every lesson. `answer` also labels an answer."""

    words_to_know: str
    worked_example: str
    misconception: str
    takeaways: str
    check: str
    answer: str
    sources: str


class Labels(Section):
    """Words on slides. `grade` is a format with one number."""

    grade: str
    problem: str
    you_might_think: str
    in_fact: str
    pause_and_think: str


class Connectives(Section):
    """The phrases that lead into the parts of a lesson. None states a fact.

    `takeaways` is said before three of them, `takeaways_few` before fewer.
    """

    opening: tuple[str, ...] = Field(min_length=1)
    worked_example: tuple[str, ...] = Field(min_length=1)
    misconception: tuple[str, ...] = Field(min_length=1)
    takeaways: tuple[str, ...] = Field(min_length=1)
    takeaways_few: tuple[str, ...] = Field(min_length=1)
    check: tuple[str, ...] = Field(min_length=1)

    def phrases(self) -> frozenset[str]:
        """All of them."""
        return frozenset(phrase for part in get_args(LessonPart) for phrase in getattr(self, part))

    def phrase(self, part: LessonPart, topic_id: str) -> str:
        """The phrase that leads into a part: always the same one for a topic."""
        phrases: tuple[str, ...] = getattr(self, part)
        digest = hashlib.sha256(f"{part}/{topic_id}".encode()).digest()
        return phrases[digest[0] % len(phrases)]


class LessonTexts(Section):
    """`lesson.yaml`: what a lesson says and shows besides what it teaches.

    Attributes:
        iso_639_2: the code of the language in MP4, such as "spa".
    """

    iso_639_2: str
    headings: Headings
    labels: Labels
    connectives: Connectives


class Answers(Section):
    """`answers.yaml`: what a student is told instead of a lesson.

    `{}` stands for a list of names, unless it is said otherwise.

    Attributes:
        explain: a question that is understood, with the title of a topic.
        lowered_in_title: pattern of what a title begins with in lower case inside a sentence.
        no_lesson_on_area: with an area ("history") and the subjects that there are.
        too_little: with the title of a topic.
        asked_in_this: to who asked in this language for a lesson in `{wanted}`; `{there}` is
            `lesson_there` or empty.
        lesson_there: with the title of a lesson.
        asked_in_other: to who asked in `{language}`, whose tag is `{tag}`, for a lesson in this.
        no_voice: no voice here speaks this language; in English `{}` is the one that is meant.
        or_, and_: the words that join the last name to those before it.
        clashing: such a word -> pattern of the names that cannot follow it.
        instead: such a word -> the one that is said before them.
    """

    explain: str
    lowered_in_title: str
    big_subject: str
    vague: str
    close: str
    no_lesson_on_part: str
    no_lesson_on_area: str
    no_lesson: str
    too_little: str
    not_school: str
    near: str
    asked_in_this: str
    lesson_there: str
    asked_in_other: str
    no_voice: str
    or_: str
    and_: str
    clashing: Mapping[str, str]
    instead: Mapping[str, str]

    def any_of(self, names: Sequence[str]) -> str:
        """The names as a choice: "a, b or c"."""
        return self._joined(names, self.or_)

    def all_of(self, names: Sequence[str]) -> str:
        """The names together: "a, b and c"."""
        return self._joined(names, self.and_)

    def in_sentence(self, title: str) -> str:
        """A topic's title as it stands inside a sentence."""
        return re.sub(self.lowered_in_title, lambda found: found[0].lower(), title, count=1)

    def _joined(self, names: Sequence[str], word: str) -> str:
        if word in self.clashing and re.match(self.clashing[word], names[-1].casefold()):
            word = self.instead[word]
        return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


class NoLessons(Section):
    """`no_lessons.yaml`: what is said to who asks in a language without lessons.

    Attributes:
        default: in English, with the languages that there are lessons in, joined by "and"
            (`{all}`) and by "or" (`{any}`).
        in_own_words: language -> what is said before it, with their own names (`{languages}`).
    """

    default: str
    in_own_words: Mapping[str, str]


class Speech(Section):
    """`speech.yaml`: what a voice says for what is written in signs.

    Attributes:
        decimal_comma: "2,5" is a number, not two.
        letter_a_is_article: a lone "a" is the article unless it stands beside a sign.
        signs: single characters, said wherever they stand.
        units: said after a number, or alone where they hold a sign (`m/s`, `°C`). The file has
            those that CLDR lacks or calls otherwise.
        abbreviations: whole tokens, their full stop included.
        fractions: said for two numbers with a slash between them.
        phrases: the connectives that expansions are built with.
        singulars: of units, where they do not just lose an "s".
        one: what the number 1 is before a noun, by the noun's ending; "" for all others.
        short_words: two capitals that are a word, where others are letters ("UV").
        not_nouns: words that 1 stays a number before.
        sentence_starters: after "C." these begin a sentence; another word in capitals is a name.
    """

    decimal_comma: bool
    letter_a_is_article: bool
    signs: Mapping[str, str]
    units: Mapping[str, str]
    abbreviations: Mapping[str, str]
    fractions: Mapping[str, str]
    phrases: Mapping[str, str]
    singulars: Mapping[str, str]
    one: Mapping[str, str]
    short_words: Words
    not_nouns: Words
    sentence_starters: Words

    def singular(self, unit: str) -> str:
        """The name of one unit, given that of several."""
        return self.singulars.get(unit) or unit.removesuffix("s")


NO_SPEECH = Speech(
    decimal_comma=True,
    letter_a_is_article=False,
    signs={},
    units={},
    abbreviations={},
    fractions={},
    phrases={},
    singulars={},
    one={},
    short_words=frozenset(),
    not_nouns=frozenset(),
    sentence_starters=frozenset(),
)
"""For a language without a locale: its voice reads the signs in its own way."""


class Formulas(Section):
    """`formulas.yaml`: a sign of a formula, or a turn of phrase, -> how it is said."""

    words: Mapping[str, str]


class References(Section):
    """What a cross reference in a book becomes where the thing itself is not shown."""

    figure: str
    table: str
    equation: str
    example: str
    exercise: str
    section: str


class PassageHeadings(Section):
    """What passages are called; a student reads it among the sources of a lesson.

    `book_check` is the question of a book's exercise, `bridge` a format with an interest.
    """

    summary: str
    objectives: str
    worked_example: str
    misconception: str
    takeaways: str
    check: str
    book_check: str
    equations: str
    bridge: str


class Library(Section):
    """`library.yaml`: what is said of passages and their sources.

    Attributes:
        everyday: the interest of a student who has none.
        able: an objective of a book's section as a sentence, with what comes after "to".
        no_terms: headings of books, in lower case, that name no topic.
    """

    references: References
    headings: PassageHeadings
    everyday: str
    able: str
    attribution: str
    licence: str
    no_terms: frozenset[str]


class Search(Section):
    """`search.yaml`: words as retrieval sees them.

    Attributes:
        snowball: the stemmer; Postgres calls its text search configuration so too.
        stop: articles, pronouns and the like.
        soft: words of a question that seldom say what it is about: they count less.
        never: how people type; never a word of a book.
    """

    snowball: str
    stop: Words
    soft: Words
    never: Words


class Grounding(Section):
    """`grounding.yaml`: the words that checking a script against its sources needs.

    Lower case. The English file says what each list is for.
    """

    function: Words
    discourse: Words
    negators: Words
    same: tuple[Words, ...]
    opposite: tuple[tuple[Words, ...], ...]
    take: Words
    give: Words
    counted: Words
    months: Words
    approximate: Words
    address: Words
    lead_in: Words
    claims: Words
    belief: Words
    numbers: Mapping[str, int]
    scales: Mapping[str, int]
    parts: Mapping[str, int]
    factors: Mapping[str, int]
    halving: Words
    point: str
    and_: str
    one: Words
    minus: Words
    operators: Mapping[str, str]
    phrases: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    ranks: tuple[str, ...]
    ranked: Words
    half: Words
    times: Words
    ten: Words
    to_the_power: tuple[str, ...]
    power: Words
    bare_scales: bool
    and_joins_tens: bool
    few: tuple[str, ...]
    before_year: Words
    after_year: Words
    small_months: bool
    months_that_are_words: Words
    no_names: Words
    after_a_verb: Words
    plain_endings: tuple[str, ...]
    conjunctions: Words
    instead_of: tuple[str, ...]
    particles: Words
    pivots: tuple[str, ...]


class Questions(Section):
    """`questions.yaml`: how students word questions. Words are compared without accents.

    Attributes:
        filler: words that say nothing about a topic, compared before stemming.
        weak: words that many topics could have: they count, but little.
        idioms: patterns of wrapping over the normalised words; what the group "drop" holds is
            left out.
        interest_phrases: patterns that mark `{interest}` as wrapping.
        subjects: what students call a subject -> its slug; empty for several of them.
        texting: a word as it is shortened on a phone -> the word.
        sounds: (pattern, what is heard), one after the other: misspelt words that sound alike
            are one.
        before_stemming: (pattern, replacement): restores what the stemmer goes by.
        no_lesson_yet: name of school matter without a lesson -> its words.
        not_school: kind of what is no school matter -> its words.
    """

    filler: str
    weak: str
    idioms: tuple[str, ...]
    interest_phrases: tuple[str, ...]
    subjects: Mapping[str, str]
    texting: Mapping[str, str]
    sounds: tuple[tuple[str, str], ...]
    before_stemming: tuple[tuple[str, str], ...]
    no_lesson_yet: Mapping[str, tuple[str, ...]]
    not_school: Mapping[str, tuple[str, ...]]


class Meaning(Section):
    """What an ambiguous word may mean: a topic, what to type to get it, words that settle it."""

    topic: str
    say: str
    context: tuple[str, ...] = ()


class Ambiguity(Section):
    """A word with several school meanings, in all its forms, and what to ask about it."""

    words: tuple[str, ...] = Field(min_length=1)
    ask: str
    options: tuple[Meaning, ...] = Field(min_length=2)


class Hints(Section):
    """`hints.yaml`: what the words around the topics hint at.

    Attributes:
        thesaurus: id of a topic -> words that students use around it, besides its lesson's.
    """

    thesaurus: Mapping[str, str]
    ambiguities: tuple[Ambiguity, ...]


class Reading(Section):
    """`reading.yaml`: how hard a text of the language is to read.

    Attributes:
        formula: of `reading_level.py`; none where there is none for the language.
        syllables: the rules of `syllables.py` by which words are counted.
        longer_words: how much longer an ordinary word is than an English one, as a factor.
    """

    formula: Literal["english", "spanish"] | None
    syllables: Literal["english", "spanish"]
    longer_words: float
