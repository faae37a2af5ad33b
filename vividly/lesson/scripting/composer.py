"""The offline script writer: composes a lesson from existing sentences.

The composer writes no sentence. It selects the bridge to the student's interest, the sections
that answer the question, the sentences for the grade, and as much as fits into three minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_composer import BookComposer
from vividly.lesson.scripting.connectives import connective
from vividly.lesson.scripting.pacing import AIM_S, SHORTEST_S, scene_seconds
from vividly.lesson.scripting.revise import TOLERANCE, cited_sources, fit_level, level_note
from vividly.lesson.scripting.sentences import Wording
from vividly.library.corpus import all_topics
from vividly.library.corpus.passages import LINK, section_key, shipped_visual
from vividly.model.errors import PermanentError
from vividly.model.lesson import (
    Line,
    Passage,
    PassageKind,
    PassageSentence,
    Scene,
    Script,
    Understanding,
)
from vividly.text.interests import EVERYDAY, bridge_interest
from vividly.text.locales import locale_for
from vividly.text.locales.sections import Headings, LessonPart

FEWEST_SECTIONS = 3
MOST_SECTIONS = 5
THINK_S = 4.0
"""Silence after the check question, for the student to answer."""
SOURCES_S = 4.0


@dataclass(frozen=True)
class _Topic:
    """The passages of one topic. `language` is a primary subtag."""

    passages: Sequence[Passage]
    grade_level: int
    language: str

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

    def plain(self) -> _Topic:
        """Return the topic without sentences for higher grades."""
        return replace(self, grade_level=1)

    @property
    def topic_id(self) -> str:
        return self.passages[0].topic_id if self.passages else "?"

    def lines(self, passage: Passage, *roles: str) -> list[Line]:
        """Return a passage's sentences of these roles (default: all) as lines."""
        return [
            _line(sentence, passage)
            for sentence in passage.sentences
            if sentence.from_grade <= self.grade_level and (not roles or sentence.role in roles)
        ]


class Composer:
    """Composes scripts from the passages of one topic: a shipped one or a section of a book.

    Args:
        reading_level_tolerance: accepted deviation from the requested grade, in school grades.
            Beyond it, the composer splits or joins sentences.
    """

    def __init__(self, reading_level_tolerance: float = TOLERANCE) -> None:
        self._tolerance = reading_level_tolerance
        self.identity = f"composer/4/{reading_level_tolerance:g}"
        self._of_books = BookComposer(reading_level_tolerance)

    def write(self, brief: Brief) -> Script:
        """See `ScriptWriter.write`. Deterministic."""
        if brief.understanding.topic_id not in all_topics():
            return self._of_books.write(brief)
        shipped = all_topics()[brief.understanding.topic_id]
        topic = _Topic(
            [p for p in brief.retrieved.passages if p.topic_id == shipped.id],
            brief.grade_level,
            shipped.language,
        )
        bridges = {p.key.rsplit("/", 1)[-1]: p for p in topic.all("bridge")}
        used = bridge_interest(brief.interest, bridges, brief.language)
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


def _fitting(topic: _Topic, understanding: Understanding, bridge: Passage) -> list[Scene]:
    """Return the scenes of a lesson of at most three minutes.

    If it is too long, it leaves out the misconception, then the sentences for higher grades,
    then both.
    """
    for plan, with_misconception in ((topic, True), (topic, False), (topic.plain(), True)):
        scenes = _scenes(plan, understanding, bridge, with_misconception)
        if scene_seconds(scenes) <= AIM_S:
            return scenes
    return _scenes(topic.plain(), understanding, bridge, False)


def _scenes(
    topic: _Topic, understanding: Understanding, bridge: Passage, with_misconception: bool
) -> list[Scene]:
    opening = _opening(topic, understanding, bridge)
    ending = _ending(topic, bridge, with_misconception)
    explanation = _explanation(topic, bridge, scene_seconds([*opening, *ending]))
    return [*opening, *explanation, *ending]


