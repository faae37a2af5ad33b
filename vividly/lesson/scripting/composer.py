"""The offline script writer: composes a lesson from existing sentences.

The composer writes no sentence. It selects the bridge to the student's interest, the sections
that answer the question, the sentences for the grade, and as much as fits into three minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import combinations, takewhile

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_composer import BookComposer
from vividly.lesson.scripting.book_scenes import alike
from vividly.lesson.scripting.connectives import connective
from vividly.lesson.scripting.pacing import AIM_S, SHORTEST_S, scene_seconds
from vividly.lesson.scripting.revise import TOLERANCE, cited_sources, fit_level, level_note
from vividly.lesson.scripting.sentences import Wording
from vividly.library.corpus import Topic, all_topics
from vividly.library.corpus.passages import LINK, section_key, shipped_visual
from vividly.model.errors import PermanentError
from vividly.model.lesson import (
    Line,
    Passage,
    PassageKind,
    PassageSentence,
    Scene,
    SceneKind,
    Script,
    Understanding,
)
from vividly.model.visuals.cycle import Cycle
from vividly.model.visuals.process import Process
from vividly.text.interests import EVERYDAY, carrying_interest
from vividly.text.locales import locale_for
from vividly.text.locales.sections import Headings, LessonPart
from vividly.text.words import QUESTION, singular, words

ANSWERS = ("section", "definition", "misconception")
"""Kinds of passages that answer beside the summary, which begins every lesson."""
ENDS = ("takeaways", "check", "answer")
"""Kinds of scenes before which every term is defined."""
ANSWERING = 3
"""Number of passages, best first, of which definitions are said with the answer."""
MOST_DEFINITIONS = 2
FEWEST_SECTIONS = 3
MOST_SECTIONS = 5
SHOWN = 2
"""How much a visual of the thing itself shows (`_shows`)."""
DRAWING, CHECK, EXAMPLE, LINKING, TAKEAWAY, DEEPER, MIX_UP = 6.0, 5.0, 4.0, 1.5, 1.0, 1.0, 0.5
"""Worth of the parts of a lesson, where they do not all fit."""
RELEVANT, EARLY, SHOWING = 1.0, 2.0, 0.2
"""Worth of the section that answers best or, if nothing was asked, of the author's first one; the
later ones have a share of it. Worth of what a section shows (`_shows`)."""
THINK_S = 4.0
"""Silence after the check question, for the student to answer."""
SOURCES_S = 4.0


@dataclass(frozen=True)
class _Topic:
    """The passages of one topic, and the file that they are from. `language` is a primary subtag.

    Sentences for a higher grade than `grade_level` are left out; those of the best ranked section
    only if they are for a higher grade than `asked_grade`. `answer` is the key of the passage that
    answers; empty to keep the author's order.
    """

    source: Topic
    passages: Sequence[Passage]
    grade_level: int
    language: str
    asked_grade: int
    answer: str

    @property
    def headings(self) -> Headings:
        return locale_for(self.language).lesson.headings

    def one(self, kind: PassageKind) -> Passage:
        """Return the first passage of a kind, of which a topic normally has one."""
        found = self.all(kind)
        if not found:
            raise PermanentError(
                f"the passages on {self.topic_id!r} hold no {kind}; the corpus is incomplete, "
                "load it again with `vividly verify --create`"
            )
        return found[0]

    def all(self, kind: PassageKind) -> list[Passage]:
        """Return the passages of a kind, in the author's order."""
        return sorted((p for p in self.passages if p.kind == kind), key=lambda p: p.position)

    @property
    def answering(self) -> Passage | None:
        """The passage that answers; None to keep the author's order."""
        return next((p for p in self.passages if p.key == self.answer), None)

    @property
    def best_section(self) -> Passage | None:
        """The section that answers best, or that introduces the term whose definition answers.

        The first if the passages were not ranked.
        """
        sections, answer = self.all("section"), self.answering
        if answer and answer.kind == "definition":
            for section in sections:
                if _mentions(f"{section.heading}. {section.text}", _plain(answer.heading)):
                    return section
        return max(sections, key=lambda s: (s.key == self.answer, s.score), default=None)

    def plain(self) -> _Topic:
        """Return the topic without sentences for higher grades."""
        return replace(self, grade_level=1)

    @property
    def topic_id(self) -> str:
        return self.passages[0].topic_id if self.passages else "?"

    def seconds(self, scenes: Iterable[Scene]) -> float:
        return scene_seconds(scenes, self.asked_grade, self.language)

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Key of a section -> the keys of the sections to say before it."""
        return {
            section_key(self.topic_id, section.id): self.keys(section.needs)
            for section in self.source.sections
        }

    @cached_property
    def definitions(self) -> Mapping[str, Passage]:
        """Key term, as `_mentions` compares it -> its definition."""
        return {_plain(p.heading): p for p in self.all("definition")}

    @cached_property
    def introduces(self) -> Mapping[str, frozenset[str]]:
        """Key of a passage -> the key terms that need no definition once it is said.

        The summary introduces the terms that it mentions. Each other term is introduced by the
        first section of the author that mentions it, unless the section names it (`terms`).
        """
        summary = self.one("summary")
        found = {summary.key: {t for t in self.definitions if _mentions(summary.text, t)}}
        unexplained = {
            section_key(self.topic_id, section.id): {_plain(term) for term in section.terms}
            for section in self.source.sections
        }
        texts = {s.key: f"{s.heading}. {_said(self.lines(s))}" for s in self.all("section")}
        for term, definition in self.definitions.items():
            found.setdefault(definition.key, set()).add(term)
            first = next((key for key, text in texts.items() if _mentions(text, term)), None)
            if first and term not in unexplained.get(first, ()):
                found.setdefault(first, set()).add(term)
        return {key: frozenset(terms) for key, terms in found.items()}

    def keys(self, sections: Iterable[str]) -> frozenset[str]:
        """Return the keys of sections, by their ids."""
        return frozenset(section_key(self.topic_id, id) for id in sections)

    def lines(self, passage: Passage, *roles: str) -> list[Line]:
        """Return a passage's sentences of these roles (default: all) as lines."""
        answers = self.answer and passage == self.best_section
        grade = self.asked_grade if answers else self.grade_level
        return [
            _line(sentence, passage)
            for sentence in passage.sentences
            if sentence.from_grade <= grade and (not roles or sentence.role in roles)
        ]


