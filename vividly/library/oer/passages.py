"""Makes the passages and the topic of a document from its content."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from vividly.library.oer.chunks import Chunk, chunks, read_blocks
from vividly.library.oer.model import (
    Content,
    Example,
    Figure,
    Maths,
    Omission,
    Origin,
    ParsedDocument,
    ParsedTopic,
    Section,
    Table,
    Term,
)
from vividly.library.oer.sentences import spoken, written
from vividly.library.oer.slugs import Unique, slugify
from vividly.model.lesson import Passage, PassageKind, PassageSentence, Source
from vividly.text.locales import locale_for
from vividly.text.words import capitalized

READER = "10"
"""Version of the reader, part of every digest: increase it to read all documents again."""
FEWEST_WORDS = 3
"""Words of the shortest passage of running text."""
_FOLLOWING = re.compile(
    r"(?:following|able to|(?:the|this) (?:section|chapter)|siguiente)\W*$", re.I
)
"""The end of the sentence that introduces objectives."""


def make_document(content: Content, origin: Origin, data: bytes) -> ParsedDocument:
    """The document as it is stored.

    Args:
        data: the bytes of the file, which the digest covers together with `origin`.
    """
    maker = _Maker(content, origin)
    found = tuple(maker.passages())
    digest = hashlib.sha256()
    known = json.dumps([READER, asdict(origin)], sort_keys=True).encode()
    digest.update(len(known).to_bytes(8, "big") + known + data)
    return ParsedDocument(
        key=f"{origin.corpus}/{origin.module}",
        title=content.title,
        url=maker.url,
        origin=origin,
        digest=digest.hexdigest(),
        passages=found,
        topic=_topic(content, origin) if found else None,
        details=maker.details,
        omissions=(*content.omissions, *maker.omissions),
        words=content.words,
        kept=maker.kept,
        formulas=dict(maker.formulas),
    )


def page_url(origin: Origin, title: str, kind: str) -> str | None:
    """The address of the document's own page, named as OpenStax names its pages."""
    if not origin.pages:
        return origin.url or None
    number = origin.number.replace(".", "-").lower()
    page = "-".join(part for part in (number, slugify(title)) if part)
    if kind == "introduction" and number:
        page = f"{number}-introduction"
    return f"{origin.url}/pages/{page}"


def _topic(content: Content, origin: Origin) -> ParsedTopic | None:
    if content.kind != "module":
        return None
    headings = [s.title for main in content.sections for _, s in main.walk() if s.kind == "body"]
    terms = [*(written(entry.term) for entry in content.glossary), *content.key_terms, *headings]
    no_terms = locale_for(origin.language).library.no_terms
    kept: dict[str, str] = {}
    for term in terms:
        plain = " ".join(term.split()).rstrip(" .:*")
        if plain and len(plain) <= 80 and plain.casefold() not in no_terms:
            kept.setdefault(plain.casefold(), plain)
    kept.pop(content.title.casefold(), None)
    return ParsedTopic(
        id=f"{origin.corpus}/{origin.slug}",
        title=content.title,
        subject=origin.subject,
        grades=origin.grades,
        language=origin.language,
        terms=tuple(kept.values()),
    )


