"""Running text from CNXML: words, formulas as marks, cross references as plain words."""

from __future__ import annotations

import re

from lxml import etree

from vividly.library.oer.mathml import read_formula
from vividly.library.oer.model import MARK, Maths, Text
from vividly.library.oer.xml import local_name
from vividly.text.locales import locale_for
from vividly.text.locales.sections import References

BLOCKS = frozenset(
    ("para", "list", "note", "figure", "table", "equation", "exercise", "section", "media", "quote")
)
LEFT_OUT = frozenset(("footnote", "iframe", "image", "label", "cite-title", "object", "media"))
_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_LOWERED = str.maketrans("0123456789+-−–", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋")
_WINDOWS = {
    code: bytes([code]).decode("cp1252", errors="ignore") or None for code in range(0x80, 0xA0)
}
"""Windows-1252 code points that were copied as Unicode: 0x96 is a dash."""
_REPEATED = re.compile(
    r"\b(the (?:figure|table|equation|example))(?:(?:,|,? and|,? or) \1\b)+", re.I
)
_ASIDE = re.compile(
    r"\((?:see |as shown in |shown in |as seen in |véase )?(?:the|la|el|las) "
    r"(?:figure|table|equation|figura|tabla|ecuación)s?(?: ?\([a-z]\))?\)",
    re.I,
)
_KINDS = (
    ("fig", "figure"),
    ("tab", "table"),
    ("eq", "equation"),
    ("exa", "example"),
    ("exer", "exercise"),
)


class InlineReader:
    """Reads the content of a paragraph.

    Args:
        targets: id of each element of the document -> its element name, for references.
    """

    def __init__(self, language: str, targets: dict[str, str]) -> None:
        self._language = language
        self._targets = targets
        self._references = locale_for(language).library.references

    def read(self, element: etree._Element, *, blocks: bool = False) -> Text:
        """The element's running text; with the text of blocks inside it if `blocks`."""
        formulas: list[Maths] = []
        written = self._inside(element, formulas, blocks)
        return tidy(written, formulas)

    def read_parts(self, element: etree._Element) -> list[Text | etree._Element]:
        """Running text and blocks in document order."""
        parts: list[Text | etree._Element] = []
        formulas: list[Maths] = []
        written = element.text or ""
        for child in element:
            if local_name(child) in BLOCKS:
                parts.append(tidy(written, formulas))
                parts.append(child)
                written, formulas = "", []
            else:
                written += self._element(child, formulas, False)
            written += child.tail or ""
        parts.append(tidy(written, formulas))
        return [part for part in parts if not isinstance(part, Text) or part]

    def _inside(self, element: etree._Element, formulas: list[Maths], blocks: bool) -> str:
        written = element.text or ""
        for child in element:
            written += self._element(child, formulas, blocks) + (child.tail or "")
        return written

    def _element(self, element: etree._Element, formulas: list[Maths], blocks: bool) -> str:
        name = local_name(element)
        if name == "math":
            formula = read_formula(element, self._language)
            if formula is None:
                return " "
            formulas.append(formula.maths)
            return f"{MARK}{formula.closing}"
        if name in LEFT_OUT or (name in BLOCKS and not blocks):
            return " "
        if name in ("newline", "space"):
            return " "
        inside = self._inside(element, formulas, blocks)
        if name == "link":
            return inside if inside.strip() else self._reference(element)
        if name in ("sup", "sub"):
            return _script(inside, name)
        return f" {inside} " if name in BLOCKS or name in ("item", "entry") else inside

    def _reference(self, link: etree._Element) -> str:
        if link.get("url"):
            return ""
        target = link.get("target-id") or ""
        kind = self._targets.get(target, "")
        if kind not in References.model_fields:
            lowered = target.lower()
            kind = next((kind for start, kind in _KINDS if lowered.startswith(start)), "section")
        return str(getattr(self._references, kind))


def _script(inside: str, name: str) -> str:
    """`10<sup>8</sup>` as 10⁸, `p<sub>tot</sub>` as p tot."""
    text = " ".join(inside.split())
    if not text:
        return ""
    table, plain = (_RAISED, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻") if name == "sup" else (_LOWERED, "₀₁₂₃₄₅₆₇₈₉₊₋")
    small = text.translate(table)
    if all(character in plain for character in small):
        return small
    if name == "sup" and text in ("′", "'", "°", "o", "st", "nd", "rd", "th"):
        return {"o": "°", "'": "′"}.get(text, text)
    if name == "sub":
        return f" {text}"
    return f"^{text}" if text.isalnum() else text


def tidy(written: str, formulas: list[Maths]) -> Text:
    """Text with one space between words, none before punctuation, and no empty brackets."""
    written = re.sub(r"[\u200b\u2060\ufeff\u00ad]", "", written.translate(_WINDOWS))
    written = re.sub(r"\s+", " ", written)
    written = re.sub(r"\(\s+", "(", re.sub(r"\s+\)", ")", written))
    written = _REPEATED.sub(r"\1s", written)
    written = _ASIDE.sub(" ", written)
    written = re.sub(r"\(\s*\)|\[\s*\]", " ", written)
    written = re.sub(r"\s+", " ", written)
    written = re.sub(r"(?<!\s\.)\s+(?=[,;:?!)\]’”]|\.(?!\d))", "", written)
    written = re.sub(r"(?<![.\s])\.\s?\.(?![.\d])", ".", written)
    written = re.sub(r"(?<=[(\[“‘])\s+", "", written)
    written = re.sub(r"([.?!] |^)(the|another|la|el|otra) (?=\w)", _capital, written.strip())
    return Text(written, tuple(formulas))


def _capital(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2].capitalize()} "
