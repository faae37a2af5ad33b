"""The sections of a locale, with the meaning of each field of its files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

LessonPart = Literal[
    "opening", "worked_example", "misconception", "takeaways", "takeaways_few", "check"
]
"""A part of a lesson that a phrase introduces."""


def _split(words: object) -> object:
    return frozenset(words.split()) if isinstance(words, str) else words


Words = Annotated[frozenset[str], BeforeValidator(_split)]
"""A set of words; in a file, one text with spaces between them."""


class Section(BaseModel):
    """A section of a locale. Missing and unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InterestName(Section):
    """An interest inside a sentence: "el" and "fútbol"; English has no article here."""

    name: str
    article: str = ""

    @property
    def with_article(self) -> str:
        """The name with its article, if the language uses one."""
        return f"{self.article} {self.name}".strip()


class Names(Section):
    """`names.yaml`.

    Attributes:
        subjects: slug of a subject in the corpus -> its name inside a sentence.
        interests: slug of an interest -> its name in lower case.
        american_football_in: regions in which "football" is American football; "" means a tag
            without a region.
    """

    subjects: Mapping[str, str]
    interests: Mapping[str, InterestName]
    american_football_in: frozenset[str]

    def subject_title(self, slug: str) -> str:
        """A subject's name, starting with a capital letter."""
        name = self.subjects.get(slug, slug)
        return name[:1].upper() + name[1:]

    def interest(self, slug: str) -> str:
        """An interest's name without an article; the words of its slug if it has no name."""
        known = self.interests.get(slug)
        return known.name if known else slug.replace("-", " ")


class Headings(Section):
    """Headings of the scenes that every lesson has. `answer` also labels an answer."""

    words_to_know: str
    worked_example: str
    misconception: str
    takeaways: str
    check: str
    answer: str
    sources: str


class Labels(Section):
    """Words on slides. `grades` is a format string with a band of grades, such as 9–10."""

    grades: str
    problem: str
    you_might_think: str
    in_fact: str
    pause_and_think: str


class Connectives(Section):
    """The phrases that introduce the parts of a lesson. None states a fact.

    `takeaways` introduces three takeaways, `takeaways_few` fewer.
    """

    opening: tuple[str, ...] = Field(min_length=1)
    worked_example: tuple[str, ...] = Field(min_length=1)
    misconception: tuple[str, ...] = Field(min_length=1)
    takeaways: tuple[str, ...] = Field(min_length=1)
    takeaways_few: tuple[str, ...] = Field(min_length=1)
    check: tuple[str, ...] = Field(min_length=1)

    def phrases(self) -> frozenset[str]:
        """All phrases."""
        return frozenset(phrase for part in get_args(LessonPart) for phrase in getattr(self, part))

    def phrase(self, part: LessonPart, topic_id: str) -> str:
        """The phrase that introduces a part; always the same for a topic."""
        phrases: tuple[str, ...] = getattr(self, part)
        digest = hashlib.sha256(f"{part}/{topic_id}".encode()).digest()
        return phrases[digest[0] % len(phrases)]


class LessonTexts(Section):
    """`lesson.yaml`: the fixed phrases and labels of a lesson.

    Attributes:
        iso_639_2: the code of the language in MP4, such as "spa".
    """

    iso_639_2: str
    headings: Headings
    labels: Labels
    connectives: Connectives


class Answers(Section):
    """`answers.yaml`: the answers that replace a lesson.

    `{}` stands for a list of names, unless stated otherwise.

    Attributes:
        explain: a question that the job understands, with the title of a topic.
        lowered_in_title: pattern of title beginnings that are in lower case inside a sentence.
        no_lesson_on_area: with an area ("history") and the available subjects.
        too_little: with the title of a topic.
        not_for_grade: with the `{title}` of a topic, its grades `{low}` to `{high}`, the requested
            `{grade}`, and the `{nearest}` of its grades.
        asked_in_this: for a question in this language that requests a lesson in `{wanted}`;
            `{there}` is `lesson_there` or empty.
        lesson_there: with the title of a lesson.
        asked_in_other: for a question in `{language}`, whose tag is `{tag}`, that requests a
            lesson in this language.
        no_voice: no available voice speaks this language; in English `{}` names the language.
        or_, and_: the words that join the last name of a list to the others.
        clashing: such a word -> pattern of the names that cannot follow it.
        instead: such a word -> the word to use before those names.
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
    not_for_grade: str
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
        """A topic's title as written inside a sentence."""
        return re.sub(self.lowered_in_title, lambda found: found[0].lower(), title, count=1)

    def _joined(self, names: Sequence[str], word: str) -> str:
        if word in self.clashing and re.match(self.clashing[word], names[-1].casefold()):
            word = self.instead[word]
        return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


class Unmet(Section):
    """`unmet.yaml`: what a request asked for and its lesson lacks, with the gaps that are named.

    Attributes:
        nearest: the topic is not surely what was asked for.
        topic: of several topics only the first is taught; `{questions}` are on the others.
        question: a quoted question.
        cost: sound and pictures would cost too much; `{why}` is in English, for operators.
    """

    nearest: str
    topic: str
    question: str
    interest: str
    near_interest: str
    grade: str
    harder: str
    easier: str
    voice: str
    cost: str


