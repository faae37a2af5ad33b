"""The schema of a topic file of the corpus.

A topic is a YAML file, `vividly/library/corpus/<subject>/<id>.yaml`, written by hand. It
contains every sentence that an offline lesson can say; nothing is made up at run time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from vividly.model.visuals import Visual
from vividly.text.interests import EVERYDAY
from vividly.text.locales import DEFAULT, known_locales


def _has_a_locale(language: str) -> str:
    if language not in known_locales():
        raise ValueError(
            f"language {language!r}: there are locales for {', '.join(known_locales())}"
        )
    return language


Language = Annotated[str, AfterValidator(_has_a_locale)]
"""Primary subtag of a language in `vividly/text/locales/`."""
Subject = Literal["physics", "chemistry", "biology", "earth-science", "mathematics"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Spoken = Annotated[str, StringConstraints(min_length=3, max_length=320, strip_whitespace=True)]
Shown = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sentence(_Part):
    """One spoken sentence (`say`) and the words on screen meanwhile (`show`).

    Attributes:
        part: the part of the section's visual that it speaks of, from 1.
    """

    say: Spoken
    show: Shown | None = None
    from_grade: int = Field(default=1, ge=1, le=12)
    part: int | None = Field(default=None, ge=1)


class _Needing(_Part):
    """A part of a lesson that rests on sections: `needs` has their ids. It is said after them."""

    needs: tuple[Slug, ...] = ()


class Takeaway(Sentence, _Needing):
    """A point to remember, about what the summary or the sections that it needs teach."""


class KeyTerm(_Part):
    """A word of the subject; `say` defines it in one full sentence."""

    term: Shown
    say: Spoken


class Section(_Needing):
    """One idea of the explanation: 35-50 words for everyone, a little more from grade 9.

    It needs a section only if nobody could follow it otherwise.

    Attributes:
        terms: key terms that it is the first to use, but does not explain.
        visual: what is drawn while it is explained; its facts are those of the sentences.
    """

    id: Slug
    heading: Shown
    terms: tuple[Shown, ...] = ()
    sentences: tuple[Sentence, ...] = Field(min_length=2, max_length=6)
    visual: Visual | None = None

    @model_validator(mode="after")
    def _has_something_on_screen(self) -> Section:
        if not any(s.show for s in self.sentences if s.from_grade == 1):
            raise ValueError(f"section {self.id!r}: no sentence for every grade has a 'show'")
        return self

    @model_validator(mode="after")
    def _can_be_drawn(self, info: ValidationInfo) -> Section:
        parts = [s.part for s in self.sentences if s.part]
        if self.visual is None:
            if parts:
                raise ValueError(f"section {self.id!r}: a 'part' without a 'visual'")
            return self
        draw = (info.context or {}).get("draw", True)
        if draw and (found := self.visual.problem()):
            raise ValueError(f"section {self.id!r}: {found}")
        if parts != sorted(parts) or max(parts, default=0) > self.visual.part_count:
            raise ValueError(
                f"section {self.id!r}: parts {parts} of a visual that has "
                f"{self.visual.part_count}: want them in order, from 1"
            )
        return self


class WorkedExample(_Needing):
    """A problem solved aloud: the problem, the steps, the answer."""

    problem: Sentence
    steps: tuple[Sentence, ...] = Field(min_length=2, max_length=5)
    answer: Sentence


class Misconception(_Needing):
    """A common false belief, and its correction."""

    belief: Sentence
    correction: tuple[Sentence, ...] = Field(min_length=1, max_length=3)


class Check(_Needing):
    """A question to the student; after a pause, its answer."""

    question: Sentence
    answer: Sentence


class Link(_Part):
    """The sentence at the end of one section that ties its idea to the interest."""

    section: Slug
    say: Spoken
    show: Shown | None = None


class Bridge(_Part):
    """A true connection between the topic and an interest."""

    interest: Slug
    hook: tuple[Sentence, ...] = Field(min_length=1, max_length=4)
    link: Link
    close: Spoken


class Topic(_Part):
    """One topic of the school curriculum: everything that a lesson about it can say.

    Attributes:
        counterpart: id of the English topic with the same content, for other languages.
    """

    id: Slug
    language: Language = DEFAULT
    counterpart: Slug | None = None
    title: Shown
    subject: Subject
    grades: tuple[int, int]
    aliases: tuple[str, ...] = Field(min_length=4, max_length=40)
    summary: Spoken
    key_terms: tuple[KeyTerm, ...] = Field(min_length=3, max_length=7)
    sections: tuple[Section, ...] = Field(min_length=4, max_length=6)
    worked_example: WorkedExample
    misconception: Misconception
    takeaways: tuple[Takeaway, ...] = Field(min_length=3, max_length=3)
    check: Check
    bridges: tuple[Bridge, ...] = Field(min_length=5)

    @model_validator(mode="after")
    def _hangs_together(self) -> Topic:
        if (self.language == DEFAULT) != (self.counterpart is None):
            raise ValueError("a 'counterpart' belongs to topics in other languages than English")
        low, high = self.grades
        if not 1 <= low <= high <= 12:
            raise ValueError(f"grades {self.grades}: want 1 <= low <= high <= 12")
        sections = [s.id for s in self.sections]
        if len(set(sections)) != len(sections):
            raise ValueError(f"section ids repeat: {sections}")
        for at, section in enumerate(self.sections):
            if unknown := set(section.needs) - set(sections[:at]):
                raise ValueError(f"section {section.id!r} needs {sorted(unknown)} before it")
            if unknown := set(section.terms) - {term.term for term in self.key_terms}:
                raise ValueError(f"section {section.id!r}: no key terms {sorted(unknown)}")
        for part in (self.worked_example, self.misconception, *self.takeaways, self.check):
            if unknown := set(part.needs) - set(sections):
                raise ValueError(f"a part needs sections that are not there: {sorted(unknown)}")
        interests = [b.interest for b in self.bridges]
        if len(set(interests)) != len(interests):
            raise ValueError(f"interests repeat: {interests}")
        if EVERYDAY not in interests:
            raise ValueError(f"no bridge for {EVERYDAY!r}, which every topic needs")
        for bridge in self.bridges:
            if bridge.link.section not in sections:
                raise ValueError(
                    f"bridge {bridge.interest!r}: no section {bridge.link.section!r} in {sections}"
                )
        if any(t.show is None for t in self.takeaways):
            raise ValueError("every takeaway needs a 'show'")
        return self