class Composer:
    """Composes scripts from the passages of one topic: a shipped one or a section of a book.

    Args:
        reading_level_tolerance: accepted deviation from the requested grade, in school grades.
            Beyond it, the composer splits or joins sentences.
    """

    def __init__(self, reading_level_tolerance: float = TOLERANCE) -> None:
        self._tolerance = reading_level_tolerance
        self.identity = f"composer/18/{reading_level_tolerance:g}"
        self._of_books = BookComposer(reading_level_tolerance)

    def write(self, brief: Brief) -> Script:
        """See `ScriptWriter.write`. Deterministic."""
        if brief.understanding.topic_id not in all_topics():
            return self._of_books.write(brief)
        shipped = all_topics()[brief.understanding.topic_id]
        topic = _Topic(
            shipped,
            [p for p in brief.retrieved.passages if p.topic_id == shipped.id],
            brief.grade_level,
            shipped.language,
            brief.grade_level,
            brief.understanding.answer,
        )
        bridges = {p.key.rsplit("/", 1)[-1]: p for p in topic.all("bridge")}
        used = carrying_interest(brief.interest, bridges, brief.language)
        bridge = bridges.get(used) or topic.one("bridge")
        fitted = fit_level(
            _fitting(topic, brief.understanding, bridge),
            brief.grade_level,
            self._tolerance,
            language=brief.language,
            taught=[brief.understanding.title, *(p.heading for p in topic.all("definition"))],
            wording=Wording.of(p.text for p in topic.passages),
        )
        return Script(
            title=brief.understanding.title,
            topic_id=brief.understanding.topic_id,
            subject=brief.understanding.subject,
            grade_level=brief.grade_level,
            language=brief.language,
            bridge=used if used in bridges else EVERYDAY,
            scenes=fitted.scenes,
            sources=cited_sources(fitted.scenes, topic.passages),
            writer=self.identity,
            reading_level=fitted.grade,
            notes=level_note(fitted.grade, brief.grade_level, self._tolerance),
        )


