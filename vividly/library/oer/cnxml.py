"""Reads a CNXML module, the format of OpenStax books (https://github.com/openstax/cnxml).

Notes for teachers, exercises without an answer, and parts that need a screen or a lab (videos,
simulations, experiments) are skipped and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from vividly.library.oer.captions import split_credit
from vividly.library.oer.inline import InlineReader
from vividly.library.oer.model import (
    Block,
    Content,
    Example,
    Figure,
    Maths,
    Paragraph,
    Section,
    SectionKind,
    Term,
    Text,
    UnreadableDocument,
)
from vividly.library.oer.sentences import written
from vividly.library.oer.xml import local_name, parse_xml

_TEACHER = re.compile(r"\b(?:os|ost)[-‐]teacher|\bteacher[-‐]|instructor")
_NOT_TAUGHT = {
    "watch-physics": "video",
    "virtual-physics": "simulation",
    "os-interactive": "simulation",
    "snap-lab": "experiment",
    "performance": "exercise",
    "check-understanding": "exercise",
    "concept": "exercise",
    "critical-thinking": "exercise",
    "problems": "exercise",
    "practice-problems": "exercise",
    "multiple-choice": "exercise",
    "short-answer": "exercise",
    "extended-response": "exercise",
    "review-problems": "exercise",
    "review-conceptual-questions": "exercise",
    "review-exercises": "exercise",
    "References": "references",
    "references": "references",
}
"""Class -> kind of the note or section. Solved exercises in it are read in any case."""
_SECTION_KINDS: dict[str, SectionKind] = {
    "summary": "summary",
    "section-summary": "summary",
    "key-concepts": "summary",
    "key-equations": "equations",
    "misconception": "misconception",
    "learning-objectives": "objectives",
    "chapter-objectives": "objectives",
}
_TITLES = {
    "tips-for-success": "Tips for success",
    "misconception": "Common misconception",
    "links-to-physics": "Links to physics",
    "fun-in-physics": "Fun in physics",
    "work-in-physics": "Work in physics",
    "boundless-physics": "Boundless physics",
}


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
        self.left_out: Counter[str] = Counter()
        self.key_terms: list[str] = []
        targets = {
            str(element.get("id")): local_name(element)
            for element in root.iter()
            if element.get("id")
        }
        self.inline = InlineReader(language, targets)

    def read(self) -> Content:
        content = self.root.find("{*}content")
        if content is None:
            raise UnreadableDocument(self.name, "it has no <content>")
        heading = self.root.find("{*}title")
        title = written(self.inline.read(heading)) if heading is not None else ""
        if not title:
            raise UnreadableDocument(self.name, "it has no <title>")
        self._drop_what_teachers_read(content)
        main = self._section(content, title, "body", "")
        return Content(
            title=title,
            kind=_kind(self.root),
            sections=(main,),
            glossary=tuple(self._glossary()),
            key_terms=tuple(dict.fromkeys(term for term in self.key_terms if term)),
            left_out=dict(self.left_out),
        )

    def _drop_what_teachers_read(self, content: etree._Element) -> None:
        for element in list(content.iter()):
            parent = element.getparent()
            if parent is not None and _TEACHER.search(element.get("class") or ""):
                self.left_out["teacher note"] += 1
                _remove(element)

    def _glossary(self) -> Iterator[Term]:
        for definition in self.root.iter("{*}definition"):
            term, meaning = definition.find("{*}term"), definition.find("{*}meaning")
            if term is None or meaning is None:
                continue
            entry = Term(self.inline.read(term), self.inline.read(meaning, blocks=True))
            if entry.term and entry.meaning:
                yield entry

    def _section(
        self, element: etree._Element, title: str, kind: SectionKind, identity: str
    ) -> Section:
        blocks: list[Block] = []
        sections: list[Section] = []
        self._fill(element, blocks, sections)
        return Section(identity, title, kind, tuple(blocks), tuple(sections))

    def _fill(self, element: etree._Element, blocks: list[Block], sections: list[Section]) -> None:
        for child in element:
            name = local_name(child)
            if name in ("section", "note"):
                sections += self._part(child)
            elif name == "exercise":
                blocks += self._exercise(child, "")
            elif name == "glossary":
                continue
            else:
                blocks += self._blocks(child, sections)

    def _part(self, element: etree._Element) -> list[Section]:
        """A section or a note; None if it is not for a lesson."""
        classes = (element.get("class") or "").split()
        identity = element.get("id") or ""
        title = self._title(element)
        if identity == "keyterms" or "keyterms" in classes:
            self.key_terms += [
                written(self.inline.read(entry)) for entry in element.iter("{*}entry")
            ]
            return []
        if "worked-example" in classes or "example" in classes:
            return self._examples(element, title)
        left_out = next((_NOT_TAUGHT[name] for name in classes if name in _NOT_TAUGHT), None)
        if left_out:
            self.left_out[left_out] += 1
            solved = [e for e in element.iter("{*}exercise") if e.find("{*}solution") is not None]
            blocks = [block for exercise in solved for block in self._exercise(exercise, title)]
            return [Section(identity, title, "example", tuple(blocks))] if blocks else []
        kinds = [_SECTION_KINDS[name] for name in classes if name in _SECTION_KINDS]
        kind: SectionKind = kinds[0] if kinds else "body"
        named = next((_TITLES[name] for name in classes if name in _TITLES), "")
        return [self._section(element, title or named, kind, identity)]

    def _title(self, element: etree._Element) -> str:
        heading = element.find("{*}title")
        return written(self.inline.read(heading)) if heading is not None else ""

    def _examples(self, element: etree._Element, title: str) -> list[Section]:
        identity = element.get("id") or ""
        found = list(element.iter("{*}exercise"))
        examples = [block for exercise in found for block in self._exercise(exercise, title, True)]
        for exercise in found:
            _remove(exercise)
        # Text beside the problem, such as advice.
        rest = self._section(element, title, "body", f"{identity}-note" if identity else "")
        sections = [Section(identity, title, "example", tuple(examples))] if examples else []
        return sections + ([rest] if rest.blocks or rest.sections else [])

    def _exercise(self, element: etree._Element, title: str, worked: bool = False) -> list[Block]:
        problem, solution = element.find("{*}problem"), element.find("{*}solution")
        if problem is None or solution is None:
            self.left_out["exercise"] += 1
            return []
        asked: list[Paragraph] = []
        strategy: list[Paragraph] = []
        for child in list(problem):
            if local_name(child) == "note":  # the strategy is inside the problem
                strategy += self._prose(child)
                _remove(child)
        asked += self._prose(problem)
        answer = [*strategy, *self._prose(solution)]
        said = [p for part in element.findall("{*}commentary") for p in self._prose(part)]
        if not asked or not answer:
            self.left_out["exercise"] += 1
            return []
        title = title or self._title(problem) or self._title(element)
        return [Example(title, tuple(asked), tuple(answer), tuple(said), worked)]

    def _prose(self, element: etree._Element) -> list[Paragraph]:
        blocks: list[Block] = []
        sections: list[Section] = []
        self._fill(element, blocks, sections)
        for section in sections:
            for _, inner in section.walk():
                blocks += inner.blocks
        return [block for block in blocks if isinstance(block, Paragraph)]

    def _blocks(self, element: etree._Element, sections: list[Section]) -> Iterator[Block]:
        name = local_name(element)
        if name in ("para", "quote", "item", "span", "entry"):
            for part in self.inline.read_parts(element):
                if isinstance(part, Text):
                    yield Paragraph(part)
                elif local_name(part) in ("section", "note"):
                    sections += self._part(part)
                elif local_name(part) == "exercise":
                    yield from self._exercise(part, "")
                else:
                    yield from self._blocks(part, sections)
        elif name == "list":
            letters = element.get("number-style") == "lower-alpha"
            for at, item in enumerate(element.iterchildren("{*}item")):
                if letters and item.getparent().getparent().tag.endswith("}problem"):
                    item.text = f"({chr(ord('a') + at)}) {(item.text or '').lstrip()}"
                yield from self._blocks(item, sections)
        elif name == "equation":
            if text := self.inline.read(element):
                yield Paragraph(text, display=True)
        elif name == "figure":
            yield from self._figures(element)
        elif name == "media":
            yield from self._picture(element, "", "")
        elif name == "table":
            yield from self._table(element)

    def _figures(self, figure: etree._Element) -> Iterator[Figure]:
        caption, credit = self._caption(figure)
        for media in figure.iter("{*}media"):
            yield from self._picture(media, caption, credit)

    def _caption(self, figure: etree._Element) -> tuple[str, str]:
        found = figure.find("{*}caption")
        caption = written(self.inline.read(found)) if found is not None else ""
        return split_credit(caption)

    def _picture(self, media: etree._Element, caption: str, credit: str) -> Iterator[Figure]:
        image = media.find("{*}image")
        if image is not None and image.get("src"):
            alt = " ".join((media.get("alt") or "").split())
            yield Figure(str(image.get("src")), "" if alt == "..." else alt, caption, credit)

    def _table(self, table: etree._Element) -> Iterator[Paragraph]:
        """Each row as a line: `Iron: density 7.8, melting point 1811`, with the table's heads."""
        if "section-key-terms" in (table.get("class") or ""):
            self.key_terms += [written(self.inline.read(e)) for e in table.iter("{*}entry")]
            return
        heads = [written(self.inline.read(e)) for e in table.findall(".//{*}thead//{*}entry")]
        for row in table.findall(".//{*}tbody/{*}row"):
            cells = [self.inline.read(entry, blocks=True) for entry in row.findall("{*}entry")]
            shown: list[str] = []
            formulas: list[Maths] = []
            named = bool(heads) and len(heads) == len(cells) and bool(cells[0])
            for at, cell in enumerate(cells):
                if not cell:
                    continue
                head = heads[at] if len(heads) == len(cells) and not (named and at == 0) else ""
                cell_text = cell.written.rstrip(" :")
                glue = " " if named else ": "
                shown.append(f"{head}{glue}{cell_text}" if head else cell_text)
                formulas += cell.formulas
            if len(shown) > 1 and (named or (len(shown) == 2 and not heads)):
                shown[:2] = [f"{shown[0]}: {shown[1]}"]
            if shown:
                yield Paragraph(Text(", ".join(shown), tuple(formulas)), display=True)


def _remove(element: etree._Element) -> None:
    """Remove an element; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)
