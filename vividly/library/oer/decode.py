"""Decodes text files."""

from __future__ import annotations

import codecs

from vividly.library.oer.model import UnreadableDocument
from vividly.library.oer.xml import MAX_BYTES

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, name: str) -> str:
    """A file's text: UTF-8, or UTF-16 if it begins with a byte order mark.

    Raises:
        UnreadableDocument: it is empty, too large, or in another encoding.
    """
    if not data.strip():
        raise UnreadableDocument(name, "the file is empty")
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(
            name, f"the file has {len(data)} bytes: at most {MAX_BYTES} are read; split it"
        )
    encoding = next((known for bom, known in _BOMS if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            name, f"byte {error.start + 1} is not {encoding}: save the file as UTF-8"
        ) from error
    if "\0" in text:
        raise UnreadableDocument(name, "it holds zero bytes: it is not a text file")
    if not text.strip("\ufeff \t\r\n"):
        raise UnreadableDocument(name, "the file is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")
