"""Running text from CNXML: words, formulas as marks, cross references as plain words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace

from lxml import etree

from vividly.library.oer.mathml import read_formula, read_plain, read_script
from vividly.library.oer.maths_leaves import SCRIPT_LETTERS
from vividly.library.oer.maths_words import RELATIONS
from vividly.library.oer.model import MARK, Maths, Text
from vividly.library.oer.xml import local_name
from vividly.model.chemistry import ELEMENTS
from vividly.text.locales import locale_for
from vividly.text.locales.sections import References

BLOCKS = frozenset((
    "caption", "commentary", "content", "definition", "div", "equation", "example", "exercise",
    "figure", "glossary", "item", "list", "media", "meaning", "note", "para", "preformat",
    "problem", "proof", "quote", "rule", "section", "solution", "statement", "subfigure", "table",
))  # fmt: skip
"""Elements that stand on their own, unless `display="inline"` says otherwise."""
_IN_LINES = frozenset((
    "cite", "cite-title", "code", "emphasis", "foreign", "link", "q", "span", "sub", "sup", "term",
))  # fmt: skip
"""Elements inside a sentence; text of any other is set apart by spaces."""
HEADINGS = frozenset(("title", "label"))
NOT_TEXT = {
    "footnote": "footnote",
    "media": "picture in a line",
    "image": "picture in a line",
    "video": "video",
    "audio": "sound",
    "iframe": "interactive",
    "flash": "interactive",
    "java-applet": "interactive",
    "labview": "interactive",
    "object": "interactive",
    "download": "download",
}
"""What cannot be said in running text -> its kind."""
_RAISED = str.maketrans("0123456789+-−–‒", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁻")
_LOWERED = str.maketrans("0123456789+-−–‒", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₋")
_ODD = {code: bytes([code]).decode("cp1252", errors="ignore") or None for code in range(0x80, 0xA0)}
_NEWLINE = "\ue007"
_LINES = re.compile(rf"(?<=[\w{MARK})\]\"”])(\s*{_NEWLINE}\s*)+(?=[A-Z][a-z])")
"""Between lines the first of which does not end as a sentence does."""
_ADDRESS = re.compile(r"\s*(?:https?://|www\.)\S+\s*$")
_BOND = re.compile(
    r"(?<=[a-z,] )(?:− |[−–-](?=[A-Za-z()]*[₂-₉]|[A-Za-z]+ (?:group|substituent|atom|bond)))"
    r"(?=((?:[A-Z][a-z]?|[()₀-₉])+)(?![\w(]))"
)
"""The bond of a group of atoms in a sentence: "a −CH₃ group", "a − H atom", but not a vector −B."""
_PART = re.compile(
    r"\b((?:[Tt]he|[Ll]a) (?:figure|table|equation|figura|tabla|ecuación))([a-rt-z]\b|\([a-z]\))"
)
"""A part of a figure, as in "Figure 3b"."""
_DEGREES = re.compile(r"(?<=\d)( ?)[º˚](?=\s?[CFK]?\b|[,.;:)\s]|$)")
"""Signs that look like that of degrees, after a number."""
_GLUED = re.compile(
    rf"(?<=[^\W\d_]{{2}})(?={MARK})|(?<={MARK})(?=(?!(?:th|st|nd|rd|s)\b)[^\W\d_]{{2}})"
)
"""Where a word and a formula have no space between them: "440 N" + "to move"."""
_ODD |= {ord("ⓐ") + at: f"({chr(ord('a') + at)}) " for at in range(26)}
_ODD |= {ord("①") + at: f"({at + 1}) " for at in range(20)}
_ODD |= {ord(letter): unicodedata.normalize("NFKC", letter) for letter in SCRIPT_LETTERS}
_ODD |= {ord("∙"): "⋅", ord("‒"): "−"}
_ODD |= dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f"))
"""Windows-1252 code points that were copied as Unicode (0x96 is a dash), enumerating circles, and
characters that show nothing."""
_PLACE = re.compile(r"(?:\(|\b(?:in|see|from|to|and|en|vea|véase|de|a|y)) ?$", re.I)
"""The end of words after which a reference may be a place."""
_SHELL = re.compile(r"(?<![\w.,])[1-7]$")
_REPEATED = re.compile(
    r"\b(the (?:figure|table|equation|example))(?:(?:,|,? and|,? or) \1\b)+", re.I
)
_MARKED = re.compile(r"(?:(?<=\s)|^)[a-h]\)(?=\s)")
"""The mark of a part, of whose brackets only the second is there: "a) 2.2%"."""
_ASIDE = re.compile(
    r"\((?:see |as shown in |shown in |as seen in |véase )?(?:the|another|la|el|las|otra) "
    r"(?:figure|table|equation|section|figura|tabla|ecuación|sección)s?(?: ?\(?[a-z]\)?)?\.?\)",
    re.I,
)
_REST = re.compile(r"(?:\s*(?:[<>=≤≥≠+−–|-]|\d+(?:[.,]\d+)*|[A-Za-z](?![A-Za-z])))*\s*\)")
"""The end of a formula, up to the bracket that it opened."""
_FACTOR = re.compile(r"\([−–-]?\d+(?:\.\d+)?\)")
"""A number in brackets right after a formula, which it is multiplied by: `½` + "(6)"."""
_CHAIN = r"[−–-]?[\w.]+ ?[<≤] ?[A-Za-zμσ] ?[<≤] ?[−–-]?\w+(?:\.\d+)?"
_EVENT = r"[A-Z] (?:and|or|AND|OR|y|o) [A-Z]"
_PLAIN = re.compile(
    rf"(?<![\w.])(?:P ?\((?:{_CHAIN}|{_EVENT})\)|{_CHAIN}(?![\w(])"
    r"|[A-Z] ~ [A-Z][A-Za-z]* ?\([\w., ]+\))"
)
"""What the voice would say wrong in plain text: a chain of order, an event, a distribution."""
_BLANK = re.compile(r"(?<!\w)_{2,}(?!\w)")
"""A blank to be filled in."""
_SCRIPT = re.compile(r"[nxyzktmrp]|(?=.*[\d−–/+-])[−–-]?[\w.]+(?:\s?[−–+/-]\s?[\w.]+)*")
"""A power or an index in running text: "n", "−2.5", "n + 1"."""
_BASE = {
    "sup": re.compile(r"(?:\b[^\W\d_]|\d|\)|\])$"),
    "sub": re.compile(r"[\])]$"),
}
_NOTED, _NOTE = re.compile(r"[^\W\d_]{2}$"), re.compile("[a-z*†‡]|TM|SM|®")
"""A word, and the mark of a note or a trade mark after it."""
_LEAD = re.compile(r"(?:[A-Z]{3,}|Rule|Case|Step|Property|Part|Regla|Caso|Paso) (?:\d{1,2}|[A-Z])$")
"""What is set in bold before a sentence, without a mark: "RULE 1"."""
_SENTENCE = re.compile(r"\s+[A-Z][a-z]")
_KINDS = (
    ("fig", "figure"),
    ("tab", "table"),
    ("eq", "equation"),
    ("exa", "example"),
    ("exer", "exercise"),
)
UNSHOWN = Maths("▢", "", "")
"""Stands for a picture inside a sentence, which is then not said."""
Lose = Callable[[str, etree._Element], None]
"""Called with the kind and the element of what is left out."""


class InlineReader:
    """Reads the content of a paragraph.

    Args:
        targets: id of each element of the document -> its element name, for references.
    """

    def __init__(self, language: str, targets: dict[str, str], lose: Lose) -> None:
        self._language = language
        self._targets = targets
        self._lose = lose
        self._references = locale_for(language).library.references

    def read(self, element: etree._Element) -> Text:
        """The running text of an element and of all blocks inside it."""
        formulas: list[Maths] = []
        return self._tidied(self._inside(element, formulas), formulas)

    def _tidied(self, written: str, formulas: list[Maths]) -> Text:
        """The text with its blanks as formulas, so that they are heard."""
        said = locale_for(self._language).formulas.words["_"]
        while found := _BLANK.search(written):
            formulas.insert(written.count(MARK, 0, found.start()), Maths("____", said, r"\_"))
            written = f"{written[: found.start()]} {MARK} {written[found.end() :]}"
        at = 0
        while found := _PLAIN.search(written, at):
            maths = read_plain(found[0], self._language)
            at = found.end()
            if maths.say:
                formulas.insert(written.count(MARK, 0, found.start()), maths)
                written = f"{written[: found.start()]}{MARK}{written[at:]}"
                at = found.start() + 1
        return tidy(written, formulas)

    def _leads(self, link: etree._Element) -> bool:
        """Whether a reference only stands before a sentence: "(Figure 3) Why does ice float?"."""
        before, parent = link.getprevious(), link.getparent()
        first = before is None and parent is not None and not (parent.text or "").strip()
        return first and re.match(r"\s+[A-Z][a-z]", link.tail or "") is not None

    def read_parts(self, element: etree._Element) -> Iterator[Text | etree._Element]:
        """Running text and blocks in document order; without the element's own headings."""
        formulas: list[Maths] = []
        written = element.text or ""
        for child in element:
            name = local_name(child)
            if name in HEADINGS:
                written += " "
            elif name == "media" and _inside_a_sentence(written, child):
                formulas.append(UNSHOWN)
                written += MARK
                yield child
            elif is_block(child):
                yield self._tidied(written, formulas)
                yield child
                written, formulas = "", []
            else:
                written += self._element(child, formulas, written)
            written += child.tail or ""
        yield self._tidied(written, formulas)

    def _inside(self, element: etree._Element, formulas: list[Maths]) -> str:
        written = element.text or ""
        for child in element:
            written += self._element(child, formulas, written)
            written += child.tail or ""
        return written

    def _element(self, element: etree._Element, formulas: list[Maths], before: str) -> str:
        name = local_name(element)
        if name == "math":
            _close(element)
            formula = read_formula(element, self._language)
            if formula is None:
                return " "
            maths = _unhyphened(formula.maths, element.tail or "")
            if maths.text.startswith("(") and maths.say and re.search(r"[\d)\]]$", before):
                times = locale_for(self._language).formulas.words["×"]
                maths = replace(maths, say=f" {times} {maths.say}")  # `(18 − 2)` and a factor
            formulas.append(maths)
            return f"{formula.opening}{MARK}{formula.closing}"
        if name in NOT_TEXT:
            self._lose(NOT_TEXT[name], element)
            return " "
        if name == "newline":
            return f" {_NEWLINE} "
        if name in ("space", "label"):
            return " "
        inside = self._inside(element, formulas)
        if name == "link":
            if not inside.strip() and _elsewhere(element, before):
                formulas.append(UNSHOWN)
                return MARK
            if not _ADDRESS.match(inside):
                return inside if inside.strip() else self._reference(element)
            self._lose("address", element)
            parent = element.getparent()
            alone = parent is not None and "".join(parent.itertext()).strip() == inside.strip()
            return " " if alone else self._references.page
        if name == "sup" and _NOTED.search(before) and _NOTE.fullmatch(inside.strip()):
            return ""
        if name == "sup" and _is_mass(inside, before, element.tail or ""):
            formulas.append(Maths(inside.translate(_RAISED), inside, f"^{{{inside}}}"))
            return MARK
        if name in ("sup", "sub"):
            inside, mark = _marked_script(inside)
            if mark:
                return script(inside, name) + mark
            if not _is_script(inside.strip(), name, before):
                return script(inside, name)
            formulas.append(read_script(inside.strip(), name, self._language))
            return MARK
        if name == "emphasis" and _is_orbital(element, inside, before):
            formulas.append(Maths(inside, f" {inside.upper()}", inside))
            return MARK
        if name == "emphasis" and _LEAD.match(inside) and not before.strip():
            return f"{inside}:" if _SENTENCE.match(element.tail or "") else inside
        if name == "emphasis" and _heads(element):
            return f"{inside.rstrip()}:"
        if name == "title":
            return f" {inside.strip().rstrip(':')}: " if inside.strip() else " "
        if name == "list" and not is_block(element):
            items = [self._inside(item, formulas).strip(" ,;") for item in element]
            return f" {', '.join(filter(None, items))} "
        return inside if name in _IN_LINES else f" {inside} "

    def _reference(self, link: etree._Element) -> str:
        if "os-embed" in (link.get("class") or "").replace("‐", "-"):
            return ""  # an exercise that is stored elsewhere
        if self._leads(link):
            return ""
        if link.get("url"):
            return self._references.page
        target = link.get("target-id") or ""
        kind = self._targets.get(target, "")
        if kind not in References.model_fields:
            lowered = target.lower()
            kind = next((kind for start, kind in _KINDS if lowered.startswith(start)), "section")
        return str(getattr(self._references, kind))


