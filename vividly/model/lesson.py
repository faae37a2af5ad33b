"""The parts of a lesson, from its passages to its delivered files.

All are frozen dataclasses of plain values. Each can be stored as JSON (`to_json`, `from_json`).
Times are seconds from the start of the narration; positions count from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import TypeAdapter

from vividly.model.visuals import KINDS, Visual

T = TypeVar("T")

PassageKind = Literal[
    "summary",
    "definition",
    "section",
    "worked_example",
    "misconception",
    "takeaways",
    "check",
    "bridge",
    "objectives",
]
IN_WORDS = (
    "title", "explanation", "worked_example", "misconception", "takeaways", "check", "answer",
    "sources",
)  # fmt: skip
"""Kinds of scenes without a visual."""
VISUAL_KINDS = frozenset(KINDS)
"""Kinds of scenes that explain with a visual. (The kind `explanation` explains in words.)"""
if TYPE_CHECKING:
    SceneKind = str
else:
    SceneKind = Literal[(*IN_WORDS, *KINDS)]


@dataclass(frozen=True)
class Understanding:
    """The topic of a question.

    Attributes:
        confidence: between 0 and 1.
        provider: the identity of the understander that found it, with model and prompt.
        others: questions on the further topics that were asked for at once.
        answer: key of the passage that answers the question; empty if the question only names
            the topic.
        follows: title of the topic of an earlier lesson that the question is about; empty if it
            was understood as it stands.
    """

    topic_id: str
    title: str
    subject: str
    confidence: float
    provider: str = ""
    others: tuple[str, ...] = ()
    answer: str = ""
    follows: str = ""


@dataclass(frozen=True)
class Answer:
    """What a student is told instead of a lesson: an answer, not a failure.

    Attributes:
        status: `clarification_needed`, `out_of_scope` or `blocked`.
        questions: questions to the student, each a complete question or choice.
        suggestions: related topics that have lessons; the message names them too.
        category: the reason in one word, for metrics.
        help: the help lines that the message names, one each, for an app to show separately.
    """

    status: Literal["clarification_needed", "out_of_scope", "blocked"]
    message: str
    questions: tuple[str, ...] = ()
    category: str = ""
    help: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """The origin of a passage, as it is shown to the student."""

    title: str
    section: str
    attribution: str
    licence: str
    url: str | None = None

    @property
    def entry(self) -> str:
        """The source as an entry of a Markdown list."""
        where = f" <{self.url}>" if self.url else ""
        return f"- {self.title}: {self.section} ({self.attribution}, {self.licence}){where}"


@dataclass(frozen=True)
class PassageSentence:
    """A sentence of a passage: what is said, what is shown, and from which grade.

    Attributes:
        part: of the visual of the passage's section, as in `Line`.
        written: the sentence with its formulas in signs, where `say` has them in words:
            "It follows that F = ma." beside "It follows that F equals m a."
    """

    say: str
    show: str | None = None
    from_grade: int = 1
    role: str = "body"
    part: int | None = None
    written: str | None = None


@dataclass(frozen=True)
class PassageFigure:
    """A picture beside a passage: its object name in the OER bucket, and what it shows.

    `credit` names its maker if the book does.
    """

    image: str
    alt: str
    caption: str
    credit: str = ""


@dataclass(frozen=True)
class Passage:
    """A retrievable piece of source text, with its citation.

    `key` is unique in the corpus (`photosynthesis/section/limits`); `score` is
    its relevance to the query it was retrieved for (higher is better, not
    comparable between queries).
    """

    key: str
    topic_id: str
    kind: PassageKind
    heading: str
    position: int
    sentences: tuple[PassageSentence, ...]
    source: Source
    score: float = 0.0
    figures: tuple[PassageFigure, ...] = ()

    @property
    def text(self) -> str:
        """The passage's sentences as running text."""
        return " ".join(sentence.say for sentence in self.sentences)


@dataclass(frozen=True)
class Retrieved:
    """The passages found for one question, best first, and the identity of the retriever."""

    passages: tuple[Passage, ...]
    provider: str = ""


@dataclass(frozen=True)
class Line:
    """One sentence of the script, or a part of a sentence that the next line continues.

    `passages` are the keys of the passages that support it. A line without passages is connective
    ("Let's work one out.") and states no fact. `part` is the part of the scene's visual that the
    line is about, counted from 1; it appears with the line. A `likeness` compares the idea to
    something in the student's world, and needs no passage.
    """

    say: str
    show: str | None = None
    passages: tuple[str, ...] = ()
    part: int | None = None
    likeness: bool = False