@dataclass(frozen=True)
class _Plan:
    """Which sections (their keys) and optional parts a lesson has, and their worth."""

    topic: _Topic
    sections: frozenset[str]
    example: bool
    mix_up: bool
    worth: float

    def covers(self, needs: Iterable[str]) -> bool:
        """Whether the lesson has the sections with these ids."""
        return self.topic.keys(needs) <= self.sections


def _fitting(topic: _Topic, understanding: Understanding, bridge: Passage) -> list[Scene]:
    """Return the scenes of the most valuable lesson of at most three minutes."""
    plans = [*_plans(topic, bridge, DEEPER), *_plans(topic.plain(), bridge, 0.0)]
    plans.sort(key=lambda plan: -plan.worth)
    for plan in plans:
        scenes = _scenes(plan, understanding, bridge)
        if topic.seconds(scenes) <= AIM_S:
            return scenes
    shortest = min(plans, key=lambda plan: (len(plan.sections), plan.example, plan.mix_up))
    lower = replace(shortest.topic, asked_grade=1)
    return _scenes(replace(shortest, topic=lower), understanding, bridge)


def _plans(topic: _Topic, bridge: Passage, worth: float) -> Iterator[_Plan]:
    """Yield what a lesson may consist of: sections, and the parts that rest on them."""
    sections, source = topic.all("section"), topic.source
    if len(sections) < FEWEST_SECTIONS:
        raise PermanentError(
            f"the passages on {topic.topic_id!r} hold {len(sections)} sections; "
            f"a lesson needs {FEWEST_SECTIONS}"
        )
    linked, _ = _link(topic, bridge)
    ranked = sorted(sections, key=lambda s: -s.score) if topic.answer else sections
    most = RELEVANT if topic.answer else EARLY
    relevant = {s.key: most / at for at, s in enumerate(ranked, 1)}
    best = topic.best_section
    for number in range(FEWEST_SECTIONS, MOST_SECTIONS + 1):
        for some in combinations(sections, number):
            plan = _Plan(topic, frozenset(s.key for s in some), False, False, 0.0)
            if topic.answer and best not in some:
                continue
            if not all(topic.needs.get(key, frozenset()) <= plan.sections for key in plan.sections):
                continue
            total = worth + sum(relevant.get(s.key, 0.0) + SHOWING * _shows(s) for s in some)
            total += DRAWING * any(map(_shows, some)) + LINKING * (linked in plan.sections)
            total += CHECK * plan.covers(source.check.needs)
            total += TAKEAWAY * sum(plan.covers(point.needs) for point in source.takeaways)
            for example in {plan.covers(source.worked_example.needs), False}:
                for mix_up in {plan.covers(source.misconception.needs), False}:
                    parts = EXAMPLE * example + MIX_UP * mix_up
                    yield replace(plan, example=example, mix_up=mix_up, worth=total + parts)


def _scenes(plan: _Plan, understanding: Understanding, bridge: Passage) -> list[Scene]:
    topic = plan.topic
    opening = _opening(topic, understanding, bridge)
    answer = topic.answering
    wrong = answer is not None and answer.kind == "misconception"
    first = _mix_up(topic) if wrong else []
    defined = _defined(topic, answer) if topic.asked_grade > 1 else []
    if answer and answer.kind == "definition" and defined:
        first.append(Scene("explanation", answer.heading, tuple(defined)))
        defined = []
    explained = _explanation(plan, bridge, defined)
    ending = _ending(plan, bridge, plan.mix_up and not wrong)
    scenes = _introduced(topic, [*opening, *first, *explained, *ending])
    if topic.seconds(scenes) < SHORTEST_S:
        at = len(opening) + len(first) + len(explained)
        scenes.insert(at, _words_to_know(topic, scenes))
    return _once(scenes)