class NoLessons(Section):
    """`no_lessons.yaml`: the answers for languages without lessons.

    Attributes:
        default: in English, with the languages that have lessons, joined by "and" (`{all}`) and
            by "or" (`{any}`).
        in_own_words: language -> text before it in that language, with the languages' own names
            (`{languages}`).
    """

    default: str
    in_own_words: Mapping[str, str]


class Speech(Section):
    """`speech.yaml`: how a voice reads signs, units and abbreviations.

    Attributes:
        stretch: how many times longer than expected from the spelling its usual voice speaks.
        decimal_comma: whether "2,5" is one number.
        letter_a_is_article: whether a lone "a" is the article, unless it is beside a sign.
        signs: single characters, read wherever they are.
        calendar: names of days and months, also short ones in lower case, -> the full name, from
            CLDR.
        units: read after a number, or alone if they contain a sign (`m/s`, `°C`). The file has
            those that CLDR lacks or names differently.
        joined_units: symbols that are units only with a prefix or another unit ("mT", "N·m").
        prefixes: the prefixes of units.
        first_unit_is_plural: whether a product of units has its first one in the plural
            ("newtons metro"), not its last ("newton meters").
        abbreviations: whole tokens, including their full stop; those with "#" before numbers only.
        denominators: the name of a fraction's lower number, for one such part and for several.
        functions: the name of a function -> how it is said.
        letters: letters of formulas that the voice would take for words.
        letter_words: letters that are words too.
        after_letters: words that follow a quantity ("a is", "7 - 4 is"), and no article.
        phrases: the connectives of expansions.
        singulars: the singular of units, unless they just lose an "s".
        one: the word for 1 before a noun, by the noun's longest ending; "" for all other nouns.
        short_words: words of two capitals; others are read as letters ("UV").
        agreeing: parts of numbers that agree with a noun, by the noun's word for 1: "21", "200",
            and "½" for a half.
        not_nouns: words before which 1 stays a number.
        sentence_starters: words that begin a sentence after "C."; other capitalised words are
            names.
    """

    stretch: float
    decimal_comma: bool
    letter_a_is_article: bool
    signs: Mapping[str, str]
    units: Mapping[str, str]
    abbreviations: Mapping[str, str]
    joined_units: Mapping[str, str]
    prefixes: Mapping[str, str]
    first_unit_is_plural: bool
    denominators: Mapping[str, str]
    functions: Mapping[str, str]
    letters: Mapping[str, str]
    letter_words: Words
    after_letters: Words
    phrases: Mapping[str, str]
    singulars: Mapping[str, str]
    one: Mapping[str, str]
    agreeing: Mapping[str, Mapping[str, str]]
    calendar: Mapping[str, str] = {}
    short_words: Words
    not_nouns: Words
    sentence_starters: Words

    def singular(self, unit: str) -> str:
        """The singular of a unit's plural name: of its first word in the plural."""
        if unit in self.singulars:
            return self.singulars[unit]
        words = unit.split()
        for at, word in enumerate(words):
            one = self.singulars.get(word) or word.removesuffix("s")
            if one != word:
                return " ".join((*words[:at], one, *words[at + 1 :]))
        return unit

    def one_before(self, noun: str) -> str:
        """The word for 1 before a noun or the symbol of a unit, in the singular or plural.

        It tells the noun's gender: "un metro", "una hora". Empty if there is no such word.
        """
        noun = noun.rstrip(".,;:!?)")
        one = self.singular(self.units.get(noun, noun)).split(" ")[0]
        if not one.isalpha() or not one.islower() or {one, noun} & self.not_nouns:
            return ""
        return self.one[max(filter(one.endswith, self.one), key=len)] if self.one else ""


NO_SPEECH = Speech(
    stretch=1.2,
    decimal_comma=True,
    letter_a_is_article=False,
    signs={},
    units={},
    abbreviations={},
    joined_units={},
    prefixes={},
    first_unit_is_plural=False,
    denominators={},
    functions={},
    letters={},
    letter_words=frozenset(),
    after_letters=frozenset(),
    phrases={},
    singulars={},
    one={},
    agreeing={},
    short_words=frozenset(),
    not_nouns=frozenset(),
    sentence_starters=frozenset(),
)
"""For a language without a locale: the voice reads signs by its own rules."""


class Formulas(Section):
    """`formulas.yaml`: a sign of a formula, or a phrase, -> how to say it.

    `after` changes the verb of a formula after a word: "let x be greater than 0". Its keys are
    words with spaces between them, its values what is said -> what is said instead.
    """

    words: Mapping[str, str]
    after: Mapping[str, Mapping[str, str]]


class References(Section):
    """Replacements for a book's cross references to things that are not shown."""

    figure: str
    table: str
    equation: str
    example: str
    exercise: str
    section: str
    page: str


