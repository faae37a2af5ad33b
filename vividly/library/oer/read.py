"""Reads the documents of a library."""

from __future__ import annotations

from collections.abc import Iterator

from vividly.library.oer.cnxml import read_module
from vividly.library.oer.figures import with_figures
from vividly.library.oer.files import open_files
from vividly.library.oer.markdown import read_markdown, read_text
from vividly.library.oer.model import Entry, ParsedDocument, UnreadableDocument
from vividly.library.oer.passages import make_document
from vividly.library.oer.plan import Choices, plan_library
from vividly.platform.storage import ObjectStore


def read_entry(entry: Entry, figures: ObjectStore | None = None) -> ParsedDocument:
    """The document of one entry of a plan.

    Args:
        figures: the OER bucket for its pictures; None to copy no pictures.

    Raises:
        UnreadableDocument: the file cannot be read in its format; the message says why.
        TransientError: the bucket is busy or unreachable.
    """
    origin = entry.origin
    data = open_files(entry.root).read(entry.path)
    if entry.format == "cnxml":
        content = read_module(data, entry.path, origin.language)
    else:
        stem = entry.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        title = " ".join(stem.replace("-", " ").replace("_", " ").split()).capitalize()
        if entry.format == "markdown":
            content = read_markdown(data, entry.path, title, origin.language)
        else:
            content = read_text(data, entry.path, title, origin.language)
    document = make_document(content, origin, data)
    if not document.passages and content.kind == "module":
        raise UnreadableDocument(entry.path, "there is nothing in it to teach with")
    return document if figures is None else with_figures(entry, document, figures)


def refuse_omissions(entry: Entry, document: ParsedDocument) -> None:
    """Refuse a document of which something is left out.

    Raises:
        UnreadableDocument: the message tells how much, and the first of it.
    """
    if document.omissions:
        first = document.omissions[0]
        raise UnreadableDocument(
            entry.path,
            f"{len(document.omissions)} parts would be left out, the first at "
            f"{first.place}: {first.kind}: {first.example}",
        )


def read_library(uri: str, choices: Choices | None = None) -> Iterator[ParsedDocument]:
    """All documents of a library, in order.

    Raises:
        SettingsError: it holds nothing that can be read.
        UnreadableDocument: a document cannot be read; those before it were yielded.
    """
    plan = plan_library(uri, choices)
    for problem in plan.problems.values():
        raise problem
    for entry in plan.entries:
        yield read_entry(entry)
