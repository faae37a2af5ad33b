"""Types of what is read from books and files before it becomes passages.

A book has documents (modules), a document sections, a section blocks. In running text
each formula is replaced by a mark that counts as a word, so that sentences can be
split without looking into formulas (see `Text`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vividly.model.errors import PermanentError
from vividly.model.lesson import Passage

MARK = "\ue000"
"""Mark of a formula in `Text.written`: the n-th mark is the n-th formula."""


class UnreadableDocument(PermanentError):
    """A file cannot be read in its format; the message names the fault."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, self.reason)


@dataclass(frozen=True)
class Maths:
    r"""A formula in three forms.

    Attributes:
        text: to be read, in Unicode: `v = v₀ + at`.
        say: to be said: `v equals v sub 0 plus a t`.
        latex: to be typeset: `v=v_{0}+at`.
    """

    text: str
    say: str
    latex: str


@dataclass(frozen=True)
class Text:
    """Running text with formulas."""

    written: str
    formulas: tuple[Maths, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.written.strip())


@dataclass(frozen=True)
class Omission:
    """Something in a document that no passage says.

    Attributes:
        kind: such as `exercise` or `teacher note`.
        words: how many it has; a formula is one.
        example: its beginning.
        place: the file, with the line where the format has lines.
    """

    kind: str
    words: int
    example: str
    place: str


@dataclass(frozen=True)
class Figure:
    """A picture. `credit` names its maker, if the caption does."""

    src: str
    alt: str
    caption: str
    credit: str


@dataclass(frozen=True)
class Paragraph:
    """Running text, or an item of a list.

    Attributes:
        display: whether it is a formula on its own line.
        leads: whether its last sentence ends in what is seen after it: "So we write:".
    """

    text: Text
    display: bool = False
    leads: bool = False


@dataclass(frozen=True)
class Table:
    """A table to be looked at; rows that read as sentences are paragraphs beside it.

    `unsaid` is the number of its words that no paragraph says.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    unsaid: int = 0


@dataclass(frozen=True)
class Example:
    """A problem with its solution, and what is to be seen with them."""

    title: str
    problem: tuple[Paragraph, ...]
    solution: tuple[Paragraph, ...]
    discussion: tuple[Paragraph, ...] = ()
    worked: bool = True
    seen: tuple[Figure | Table, ...] = ()


Block = Paragraph | Figure | Table | Example
SectionKind = Literal["body", "summary", "misconception", "example", "objectives", "equations"]


@dataclass(frozen=True)
class Section:
    """A part of a document under one heading. Notes (boxes) are sections too."""

    id: str
    title: str
    kind: SectionKind
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()

    def walk(self, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Section]]:
        """(headings down to it, section), in reading order."""
        path = (*above, self.title) if self.title else above
        yield path, self
        for section in self.sections:
            yield from section.walk(path)


@dataclass(frozen=True)
class Term:
    """An entry of a glossary."""

    term: Text
    meaning: Text


@dataclass(frozen=True)
class Content:
    """The content of a document.

    Attributes:
        kind: `introduction`, `preface`, `appendix`, or `module` for a teaching document.
        key_terms: terms that the document lists as new.
        omissions: what was left out, in order.
        words: of the whole document; a formula is one.
    """

    title: str
    kind: str
    sections: tuple[Section, ...]
    glossary: tuple[Term, ...] = ()
    key_terms: tuple[str, ...] = ()
    omissions: tuple[Omission, ...] = ()
    words: int = 0

    @property
    def left_out(self) -> dict[str, int]:
        """Kind of what was left out -> how often."""
        return dict(Counter(omission.kind for omission in self.omissions))


@dataclass(frozen=True)
class Origin:
    """The source of a document: the metadata that all its passages share.

    Attributes:
        corpus: `openstax-physics`; the first part of every key.
        book: the title that is cited.
        module: the document's name in its book; the second part of every key.
        slug: the last part of its topic's id, from its title; unique in the corpus.
        number: `4.3`, or "" where it has none.
        chapter: `4 Forces and Newton's Laws of Motion`, or "".
        position: of the document in the corpus, from 0.
        grades: lowest and highest school grade, 1 to 12.
        language: BCP 47, such as `en`.
        attribution: whom the licence asks to be named.
        url: of the book's page, or of the document itself where `pages` is false.
        pages: whether the document's own page is below `url`, named as OpenStax does.
    """

    corpus: str
    book: str
    module: str
    slug: str
    number: str
    chapter: str
    position: int
    subject: str
    grades: tuple[int, int]
    language: str
    licence: str
    attribution: str
    url: str = ""
    pages: bool = False


@dataclass(frozen=True)
class Entry:
    """A file to be read as a document.

    Attributes:
        root: its library, as given (`gs://bucket/books`).
        path: below the root.
        format: `cnxml`, `markdown` or `text`.
    """

    root: str
    path: str
    format: str
    origin: Origin


@dataclass(frozen=True)
class ParsedTopic:
    """A topic of questions: one per teaching document."""

    id: str
    title: str
    subject: str
    grades: tuple[int, int]
    language: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class ParsedDocument:
    """A document as passages, ready to be stored.

    Attributes:
        key: `<corpus>/<module>`.
        digest: SHA-256 in hex of everything that the passages were made from.
        details: passage key -> equations, figures, tables, section id and heading path.
        omissions: what no passage says.
        words: of the file; a formula is one.
        kept: how many of them are in passages, their headings, captions and tables, or key terms.
        formulas: `said` and `not said` -> how many.
    """

    key: str
    title: str
    url: str | None
    origin: Origin
    digest: str
    passages: tuple[Passage, ...]
    topic: ParsedTopic | None
    details: dict[str, dict[str, Any]]
    omissions: tuple[Omission, ...] = ()
    words: int = 0
    kept: int = 0
    formulas: Mapping[str, int] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[str, int]:
        """Kind of what was left out -> how often."""
        return dict(Counter(omission.kind for omission in self.omissions))

    @property
    def equations(self) -> int:
        """How many formulas it has."""
        return sum(len(detail["equations"]) for detail in self.details.values())

    @property
    def figures(self) -> int:
        """How many pictures it describes."""
        return sum(len(detail["figures"]) for detail in self.details.values())

    @property
    def pictures(self) -> int:
        """How many of them are in the OER bucket, and so can be shown."""
        found = (figure for detail in self.details.values() for figure in detail["figures"])
        return sum("image" in figure for figure in found)
