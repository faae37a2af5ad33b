"""Reads a CNXML module, the format of OpenStax books (https://github.com/openstax/cnxml).

Every element is read, read through to what is inside it, or counted as left out: notes for
teachers, exercises without an answer, and parts that need a screen or a lab.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lxml import etree

from vividly.library.oer.captions import split_credit
from vividly.library.oer.cnxml_classes import (
    NOT_TAUGHT,
    PRACTICE,
    SECTION_KINDS,
    TITLES,
    for_teachers,
    is_link_box,
    only_equations,
    part_of,
)
from vividly.library.oer.cnxml_lists import ended, lettered_each, listed, sentence_like
from vividly.library.oer.cnxml_tables import read_table
from vividly.library.oer.inline import HEADINGS, NOT_TEXT, InlineReader, joined
from vividly.library.oer.model import (
    Block,
    Content,
    Example,
    Figure,
    Omission,
    Paragraph,
    Section,
    SectionKind,
    Table,
    Term,
    Text,
    UnreadableDocument,
)
from vividly.library.oer.sentences import written
from vividly.library.oer.xml import local_name, parse_xml, remove, words_in

EXAMPLE_WORDS = 12
_LONGEST_INSTRUCTION = 60
_LEADING = re.compile(
    r"\b(?:is|are|son|es)$|(?:^|[.?!:] )(?:\S+ ){0,3}\S+:$|"
    r"\b(?:is|are|shows|write|writes|gives|have|follows|following|below|here|son|es|muestra|sigue|siguiente|escribimos):$"
)
"""The end of words before what they tell of: "So we write:", "The table below shows:"."""
_LEADS = re.compile(r"(?:If|When|Unless|Si|Cuando)\b")
"""Begins the title of a list that says when its items hold."""


def read_module(data: bytes, name: str, language: str = "en") -> Content:
    """The content of a module.

    Args:
        name: of the file, for messages.
        language: BCP 47; the language in which formulas and references are spoken.

    Raises:
        UnreadableDocument: it is not a CNXML document, or has no title or content.
    """
    root = parse_xml(data, name)
    if local_name(root) != "document":
        raise UnreadableDocument(
            name, f"its root is <{local_name(root)}>, where a CNXML module has <document>"
        )
    return _Module(root, name, language).read()


def module_heading(data: bytes, name: str) -> tuple[str, str]:
    """The module's title and its kind, as `Content` has them.

    Raises:
        UnreadableDocument: it is not XML, or has no title.
    """
    root = parse_xml(data, name)
    title = " ".join("".join(root.xpath("string(*[local-name()='title'])")).split())
    if not title:
        raise UnreadableDocument(name, "it has no <title>")
    return title, _kind(root)


def _kind(root: etree._Element) -> str:
    classes = (root.get("class") or "").split()
    known = ("introduction", "preface", "appendix")
    return next((name for name in classes if name in known), "module")


class _Module:
    def __init__(self, root: etree._Element, name: str, language: str) -> None:
        self.root = root
        self.name = name
        self.language = language
        self.omissions: list[Omission] = []
        self.key_terms: list[str] = []
        self.kind: SectionKind = "body"
        targets = {
            str(element.get("id")): local_name(element)
            for element in root.iter()
            if element.get("id")
        }
        self.inline = InlineReader(language, targets, self.lose)

    def read(self) -> Content:
        content = self.root.find("{*}content")
        if content is None:
            raise UnreadableDocument(self.name, "it has no <content>")
        heading = self.root.find("{*}title")
        title = written(self.inline.read(heading)) if heading is not None else ""
        if not title:
            raise UnreadableDocument(self.name, "it has no <title>")
        abstract = self.root.find("{*}metadata/{*}abstract")
        read = [part for part in (heading, abstract, content) if part is not None]
        read += self.root.iterchildren("{*}glossary")
        words = sum(len(words_in(part)) for part in read)
        self._drop_what_teachers_read(content)
        glossary = tuple(self._glossary())
        main = self._section(content, title, "body", "")
        sections = (*self._abstract(abstract, main), main)
        self.key_terms += [" ".join((e.text or "").split()) for e in self.root.iter("{*}keyword")]
        for element in self.root:
            if local_name(element) not in ("title", "metadata", "content", "glossary"):
                self.lose(local_name(element), element)
        return Content(
            title=title,
            kind=_kind(self.root),
            sections=sections,
            glossary=glossary,
            key_terms=tuple(dict.fromkeys(term for term in self.key_terms if term)),
            omissions=tuple(self.omissions),
            words=words,
        )

    def lose(self, kind: str, element: etree._Element) -> None:
        """Count what is left out."""
        words = words_in(element)
        example = " ".join(words[:EXAMPLE_WORDS]) or " ".join((element.get("alt") or "").split())
        place = f"{self.name}:{element.sourceline}"
        self.omissions.append(
            Omission(kind, len(words), example or f"<{local_name(element)}>", place)
        )

    def _drop_what_teachers_read(self, content: etree._Element) -> None:
        for element in list(content.iter()):
            above = element.iterancestors()
            if not for_teachers(element) or any(map(for_teachers, above)):
                continue
            if element.getparent() is not None:
                self.lose("teacher note", element)
                remove(element)

    def _abstract(self, abstract: etree._Element | None, main: Section) -> Iterator[Section]:
        """The objectives of the metadata, unless the content lists them too."""
        if abstract is None or not words_in(abstract):
            return
        told = {s.kind for _, s in main.walk()}
        if "objectives" in told:
            self.lose("objectives told twice", abstract)
        elif abstract.find(".//{*}item") is not None:
            yield self._section(abstract, "", "objectives", "")
        else:
            yield self._section(abstract, "", "body", "")

    def _glossary(self) -> Iterator[Term]:
        for definition in list(self.root.iter("{*}definition")):
            term = definition.find("{*}term")
            meanings = definition.findall("{*}meaning")
            entries = [
                Term(self.inline.read(term), self.inline.read(meaning))
                for meaning in meanings
                if term is not None
            ]
            yield from (entry for entry in entries if entry.term and entry.meaning)
            for child in definition:
                if child is not term and child not in meanings and words_in(child):
                    self.lose(f"{local_name(child)} of a definition", child)
            if not entries:
                self.lose("definition without a meaning", definition)

    def _section(
        self, element: etree._Element, title: str, kind: SectionKind, identity: str
    ) -> Section:
        blocks: list[Block] = []
        sections: list[Section] = []
        outer, self.kind = self.kind, kind
        self._fill(element, blocks, sections)
        self.kind = outer
        return Section(identity, title, kind, tuple(_led(blocks)), tuple(sections))

    def _fill(
        self,
        element: etree._Element,
        blocks: list[Block],
        sections: list[Section],
        *,
        flat: bool = False,
    ) -> None:
        """Everything inside an element.

        Args:
            flat: whether what its notes and sections hold stays where it stands.
        """
        practice = len(element.findall("{*}exercise")) > 1 or (
            PRACTICE.search((element.get("class") or "").lower()) is not None
            and element.find("{*}exercise") is not None
        )
        title = self._title(element) if practice else ""
        asked: list[Paragraph] = []  # what the exercises after it have in common
        used = False
        for part in self.inline.read_parts(element):
            if isinstance(part, Text):
                if part:
                    blocks.append(Paragraph(part))
            elif practice and local_name(part) == "exercise":
                found = self._exercise(part, title, before=asked)
                used = used or bool(found)
                blocks += found
            elif practice and local_name(part) in ("para", "list"):
                if used:
                    asked, used = [], False
                inner = self._inside(part, sections)
                kept = [block for block in inner if isinstance(block, Paragraph)]
                if len(kept) == len(inner) and _words(kept) <= _LONGEST_INSTRUCTION:
                    if (before := part.getprevious()) is not None and (
                        local_name(before) == "exercise"
                    ):
                        asked = []
                    asked += kept
                else:
                    blocks += inner
            else:
                self._block(part, blocks, sections)
                if flat:
                    blocks += _flat(sections)
                    sections.clear()
        if practice and asked and not used:
            blocks += asked

    def _inside(self, element: etree._Element, sections: list[Section]) -> list[Block]:
        blocks: list[Block] = []
        self._block(element, blocks, sections)
        return blocks

    def _block(self, element: etree._Element, blocks: list[Block], sections: list[Section]) -> None:
        name = local_name(element)
        if name == "note" and only_equations(element):
            self._through(element, blocks, sections)
        elif name in ("section", "note"):
            sections += self._part(element)
        elif name == "rule":
            sections.append(
                self._section(element, self._title(element), "body", element.get("id") or "")
            )
        elif name == "example":
            sections += self._example(element)
        elif name == "exercise":
            blocks += self._exercise(element, "")
        elif name == "list":
            self._list(element, blocks, sections)
        elif name == "figure":
            self._figure(element, blocks, sections)
        elif name == "media":
            blocks += self._picture(element, "", "")
        elif name == "table":
            self._table(element, blocks)
        elif name in ("code", "preformat"):
            self._code(element, blocks)
        elif name not in ("definition", "glossary"):  # those are read apart
            self._through(element, blocks, sections)

    def _through(
        self, element: etree._Element, blocks: list[Block], sections: list[Section]
    ) -> None:
        """A paragraph, an equation, or an element that only holds others."""
        inner: list[Block] = []
        self._fill(element, inner, sections)
        if local_name(element) == "equation":
            blocks += [
                Paragraph(b.text, display=True) if isinstance(b, Paragraph) else b for b in inner
            ]
            return
        heading = element.find("{*}title")
        title = self.inline.read(heading) if heading is not None else Text("")
        first = inner[0] if inner else None
        if title and isinstance(first, Paragraph):
            between = " " if ended(title.written) or title.written.endswith(":") else ": "
            inner[0] = Paragraph(joined(title, between, first.text), first.display)
        elif title:
            self.lose("title without text", element)
        blocks += inner

    def _part(self, element: etree._Element) -> list[Section]:
        """A section or a note; none if it is not for a lesson."""
        classes = (element.get("class") or "").split()
        identity = element.get("id") or ""
        title = self._title(element)
        if identity == "keyterms" or "keyterms" in classes:
            self.key_terms += [
                written(self.inline.read(entry)) for entry in element.iter("{*}entry")
            ]
            return []
        if "worked-example" in classes or "example" in classes:
            return self._example(element)
        left_out = [NOT_TAUGHT[n.lower()] for n in classes if n.lower() in NOT_TAUGHT]
        if not left_out and is_link_box(element):
            left_out = ["link box"]
        if left_out:
            solved = [e for e in element.iter("{*}exercise") if e.find("{*}solution") is not None]
            blocks = [block for exercise in solved for block in self._exercise(exercise, title)]
            for exercise in solved:
                remove(exercise)
            self.lose(left_out[0], element)
            return [Section(identity, title, "example", tuple(blocks))] if blocks else []
        kinds = [SECTION_KINDS[n.lower()] for n in classes if n.lower() in SECTION_KINDS]
        kind: SectionKind = kinds[0] if kinds else "body"
        named = next((TITLES[name] for name in classes if name in TITLES), "")
        return [self._section(element, title or named, kind, identity)]

    def _title(self, element: etree._Element) -> str:
        heading = element.find("{*}title")
        return written(self.inline.read(heading)) if heading is not None else ""

    def _example(self, element: etree._Element) -> list[Section]:
        """An example of exercises, or of paragraphs such as one with the title "Solution"."""
        title, identity = self._title(element), element.get("id") or ""
        found = list(element.iter("{*}exercise"))
        examples = [block for exercise in found for block in self._exercise(exercise, title, True)]
        for exercise in found:
            remove(exercise)
        parts = [] if found else [(child, *part_of(child)) for child in element]
        if any(part == "solution" for _, part, _ in parts):
            first = next(child for child, _, _ in parts if local_name(child) not in HEADINGS)
            if not title and (own := first.find("{*}title")) is not None:
                title = written(self.inline.read(own))
                remove(own)
            return [Section(identity, title, "example", tuple(self._drafted(title, parts)))]
        # Text beside the problem, such as advice.
        beside = f"{identity}-note" if identity and examples else identity
        rest = self._section(element, title, "body", beside)
        sections = [Section(identity, title, "example", tuple(examples))] if examples else []
        return sections + ([rest] if rest.blocks or rest.sections else [])

    def _drafted(
        self, title: str, parts: Sequence[tuple[etree._Element, str, etree._Element | None]]
    ) -> Iterator[Block]:
        """The examples that the children of an example are, cut at their headings."""
        drafts: list[dict[str, list[Block]]] = [{}]
        at = "problem"
        for child, part, lead in parts:
            if local_name(child) in HEADINGS:
                continue
            if part == "check":
                drafts.append({})
            if part:
                at = "problem" if part == "check" else part
            if lead is not None:
                remove(lead)
            if local_name(child) == "note" and part:
                drafts[-1].setdefault(at, []).extend(self._everything(child))
            else:
                sections: list[Section] = []
                told = drafts[-1].setdefault(at, [])
                self._block(child, told, sections)
                told += _flat(sections)
        for number, draft in enumerate(drafts):
            problem, seen = _told(draft.get("problem", []))
            solution, more = _told(draft.get("solution", []))
            discussion, last = _told(draft.get("discussion", []))
            if problem and solution:
                shown = (*seen, *more, *last)
                yield Example(title, problem, solution, discussion, number == 0, shown)
            else:  # no problem, or one without an answer, is mere text
                yield from (block for blocks in draft.values() for block in blocks)

    def _exercise(
        self,
        element: etree._Element,
        title: str,
        worked: bool = False,
        before: Sequence[Paragraph] = (),
    ) -> list[Block]:
        """An exercise with its solution.

        Args:
            before: what it shares with the exercises beside it: "Find the value of:".
        """
        problem = element.find("{*}problem")
        solutions = element.findall("{*}solution")
        if problem is None or not solutions:
            self.lose("exercise", element)
            return []
        if any(part.find(".//{*}entry//{*}media") is not None for part in solutions):
            self.lose("exercise solved in pictures", element)
            return []
        title = title or self._title(problem) or self._title(element)
        strategy: list[Block] = []
        for child in list(problem):
            if local_name(child) == "note":  # the strategy is inside the problem
                strategy += self._everything(child)
                remove(child)
        asked, seen = _told([*before, *self._everything(problem)])
        answer, more = _told(
            [*strategy, *(b for part in solutions for b in self._everything(part))]
        )
        said, last = _told(
            [b for part in element.findall("{*}commentary") for b in self._everything(part)]
        )
        if answer and not asked:  # its problem stands in the text before it
            return [*answer, *said, *seen, *more, *last]
        if not answer:
            self.lose("exercise without words", element)
            return []
        for child in element:
            known = ("problem", "solution", "commentary", *HEADINGS)
            if local_name(child) not in known and words_in(child):
                self.lose(f"{local_name(child)} of an exercise", child)
        return [Example(title, asked, answer, said, worked, (*seen, *more, *last))]

    def _everything(self, element: etree._Element) -> list[Block]:
        """All blocks inside an element, also those of its notes and sections."""
        blocks: list[Block] = []
        sections: list[Section] = []
        self._fill(element, blocks, sections, flat=True)
        return [*blocks, *_flat(sections)]

    def _list(self, element: etree._Element, blocks: list[Block], sections: list[Section]) -> None:
        lettered = element.get("number-style") == "lower-alpha" and any(
            local_name(above) in ("problem", "solution") for above in element.iterancestors()
        )
        items: list[list[Block]] = []
        heads = [self.inline.read(e) for e in element.findall("{*}title")]
        for at, item in enumerate(element.iterchildren()):
            if local_name(item) in HEADINGS:
                continue
            inner: list[Block] = []
            self._fill(item, inner, sections)
            mark = f"({chr(ord('a') + at % 26)}) " if lettered else ""
            label = item.find("{*}label")
            if label is not None and (own := self.inline.read(label)):
                mark = f"{own.written.rstrip('.')} "
            if mark and inner and isinstance(inner[0], Paragraph):
                inner[0] = Paragraph(joined(mark, inner[0].text), inner[0].display)
            items.append(inner)
        solved = any(local_name(above) == "solution" for above in element.iterancestors())
        answers = solved and (lettered or not (heads or blocks))
        each = answers or self.kind in ("objectives", "summary") or sentence_like(items)
        last = blocks[-1] if blocks else None
        head = heads[0] if heads else None
        led = isinstance(last, Paragraph) and not ended(last.text.written)
        posed = any(local_name(above) == "problem" for above in element.iterancestors())
        if each or (posed and not (head or led) and lettered_each(items)):
            if head and _LEADS.match(head.written) and items and items[0]:
                first = items[0][0]
                if isinstance(first, Paragraph):
                    begin = Text(head.written.rstrip(" :."), head.formulas)
                    items[0][0] = Paragraph(joined(begin, ": ", first.text), first.display)
                    heads = []
            blocks += [Paragraph(head) for head in heads if ended(head.written)]
            blocks += [block for item in items for block in item]
            return
        if head is None and led:
            head = blocks.pop().text  # type: ignore[union-attr]
        blocks += listed(head, items, self.language)

    def _figure(
        self, element: etree._Element, blocks: list[Block], sections: list[Section]
    ) -> None:
        caption, credit = self._caption(element)
        for child in element:
            name = local_name(child)
            if name == "subfigure":
                own, own_credit = self._caption(child)
                for media in child.iter("{*}media"):
                    told = " ".join(filter(None, (caption, own)))
                    blocks += self._picture(media, told, own_credit or credit)
            elif name == "media":
                blocks += self._picture(child, caption, credit)
            elif name not in (*HEADINGS, "caption"):
                inner: list[Block] = []
                self._block(child, inner, sections)
                blocks += [
                    Figure(b.src, b.alt, b.caption or caption, b.credit or credit)
                    if isinstance(b, Figure)
                    else b
                    for b in inner
                ]

    def _caption(self, figure: etree._Element) -> tuple[str, str]:
        parts = [e for name in ("title", "caption") for e in figure.findall(f"{{*}}{name}")]
        texts = [written(self.inline.read(part)) for part in parts]
        caption = ". ".join(text.rstrip(".") for text in texts[:-1] if text)
        return split_credit(f"{caption}. {texts[-1]}" if caption else "".join(texts[-1:]))

    def _picture(self, media: etree._Element, caption: str, credit: str) -> Iterator[Figure]:
        image = media.find(".//{*}image")
        if image is not None and image.get("src"):
            alt = " ".join((media.get("alt") or "").split())
            yield Figure(str(image.get("src")), "" if alt == "..." else alt, caption, credit)
            return
        for child in media:
            self.lose(NOT_TEXT.get(local_name(child), local_name(child)), child)

    def _table(self, table: etree._Element, blocks: list[Block]) -> None:
        if "section-key-terms" in (table.get("class") or ""):
            self.key_terms += [written(self.inline.read(e)) for e in table.iter("{*}entry")]
            return
        for media in list(table.iter("{*}media")):
            blocks += self._picture(media, "", "")
            remove(media)
        blocks += read_table(table, self.inline)

    def _code(self, element: etree._Element, blocks: list[Block]) -> None:
        text = self.inline.read(element)
        if text and ended(text.written) and not re.search(r"[{}=<>;_\\]", text.written):
            blocks.append(Paragraph(text))
        else:
            self.lose("code", element)


def _told(blocks: Sequence[Block]) -> tuple[tuple[Paragraph, ...], tuple[Figure | Table, ...]]:
    """(paragraphs, what is to be seen); an example inside is told as text."""
    said: list[Paragraph] = []
    seen: list[Figure | Table] = []
    for block in _led(blocks):
        if isinstance(block, Paragraph):
            said.append(block)
        elif isinstance(block, Example):
            said += (*block.problem, *block.solution, *block.discussion)
            seen += block.seen
        else:
            seen.append(block)
    return tuple(said), tuple(seen)


def _led(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks; words that end in what is seen after them are marked so."""
    for at, block in enumerate(blocks):
        seen = isinstance(blocks[at + 1], Figure | Table) if at + 1 < len(blocks) else False
        leads = seen and isinstance(block, Paragraph) and _LEADING.search(block.text.written)
        yield replace(block, leads=True) if leads and isinstance(block, Paragraph) else block


def _flat(sections: Sequence[Section]) -> list[Block]:
    return [block for section in sections for _, inner in section.walk() for block in inner.blocks]


def _words(paragraphs: Sequence[Paragraph]) -> int:
    return sum(len(paragraph.text.written.split()) for paragraph in paragraphs)
