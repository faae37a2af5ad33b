"""Finds the documents of a library, before anything is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from vividly.library.oer.cnxml import module_heading
from vividly.library.oer.collection import Collection, read_books, read_collection, subject_of
from vividly.library.oer.files import Files, locate, open_files
from vividly.library.oer.markdown import front_matter
from vividly.library.oer.model import Entry, Origin, UnreadableDocument
from vividly.library.oer.slugs import Unique, slugify
from vividly.model.errors import SettingsError

BOOKS = "META-INF/books.xml"
HIGH_SCHOOL = (9, 12)
FORMATS = {".cnxml": "cnxml", ".md": "markdown", ".markdown": "markdown", ".txt": "text"}
UNSTATED = "licence not stated"
_NO_DOCUMENTS = frozenset(("readme", "license", "licence", "changelog", "contributing"))


@dataclass(frozen=True)
class Choices:
    """A user's metadata for a library, which override those of its files.

    Attributes:
        corpus: name of the corpus; empty to derive it from the book or folder.
        grades: lowest and highest school grade.
        language: BCP 47.
    """

    corpus: str = ""
    subject: str = ""
    grades: tuple[int, int] | None = None
    language: str = ""
    licence: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        if self.grades and not 1 <= self.grades[0] <= self.grades[1] <= 12:
            low, high = self.grades
            raise SettingsError(f"grades {low}-{high}: want 1 to 12, the lower one first")
        for name in ("corpus", "subject"):
            value = getattr(self, name)
            if value != slugify(value):
                raise SettingsError(
                    f"{name} {value!r}: want lower-case letters, digits and hyphens, "
                    f"such as {slugify(value) or 'openstax-physics'!r}"
                )


@dataclass(frozen=True)
class Plan:
    """The documents to read.

    Attributes:
        entries: the documents, in order.
        problems: key of an unreadable document -> message; the others are read.
        notes: assumptions on missing metadata, for the user.
    """

    entries: tuple[Entry, ...]
    problems: dict[str, UnreadableDocument] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def corpora(self) -> dict[str, frozenset[str]]:
        """Corpus -> the keys of all its documents, readable or not."""
        found: dict[str, set[str]] = {}
        for entry in self.entries:
            found.setdefault(entry.origin.corpus, set()).add(document_key(entry.origin))
        for key in self.problems:
            found.setdefault(key.split("/", 1)[0], set()).add(key)
        return {corpus: frozenset(keys) for corpus, keys in found.items()}


def document_key(origin: Origin) -> str:
    """The key of the document that an entry becomes."""
    return f"{origin.corpus}/{origin.module}"


def plan_library(uri: str, choices: Choices | None = None) -> Plan:
    """The documents of a library: a book, a folder of modules or files, or a single file.

    Args:
        uri: a path or `gs://bucket/folder`.

    Raises:
        SettingsError: it holds nothing that can be read.
    """
    root, only = locate(uri)
    return _Planner(root, open_files(root), choices or Choices()).plan(only)


class _Planner:
    def __init__(self, root: str, files: Files, choices: Choices) -> None:
        self._root = root
        self._files = files
        self._choices = choices
        self._problems: dict[str, UnreadableDocument] = {}
        self._notes: list[str] = []

    def plan(self, only: str) -> Plan:
        if only.endswith(".xml"):
            entries = list(self._collection(only, ""))
        elif only:
            entries = list(self._loose([only], whole=False))
        else:
            entries = list(self._folder(self._files.paths()))
        if not entries and not self._problems:
            raise SettingsError(
                f"{self._root}{'/' + only if only else ''} holds nothing to read: want a book "
                f"({BOOKS}), a collection, or files ending in {', '.join(FORMATS)}"
            )
        keys = Counter(document_key(entry.origin) for entry in entries)
        if twice := [key for key, count in keys.items() if count > 1]:
            raise SettingsError(
                f"two documents would be {twice[0]}: ingest their books one by one, "
                "each with a --corpus of its own"
            )
        return Plan(tuple(entries), self._problems, tuple(dict.fromkeys(self._notes)))

    def _folder(self, paths: list[str]) -> Iterator[Entry]:
        """The books of a folder, then the files that belong to no book."""
        taken: list[str] = []
        for path in paths:
            if f"/{path}".endswith(f"/{BOOKS}"):
                folder = path.removesuffix(BOOKS)
                for name, style in read_books(self._files.read(path), path):
                    yield from self._collection(folder + name, style)
                taken.append(folder)
        for path in paths:
            if path.endswith(".collection.xml") and not path.startswith(tuple(taken)):
                yield from self._collection(path, "")
                taken.append(_book_folder(path))
        left = [path for path in paths if not path.startswith(tuple(taken))]
        yield from self._loose(left, whole=True)

    def _collection(self, path: str, style: str) -> Iterator[Entry]:
        book = read_collection(self._files.read(path), path, style)
        folder = _book_folder(path)
        corpus = self._choices.corpus or book.corpus
        origin = self._book_origin(book, corpus)
        slugs = Unique()
        numbers: dict[int, int] = {}
        appendices = 0
        for position, place in enumerate(book.places):
            file = f"{folder}modules/{place.module}/index.cnxml"
            try:
                title, kind = module_heading(self._files.read(file), file)
            except UnreadableDocument as error:
                # Its number stays reserved, so that the numbers of the others do not change.
                numbers[place.chapter_number] = numbers.get(place.chapter_number, 0) + 1
                self._problems[f"{corpus}/{place.module}"] = error
                continue
            chapter, number = "", ""
            if place.chapter_number:
                chapter = f"{place.chapter_number} {place.chapter}".strip()
                number = str(place.chapter_number)
                if kind != "introduction":
                    numbers[place.chapter_number] = numbers.get(place.chapter_number, 0) + 1
                    number += f".{numbers[place.chapter_number]}"
            elif kind == "appendix":
                number = chr(ord("A") + appendices)
                appendices += 1
            named = slugify(title) or place.module
            slug = slugs(f"{number}-{named}" if kind == "introduction" and number else named)
            yield Entry(
                self._root,
                file,
                "cnxml",
                replace(
                    origin,
                    module=place.module,
                    slug=slug,
                    number=number,
                    chapter=chapter,
                    position=position,
                ),
            )

    def _book_origin(self, book: Collection, corpus: str) -> Origin:
        choices = self._choices
        subject = choices.subject or subject_of(book.title) or subject_of(book.slug)
        if not choices.subject:
            self._note(corpus, f"subject {subject or 'general'}, by the book's title")
        if choices.grades is None:
            told = "as the book's style says" if book.level == "hs" else "as nothing tells them"
            self._note(corpus, f"grades {HIGH_SCHOOL[0]}-{HIGH_SCHOOL[1]}, {told}")
        return Origin(
            corpus=corpus,
            book=book.title,
            module="",
            slug="",
            number="",
            chapter="",
            position=0,
            subject=subject or "general",
            grades=choices.grades or HIGH_SCHOOL,
            language=choices.language or book.language,
            licence=choices.licence or book.licence or UNSTATED,
            attribution=choices.attribution or book.attribution,
            url=book.url,
            pages=bool(book.url),
        )

    def _loose(self, paths: list[str], *, whole: bool) -> Iterator[Entry]:
        """Files that belong to no book."""
        corpus = self._choices.corpus or slugify(self._files.name) or "library"
        modules, slugs = Unique(), Unique()
        for position, path in enumerate(paths):
            folder, _, name = path.rpartition("/")
            stem, dot, extension = name.rpartition(".")
            format = FORMATS.get(dot + extension.lower())
            if format is None or (whole and stem.lower() in _NO_DOCUMENTS):
                continue
            if format == "cnxml" and stem == "index" and folder:
                named = slugify(folder.rsplit("/", 1)[-1])
            else:
                named = "/".join(filter(None, map(slugify, [*folder.split("/"), stem])))
            module = modules(named or "document")
            try:
                yield self._loose_entry(path, format, corpus, module, slugs, position, stem)
            except UnreadableDocument as error:
                self._problems[f"{corpus}/{module}"] = error

    def _loose_entry(
        self,
        path: str,
        format: str,
        corpus: str,
        module: str,
        slugs: Unique,
        position: int,
        stem: str,
    ) -> Entry:
        choices = self._choices
        data = self._files.read(path)
        said: dict[str, str] = {}
        grades: tuple[int, int] | None = None
        if format == "cnxml":
            title, _ = module_heading(data, path)
        else:
            matter = front_matter(data, path) if format == "markdown" else None
            said = matter.values if matter else {}
            grades = matter.grades if matter else None
            title = said.get("title") or stem.replace("-", " ").replace("_", " ")
        book = self._files.name.replace("-", " ").replace("_", " ").strip().capitalize()
        subject = choices.subject or said.get("subject") or subject_of(f"{book} {path} {title}")
        if not (choices.subject or said.get("subject")):
            self._note(corpus, f"subject {subject or 'general'} for {path}, by its name")
        if choices.grades is None and grades is None:
            self._note(corpus, f"grades {HIGH_SCHOOL[0]}-{HIGH_SCHOOL[1]}, as nothing tells them")
        licence = choices.licence or said.get("licence", "")
        if not licence:
            self._note(corpus, f"no licence for {path}: cited as {UNSTATED!r}")
        return Entry(
            self._root,
            path,
            format,
            Origin(
                corpus=corpus,
                book=said.get("book") or book or corpus,
                module=module,
                slug=slugs(slugify(title) or module),
                number="",
                chapter="",
                position=position,
                subject=slugify(subject) or "general",
                grades=choices.grades or grades or HIGH_SCHOOL,
                language=choices.language or said.get("language") or "en",
                licence=licence or UNSTATED,
                attribution=choices.attribution or said.get("attribution") or book or corpus,
                url=said.get("url", ""),
            ),
        )

    def _note(self, corpus: str, text: str) -> None:
        self._notes.append(f"{corpus}: {text}")


def _book_folder(path: str) -> str:
    """The folder of the book that a collection file belongs to, as the beginning of paths."""
    folder, slash, _ = path.rpartition("/")
    if folder == "collections" or folder.endswith("/collections"):
        return folder.removesuffix("collections")
    return folder + slash
