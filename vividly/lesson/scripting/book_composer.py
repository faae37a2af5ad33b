"""The offline script writer for a section of an ingested book.

The lesson uses only the book's own sentences. A book has no bridges, so the lesson opens with
the section's objectives, explains in runs of adjacent sentences, and closes with the book's
summary and a question from the book or its glossary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_drawings import with_drawings
from vividly.lesson.scripting.book_example import worked_example
from vividly.lesson.scripting.book_figures import with_figures
from vividly.lesson.scripting.book_glossary import own_question, told, what_is, which_term, why
from vividly.lesson.scripting.book_scenes import (
    FEWEST_SCENES,
    Terms,
    alike,
    answer_scene,
    explanation_scenes,
    main_word,
)
from vividly.lesson.scripting.book_show import shown_words
from vividly.lesson.scripting.book_text import aim, can_begin, sayables
from vividly.lesson.scripting.connectives import connective
from vividly.lesson.scripting.pacing import AIM_S, SHORTEST_S, scene_seconds
from vividly.lesson.scripting.revise import TOLERANCE, cited_sources, fit_level, level_note
from vividly.lesson.scripting.sentences import Wording
from vividly.model.errors import NoLesson
from vividly.model.lesson import (
    Line,
    Passage,
    PassageKind,
    Scene,
    Script,
    Understanding,
)
from vividly.text.interests import EVERYDAY
from vividly.text.locales import DEFAULT, locale_for, primary_subtag
from vividly.text.locales.sections import LessonPart
from vividly.text.words import singular

HEADINGS = locale_for(DEFAULT).lesson.headings
"""The composer supports only English books."""
SHORT_S = 50.0
"""Maximum time for the explanations of a short lesson, besides the answer."""
FEWEST_WORDS = 60
"""Minimum number of words with a source in a short lesson."""
THINK_S = 4.0
SOURCES_S = 4.0
_MOST_WORDS_TO_KNOW = 3
_MOST_POINTS = 3
_LONGEST_POINT = 30
_TITLE = 64


class BookComposer:
    """Composes scripts from the passages of one section of a book."""

    def __init__(self, reading_level_tolerance: float = TOLERANCE) -> None:
        self._tolerance = reading_level_tolerance
        self.identity = f"book-composer/9/{reading_level_tolerance:g}"

    def write(self, brief: Brief) -> Script:
        """See `ScriptWriter.write`. The script ignores the interest: a book has no bridges.

        Raises:
            NoLesson: too little of the section can be narrated, or it is not in English; the
                message says what is missing.
        """
        if primary_subtag(brief.language) != DEFAULT:
            raise NoLesson(
                f"a lesson on {brief.understanding.topic_id!r} in {brief.language!r} cannot be "
                "composed from a book: the offline script writer knows only how English books are "
                "written; choose another with --script_provider"
            )
        topic = [p for p in brief.retrieved.passages if p.topic_id == brief.understanding.topic_id]
        scenes = _Lesson(topic, brief.understanding, brief.query, brief.grade_level).scenes()
        fitted = fit_level(
            scenes,
            brief.grade_level,
            self._tolerance,
            language=brief.language,
            taught=[
                brief.understanding.title,
                *(p.heading for p in topic if p.kind == "definition"),
            ],
            wording=Wording.of(p.text for p in topic),
        )
        return Script(
            title=brief.understanding.title,
            topic_id=brief.understanding.topic_id,
            subject=brief.understanding.subject,
            grade_level=brief.grade_level,
            language=brief.language,
            bridge=EVERYDAY,
            scenes=tuple(with_drawings(with_figures(fitted.scenes, topic), topic)),
            sources=cited_sources(fitted.scenes, topic),
            writer=self.identity,
            reading_level=fitted.grade,
            notes=level_note(fitted.grade, brief.grade_level, self._tolerance),
        )


def book_answer(
    understanding: Understanding,
    passages: Sequence[Passage],
    query: str,
    grade: int,
    language: str,
) -> str:
    """Return the key of the passage that the lesson on a question says first; "" for none."""
    if primary_subtag(language) != DEFAULT:
        return ""
    scene = _Lesson(passages, understanding, query, grade).answer()
    return scene.lines[-1].passages[0] if scene else ""


class _Lesson:
    def __init__(
        self, passages: Sequence[Passage], understanding: Understanding, query: str, grade: int
    ) -> None:
        self._passages = sorted(passages, key=lambda p: p.position)
        self._topic = understanding
        self._grade = grade
        self._query = query
        core = " ".join(p.text for p in (*self._all("objectives"), *self._all("summary")))
        definitions = [p.heading for p in self._all("definition")]
        self._terms = Terms.of(understanding.title, definitions, query, core)
        self._text = " ".join(p.text for p in self._all("section"))
        lowered = self._text.lower()
        # Terms that the section uses most come first.
        self._definitions = sorted(
            self._all("definition"), key=lambda p: (-lowered.count(p.heading.lower()), p.position)
        )

    def scenes(self) -> list[Scene]:
        """Return the scenes of a lesson of two to three minutes, else of a short one.

        Raises:
            NoLesson: the material is too little even for a short lesson.
        """
        example = worked_example(self._all("worked_example"), self._topic.topic_id)
        for with_example, with_words in (
            (True, True),
            (True, False),
            (False, True),
            (False, False),
        ):
            if with_example and example is None:
                continue
            scenes = self._plan(example if with_example else None, with_words)
            explained = sum(scene.explains for scene in scenes)
            if (
                explained >= FEWEST_SCENES
                and SHORTEST_S <= scene_seconds(scenes, self._grade) <= AIM_S
            ):
                return scenes
        for seconds, clear in ((SHORT_S, True), (SHORT_S, False), (0.0, True)):
            scenes = self._plan(example, True, seconds, clear=clear)
            words = sum(len(line.say.split()) for s in scenes for line in s.lines if line.passages)
            explained = any(s.explains and s.heading != HEADINGS.words_to_know for s in scenes)
            if explained and words >= FEWEST_WORDS and scene_seconds(scenes, self._grade) <= AIM_S:
                return scenes
        raise NoLesson(self._missing())

    def answer(self) -> Scene | None:
        """Return the scene that answers the question; None if no passage was ranked."""
        return answer_scene(
            self._passages,
            self._terms,
            self._grade,
            self._query,
            [line.say for line in self._opening().lines if line.passages],
            only=self._topic.answer,
        )

    def _plan(
        self,
        example: Scene | None,
        with_words: bool,
        seconds: float = AIM_S,
        *,
        clear: bool = True,
    ) -> list[Scene]:
        """Return the scenes of a lesson.

        Args:
            seconds: maximum time for the explanations besides the answer.
            clear: whether to leave out sentences that explain badly.
        """
        opening, answer = self._opening(), self.answer()
        answers = [answer] if answer else []
        question, kept = self._question()
        told_first = [line for scene in answers for line in scene.lines]
        words = self._words_to_know(kept, told_first) if with_words else []
        takeaways = self._takeaways(
            [*told_first, *(line for scene in words for line in scene.lines)]
        )
        ending = [*([example] if example else []), *takeaways]
        sources = Scene("sources", HEADINGS.sources, (), SOURCES_S)
        fixed = [opening, *answers, *words, *ending, *self._check(question), sources]
        said = {line.say for scene in fixed for line in scene.lines}
        explained = explanation_scenes(
            self._all("section"),
            self._terms,
            self._grade,
            min(seconds, AIM_S - scene_seconds(fixed, self._grade)),
            said,
            headings=[scene.heading for scene in answers],
            clear=clear,
        )
        own = question and any(p.kind == "check" for p in self._cited(question))
        reason = None if own else why(line for scene in explained for line in scene.lines)
        check = self._check(reason or question)
        return [opening, *answers, *words, *explained, *ending, *check, sources]

    def _check(self, question: tuple[Line, Line] | None) -> list[Scene]:
        """Make scenes of a question and its answer."""
        if question is None:
            return []
        lead = connective("check", self._topic.topic_id)
        return [
            Scene("check", HEADINGS.check, (lead, question[0]), THINK_S),
            Scene("answer", HEADINGS.answer, (question[1],), 1.2),
        ]

    def _cited(self, lines: Iterable[Line]) -> list[Passage]:
        keys = {key for line in lines for key in line.passages}
        return [p for p in self._passages if p.key in keys]

    def _opening(self) -> Scene:
        """Make the title scene, with up to two of the section's objectives."""
        lines = [connective("opening", self._topic.topic_id)]
        aims = [
            Line(say, _aim(say), (p.key,))
            for p in self._all("objectives")
            for s in p.sentences
            if (say := aim(s.say)) and len(say.split()) <= _LONGEST_POINT
        ]
        summary = [
            Line(s.say, shown_words(s.say, s.shown, self._terms.written), (s.passage.key,))
            for p in self._all("summary")
            for s in sayables(p)
            if can_begin(s.say) and s.words <= _LONGEST_POINT
        ]
        lines += aims[:2] or summary[:1]
        return Scene("title", self._topic.title, tuple(lines))

    def _words_to_know(self, kept: str, said: Sequence[Line]) -> list[Scene]:
        """Make a scene of terms: first those said before, then those the question is about.

        Args:
            kept: key of a definition that is reserved for the check question.
            said: lines that the lesson says before.
        """
        found = [
            (p, meaning)
            for p in self._definitions
            if p.key != kept
            and (meaning := told(p, self._text))
            and not any(alike(meaning, line.say) for line in said)
        ]
        first = " ".join(line.say for line in said).lower()
        found.sort(key=lambda pair: (pair[0].heading.lower() not in first, -pair[0].score))
        chosen = sorted(found[:_MOST_WORDS_TO_KNOW], key=lambda pair: pair[0].position)
        lines = tuple(Line(meaning, p.heading[:_TITLE], (p.key,)) for p, meaning in chosen)
        return [Scene("explanation", HEADINGS.words_to_know, lines)] if len(lines) > 1 else []

    def _takeaways(self, words: Sequence[Line]) -> list[Scene]:
        """Make a scene of up to three points from the summary, else from the sections.

        Args:
            words: lines that already define words and are not repeated.
        """
        wanted: tuple[tuple[PassageKind, bool], ...] = (
            ("summary", False),
            ("section", True),
            ("section", False),
        )
        summed, defined, said = (
            [
                Line(s.say, show, (p.key,))
                for p in self._all(kind)
                for s in sayables(p)
                if can_begin(s.say)
                and s.words <= _LONGEST_POINT
                and (kind == "summary" or self._tells(s.say, defining))
                and (
                    show := shown_words(s.say, s.shown, self._terms.written)
                    or main_word(s.say, self._terms)
                )
            ]
            for kind, defining in wanted
        )
        points = _spread(_different(summed, words), _MOST_POINTS)
        points += _spread(_different(defined, [*words, *points]), _MOST_POINTS - len(points))
        if not points:
            points = _spread(_different(said, words), _MOST_POINTS)
        if not points:
            return []
        part: LessonPart = "takeaways" if len(points) == _MOST_POINTS else "takeaways_few"
        lines = (connective(part, self._topic.topic_id), *points)
        return [Scene("takeaways", HEADINGS.takeaways, lines)]

    def _tells(self, say: str, defining: bool) -> bool:
        """Whether a sentence defines a term, or (if not `defining`) begins with one."""
        if not defining:
            weights = self._terms.weights
            return any(
                weights.get(singular(word), 0.0) >= 1
                for word in re.findall(r"\w+", say.lower())[:4]
            )
        subject = re.match(r"(?:the |an? )?([^,]{3,60}?) (?:is|are|means) (?:the|an?) ", say, re.I)
        return subject is not None and subject[1].lower() in {
            term.lower() for term in self._terms.written
        }

    def _question(self) -> tuple[tuple[Line, Line] | None, str]:
        """Return ((question, answer) or None, key of the definition used as the answer, or "").

        The first that works: the book's own question, "which term has this meaning", or "what
        is this term".
        """
        if own := own_question(self._all("check"), self._terms.written):
            return own, ""
        for passage in self._definitions:
            if asked := which_term(passage, self._text):
                return asked, ""
        for passage in self._definitions:
            if asked := what_is(passage, self._text):
                return asked, passage.key
        return None, ""

    def _missing(self) -> str:
        count = {
            kind: len(self._all(kind))
            for kind in ("section", "summary", "definition", "objectives")
        }
        words = sum(s.words for p in self._all("section") for s in sayables(p))
        had = ", ".join(f"{number} of kind {kind}" for kind, number in count.items())
        return (
            f"the passages on {self._topic.topic_id!r} do not make even a short lesson: "
            f"there are {had}, and {words} words of the sections can be said without the page "
            "that they stand on; ingest a fuller text or choose a script writer that rewrites"
        )

    def _all(self, kind: PassageKind) -> list[Passage]:
        return [p for p in self._passages if p.kind == kind]


def _aim(say: str) -> str | None:
    """Shorten an objective for the screen; None if it is too long."""
    aim = re.sub(r"^(?:by the end[^,]*, )?(?:you (?:will|should) be able to) ", "", say, flags=re.I)
    return aim[:1].upper() + aim[1:].rstrip(".") if len(aim) <= _TITLE else None


def _different(lines: Iterable[Line], others: Iterable[Line] = ()) -> list[Line]:
    """Drop lines that show or say about the same as an earlier line."""
    kept: list[Line] = []
    for line in lines:
        told = [*others, *kept]
        if not any(line.show == other.show or alike(line.say, other.say) for other in told):
            kept.append(line)
    return kept


def _spread(lines: Sequence[Line], most: int) -> list[Line]:
    """Return at most `most` lines, evenly spaced."""
    if len(lines) <= most:
        return list(lines)
    return [lines[at * len(lines) // most] for at in range(most)]
