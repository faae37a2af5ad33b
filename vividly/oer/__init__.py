"""Open educational resources: from books and files to passages with their sources."""

from vividly.oer.ingestion import Report, ingest
from vividly.oer.load import DocumentChange, finish_corpus, load_documents, store_document
from vividly.oer.model import Entry, Origin, ParsedDocument, ParsedTopic, UnreadableDocument
from vividly.oer.plan import Choices, Plan, plan_library
from vividly.oer.read import read_entry, read_library

__all__ = [
    "Choices",
    "DocumentChange",
    "Entry",
    "Origin",
    "ParsedDocument",
    "ParsedTopic",
    "Plan",
    "Report",
    "UnreadableDocument",
    "finish_corpus",
    "ingest",
    "load_documents",
    "plan_library",
    "read_entry",
    "read_library",
    "store_document",
]