class _Maker:
    def __init__(self, content: Content, origin: Origin) -> None:
        self._content = content
        self._origin = origin
        self._texts = locale_for(origin.language).library
        self._unique = Unique()
        self._chunks: Counter[str] = Counter()
        self._position = 0
        self.url = page_url(origin, content.title, content.kind)
        self.details: dict[str, dict[str, Any]] = {}
        self.omissions: list[Omission] = []
        self._figures: list[Figure] = []  # wait for text to stand beside
        self.kept = 0
        self.formulas: Counter[str] = Counter()
        self._source = Source(
            title=origin.book,
            section=f"{origin.number} {content.title}".strip()
            if content.kind != "introduction"
            else f"{origin.chapter or origin.book}: {content.title}",
            attribution=origin.attribution,
            licence=origin.licence,
            url=self.url,
        )

    def passages(self) -> Iterator[Passage]:
        """All passages, in reading order; the glossary comes last."""
        if self._content.kind == "preface":  # it tells of the book, not of its subject
            self._lose("preface", self._content.title, self._content.words)
            return
        self.kept += sum(len(term.split()) for term in self._content.key_terms)
        for main in self._content.sections:
            for path, section in main.walk():
                titles = [b.title for b in section.blocks if isinstance(b, Example)]
                self.kept += sum(len(title.split()) for title in {section.title, *titles})
                yield from self._section(path, section)
        for figure in self._figures:
            self._lose("picture without text", figure.caption or figure.alt or figure.src)
        for term in self._content.glossary:
            yield from self._definition(term)

    def _lose(self, kind: str, text: str, words: int = 0) -> None:
        """Count what is left out."""
        words = words or len(text.split())
        place = f"{self._origin.corpus}/{self._origin.module}"
        self.omissions.append(Omission(kind, words, " ".join(text.split()[:12]), place))

    def _section(self, path: tuple[str, ...], section: Section) -> Iterator[Passage]:
        language = self._origin.language
        examples = [block for block in section.blocks if isinstance(block, Example)]
        prose = [block for block in section.blocks if not isinstance(block, Example)]
        if section.kind == "objectives":
            yield from self._objectives(path, section)
        elif section.kind in ("summary", "misconception"):
            kind: PassageKind = "summary" if section.kind == "summary" else "misconception"
            role = "body" if kind == "summary" else "correction"
            heading = str(getattr(self._texts.headings, kind))
            chunk = read_blocks(prose, language, role)
            yield from self._passage(kind, "1", heading, chunk, path, section.id)
        else:
            heading = section.title or self._content.title
            named = slugify(heading) or "text"
            for chunk in chunks(prose, language):
                if chunk.sentences:
                    self._chunks[named] += 1
                part = f"{named}-{self._chunks[named]}"
                yield from self._passage("section", part, heading, chunk, path, section.id)
        for example in examples:
            yield from self._example(example, path, section)

    def _objectives(self, path: tuple[str, ...], section: Section) -> Iterator[Passage]:
        chunk = read_blocks(section.blocks, self._origin.language, "objective")
        aims = [s for s in chunk.sentences if not _FOLLOWING.search(s.say)]
        chunk.sentences = [
            PassageSentence(
                self._aim(aim.say),
                role="objective",
                written=self._aim(aim.written) if aim.written else None,
            )
            for aim in aims
        ]
        heading = self._texts.headings.objectives
        yield from self._passage("objectives", "1", heading, chunk, path, section.id)

    def _aim(self, text: str) -> str:
        and_ = locale_for(self._origin.language).answers.and_
        aim = text.rstrip(" .;,").removesuffix(f" {and_}").rstrip(" ;,")
        return self._texts.able.format(aim[:1].lower() + aim[1:])

    def _example(
        self, example: Example, path: tuple[str, ...], section: Section
    ) -> Iterator[Passage]:
        kind: PassageKind = "worked_example" if example.worked else "check"
        whole = Chunk()
        parts: Sequence[tuple[str, Sequence[Any]]] = (
            ("problem" if example.worked else "question", example.problem),
            ("step" if example.worked else "answer", example.solution),
            ("discussion", example.discussion),
            ("body", example.seen),
        )
        for role, blocks in parts:
            part = read_blocks(blocks, self._origin.language, role)
            asked, answered = role == parts[0][0], role == parts[1][0]
            if (asked and part.unsayable) or (answered and not part.sentences):
                self._lose("exercise that nobody can say", *_written(example))
                return
            whole.add(part)
        steps = [at for at, sentence in enumerate(whole.sentences) if sentence.role == "step"]
        if steps:
            whole.sentences[steps[-1]] = replace(whole.sentences[steps[-1]], role="answer")
        headings = self._texts.headings
        heading = example.title or (
            headings.worked_example if example.worked else headings.book_check
        )
        yield from self._passage(kind, slugify(heading) or "1", heading, whole, path, section.id)

    def _definition(self, entry: Term) -> Iterator[Passage]:
        term, meaning = spoken(entry.term), spoken(entry.meaning).rstrip(" .;")
        formulas = (*entry.term.formulas, *entry.meaning.formulas)
        name = written(entry.term)
        words = len(entry.term.written.split()) + len(entry.meaning.written.split())
        told = Counter("said" if maths.say else "not said" for maths in formulas)
        chunk = Chunk(equations=list(formulas), kept=words, formulas=told)
        if all(maths.say for maths in formulas):
            said = _defined(term, meaning)
            formal = _defined(name, written(entry.meaning).rstrip(" .;"))
            chunk.sentences = [
                PassageSentence(said, name, written=formal if formal != said else None)
            ]
        else:
            chunk.unsayable = [f"{name}: {written(entry.meaning)}"]
        part = slugify(term) or "term"
        path = (self._content.title,)
        yield from self._passage("definition", part, capitalized(name), chunk, path, "")

    def _passage(
        self,
        kind: PassageKind,
        part: str,
        heading: str,
        chunk: Chunk,
        path: tuple[str, ...],
        section_id: str,
    ) -> Iterator[Passage]:
        """The passage of a chunk; none if nothing is said in it."""
        origin = self._origin
        for sentence in chunk.leading:
            self._lose("words before a picture", sentence)
        for sentence in chunk.unsayable:
            self._lose("sentence with a formula that nobody can say", sentence)
        if not chunk.sentences:
            self._figures += chunk.figures
            for table in chunk.tables:
                cells = " ".join(cell for row in table.rows for cell in row)
                self._lose("table without text", cells, table.unsaid)
            return
        if kind == "section" and chunk.words < FEWEST_WORDS and not chunk.equations:
            self._lose("too short a text", " ".join(s.say for s in chunk.sentences), chunk.kept)
            self._figures += chunk.figures
            return
        if kind == "section":
            chunk.figures[:0] = self._figures
            self._figures = []
        self._position += 1
        self.kept += chunk.kept
        self.formulas += chunk.formulas
        key = self._unique(f"{origin.corpus}/{origin.module}/{kind}/{part}")
        self.details[key] = {
            "equations": [_equation(maths) for maths in chunk.equations],
            "figures": [_figure(figure) for figure in chunk.figures],
            "tables": [_table(table) for table in chunk.tables],
            "section_id": section_id,
            "heading_path": list(path),
        }
        yield Passage(
            key=key,
            topic_id=f"{origin.corpus}/{origin.slug}",
            kind=kind,
            heading=heading,
            position=self._position,
            sentences=tuple(chunk.sentences),
            source=self._source,
        )


