"""Reads an OpenStax book's metadata and its list of modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from vividly.library.oer.model import UnreadableDocument
from vividly.library.oer.slugs import slugify
from vividly.library.oer.xml import local_name, parse_xml

OPENSTAX = "https://openstax.org/books/"
FREE = "Access for free at openstax.org"
SUBJECTS = {
    "physics": ("physics", "física", "fisica"),
    "biology": ("biology", "anatomy", "physiology", "microbiology", "biología", "biologia"),
    "chemistry": ("chemistry", "química", "quimica"),
    "earth-science": ("astronomy", "earth", "geology", "environmental"),
    "mathematics": (
        "mathematics",
        "math",
        "algebra",
        "calculus",
        "precalculus",
        "prealgebra",
        "statistics",
        "geometry",
        "trigonometry",
        "cálculo",
        "calculo",
        "álgebra",
        "estadística",
    ),
}
"""Subject -> words in a book's title that indicate it."""
_LICENCE = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")


@dataclass(frozen=True)
class Place:
    """The place of a module in its book. `number` is `4.3`, `A` for an appendix, or ""."""

    module: str
    chapter: str
    chapter_number: int
    order: int


@dataclass(frozen=True)
class Collection:
    """A book, from its collection file.

    Attributes:
        language: as written in the file, such as `en`.
        level: `hs`, `college`, or "" if unknown.
        publisher: as the file names it; OpenStax's own files name none.
    """

    slug: str
    title: str
    language: str
    licence: str
    authors: str
    level: str
    places: tuple[Place, ...] = field(default=())
    publisher: str = ""

    @property
    def attribution(self) -> str:
        """Whom the licence asks to be named."""
        by = ", ".join(part for part in (self.authors, self.publisher or "OpenStax") if part)
        return by if self.publisher else f"{by}. {FREE}"

    @property
    def url(self) -> str:
        """The book's address if OpenStax publishes it, else empty."""
        return "" if self.publisher else OPENSTAX + self.slug

    @property
    def corpus(self) -> str:
        """The name under which the book is filed."""
        return slugify(self.slug if self.publisher else f"openstax-{self.slug}")


def read_books(data: bytes, name: str) -> list[tuple[str, str]]:
    """(path of the collection file below the root, style) of each book of `books.xml`.

    Raises:
        UnreadableDocument: it is not a list of books, or is empty.
    """
    root = parse_xml(data, name)
    books = [
        (_below_root(str(book.get("href")), name), str(book.get("style") or ""))
        for book in root.iter("{*}book")
        if book.get("href")
    ]
    if not books:
        raise UnreadableDocument(name, 'it lists no book: want <book slug="…" href="…"/>')
    return books


def read_collection(data: bytes, name: str, style: str = "") -> Collection:
    """A book from its collection file.

    Args:
        style: of the book in `books.xml`, such as `hs-physics`, which indicates its level.

    Raises:
        UnreadableDocument: it is not a collection, or has no title or module.
    """
    root = parse_xml(data, name)
    if local_name(root) != "collection":
        raise UnreadableDocument(
            name, f"its root is <{local_name(root)}>, where a book has <collection>"
        )
    title = _said(root, "title")
    content = root.find("{*}content")
    if not title or content is None:
        raise UnreadableDocument(name, "it has no title or no <content>")
    places = tuple(_places(content))
    if not places:
        raise UnreadableDocument(name, "it has no modules")
    licence = root.find("{*}metadata/{*}license")
    return Collection(
        slug=_said(root, "slug") or name.rsplit("/", 1)[-1].split(".")[0],
        title=title,
        language=_said(root, "language") or "en",
        licence=_licence(licence),
        authors=_authors(root),
        level="hs" if style.startswith(("hs-", "hs_")) or "high school" in title.lower() else "",
        places=places,
        publisher=_said(root, "publisher"),
    )


def subject_of(title: str) -> str:
    """The subject that a title indicates, or ""."""
    words = set(re.findall(r"\w+", title.lower()))
    return next((subject for subject, names in SUBJECTS.items() if words & set(names)), "")


def _places(content: etree._Element) -> Iterator[Place]:
    chapters = 0

    def visit(element: etree._Element, chapter: str, number: int) -> Iterator[Place]:
        nonlocal chapters
        order = 0
        for child in element:
            name = local_name(child)
            if name == "module" and child.get("document"):
                yield Place(str(child.get("document")), chapter, number, order)
                order += 1
            elif name == "subcollection":
                inner = child.find("{*}content")
                if inner is None:
                    continue
                if inner.find("{*}subcollection") is not None:  # a unit of chapters
                    yield from visit(inner, "", 0)
                else:
                    chapters += 1
                    title = " ".join((child.findtext("{*}title") or "").split())
                    yield from visit(inner, title, chapters)

    yield from visit(content, "", 0)


def _said(root: etree._Element, name: str) -> str:
    return " ".join((root.findtext(f"{{*}}metadata/{{*}}{name}") or "").split())


def _authors(root: etree._Element) -> str:
    given = root.get("authors") or _said(root, "authors")
    return ", ".join(name.strip() for name in given.split(",") if name.strip())


def _licence(element: etree._Element | None) -> str:
    if element is None:
        return ""
    if found := _LICENCE.search(element.get("url") or ""):
        return f"CC {found[1].upper()} {found[2]}"
    return " ".join("".join(element.itertext()).split()) or str(element.get("url") or "")


def _below_root(href: str, name: str) -> str:
    """A path relative to META-INF as one below the root."""
    if not href.startswith("../") or ".." in href[3:].split("/"):
        raise UnreadableDocument(name, f"href {href[:80]!r} is not a path like ../collections/…")
    return href[3:]