def _introduced(topic: _Topic, scenes: Iterable[Scene]) -> list[Scene]:
    """Define each key term before its first use, unless the text introduces it itself.

    Terms that only the ending uses are defined at the end of the explanation.
    """
    known = set(topic.introduces[topic.one("summary").key])
    kept: list[Scene] = []
    for scene in scenes:
        known.update(term for key in scene.cited for term in topic.introduces.get(key, ()))
        said = _said(line for line in scene.lines if line.passages)
        new = [term for term in topic.definitions if term not in known and _mentions(said, term)]
        if new and scene.kind != "title":
            known.update(new)
            lines = [
                line
                for term in new
                for line in topic.lines(topic.definitions[term])
                if not any(alike(line.say, other.say) for other in scene.lines)
            ]
            if scene.kind in ENDS:
                at = max(at for at, one in enumerate(kept) if one.explains)
                kept[at] = replace(kept[at], lines=(*kept[at].lines, *_quiet(kept[at], lines)))
            else:
                scene = _led_by(topic, scene, lines)
        kept.append(scene)
    return kept


def _led_by(topic: _Topic, scene: Scene, lines: Sequence[Line]) -> Scene:
    """Insert definitions after the lead of a scene and the definitions that it has already."""
    defining = {line.say for p in topic.definitions.values() for line in topic.lines(p)}
    led = sum(1 for _ in takewhile(lambda x: not x.passages or x.say in defining, scene.lines))
    return replace(scene, lines=(*scene.lines[:led], *_quiet(scene, lines), *scene.lines[led:]))


def _quiet(scene: Scene, lines: Sequence[Line]) -> list[Line]:
    """Return lines without words on screen, unless the scene is a list of words.

    The first words of an example are its problem, and those of a mix-up the belief.
    """
    return [line if scene.kind == "explanation" else replace(line, show=None) for line in lines]


def _said(lines: Iterable[Line]) -> str:
    return " ".join(line.say for line in lines)


@lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    found = (re.sub("ies$", "y", word) for word in words(text, QUESTION))
    return f" {' '.join(map(singular, found))} "


def _mentions(text: str, term: str) -> bool:
    return term in _plain(text)


def _once(scenes: Iterable[Scene]) -> list[Scene]:
    """Leave out lines that an earlier scene, or the same scene, says already."""
    said: set[str] = set()
    kept = []
    for scene in scenes:
        lines = []
        for line in scene.lines:
            if line.say not in said:
                lines.append(line)
                said.add(line.say)
        kept.append(replace(scene, lines=tuple(lines)))
    return [scene for scene in kept if scene.lines or scene.kind == "sources"]


def _defined(topic: _Topic, answer: Passage | None) -> list[Line]:
    """Return the definitions that answer, too. What the lesson says first is not said again."""
    if answer is None:
        return []
    ranked = sorted(
        (p for p in topic.passages if p.kind in ANSWERS and p != answer), key=lambda p: -p.score
    )
    answering = [p for p in (answer, *ranked[: ANSWERING - 1]) if p.kind == "definition"]
    said = [
        topic.one("summary").text,
        *(s.say for p in (answer, topic.best_section) if p for s in p.sentences),
    ]
    found = [p for p in answering if p == answer or not any(alike(p.text, one) for one in said)]
    return [line for p in found[:MOST_DEFINITIONS] for line in topic.lines(p)]


def _opening(topic: _Topic, understanding: Understanding, bridge: Passage) -> list[Scene]:
    """Make the title scene: the bridge's hook, then the summary."""
    summary = topic.one("summary")
    lines = [
        *topic.lines(bridge, "hook"),
        *(_line(s, summary, show=None) for s in summary.sentences),
    ]
    return [Scene("title", understanding.title, tuple(lines))]


def _explanation(plan: _Plan, bridge: Passage, defined: Sequence[Line]) -> list[Scene]:
    """Make scenes of the sections: the one that answers first, after what it needs.

    Args:
        defined: definitions to say at the start of the section that answers.
    """
    topic = plan.topic
    linked, link = _link(topic, bridge)
    best = topic.best_section if topic.answer else None
    scenes = []
    for section in sorted(
        (s for s in topic.all("section") if s.key in plan.sections),
        key=lambda s: best is not None and s != best and s.key not in _before(topic, best.key),
    ):
        lines = topic.lines(section)
        if section == best:
            lines = [*(replace(line, show=None) for line in defined), *lines]
        scenes.append(_explaining(section, (*lines, *(link if section.key == linked else ()))))
    return scenes


