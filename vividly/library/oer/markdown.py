"""Reads Markdown and plain text.

Headings begin sections; some are recognised by name: "Learning objectives", "Summary",
"Glossary" (a list of `**term**: meaning`), "Common misconception", and "Worked example …"
(the first paragraph is the problem). Formulas are LaTeX between dollar signs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from vividly.library.oer.captions import split_credit
from vividly.library.oer.decode import decode
from vividly.library.oer.inline import tidy
from vividly.library.oer.latex import read_latex
from vividly.library.oer.model import (
    MARK,
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

FIELDS = ("title", "book", "subject", "grades", "licence", "attribution", "url", "language")
_SPELLINGS = {"license": "licence", "grade": "grades", "author": "attribution", "lang": "language"}
_KINDS: tuple[tuple[str, SectionKind], ...] = (
    (r"(section |chapter )?summary|key points|resumen|en resumen", "summary"),
    (r"(section )?(learning )?objectives|objetivos( de aprendizaje)?", "objectives"),
    (r"key equations|ecuaciones clave", "equations"),
    (r"(common )?misconceptions?|error(es)? com[uú]n(es)?", "misconception"),
    (r"(worked )?example\b.*|ejemplo\b.*", "example"),
)
_GLOSSARY = re.compile(r"glossary|key terms|definitions|glosario|términos clave", re.I)
_TERM = re.compile(r"\s*(.+?)\s*(?::|—|–| - )\s+(.+)", re.DOTALL)


@dataclass(frozen=True)
class FrontMatter:
    """The front matter of a file."""

    values: dict[str, str] = field(default_factory=dict)
    grades: tuple[int, int] | None = None


def front_matter(data: bytes, name: str) -> FrontMatter:
    """The YAML between `---` lines at the top of a file, if there is any.

    Raises:
        UnreadableDocument: it is not YAML, or a field has a wrong type.
    """
    tokens = _parser().parse(decode(data, name))
    if not tokens or tokens[0].type != "front_matter":
        return FrontMatter()
    try:
        said = yaml.safe_load(tokens[0].content)
    except yaml.YAMLError as error:
        raise UnreadableDocument(name, f"its front matter is not YAML: {error}") from error
    if said is None:
        return FrontMatter()
    if not isinstance(said, dict):
        raise UnreadableDocument(name, "its front matter is not a list of `field: value`")
    values: dict[str, str] = {}
    for key, value in said.items():
        key = _SPELLINGS.get(str(key).lower(), str(key).lower())
        if key in FIELDS and value is not None:
            if isinstance(value, (dict, list)):
                raise UnreadableDocument(name, f"its front matter's {key} is not a plain value")
            values[key] = " ".join(str(value).split())
    return FrontMatter(values, _grades(values.pop("grades", ""), name))


def read_markdown(data: bytes, name: str, title: str, language: str = "en") -> Content:
    """The content of a Markdown file.

    Args:
        title: used if the file has no heading of the first level.

    Raises:
        UnreadableDocument: it is not text, or is empty.
    """
    reader = _Reader(language)
    reader.read(_parser().parse(decode(data, name)))
    return reader.content(title, name)


def read_text(data: bytes, name: str, title: str) -> Content:
    """The content of a plain text file: paragraphs with empty lines between them.

    Raises:
        UnreadableDocument: it is not text.
    """
    parts = re.split(r"\n[ \t]*\n", decode(data, name).strip())
    first = " ".join(parts[0].split())
    if len(parts) > 1 and len(first) <= 80 and "\n" not in parts[0] and first[-1] not in ".?!:;,":
        title, parts = first, parts[1:]
    texts = [tidy(part, []) for part in parts]
    return Content(title, "module", (Section("", title, "body", tuple(map(Paragraph, texts))),))


@dataclass
class _Open:
    """A section while it is being read."""

    level: int
    title: str
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    def close(self) -> Section:
        plain = self.title.strip().rstrip(":").lower()
        kinds = [kind for pattern, kind in _KINDS if re.fullmatch(pattern, plain)]
        kind: SectionKind = kinds[0] if kinds else "body"
        blocks = tuple(self.blocks)
        if kind == "example":
            said = [block for block in blocks if isinstance(block, Paragraph)]
            if len(said) < 2:
                kind = "body"
            else:
                blocks = (Example(self.title, (said[0],), tuple(said[1:])),)
        return Section("", self.title, kind, blocks, tuple(self.sections))


class _Reader:
    def __init__(self, language: str) -> None:
        self._language = language
        self._open = [_Open(0, "")]
        self._glossary: list[Term] = []
        self._title = ""

    def read(self, tokens: Sequence[Token]) -> None:
        heading = 0
        for token in tokens:
            if token.type == "heading_open":
                heading = int(token.tag[1:])
            elif token.type == "heading_close":
                heading = 0
            elif token.type == "inline" and heading:
                self._heading(heading, written(self._inline(token)))
            elif token.type == "inline":
                self._paragraph(token)
            elif token.type in ("math_block", "math_block_label"):
                self._display(token.content)

    def content(self, title: str, name: str) -> Content:
        while len(self._open) > 1:
            self._close()
        main = self._open[0]
        if not main.blocks and not main.sections and not self._glossary:
            raise UnreadableDocument(name, "there is no text in it")
        title = self._title or title
        section = Section("", title, "body", tuple(main.blocks), tuple(main.sections))
        return Content(title, "module", (section,), tuple(self._glossary))

    def _heading(self, level: int, title: str) -> None:
        if level == 1 and not self._title and len(self._open) == 1:
            self._title = title
            return
        while self._open[-1].level >= level:
            self._close()
        self._open.append(_Open(level, title))

    def _close(self) -> None:
        closed = self._open.pop()
        if _GLOSSARY.fullmatch(closed.title.strip().rstrip(":")):
            for block in closed.blocks:
                if isinstance(block, Paragraph):
                    self._term(block.text)
        elif closed.blocks or closed.sections:
            self._open[-1].sections.append(closed.close())

    def _term(self, text: Text) -> None:
        if found := _TERM.fullmatch(text.written):
            before = found[1].count(MARK)
            term = Text(found[1], text.formulas[:before])
            self._glossary.append(Term(term, Text(found[2], text.formulas[before:])))

    def _paragraph(self, token: Token) -> None:
        text = self._inline(token)
        if text:
            display = text.written.strip(" .,") == MARK
            self._open[-1].blocks.append(Paragraph(text, display))
        for child in token.children or []:
            if child.type == "image" and child.attrs.get("src"):
                source, title = str(child.attrs["src"]), str(child.attrs.get("title") or "")
                figure = Figure(source, child.content, *split_credit(title))
                self._open[-1].blocks.append(figure)

    def _display(self, source: str) -> None:
        formulas: list[Maths] = []
        text = tidy(self._formula(source, formulas), formulas)
        if text:
            self._open[-1].blocks.append(Paragraph(text, display=bool(formulas)))

    def _inline(self, token: Token) -> Text:
        formulas: list[Maths] = []
        parts: list[str] = []
        for child in token.children or []:
            if child.type in ("math_inline", "math_inline_double"):
                parts.append(self._formula(child.content, formulas))
            elif child.type in ("text", "code_inline"):
                parts.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                parts.append(" ")
        return tidy("".join(parts), formulas)

    def _formula(self, source: str, formulas: list[Maths]) -> str:
        formula = read_latex(source, self._language)
        if formula is None:
            return source.strip()
        formulas.append(formula.maths)
        return MARK + formula.closing


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.use(front_matter_plugin).use(dollarmath_plugin, double_inline=True)


def _grades(value: str, name: str) -> tuple[int, int] | None:
    if not value:
        return None
    found = re.fullmatch(r"(\d{1,2})(?:\s*(?:-|–|to)\s*(\d{1,2}))?", value)
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= low <= high <= 12:
        raise UnreadableDocument(
            name, f"its front matter's grades are {value[:40]!r}: want 9-12, or 9"
        )
    return low, high
