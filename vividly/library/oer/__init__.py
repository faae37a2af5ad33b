"""Open educational resources: from books and files to passages with their sources."""

from vividly.library.oer.ingestion import Omitted, Report, ingest, omitted
from vividly.library.oer.load import DocumentChange, finish_corpus, load_documents, store_document
from vividly.library.oer.model import Entry, Origin, ParsedDocument, ParsedTopic, UnreadableDocument
from vividly.library.oer.plan import Choices, Plan, plan_library
from vividly.library.oer.read import read_entry, read_library, refuse_omissions

__all__ = [
    "Choices",
    "DocumentChange",
    "Entry",
    "Omitted",
    "Origin",
    "ParsedDocument",
    "ParsedTopic",
    "Plan",
    "Report",
    "UnreadableDocument",
    "finish_corpus",
    "ingest",
    "load_documents",
    "omitted",
    "plan_library",
    "read_entry",
    "read_library",
    "refuse_omissions",
    "store_document",
]