class PassageHeadings(Section):
    """The names of passages, which a student reads in a lesson's list of sources.

    `book_check` is the question of a book's exercise; `bridge` is a format string with an interest.
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
    """`library.yaml`: the names of passages and their sources.

    Attributes:
        everyday: the name of the interest of a student who has none.
        able: format of a book section's objective as a sentence, with the text after "to".
        goes_on: begins the sentence with the rest of a long list.
        no_terms: headings of books, in lower case, that name no topic.
    """

    references: References
    headings: PassageHeadings
    everyday: str
    able: str
    goes_on: str
    attribution: str
    licence: str
    no_terms: frozenset[str]


class Search(Section):
    """`search.yaml`: the word lists of retrieval.

    Attributes:
        snowball: the stemmer, which is also the name of Postgres' text search configuration.
        stop: articles, pronouns and the like.
        soft: words of a question that seldom tell its topic; they have a lower weight.
        never: chat spellings, which are never words of a book.
    """

    snowball: str
    stop: Words
    soft: Words
    never: Words


class UnitWords(Section):
    """How units are written in words.

    Attributes:
        names: key of a unit in `vividly.text.units` -> its names, without prefixes.
        power_before, power_after: words for a power, before and after a unit.
        per: words between a unit and the one that divides it.
        degrees: words for °, before the name of a scale.
    """

    names: Mapping[str, Words]
    power_before: Mapping[str, int]
    power_after: Mapping[str, int]
    per: Words
    degrees: Words


class Grounding(Section):
    """`grounding.yaml`: the word lists of the grounding check.

    All in lower case. The English file explains each list.
    """

    function: Words
    discourse: Words
    loose: Words
    linking: Words
    openers: Words
    pronouns: Words
    universal: Words
    partial: Words
    conditions: Words
    limiting: Words
    because: Words
    therefore: Words
    symmetric: Words
    leaning: Words
    pointing: Words
    negators: Words
    same: tuple[Words, ...]
    opposite: tuple[tuple[Words, ...], ...]
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
    units: UnitWords
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
    conjunctions: Words
    instead_of: tuple[str, ...]


class FollowUps(Section):
    """How a question leans on the lesson before it. Compared as `Questions` are.

    Attributes:
        begins: patterns of the first words of a question that goes on, such as "and".
        refers: patterns of what refers to something said before, such as "it".
        clauses: words that begin a clause, after which "it" can mean a name before them.
    """

    begins: tuple[str, ...] = Field(min_length=1)
    refers: tuple[str, ...] = Field(min_length=1)
    clauses: Words


class Questions(Section):
    """`questions.yaml`: how students word questions. Words are compared without accents.

    Attributes:
        filler: words that say nothing about a topic, compared before stemming.
        weak: words that fit many topics; they have a low weight.
        idioms: patterns of wrapping over the normalised words; the group "drop" is removed.
        interest_phrases: patterns that mark `{interest}` as wrapping.
        subjects: students' name of a subject -> its slug; empty if it means several subjects.
        texting: an abbreviation used in text messages -> the word.
        sounds: (pattern, sound), applied in order, so that misspelt words that sound alike are
            equal.
        before_stemming: (pattern, replacement), which restores what the stemmer relies on.
        no_lesson_yet: name of a school subject or topic without a lesson -> its words.
        topics_without_lesson: names of school topics, to which a question is compared in meaning;
            empty for a language that the encoder does not know.
        not_school: kind of non-school question -> its words.
        follow_ups: how a question leans on the lesson before it.
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
    topics_without_lesson: tuple[str, ...] = ()
    not_school: Mapping[str, tuple[str, ...]]
    follow_ups: FollowUps


class Meaning(Section):
    """A meaning of an ambiguous word: the topic, what to type for it, words that decide for it."""

    topic: str
    say: str
    context: tuple[str, ...] = ()


class Ambiguity(Section):
    """A word with several school meanings, in all its forms, and the question to ask back."""

    words: tuple[str, ...] = Field(min_length=1)
    ask: str
    options: tuple[Meaning, ...] = Field(min_length=2)


class Hints(Section):
    """`hints.yaml`: words that hint at topics.

    Attributes:
        thesaurus: id of a topic -> words that students use for it, besides those of its lesson.
    """

    thesaurus: Mapping[str, str]
    ambiguities: tuple[Ambiguity, ...]


class Reading(Section):
    """`reading.yaml`: how to measure reading levels in the language.

    Attributes:
        formula: the formula of `reading_level.py`; None if the language has none.
        syllables: the rules of `syllables.py` to count with.
        longer_words: length of an ordinary word relative to an English one, as a factor.
    """

    formula: Literal["english", "spanish"] | None
    syllables: Literal["english", "spanish"]
    longer_words: float


class Pages(Section):
    """`pages.yaml`: the pages for students, teachers and operators.

    Attributes:
        own_name: the language's name in itself.
        lessons_in: the BCP 47 tag in which lessons are asked for by default.
        phrases: name -> what is said; gaps are in braces, and have names. What is absent is said
            in English.
        examples: questions to begin with: the question, a grade, and an interest.
    """

    own_name: str
    lessons_in: str
    phrases: Mapping[str, str]
    examples: Sequence[tuple[str, int, str]]
