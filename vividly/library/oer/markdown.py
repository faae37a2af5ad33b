"""Reads Markdown and plain text.

Headings begin sections; some are recognised by name: "Learning objectives", "Summary",
"Glossary" (a list of `**term**: meaning`), "Common misconception", and "Worked example …"
(the first paragraph is the problem). Formulas are LaTeX between dollar signs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from vividly.library.oer.captions import split_credit
from vividly.library.oer.cnxml_lists import listed, sentence_like
from vividly.library.oer.cnxml_tables import table_blocks
from vividly.library.oer.decode import decode
from vividly.library.oer.inline import UNSHOWN, script, tidy
from vividly.library.oer.latex import read_latex
from vividly.library.oer.model import (
    MARK,
    Block,
    Content,
    Example,
    Figure,
    Maths,
    Omission,
    Paragraph,
    Section,
    SectionKind,
    Term,
    Text,
    UnreadableDocument,
)
from vividly.library.oer.sentences import written
from vividly.text.locales import locale_for

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
_ITEM = re.compile(r"[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]+")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>]+")
_PROSE = re.compile(r"(?:^|\s)[A-Za-z]{3,}\s+[A-Za-z]{2,}(?:\s|$)")
_BESIDE = re.compile(r"</t[dh]>\s*(?=<t[dh]\b)", re.I)
_BLOCK_TAG = re.compile(
    r"</?(?:p|div|summary|details|section|article|li|[uo]l|d[dlt]|tr|table|h[1-6]|blockquote)\b[^>]*>",
    re.I,
)
"""Tags of HTML between which a paragraph stands."""
_NO_TAG = re.compile(r"<[a-z]\w*(?:\s+[\w-]+)+\s*>", re.I)
"""No tag but two signs: "a<b and b>c"."""
_MATHS = re.compile(r"[\\^_=<>+*/−±×]|^\s*[A-Za-z]\s*$")
_PRICE = re.compile(r"\$\d[\d.,]*[;:!?)]?(?=\s+[^\s=+\-−*/<>≤≥^\\×·\d$]|\s*$)")
_HEADING = re.compile(r"^(#{1,6})(?=[A-Za-z])(?=[^\n]{1,80}$)", re.MULTILINE)
"""A heading that is written without a space."""
_UNDERLINE = re.compile(r"[=\-~*_]{3,}\s*")
_EQUATION = re.compile(r"(?!.*[A-Za-z]{4})[^=<>≤≥≈≠⟶⇌↔⇒]{1,40}[=<>≤≥≈≠⟶⇌↔⇒].{1,40}")
_COLUMN = re.compile(r"\t+| {2,}")
_EMOJI = re.compile("[\U0001f300-\U0001faff\ufe0f]|(?<=\\s):[a-z_]+:(?=\\s|$)")
_DASHES = re.compile(r"(?<=\w) ?-{2,3} ?(?=\w)")
_SIGNS = {
    "<=>": "⇌", "<->": "↔", "-->": "⟶", "->": "⟶", "=>": "⇒", "<=": "≤", ">=": "≥", "!=": "≠",
    "+/-": "±", "+-": "±", "~=": "≈", "sqrt(": "√(",
}  # fmt: skip
"""What is typed -> the sign that it means."""
_TYPED = re.compile(
    r"(?<![\d<>=!-])(?:!=)|(?<![<>=!-])(?:<=>|<->|-->|->|=>|<=|>=|\+/-|\+-(?=\s?\d)|~=)|\bsqrt\("
)
"""`!=` after a digit is a factorial: "3!=6"."""
_RAISED = re.compile(r"(?<=[\w)\]])(?:\^([-−]?\w{1,3})\^|~(\w{1,3})~)")
"""Powers and indices of some Markdown: `m^2^`, `H~2~O`."""
_WANTS_A_NOUN = re.compile(r"\b(?:an?|the|of|is|are|un|una|el|la|de|es|son)\s+$", re.I)
"""Before a picture that stands for a word, without which the sentence is none."""
_LABEL = re.compile(r"(?:solutions?|answers?|soluci[oó]n(?:es)?|respuestas?)[.:]\s*", re.I)
_TAG = re.compile(r"<[^>]*>")
_HIDDEN = re.compile(r"<!--.*?-->|<(?:script|style)\b.*?</(?:script|style)>", re.S | re.I)
_SCRIPTS = {
    "<sup>": "\ue002sup\ue003", "</sup>": "\ue004", "<sub>": "\ue002sub\ue003",
    "</sub>": "\ue004", "<br>": " ", "<br/>": " ",
}  # fmt: skip
"""HTML in a line -> what stands for it until the line is whole; other tags are dropped."""
_SCRIPTED = re.compile("\ue002(sup|sub)\ue003(.*?)\ue004", re.S)
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
    reader = _Reader(language, name)
    reader.read(_parser().parse(_HEADING.sub(r"\1 ", decode(data, name))))
    return reader.content(title, name)


def read_text(data: bytes, name: str, title: str, language: str = "en") -> Content:
    """The content of a plain text file: paragraphs with empty lines between them.

    Raises:
        UnreadableDocument: it is not text.
    """
    source = _meant(decode(data, name).strip())
    lines = [line for line in source.splitlines() if not _UNDERLINE.fullmatch(line.strip())]
    parts = re.split(r"\n[ \t]*\n", "\n".join(lines).strip())
    first = " ".join(parts[0].split())
    if len(parts) > 1 and len(first) <= 80 and "\n" not in parts[0] and first[-1] not in ".?!:;,":
        title, parts = first, parts[1:]
    blocks: list[Block] = []
    for part in parts:
        lines = [line for line in part.splitlines() if line.strip()]
        cells = [_COLUMN.split(line.strip()) for line in lines]
        width = len(cells[0]) if cells else 0
        if len(lines) > 1 and width > 1 and all(len(row) == width for row in cells):
            heads, *rows = [[tidy(cell, []) for cell in row] for row in cells]
            blocks += table_blocks("", heads, rows)
            continue
        if len(lines) > 1 and all(map(_EQUATION.fullmatch, map(str.strip, lines))):
            blocks += [Paragraph(tidy(line, [])) for line in lines]
            continue
        first_item = next((at for at, line in enumerate(lines) if _ITEM.match(line)), None)
        if first_item is None or not all(_ITEM.match(line) for line in lines[first_item:]):
            blocks.append(Paragraph(tidy(_unlinked(part, language), [])))
            continue
        if first_item:
            head = " ".join(lines[:first_item])
            blocks.append(Paragraph(tidy(_unlinked(head, language), [])))
        items = [
            tidy(_unlinked(_ITEM.sub("", line, count=1), language), [])
            for line in lines[first_item:]
        ]
        _add_list(blocks, [[Paragraph(item)] for item in items], language)
    words = sum(any(map(str.isalnum, word)) for part in parts for word in part.split())
    section = Section("", title, "body", tuple(blocks))
    return Content(title, "module", (section,), words=words)


def _add_list(blocks: list[Block], items: list[list[Block]], language: str) -> None:
    """Add the items of a list; those that are no sentences in one with what introduces them."""
    before = blocks[-1] if blocks else None
    if sentence_like(items):
        blocks += [block for item in items for block in item]
    elif isinstance(before, Paragraph) and before.text.written.endswith(":"):
        blocks[-1:] = listed(before.text, items, language)
    else:
        blocks += listed(None, items, language)


def _meant(text: str) -> str:
    """The text with the signs that are meant by what is typed, such as `->`."""
    return _TYPED.sub(lambda found: _SIGNS[found[0]], text)


def _unlinked(text: str, language: str) -> str:
    """The text without addresses and emoji, which nobody can say, and with the signs it means."""
    text = _DASHES.sub(" — ", _EMOJI.sub("", _meant(text)))
    page = locale_for(language).library.references.page
    return _ADDRESS.sub(lambda found: page + found[0][len(found[0].rstrip(".,;:!?)")) :], text)


@dataclass
class _Open:
    """A section while it is being read."""

    level: int
    title: str
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @property
    def kind(self) -> SectionKind:
        """What its title says it is."""
        plain = self.title.strip().rstrip(":").lower()
        kinds = [kind for pattern, kind in _KINDS if re.fullmatch(pattern, plain)]
        return kinds[0] if kinds else "body"

    def close(self) -> Section:
        kind = self.kind
        blocks = tuple(self.blocks)
        if kind == "example":
            said = [block for block in blocks if isinstance(block, Paragraph)]
            if len(said) < 2:
                kind = "body"
            else:
                solution = tuple(Paragraph(_unlabelled(b.text), b.display) for b in said[1:])
                blocks = (Example(self.title, (said[0],), solution),)
        return Section("", self.title, kind, blocks, tuple(self.sections))


class _Reader:
    def __init__(self, language: str, name: str) -> None:
        self._language = language
        self._name = name
        self._open = [_Open(0, "")]
        self._glossary: list[Term] = []
        self._title = ""
        self._omissions: list[Omission] = []
        self._words = 0
        self._items: list[list[list[Block]]] = []  # of the open lists, the innermost last

    def read(self, tokens: Sequence[Token]) -> None:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _end(tokens, at)
            if token.type == "heading_open":
                self._heading(int(token.tag[1:]), written(self._inline(tokens[at + 1])))
                at = end
            elif token.type == "table_open":
                self._table(tokens[at:end])
                at = end
            elif token.type == "footnote_block_open":
                for inner in tokens[at:end]:
                    if inner.type == "inline":
                        self._lose("footnote", inner.content, tokens[at])
                at = end
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                self._items.append([])
            elif token.type == "list_item_open":
                self._items[-1].append([])
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self._list_ends()
            elif token.type == "inline":
                self._paragraph(token)
            elif token.type in ("math_block", "math_block_label"):
                self._display(token.content)
            elif token.type in ("fence", "code_block"):
                self._lose("code", token.content, token)
            elif token.type == "html_block":
                self._html(token)
            at += 1

    @property
    def _blocks(self) -> list[Block]:
        """Where blocks go: into the open item, or the open section."""
        if self._items and self._items[-1]:
            return self._items[-1][-1]
        return self._open[-1].blocks

    def _list_ends(self) -> None:
        items = self._items.pop()
        objectives = self._open[-1].kind in ("objectives", "summary")
        if objectives or _GLOSSARY.fullmatch(self._open[-1].title.strip().rstrip(":")):
            self._blocks.extend(block for item in items for block in item)
        else:
            _add_list(self._blocks, items, self._language)

    def _table(self, tokens: Sequence[Token]) -> None:
        heads: list[Text] = []
        rows: list[list[Text]] = []
        head = False
        for token in tokens:
            if token.type in ("thead_open", "thead_close"):
                head = token.type == "thead_open"
            elif token.type == "tr_open" and not head:
                rows.append([])
            elif token.type == "inline":
                (heads if head else rows[-1]).append(self._inline(token))
        self._blocks.extend(table_blocks("", heads, rows))

    def _html(self, token: Token) -> None:
        shown = _BESIDE.sub("\ue005", _HIDDEN.sub(" ", token.content))
        for part in _BLOCK_TAG.split(shown):
            name, *values = part.split("\ue005")  # the cells of a row
            row = f"{name}: {', '.join(values)}" if values else name
            text = self._counted(tidy(html.unescape(_TAG.sub(" ", row)), []))
            if text:
                self._blocks.append(Paragraph(text))
        if hidden := " ".join(found.strip() for found in _HIDDEN.findall(token.content)):
            self._lose("hidden HTML", re.sub(r"<!--|-->", " ", hidden), token)

    def _lose(self, kind: str, text: str, token: Token) -> None:
        words = [word for word in text.split() if any(map(str.isalnum, word))]
        place = f"{self._name}:{token.map[0] + 1}" if token.map else self._name
        example = " ".join(words[:12]) or text.strip()[:40]
        self._omissions.append(Omission(kind, len(words), example, place))
        self._words += len(words)

    def _counted(self, text: Text) -> Text:
        self._words += sum(any(c.isalnum() or c == MARK for c in w) for w in text.written.split())
        return text

    def content(self, title: str, name: str) -> Content:
        while len(self._open) > 1:
            self._close()
        main = self._open[0]
        if not main.blocks and not main.sections and not self._glossary:
            raise UnreadableDocument(name, "there is no text in it")
        title = self._title or title
        section = Section("", title, "body", tuple(main.blocks), tuple(main.sections))
        return Content(
            title,
            "module",
            (section,),
            tuple(self._glossary),
            omissions=tuple(self._omissions),
            words=self._words,
        )

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
            self._blocks.append(Paragraph(text, display))
        for child in token.children or []:
            if child.type == "image" and child.attrs.get("src"):
                source, title = str(child.attrs["src"]), str(child.attrs.get("title") or "")
                figure = Figure(source, child.content, *split_credit(title))
                self._blocks.append(figure)

    def _display(self, source: str) -> None:
        formulas: list[Maths] = []
        text = tidy(self._formula(source, formulas), formulas)
        if text:
            self._blocks.append(Paragraph(self._counted(text), display=bool(formulas)))

    def _inline(self, token: Token) -> Text:
        formulas: list[Maths] = []
        parts: list[str] = []
        bare = False  # inside an address that is its own text
        struck = False
        for child in token.children or []:
            if child.type in ("s_open", "s_close"):
                struck = child.type == "s_open"
            elif struck:
                self._lose("struck out", child.content, token)
            elif child.type in ("math_inline", "math_inline_double"):
                prose = _PROSE.search(child.content) or re.search(r'[.?!] |["“”]', child.content)
                if prose and "\\" not in child.content:
                    parts.append(f"${child.content}$")
                else:
                    parts.append(self._formula(child.content, formulas))
            elif child.type == "link_open":
                bare = child.info == "auto"
            elif child.type == "link_close":
                bare = False
            elif child.type in ("text", "code_inline"):
                page = locale_for(self._language).library.references.page
                parts.append(page if bare else _unlinked(child.content, self._language))
            elif child.type in ("softbreak", "hardbreak"):
                parts.append(" ")
            elif child.type == "html_inline" and _NO_TAG.fullmatch(child.content):
                parts.append(child.content)
            elif child.type == "image" and _WANTS_A_NOUN.search("".join(parts)):
                formulas.append(UNSHOWN)
                parts.append(MARK)
            elif child.type == "html_inline":
                parts.append(_SCRIPTS.get(child.content.lower().replace(" ", ""), ""))
        return self._counted(tidy(_scripted("".join(parts)), formulas))

    def _formula(self, source: str, formulas: list[Maths]) -> str:
        formula = read_latex(source, self._language)
        if formula is None:
            return source.strip()
        formulas.append(formula.maths)
        return MARK + formula.closing


def _unlabelled(text: Text) -> Text:
    """The text without a label such as "Solution:" before it."""
    label = _LABEL.match(text.written)
    return Text(text.written[label.end() :], text.formulas) if label else text


def _bracket_maths(state: StateInline, silent: bool) -> bool:
    r"""Formulas in `\(…\)` and `\[…\]`, which many tools write."""
    for opening, closing, kind in (
        (r"\(", r"\)", "math_inline"),
        (r"\[", r"\]", "math_inline_double"),
    ):
        end = state.src.find(closing, state.pos + 2)
        if not state.src.startswith(opening, state.pos) or end < 0:
            continue
        content = state.src[state.pos + 2 : end]
        if not _MATHS.search(content) or _PROSE.search(content):
            return False
        if not silent:
            state.push(kind, "math", 0).content = content
        state.pos = end + 2
        return True
    return False


def _price(state: StateInline, silent: bool) -> bool:
    """A dollar sign before a number that a sentence goes on after: `$5. A "$x$"`."""
    if not _PRICE.match(state.src, state.pos):
        return False
    if not silent:
        state.pending += "$"
    state.pos += 1
    return True


def _product(state: StateInline, silent: bool) -> bool:
    """A star between numbers is no emphasis: `2*3*4`."""
    around = state.src[max(0, state.pos - 1) : state.pos + 2]
    if state.src[state.pos] != "*" or not re.fullmatch(r"\d\*\w|\w\*\d", around):
        return False
    if not silent:
        state.pending += "*"
    state.pos += 1
    return True


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where the block that a token opens is closed; the token itself if it opens none."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += tokens[end].nesting
        if depth <= 0:
            return end
    return at


def _scripted(text: str) -> str:
    """Raised and lowered text, which HTML's `sup` and `sub` mark, in Unicode."""
    text = _RAISED.sub(lambda f: script(f[1], "sup") if f[1] else script(f[2], "sub"), text)
    return _SCRIPTED.sub(lambda found: script(found[2], found[1]), text)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(front_matter_plugin).use(footnote_plugin)
    parser.inline.ruler.before("escape", "bracket_maths", _bracket_maths)
    parser.inline.ruler.before("escape", "price", _price)
    parser.inline.ruler.before("emphasis", "product", _product)
    # A price is no formula: "$5 and a meal costs $10".
    return parser.use(dollarmath_plugin, double_inline=True, allow_space=False, allow_digits=False)


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