def _elsewhere(link: etree._Element, before: str) -> bool:
    """Whether a reference names a figure or an equation of another document, as "by (3)" does.

    After words such as "in" it may be said as the place where something is found.
    """
    far = bool(link.get("document") and link.get("target-id"))
    return far and not _PLACE.search(before)


def _is_orbital(emphasis: etree._Element, letter: str, before: str) -> bool:
    """Whether a letter after a number names an orbital, `2s`, which is no time of 2 s."""
    after = emphasis.getnext()
    raised = after is not None and local_name(after) == "sup" and not emphasis.tail
    return letter in ("s", "p", "d", "f") and not raised and bool(_SHELL.search(before))


def is_block(element: etree._Element) -> bool:
    """Whether an element stands on its own rather than in a sentence."""
    name, display = local_name(element), element.get("display")
    return (name in BLOCKS and display != "inline") or (name == "code" and display == "block")


def _inside_a_sentence(before: str, picture: etree._Element) -> bool:
    """Whether a picture stands in the middle of a sentence, where words should."""
    after = (picture.tail or "").strip()
    if after[:1] in (".", ",", ";", ":"):
        return bool(before.strip())
    return after[:1].islower() and bool(before.strip()) and before.rstrip()[-1] not in ".?!:"


def _close(math: etree._Element) -> None:
    """Move what is set outside a formula into it: `χ` + a raised 2, `P(x` + "> 2)"."""
    if not len(math):
        return
    space, power = str(math.tag).removesuffix("math"), math.getnext()
    beside = power is not None and not math.tail and local_name(power) == "sup"
    if power is not None and beside and (power.text or "").isdigit() and not len(power):
        base, outer = math[-1], etree.SubElement(math, space + "msup")
        outer.append(base)
        etree.SubElement(outer, space + "mn").text = power.text
        math.tail, power.text, power.tail = power.tail, None, None
    written = "".join(math.itertext()).strip()
    rest = _REST.match(math.tail or "")
    open_ = written[:1] != "(" and written.count("(") - written.count(")") == 1
    if not open_ or rest is None:
        rest = _FACTOR.match(math.tail or "")
    if rest is None:
        return
    for part in re.findall(r"\d+(?:[.,]\d+)*|\S", rest[0]):
        kind = "mn" if part[0].isdigit() else "mi" if part.isalpha() else "mo"
        etree.SubElement(math, space + kind).text = part
    math.tail = (math.tail or "")[rest.end() :]