def _opening(topic: _Topic, understanding: Understanding, bridge: Passage) -> list[Scene]:
    """Make the title scene: the bridge's hook, then the summary."""
    summary = topic.one("summary")
    lines = [
        *topic.lines(bridge, "hook"),
        *(_line(s, summary, show=None) for s in summary.sentences),
    ]
    return [Scene("title", understanding.title, tuple(lines))]


def _explanation(topic: _Topic, bridge: Passage, fixed: float) -> list[Scene]:
    """Make scenes of the three to five most relevant sections that fit into the time.

    Args:
        fixed: seconds that the other scenes take.
    """
    sections = topic.all("section")
    if len(sections) < FEWEST_SECTIONS:
        raise PermanentError(
            f"the passages on {topic.topic_id!r} hold {len(sections)} sections; "
            f"a lesson needs {FEWEST_SECTIONS}"
        )
    linked, link = _link(topic, bridge)
    scenes = {
        section.key: _explaining(
            section, (*topic.lines(section), *(link if section.key == linked else ()))
        )
        for section in sections
    }
    # First the section linked to the interest, then by relevance to the question, then by
    # words shared with the summary and takeaways.
    core = _content_words(topic.one("takeaways")) | _content_words(topic.one("summary"))
    order = sorted(
        sections,
        key=lambda s: (
            s.key != linked,
            -round(s.score, 2),
            -len(core & _content_words(s)),
            s.position,
        ),
    )
    chosen: set[str] = set()
    for section in order[:MOST_SECTIONS]:
        trial = [scenes[key] for key in (*chosen, section.key)]
        if len(chosen) >= FEWEST_SECTIONS and fixed + scene_seconds(trial) > AIM_S:
            continue
        chosen.add(section.key)
    explained = [scenes[section.key] for section in sections if section.key in chosen]
    if fixed + scene_seconds(explained) < SHORTEST_S:
        explained.insert(0, _words_to_know(topic))
    return explained


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


def _content_words(passage: Passage) -> set[str]:
    """Return the longer words of a passage, cut to six letters as a rough stem."""
    words = (word.strip(".,?!¿¡\"'").lower() for word in passage.text.split())
    return {word[:6] for word in words if len(word) > 4}


def _words_to_know(topic: _Topic) -> Scene:
    """Make a scene of key terms, for a lesson that would otherwise be too short."""
    terms = [line for passage in topic.all("definition") for line in topic.lines(passage)]
    return Scene("explanation", topic.headings.words_to_know, tuple(terms[:3]))


def _ending(topic: _Topic, bridge: Passage, with_misconception: bool) -> list[Scene]:
    """Make the closing scenes, from the worked example to the sources."""
    example, takeaways, check = (
        topic.one("worked_example"),
        topic.one("takeaways"),
        topic.one("check"),
    )

    def scene(kind: str, heading: str, lines: Iterable[Line], pause: float = 0.6) -> Scene:
        return Scene(kind, heading, tuple(lines), pause)  # type: ignore[arg-type]

    def lead(kind: LessonPart) -> Line:
        return connective(kind, topic.topic_id, topic.language)

    called = topic.headings
    mix_up: list[Scene] = []
    if with_misconception:
        wrong = topic.lines(topic.one("misconception"))
        mix_up = [scene("misconception", called.misconception, [lead("misconception"), *wrong])]
    return [
        scene(
            "worked_example",
            called.worked_example,
            [lead("worked_example"), *topic.lines(example)],
        ),
        *mix_up,
        scene(
            "takeaways",
            called.takeaways,
            [lead("takeaways"), *topic.lines(takeaways), *topic.lines(bridge, "close")],
        ),
        scene("check", called.check, [lead("check"), *topic.lines(check, "question")], THINK_S),
        scene("answer", called.answer, topic.lines(check, "answer"), 1.2),
        scene("sources", called.sources, [], SOURCES_S),
    ]


def _line(sentence: PassageSentence, passage: Passage, show: str | None = "") -> Line:
    return Line(
        sentence.say, sentence.show if show == "" else show, (passage.key,), part=sentence.part
    )
