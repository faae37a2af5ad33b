"""The offline script writer: composes a lesson from existing sentences.

The composer writes no sentence. It selects the bridge to the student's interest, the sections
that answer the question, the sentences for the grade, and as much as fits into three minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_composer import BookComposer
from vividly.lesson.scripting.book_scenes import alike
from vividly.lesson.scripting.connectives import connective
from vividly.lesson.scripting.pacing import AIM_S, SHORTEST_S, line_seconds, scene_seconds
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
from vividly.model.visuals.cycle import Cycle
from vividly.model.visuals.process import Process
from vividly.text.interests import EVERYDAY, carrying_interest
from vividly.text.locales import locale_for
from vividly.text.locales.sections import Headings, LessonPart

ANSWERS = ("section", "definition", "misconception")
"""Kinds of passages that answer beside the summary, which begins every lesson."""
ANSWERING = 3
"""Number of passages, best first, of which definitions are said with the answer."""
MOST_DEFINITIONS = 2
COVERED = 0.5
"""Minimum share of a takeaway's words that the lesson taught before."""
FEWEST_SECTIONS = 3
MOST_SECTIONS = 5
SHOWN = 2
"""How much a visual of the thing itself shows (`_shows`)."""
THINK_S = 4.0
"""Silence after the check question, for the student to answer."""
SOURCES_S = 4.0


@dataclass(frozen=True)
class _Topic:
    """The passages of one topic. `language` is a primary subtag.

    Sentences for a higher grade than `grade_level` are left out; those of the best ranked section
    only if they are for a higher grade than `asked_grade`. `answer` is the key of the passage that
    answers; empty to keep the author's order.
    """

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
        """The section that answers best; the first if the passages were not ranked."""
        return max(self.all("section"), key=lambda s: (s.key == self.answer, s.score), default=None)

    def plain(self) -> _Topic:
        """Return the topic without sentences for higher grades."""
        return replace(self, grade_level=1)

    @property
    def topic_id(self) -> str:
        return self.passages[0].topic_id if self.passages else "?"

    def seconds(self, scenes: Iterable[Scene]) -> float:
        return scene_seconds(scenes, self.asked_grade, self.language)

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
        self.identity = f"composer/13/{reading_level_tolerance:g}"
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


def _fitting(topic: _Topic, understanding: Understanding, bridge: Passage) -> list[Scene]:
    """Return the scenes of a lesson of at most three minutes.

    If it is too long, it leaves out the misconception, then the sentences for higher grades,
    then both.
    """
    plain = topic.plain()
    for plan, with_misconception in ((topic, True), (topic, False), (plain, True), (plain, False)):
        scenes = _scenes(plan, understanding, bridge, with_misconception)
        if topic.seconds(scenes) <= AIM_S:
            return scenes
    return _scenes(replace(plain, asked_grade=1), understanding, bridge, False)


def _scenes(
    topic: _Topic, understanding: Understanding, bridge: Passage, with_misconception: bool
) -> list[Scene]:
    opening = _opening(topic, understanding, bridge)
    answer = topic.answering
    wrong = answer is not None and answer.kind == "misconception"
    first = _mix_up(topic) if wrong else []
    ending = _ending(topic, bridge, with_misconception and not wrong)
    defined = _defined(topic, answer) if topic.asked_grade > 1 else []
    if answer and answer.kind == "definition" and defined:
        first.append(Scene("explanation", answer.heading, tuple(defined)))
        defined = []
    fixed = topic.seconds([*opening, *first, *ending]) + line_seconds(
        defined, topic.asked_grade, topic.language
    )
    explained = _explanation(topic, bridge, fixed, answer, defined)
    if fixed + topic.seconds(explained) < SHORTEST_S:
        first.append(_words_to_know(topic, [*first, *explained]))
    taught = [*opening, *first, *explained]
    return _once([*taught, *_covered(topic, ending, taught)])


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
    """Return the definitions to say with the answer: those that answer, or that it needs.

    A section needs a term that it uses and that the summary does not mention, unless it is the
    first section. What the summary says is not said again.
    """
    if answer is None:
        return []
    summary = topic.one("summary").text
    ranked = sorted(
        (p for p in topic.passages if p.kind in ANSWERS and p != answer), key=lambda p: -p.score
    )
    answering = [p for p in (answer, *ranked[: ANSWERING - 1]) if p.kind == "definition"]
    later = answer.kind == "section" and answer != topic.all("section")[0]
    needed = [
        p
        for p in topic.all("definition")
        if later and _mentions(answer.text, p.heading) and not _mentions(summary, p.heading)
    ]
    said = [summary, *(s.say for p in (answer, topic.best_section) if p for s in p.sentences)]
    found = [
        p
        for p in dict.fromkeys((*answering, *needed))
        if p == answer or not any(alike(p.text, other) for other in said)
    ]
    return [line for p in found[:MOST_DEFINITIONS] for line in topic.lines(p)]


def _mentions(text: str, term: str) -> bool:
    return term.lower() in text.lower()


