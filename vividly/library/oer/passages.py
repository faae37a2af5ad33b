"""Makes the passages and the topic of a document from its content."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from vividly.library.oer.chunks import Chunk, chunks, read_paragraphs
from vividly.library.oer.model import (
    Content,
    Example,
    Figure,
    Maths,
    Origin,
    ParsedDocument,
    ParsedTopic,
    Section,
    Term,
)
from vividly.library.oer.sentences import spoken, written
from vividly.library.oer.slugs import Unique, slugify
from vividly.model.lesson import Passage, PassageKind, PassageSentence, Source
from vividly.text.locales import locale_for

READER = "2"
"""Version of the reader, part of every digest: increase it to read all documents again."""
_FEWEST_WORDS = 8


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
        left_out=content.left_out,
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
        if self._content.kind == "preface":
            return  # it tells of the book, not of its subject
        for main in self._content.sections:
            for path, section in main.walk():
                yield from self._section(path, section)
        for term in self._content.glossary:
            yield self._definition(term)

    def _section(self, path: tuple[str, ...], section: Section) -> Iterator[Passage]:
        language = self._origin.language
        examples = [block for block in section.blocks if isinstance(block, Example)]
        prose = [block for block in section.blocks if not isinstance(block, Example)]
        if section.kind == "objectives":
            yield from self._objectives(path, section)
        elif section.kind == "body" or section.kind == "equations":
            heading = section.title or self._content.title
            found = chunks(prose, language)
            named = slugify(heading) or "text"
            for chunk in found:
                if chunk.words >= _FEWEST_WORDS or section.kind == "equations":
                    self._chunks[named] += 1
                    part = f"{named}-{self._chunks[named]}"
                    yield self._passage("section", part, heading, chunk, path, section.id)
        elif section.kind in ("summary", "misconception"):
            kind: PassageKind = "summary" if section.kind == "summary" else "misconception"
            role = "body" if kind == "summary" else "correction"
            chunk = Chunk(*read_paragraphs(prose, language, role))
            if chunk.sentences:
                yield self._passage(
                    kind, "1", str(getattr(self._texts.headings, kind)), chunk, path, section.id
                )
        for example in examples:
            yield self._example(example, path, section)

    def _objectives(self, path: tuple[str, ...], section: Section) -> Iterator[Passage]:
        sentences, _, _ = read_paragraphs(section.blocks, self._origin.language, "objective")
        aims = [s for s in sentences if not s.say.rstrip(".").endswith("following")]
        told = [
            PassageSentence(
                self._texts.able.format(aim.say[:1].lower() + aim.say[1:].rstrip(" .;")),
                role="objective",
            )
            for aim in aims
        ]
        if told:
            heading = self._texts.headings.objectives
            yield self._passage("objectives", "1", heading, Chunk(told), path, section.id)

    def _example(self, example: Example, path: tuple[str, ...], section: Section) -> Passage:
        kind: PassageKind = "worked_example" if example.worked else "check"
        whole = Chunk()
        parts: Sequence[tuple[str, Sequence[Any]]] = (
            ("problem" if example.worked else "question", example.problem),
            ("step" if example.worked else "answer", example.solution),
            ("discussion", example.discussion),
        )
        for role, paragraphs in parts:
            whole.add(Chunk(*read_paragraphs(paragraphs, self._origin.language, role)))
        steps = [at for at, sentence in enumerate(whole.sentences) if sentence.role == "step"]
        if steps:
            last = whole.sentences[steps[-1]]
            whole.sentences[steps[-1]] = PassageSentence(last.say, last.show, role="answer")
        headings = self._texts.headings
        heading = example.title or (
            headings.worked_example if example.worked else headings.book_check
        )
        return self._passage(kind, slugify(heading) or "1", heading, whole, path, section.id)

    def _definition(self, entry: Term) -> Passage:
        term, meaning = spoken(entry.term), spoken(entry.meaning).rstrip(" .;")
        equations = [*entry.term.formulas, *entry.meaning.formulas]
        sentence = PassageSentence(_defined(term, meaning), written(entry.term))
        heading = _capital(written(entry.term))
        part = slugify(term) or "term"
        return self._passage(
            "definition", part, heading, Chunk([sentence], equations), (self._content.title,), ""
        )

    def _passage(
        self,
        kind: PassageKind,
        part: str,
        heading: str,
        chunk: Chunk,
        path: tuple[str, ...],
        section_id: str,
    ) -> Passage:
        origin = self._origin
        self._position += 1
        key = self._unique(f"{origin.corpus}/{origin.module}/{kind}/{part}")
        self.details[key] = {
            "equations": [_equation(maths) for maths in chunk.equations],
            "figures": [_figure(figure) for figure in chunk.figures],
            "section_id": section_id,
            "heading_path": list(path),
        }
        return Passage(
            key=key,
            topic_id=f"{origin.corpus}/{origin.slug}",
            kind=kind,
            heading=heading,
            position=self._position,
            sentences=tuple(chunk.sentences),
            source=self._source,
        )


def _defined(term: str, meaning: str) -> str:
    """The entry as a sentence where it reads as one: "Force is a push or pull"."""
    plural = term.endswith("s") and not term.endswith(("ss", "ics", "us", "is"))
    article = meaning.split(" ")[0].lower()
    joined = article in ("a", "an", "the", "any", "un", "una", "el", "la")
    if joined:
        meaning = meaning[0].lower() + meaning[1:]
    link = (
        ":"
        if plural or not joined
        else " es"
        if meaning.startswith(("un", "el ", "la "))
        else " is"
    )
    return f"{_capital(term)}{link} {meaning}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _equation(maths: Maths) -> dict[str, str]:
    return {"text": maths.text, "latex": maths.latex}


def _figure(figure: Figure) -> dict[str, str]:
    return asdict(figure)
