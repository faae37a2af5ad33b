"""The offline script writer for a section of an ingested book.

The lesson uses only the book's own sentences. A book has no bridges, so the lesson opens with
the section's objectives and the answer, and explains in runs of adjacent sentences, each of which
begins with a word of the glossary that it needs. It closes with a worked example, with points of
the summary that were taught, and with a question on what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_drawings import with_drawings
from vividly.lesson.scripting.book_example import worked_example
from vividly.lesson.scripting.book_figures import with_figures
from vividly.lesson.scripting.book_glossary import (
    own_question,
    told,
    told_question,
    what_is,
    which_term,
)
from vividly.lesson.scripting.book_scenes import (
    Terms,
    alike,
    answer_scene,
    explanation_scenes,
    long_words,
    main_word,
)
from vividly.lesson.scripting.book_show import shown_words
from vividly.lesson.scripting.book_text import aim, can_begin, sayables
from vividly.lesson.scripting.connectives import connective
from vividly.lesson.scripting.pacing import AIM_S, scene_seconds
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
from vividly.text.words import capitalized

HEADINGS = locale_for(DEFAULT).lesson.headings
"""The composer supports only English books."""
ANSWERING = 6
"""Number of passages, best first, of which definitions are said with the answer."""
MOST_DEFINED = 2
"""Maximum number of definitions that are said with the answer."""
DEFINED_S = 15.0
"""Time for definitions of words in the explanation."""
COVERED = 0.4
"""Minimum share of the words of a takeaway that were taught."""
FEWEST_WORDS = 60
"""Minimum number of words with a source in a short lesson."""
THINK_S = 4.0
SOURCES_S = 4.0
_SUMMED: tuple[PassageKind, ...] = ("summary", "section")
_MOST_POINTS = 3
_LONGEST_POINT = 30
_TITLE = 64


class BookComposer:
    """Composes scripts from the passages of one section of a book."""

    def __init__(self, reading_level_tolerance: float = TOLERANCE) -> None:
        self._tolerance = reading_level_tolerance
        self.identity = f"book-composer/11/{reading_level_tolerance:g}"

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
        # Terms of the title come first, then those that the section uses most.
        titled = long_words(understanding.title)
        self._definitions = sorted(
            self._all("definition"),
            key=lambda p: (
                -len(long_words(p.heading) & titled),
                -lowered.count(p.heading.lower()),
                p.position,
            ),
        )

    def scenes(self) -> list[Scene]:
        """Return the scenes of a lesson of at most three minutes, shorter where the book has less.

        Raises:
            NoLesson: the material is too little even for a short lesson.
        """
        example = worked_example(self._all("worked_example"), self._topic.topic_id)
        for one, clear in ((example, True), (None, True), (None, False)):
            scenes = self._plan(one, clear=clear)
            words = sum(len(line.say.split()) for s in scenes for line in s.lines if line.passages)
            explained = any(scene.explains for scene in scenes)
            if explained and words >= FEWEST_WORDS and scene_seconds(scenes, self._grade) <= AIM_S:
                return scenes
        raise NoLesson(self._missing())

    def answer(self) -> Scene | None:
        """Return the scene that answers the question; None if no passage was ranked."""
        said = [line.say for line in self._opening().lines if line.passages]
        return answer_scene(
            self._passages, self._terms, self._grade, self._query, said, only=self._topic.answer
        )

    def _plan(self, example: Scene | None, *, clear: bool) -> list[Scene]:
        """Return the scenes of a lesson.

        Args:
            clear: whether to leave out sentences that explain badly.
        """
        opening, answer = self._opening(), self.answer()
        first = [opening, *([self._explained(answer)] if answer else [])]
        examples = [example] if example else []
        sources = Scene("sources", HEADINGS.sources, (), SOURCES_S)
        fixed = [*first, *examples, *self._ending([*first, *examples], covered=False), sources]
        explained = explanation_scenes(
            self._all("section"),
            self._terms,
            self._grade,
            AIM_S - DEFINED_S - scene_seconds(fixed, self._grade),
            {line.say for scene in (*first, *examples) for line in scene.lines},
            headings=[scene.heading for scene in first[1:]],
            clear=clear,
        )
        for scenes in (self._introduced(explained, first), explained):
            taught = [*first, *scenes]
            ending = self._ending([*taught, *examples], covered=True)
            plan = [*taught, *examples, *ending, sources]
            if scene_seconds(plan, self._grade) <= AIM_S:
                break
        return plan

    def _explained(self, answer: Scene) -> Scene:
        """Add definitions to the answer: of what was asked about, then of words that it uses."""
        text, said = _said([answer]), [line.say for line in answer.lines]
        ranked = sorted((p for p in self._passages if p.score > 0), key=lambda p: -p.score)
        asked = [p for p in ranked[:ANSWERING] if p.kind == "definition"]
        used = [p for p in self._definitions if _uses(text, p.heading)]
        new = list(self._meanings((*asked, *used), text, said))[:MOST_DEFINED]
        return replace(answer, lines=(*answer.lines, *new))

    def _introduced(self, scenes: Sequence[Scene], before: Sequence[Scene]) -> list[Scene]:
        """Begin each scene with the definition of a word that the lesson uses there first.

        Args:
            before: scenes before these.
        """
        known = _said(before)
        said = [line.say for scene in (*before, *scenes) for line in scene.lines]
        kept: list[Scene] = []
        for scene in scenes:
            text = _said([scene])
            used = [
                p
                for p in self._definitions
                if _uses(text, p.heading) and not _uses(known, p.heading)
            ]
            new = list(self._meanings(used, text, said))[:1]
            known += text
            kept.append(replace(scene, lines=(*new, *scene.lines)))
        return kept

    def _meanings(
        self, definitions: Iterable[Passage], text: str, said: Sequence[str]
    ) -> Iterator[Line]:
        """Yield what words of the glossary mean, unless a text in lower case tells it."""
        for passage in definitions:
            term = passage.heading
            meaning = told(passage, self._text)
            tells = _uses(text, f"{term} is") or _uses(text, f"called {term}")
            if meaning and not tells and not any(alike(meaning, one) for one in said):
                yield Line(meaning, term[:_TITLE], (passage.key,))

    def _ending(self, taught: Sequence[Scene], *, covered: bool) -> list[Scene]:
        """Make takeaways and a check.

        Args:
            taught: the scenes before.
            covered: whether takeaways are only on what was taught.
        """
        lines = [line for scene in taught for line in scene.lines if line.passages]
        takeaways = self._takeaways(lines, covered=covered)
        return [*takeaways, *self._check(self._question(lines))]

    def _check(self, question: tuple[Line, Line] | None) -> list[Scene]:
        """Make scenes of a question and its answer."""
        if question is None:
            return []
        lead = connective("check", self._topic.topic_id)
        return [
            Scene("check", HEADINGS.check, (lead, question[0]), THINK_S),
            Scene("answer", HEADINGS.answer, (question[1],), 1.2),
        ]

    def _opening(self) -> Scene:
        """Make the title scene, with an objective; two if the question only names the topic."""
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
        lines += aims[: 1 if self._topic.answer else 2] or summary[:1]
        return Scene("title", self._topic.title, tuple(lines))

    def _takeaways(self, said: Sequence[Line], *, covered: bool) -> list[Scene]:
        """Make a scene of up to three points from the summary, else from what sections define.

        Args:
            said: the lines that teach; only definitions are repeated, if there is nothing else.
            covered: whether to leave out points of which most words were not taught.
        """
        taught = long_words(" ".join(line.say for line in said))
        summed, defined = (
            [
                Line(s.say, show, (p.key,))
                for p in self._all(kind)
                for s in sayables(p)
                if can_begin(s.say)
                and s.words <= _LONGEST_POINT
                and (kind == "summary" or self._defines(s.say))
                and (not covered or _share(long_words(s.say), taught) >= COVERED)
                and (
                    show := shown_words(s.say, s.shown, self._terms.written)
                    or main_word(s.say, self._terms)
                )
            ]
            for kind in _SUMMED
        )
        points = _spread(_different(summed, said), _MOST_POINTS)
        points += _spread(_different(defined, [*said, *points]), _MOST_POINTS - len(points))
        points = points or _spread(_different(defined), _MOST_POINTS)
        if not points:
            return []
        part: LessonPart = "takeaways" if len(points) == _MOST_POINTS else "takeaways_few"
        lines = (connective(part, self._topic.topic_id), *points)
        return [Scene("takeaways", HEADINGS.takeaways, lines)]

    def _defines(self, say: str) -> bool:
        """Whether a sentence defines a term."""
        subject = re.match(r"(?:the |an? )?([^,]{3,60}?) (?:is|are|means) (?:the|an?) ", say, re.I)
        return subject is not None and subject[1].lower() in {
            term.lower() for term in self._terms.written
        }

    def _question(self, said: Sequence[Line]) -> tuple[Line, Line] | None:
        """Return a question on what the lesson said, and its answer; None for none.

        The first that works: the book's own question, one on what a sentence tells, "what is
        this term" where the lesson defined it, or "what do we call" where it used the term.
        """
        if own := own_question(self._all("check"), self._terms.written):
            return own
        if found := told_question(said, self._text):
            return found
        text = " ".join(line.say for line in said).lower()
        used = [p for p in self._definitions if _uses(text, p.heading)]
        defined = [
            p
            for p in used
            if (meaning := told(p, self._text)) and any(alike(meaning, line.say) for line in said)
        ]
        for ask, passages in ((what_is, defined), (which_term, used)):
            for passage in passages:
                if asked := ask(passage, self._text):
                    return asked
        return None

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
    return capitalized(aim).rstrip(".") if len(aim) <= _TITLE else None


def _different(lines: Iterable[Line], others: Iterable[Line] = ()) -> list[Line]:
    """Drop lines that show or say about the same as an earlier line."""
    kept: list[Line] = []
    for line in lines:
        told = [*others, *kept]
        if not any(line.show == other.show or alike(line.say, other.say) for other in told):
            kept.append(line)
    return kept


def _said(scenes: Iterable[Scene]) -> str:
    return " ".join(line.say for s in scenes for line in s.lines if line.passages).lower()


def _uses(text: str, term: str) -> bool:
    """Whether a text in lower case has a term."""
    return re.search(rf"\b{re.escape(term.lower())}(?:e?s)?\b", text) is not None


def _share(words: Set[str], others: Set[str]) -> float:
    return len(words & others) / max(1, len(words))


def _spread(lines: Sequence[Line], most: int) -> list[Line]:
    """Return at most `most` lines, evenly spaced."""
    if len(lines) <= most:
        return list(lines)
    return [lines[at * len(lines) // most] for at in range(most)]