def _written(example: Example) -> tuple[str, int]:
    """The text of an example, and the number of its words."""
    every = (*example.problem, *example.solution, *example.discussion)
    return written(example.problem[0].text), sum(len(b.text.written.split()) for b in every)


def _defined(term: str, meaning: str) -> str:
    """The entry as a sentence where it reads as one: "Force is a push or pull"."""
    last = term.split()[-1].lower() if term.split() else ""
    plural = last.endswith("s") and not (last.endswith(_SINGULAR) or last in _SINGULARS)
    article = meaning.split(" ")[0].lower()
    joined = article in ("a", "an", "the", "any", "un", "una", "el", "la")
    verb = _VERB.search(meaning)
    if verb and not _CLAUSE.search(meaning, 0, verb.start()):
        joined = False  # it is a sentence itself: "the sum of all forces is zero"
    if joined:
        meaning = meaning[0].lower() + meaning[1:]
    link = (
        ":"
        if plural or not joined
        else " es"
        if meaning.startswith(("un", "el ", "la "))
        else " is"
    )
    return f"{capitalized(term)}{link} {meaning}."


_VERB = re.compile(r"\b(?:is|are|was|were|has|have|equals|es|son|está|tiene)\b")
_CLAUSE = re.compile(
    r"\b(?:that|which|who|whose|where|when|what|how|if|as|than|because|que|donde|cuando)\b|[;:—]"
)
_SINGULAR = ("ss", "ics", "us", "is", "os", "’s", "'s")
_SINGULARS = frozenset(("gas", "lens", "bias", "atlas", "canvas", "biogas", "pancreas", "alias"))


def _equation(maths: Maths) -> dict[str, str]:
    return {"text": maths.text, "latex": maths.latex}


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "heads": list(table.heads),
        "rows": [list(row) for row in table.rows],
    }


def _figure(figure: Figure) -> dict[str, str]:
    return asdict(figure)