@dataclass(frozen=True)
class Reveal:
    """What is visible from the start of a line on.

    Attributes:
        line: position of the line in the scene.
        visible: number of visible parts of the visual.
        active: the part that the line is about, counted from 1; 0 for none.
    """

    line: int
    visible: int
    active: int


@dataclass(frozen=True)
class Scene:
    """What is on screen at one time: a heading and the lines said under it.

    `pause` is the silence after the last line, in seconds. Scenes of the `VISUAL_KINDS` have a
    `visual`.
    """

    kind: SceneKind
    heading: str
    lines: tuple[Line, ...]
    pause: float = 0.6
    visual: Visual | None = None

    @property
    def explains(self) -> bool:
        """Whether the scene explains an idea, in words or with a visual."""
        return self.kind == "explanation" or self.kind in VISUAL_KINDS

    @property
    def cited(self) -> tuple[str, ...]:
        """The keys of the passages that its lines cite, each once, in the order of speaking."""
        return tuple(dict.fromkeys(key for line in self.lines for key in line.passages))

    def reveals(self) -> tuple[Reveal, ...]:
        """What appears with which line, in the order of speaking.

        A part of a visual appears, with all parts before it, at the line that names it. If no
        line names a part, the parts are spread over the lines that show something. All parts
        are visible from the last of these lines on.
        """
        told = any(line.part for line in self.lines)
        shown = [at for at, line in enumerate(self.lines) if (line.show or "").strip() or line.part]
        total = self.visual.part_count if self.visual else 0
        found: list[Reveal] = []
        visible = 0
        for number, at in enumerate(shown, 1):
            part = self.lines[at].part if told else -(-number * total // len(shown))
            active = min(part, total) if part else 0
            visible = total if number == len(shown) else max(visible, active)
            found.append(Reveal(at, visible, active))
        return tuple(found)


@dataclass(frozen=True)
class Script:
    """A whole lesson in words.

    Attributes:
        bridge: the interest that the script actually uses.
        reading_level: the measured reading level, as a school grade.
        notes: what the writer could not do as requested, for operators.
    """

    title: str
    topic_id: str
    subject: str
    grade_level: int
    language: str
    bridge: str
    scenes: tuple[Scene, ...]
    sources: tuple[Source, ...]
    writer: str
    reading_level: float = 0.0
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[tuple[int, int, Line]]:
        """(scene position, line position, line) in the order of speaking."""
        for scene_at, scene in enumerate(self.scenes):
            for line_at, line in enumerate(scene.lines):
                yield scene_at, line_at, line

    @property
    def text(self) -> str:
        """The script as a student reads it: headings and paragraphs in Markdown."""
        parts = [f"# {self.title}"]
        for scene in self.scenes:
            if scene.kind == "sources" and self.sources:
                parts.append(f"## {scene.heading}")
                parts.append("\n".join(source.entry for source in self.sources))
            elif scene.lines:
                if scene.kind not in ("title", "answer"):
                    parts.append(f"## {scene.heading}")
                parts.append(" ".join(line.say for line in scene.lines))
        return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class Word:
    """A spoken word, as written in the script, with its start and end."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class SpokenLine:
    """A line of the script with the times at which it is spoken."""

    scene: int
    line: int
    start: float
    end: float
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Narration:
    """The voice of a lesson: an audio object (16-bit mono WAV) and its timings.

    `scene_starts` has one entry per scene of the script; a scene lasts until
    the next one starts, the last until `duration`.
    """

    audio: str
    sample_rate: int
    duration: float
    scene_starts: tuple[float, ...]
    lines: tuple[SpokenLine, ...]
    voice: str

    @property
    def robotic(self) -> bool:
        """Whether espeak-ng speaks, because no configured neural voice knows the language."""
        return self.voice.startswith("espeak-ng/")


@dataclass(frozen=True)
class MediaFile:
    """An object in the temp bucket that belongs to a lesson."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True)
class LessonMedia:
    """The files of a lesson by kind: `video`, `captions`, `thumbnail`, ..."""

    files: dict[str, MediaFile]
    duration: float


@cache
def _adapter(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def to_json(value: object) -> bytes:
    """A part of a lesson as compact UTF-8 JSON."""
    kind: Any = type(value)
    return _adapter(kind).dump_json(value)


def from_json(of: type[T], data: bytes) -> T:
    """The part of a lesson that `to_json` wrote.

    Raises:
        pydantic.ValidationError: the data is not of this type.
    """
    kind: Any = of
    part: T = _adapter(kind).validate_json(data)
    return part