def _unhyphened(maths: Maths, after: str) -> Maths:
    """A formula whose last sign joins it to the word after it: `y-` + "axis"."""
    text = maths.text.removesuffix("−").rstrip()
    if not text or text == maths.text or not re.match(r"\s*[^\W\d_]{2}", after):
        return maths
    return Maths(f"{text}-", maths.say.rpartition(" ")[0], maths.latex)


def _heads(emphasis: etree._Element) -> bool:
    """Whether words in bold are a paragraph of their own, over the formula of the next one."""
    para, words = emphasis.getparent(), (emphasis.text or "").strip()
    after = para.getnext() if para is not None else None
    if para is None or after is None or words[-1:] in ("", ".", ":", "?", ","):
        return False
    alone = "".join(para.itertext()).strip() == words
    return alone and local_name(para) == "para" and local_name(after) == "equation"


def _is_script(text: str, name: str, before: str) -> bool:
    """Whether a raised or lowered text is a power or an index that no small characters show."""
    if (
        MARK in text
        or not _BASE[name].search(before)
        or script(text, name)[:1] not in ("^", " ", text[:1])
    ):
        return False
    return bool(_SCRIPT.fullmatch(text))


def _is_mass(text: str, before: str, after: str) -> bool:
    """Whether a raised number is the mass of the first atom of a molecule: `²³⁵UF₆`."""
    molecule = re.match(r"(?:[A-Z][a-z]?){2}", after)
    return text.isdigit() and molecule is not None and before[-1:] in ("", " ", "\n", "(")