def _covered(topic: _Topic, ending: Sequence[Scene], taught: Sequence[Scene]) -> list[Scene]:
    """Leave out takeaways about what the lesson did not teach; at least one stays."""
    points = topic.one("takeaways").key
    example = [scene for scene in ending if scene.kind == "worked_example"]
    said = {word for s in (*taught, *example) for line in s.lines for word in _stems(line.say)}

    def is_covered(line: Line) -> bool:
        words = _stems(line.say)
        return points not in line.passages or len(words & said) >= COVERED * len(words)

    kept = []
    for scene in ending:
        lines = tuple(filter(is_covered, scene.lines))
        left = any(points in line.passages for line in lines)
        if scene.kind == "takeaways" and left and len(lines) < len(scene.lines):
            few = connective("takeaways_few", topic.topic_id, topic.language)
            scene = replace(scene, lines=(few, *lines[1:]))
        kept.append(scene)
    return kept


def _opening(topic: _Topic, understanding: Understanding, bridge: Passage) -> list[Scene]:
    """Make the title scene: the bridge's hook, then the summary."""
    summary = topic.one("summary")
    lines = [
        *topic.lines(bridge, "hook"),
        *(_line(s, summary, show=None) for s in summary.sentences),
    ]
    return [Scene("title", understanding.title, tuple(lines))]


def _explanation(
    topic: _Topic, bridge: Passage, fixed: float, answer: Passage | None, defined: Sequence[Line]
) -> list[Scene]:
    """Make scenes of the three to five most relevant sections that fit into the time.

    The section that answers comes first, the others in the author's order.

    Args:
        fixed: seconds that the other scenes take.
        defined: definitions to say at the start of the first scene.
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
    best = topic.best_section
    first = best if answer else None
    check = _content_words(topic.one("check"))
    checked = max(sections, key=lambda s: len(check & _content_words(s)))
    # First the section that answers best, the one that the check asks about and the one that the
    # interest is linked to. Then by relevance, if the question asks more than the topic's name;
    # those that show the thing itself before others; and by words shared with the summary and
    # takeaways.
    core = _content_words(topic.one("takeaways")) | _content_words(topic.one("summary"))
    needed = [s for s in sections if s.key == linked or s in (best, checked)]
    if not answer and max(map(_shows, needed)) < SHOWN:
        # Only the topic is asked: its first section gives way to one that shows the thing.
        needed = [s for s in needed if s.key == linked or s == checked]
    order = sorted(
        sections,
        key=lambda s: (
            s not in needed,
            -round(s.score, 2) if answer else 0.0,
            -_shows(s),
            -len(core & _content_words(s)),
            s.position,
        ),
    )
    chosen: set[str] = set()
    for section in order[:MOST_SECTIONS]:
        trial = [scenes[key] for key in (*chosen, section.key)]
        if len(chosen) >= FEWEST_SECTIONS and fixed + topic.seconds(trial) > AIM_S:
            continue
        chosen.add(section.key)
    if first:
        plain = tuple(replace(line, show=None) for line in defined)
        scenes[first.key] = replace(scenes[first.key], lines=plain + scenes[first.key].lines)
        sections.sort(key=lambda s: s != first)
    explained = [scenes[section.key] for section in sections if section.key in chosen]
    return explained


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


def _content_words(passage: Passage) -> set[str]:
    """Return the longer words of a passage, cut to six letters as a rough stem."""
    return _stems(passage.text)


def _stems(text: str) -> set[str]:
    words = (word.strip(".,?!¿¡\"'").lower() for word in text.split())
    return {word[:6] for word in words if len(word) > 4}


def _words_to_know(topic: _Topic, said: Iterable[Scene]) -> Scene:
    """Make a scene of key terms, for a lesson that would otherwise be too short."""
    keys = {key for scene in said for key in scene.cited}
    found = [passage for passage in topic.all("definition") if passage.key not in keys]
    terms = [line for passage in found for line in topic.lines(passage)]
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
    return [
        scene(
            "worked_example",
            called.worked_example,
            [lead("worked_example"), *topic.lines(example)],
        ),
        *(_mix_up(topic) if with_misconception else []),
        scene(
            "takeaways",
            called.takeaways,
            [lead("takeaways"), *topic.lines(takeaways), *topic.lines(bridge, "close")],
        ),
        scene("check", called.check, [lead("check"), *topic.lines(check, "question")], THINK_S),
        scene("answer", called.answer, topic.lines(check, "answer"), 1.2),
        scene("sources", called.sources, [], SOURCES_S),
    ]


def _mix_up(topic: _Topic) -> list[Scene]:
    lead = connective("misconception", topic.topic_id, topic.language)
    lines = (lead, *topic.lines(topic.one("misconception")))
    return [Scene("misconception", topic.headings.misconception, lines)]


def _line(sentence: PassageSentence, passage: Passage, show: str | None = "") -> Line:
    return Line(
        sentence.say, sentence.show if show == "" else show, (passage.key,), part=sentence.part
    )