def _before(topic: _Topic, key: str) -> frozenset[str]:
    """Return the keys of all sections to say before a section."""
    direct = topic.needs.get(key, frozenset())
    return direct.union(*(_before(topic, one) for one in direct))


def _shows(section: Passage) -> int:
    """Return how much a visual shows: `SHOWN` for the thing itself, 1 for steps with pictures."""
    visual = shipped_visual(section.key)
    if visual is None or not visual.is_diagram:
        return 0
    return 1 if isinstance(visual, Process | Cycle) else SHOWN


def _explaining(section: Passage, lines: tuple[Line, ...]) -> Scene:
    """Make a scene of a section, with its author's visual if it has one."""
    visual = shipped_visual(section.key)
    if visual is None:
        return Scene("explanation", section.heading, lines)
    return Scene(visual.kind, section.heading, lines, visual=visual)


def _link(topic: _Topic, bridge: Passage) -> tuple[str, tuple[Line, ...]]:
    """Return (key of the section that the bridge links to, lines of the link)."""
    for sentence in bridge.sentences:
        if sentence.role.startswith(LINK):
            section = sentence.role.removeprefix(LINK)
            return section_key(topic.topic_id, section), (_line(sentence, bridge),)
    return "", ()


def _words_to_know(topic: _Topic, said: Iterable[Scene]) -> Scene:
    """Make a scene of key terms, for a lesson that would otherwise be too short."""
    keys = {key for scene in said for key in scene.cited}
    found = [passage for passage in topic.all("definition") if passage.key not in keys]
    terms = [line for passage in found for line in topic.lines(passage)]
    return Scene("explanation", topic.headings.words_to_know, tuple(terms[:3]))


def _ending(plan: _Plan, bridge: Passage, with_misconception: bool) -> list[Scene]:
    """Make the closing scenes, of what rests on the sections of the plan."""
    topic, source = plan.topic, plan.topic.source
    check = topic.one("check")

    def scene(kind: SceneKind, heading: str, lines: Iterable[Line], pause: float = 0.6) -> Scene:
        return Scene(kind, heading, tuple(lines), pause)

    def lead(kind: LessonPart) -> Line:
        return connective(kind, topic.topic_id, topic.language)

    called = topic.headings
    scenes = []
    if plan.example:
        example = topic.lines(topic.one("worked_example"))
        scenes.append(
            scene("worked_example", called.worked_example, [lead("worked_example"), *example])
        )
    if with_misconception:
        scenes += _mix_up(topic)
    points = [
        line
        for line, point in zip(topic.lines(topic.one("takeaways")), source.takeaways, strict=True)
        if plan.covers(point.needs)
    ]
    if points:
        part: LessonPart = "takeaways_few" if len(points) < len(source.takeaways) else "takeaways"
        lines = [lead(part), *points, *topic.lines(bridge, "close")]
        scenes.append(scene("takeaways", called.takeaways, lines))
    if plan.covers(source.check.needs):
        asked, answer = topic.lines(check, "question"), topic.lines(check, "answer")
        scenes.append(scene("check", called.check, [lead("check"), *asked], THINK_S))
        scenes.append(scene("answer", called.answer, answer, 1.2))
    return [*scenes, scene("sources", called.sources, [], SOURCES_S)]


def _mix_up(topic: _Topic) -> list[Scene]:
    lead = connective("misconception", topic.topic_id, topic.language)
    lines = (lead, *topic.lines(topic.one("misconception")))
    return [Scene("misconception", topic.headings.misconception, lines)]


def _line(sentence: PassageSentence, passage: Passage, show: str | None = "") -> Line:
    return Line(
        sentence.say, sentence.show if show == "" else show, (passage.key,), part=sentence.part
    )