def _marked_script(inside: str) -> tuple[str, str]:
    """A script, and the punctuation of the sentence that was set in it: `3,`."""
    found = re.fullmatch(r"\s*(\S.*?)([,.;:])\s*", inside)
    return (found[1], found[2]) if found else (inside, "")


def script(inside: str, name: str) -> str:
    """`10<sup>8</sup>` as 10⁸, `p<sub>tot</sub>` as p tot."""
    text = " ".join(inside.split())
    if not text:
        return " " * bool(inside)
    table, plain = (_RAISED, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻") if name == "sup" else (_LOWERED, "₀₁₂₃₄₅₆₇₈₉₊₋")
    small = text.translate(table)
    if all(character in plain for character in small):
        return small + " " * inside[-1].isspace()
    if name == "sup" and text in ("′", "'", "°", "o", "st", "nd", "rd", "th"):
        return {"o": "°", "'": "′"}.get(text, text)
    if name == "sub":
        return f" {text}"
    return f"^{text}" if text.isalnum() else text


def tidy(written: str, formulas: list[Maths]) -> Text:
    """Text with one space between words, none before punctuation, and no empty brackets."""
    written = _LINES.sub(". ", written).replace(_NEWLINE, " ")
    written = _PART.sub(r"\1 \2", written)
    written = _MARKED.sub(_enumerator, written)
    written = re.sub(r"\s+", " ", _DEGREES.sub(r"\1°", written.translate(_ODD)))
    written = _BOND.sub(lambda bond: "" if _group(bond[1]) else bond[0], written)
    written = _apart(_GLUED.sub(" ", written), formulas)
    written = re.sub(r"\(\s+", "(", re.sub(r"\s+\)", ")", written))
    written = _REPEATED.sub(r"\1s", written)
    written = _ASIDE.sub(" ", written)
    written = re.sub(r"\(\s*\)|\[\s*\]", " ", written)
    written = re.sub(r"\s+", " ", written)
    written = re.sub(r"(?<!\s\.)\s+(?=[,;:?!)\]’”]|\.(?![\d.]))", "", written)
    written = re.sub(r"(?<![.\s])\.\s?\.(?![.\d])", ".", written)
    written = re.sub(r"(?<=[(\[“‘])\s+", "", written)
    written = re.sub(rf"(?<=[a-z]{{2}}[.?!])(?=[A-Z][a-z]* |{MARK})", " ", written)
    written = re.sub(r"([.?!] |^)(the|another|la|el|otra) (?=\w)", _capital, written.strip())
    return Text(written, tuple(formulas))


def _enumerator(found: re.Match[str]) -> str:
    before = found.string[: found.start()]
    return found[0] if before.count("(") > before.count(")") else f"({found[0]}"


def _group(text: str) -> bool:
    """Whether a text is a group of atoms: `CH₂OH`, `Cl`."""
    return all(symbol in ELEMENTS for symbol in re.findall("[A-Z][a-z]?", text))


def _states(maths: Maths) -> bool:
    return any(sign in RELATIONS for sign in maths.text[1:-1])


def _apart(written: str, formulas: list[Maths]) -> str:
    """Text with a space around signs that begin or end a formula, such as `A =`.

    A comma stands between two laws.
    """
    parts = written.split(MARK)
    for at, maths in enumerate(formulas[: len(parts) - 1]):
        between = at + 1 < len(parts) - 1 or bool(parts[at + 1])
        after = parts[at + 1][:1]
        if between and (maths.text[-1:] in RELATIONS or after in tuple(RELATIONS)) and after != " ":
            parts[at + 1] = " " + parts[at + 1]
        if maths.text[:1] in RELATIONS and parts[at][-1:].isalnum():
            parts[at] += " "
        if at and not parts[at].strip() and _states(maths) and _states(formulas[at - 1]):
            parts[at] = ", "
    return MARK.join(parts)


def joined(*parts: Text | str) -> Text:
    """One text of several, without any space between them."""
    texts = [Text(part) if isinstance(part, str) else part for part in parts]
    formulas = tuple(maths for text in texts for maths in text.formulas)
    return Text("".join(text.written for text in texts), formulas)


def _capital(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2].capitalize()} "
