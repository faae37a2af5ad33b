"""What the parts of a CNXML module are, as their classes and headings tell."""

from __future__ import annotations

import re

from lxml import etree

from vividly.library.oer.model import SectionKind
from vividly.library.oer.xml import local_name, words_in

_TEACHER = re.compile(r"\b(?:os|ost)[-‐]teacher|\bteacher[-‐]|instructor")
NOT_TAUGHT = {
    "watch-physics": "video",
    "virtual-physics": "simulation",
    "os-interactive": "simulation",
    "snap-lab": "experiment",
    "references": "references",
    "further-reading": "references",
    "suggested-reading": "references",
    "further-research": "references",
    "link-to-learning": "link box",
    "media-link": "link box",
}
"""Class, in lower case, -> kind of the note or section. Solved exercises in it are read in any
case."""
PRACTICE = re.compile(
    r"exercise|problem|question|check-understanding|multiple-choice|short-answer|practice|homework|"
    r"critical-thinking|extended-response|free-response|\bconcept\b|performance|test-prep|review|"
    r"everyday|writing|self-check|be-prepared|\btry\b"
)
"""Classes of sections and notes that hold exercises; text before an exercise belongs to it."""
SECTION_KINDS: dict[str, SectionKind] = {
    "summary": "summary",
    "section-summary": "summary",
    "chapter-summary": "summary",
    "key-concepts": "summary",
    "key-points": "summary",
    "key-takeaways": "summary",
    "key-equations": "equations",
    "misconception": "misconception",
    "learning-objectives": "objectives",
    "chapter-objectives": "objectives",
}
TITLES = {
    "tips-for-success": "Tips for success",
    "misconception": "Common misconception",
    "links-to-physics": "Links to physics",
    "fun-in-physics": "Fun in physics",
    "work-in-physics": "Work in physics",
    "boundless-physics": "Boundless physics",
}
_PARTS = tuple(
    (re.compile(pattern, re.I), part)
    for pattern, part in (
        (r"(?:solutions?|answers?|soluci(?:ón|ones)|respuestas?)(?: \(?\w\)?)?", "solution"),
        (r"strategy|set ?up|approach|estrategia|plan", "solution"),
        (r"discussion|significance|analysis|discusión|significado|interpretation", "discussion"),
        (r"check your (?:learning|understanding)|try it|your turn|compruebe.*", "check"),
    )
)
"""Headings inside an example -> the part of the example that begins there."""
_LINKS = re.compile(
    r"\W*(?:watch|visit|click|go to|view|explore|check out|see|use|open|play|access|read|"
    r"this (?:video|website|web ?site|site|page|simulation|animation|link|interactive|applet)|"
    r"visite|vea|haga clic|explore|este (?:video|sitio|enlace))\b",
    re.I,
)
_LONGEST_LINK_BOX = 80


def only_equations(note: etree._Element) -> bool:
    """Whether a note without a title is a frame around formulas of the text before it."""
    inside = [local_name(child) for child in note if isinstance(child.tag, str)]
    return bool(inside) and set(inside) == {"equation"}


def for_teachers(element: etree._Element) -> bool:
    return _TEACHER.search(element.get("class") or "") is not None


def is_link_box(element: etree._Element) -> bool:
    """Whether a note only sends the reader to another place."""
    if local_name(element) != "note" or element.find(".//{*}link[@url]") is None:
        return False
    words = [word for part in element if local_name(part) != "title" for word in words_in(part)]
    return len(words) <= _LONGEST_LINK_BOX and _LINKS.match(" ".join(words)) is not None


def part_of(element: etree._Element) -> tuple[str, etree._Element | None]:
    """The part of an example that an element begins, if any, and the heading that tells it."""
    lead = element.find("{*}title")
    if lead is None and not (element.text or "").strip() and len(element):
        first = element[0]
        lead = first if local_name(first) == "emphasis" else None
    if lead is None:
        return "", None
    heading = " ".join(words_in(lead)).strip(" :.")
    part = next((part for pattern, part in _PARTS if pattern.fullmatch(heading)), "")
    return part, lead if part else None
