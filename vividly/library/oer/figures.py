"""Copies the pictures of a document into the OER bucket, named by the hash of their content.

So a lesson can show them when the checkout that they were read from is gone.
"""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from vividly.library.oer.files import Files, open_files
from vividly.library.oer.model import Entry, ParsedDocument
from vividly.model.errors import PermanentError
from vividly.platform.storage import ObjectStore

FOLDER = "figures"
_KINDS = {b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"\x89PNG\r\n\x1a\n": ("png", "image/png")}
_MOST_BYTES = 10_000_000


def with_figures(entry: Entry, document: ParsedDocument, store: ObjectStore) -> ParsedDocument:
    """The document, with `image` in each figure whose picture was copied.

    Pictures that are missing, larger than 10 MB or neither JPEG nor PNG are skipped; their
    captions and descriptions stay.

    Raises:
        TransientError: the bucket is busy or unreachable.
    """
    files = open_files(entry.root)
    kept: dict[str, str] = {}
    details: dict[str, dict[str, Any]] = {}
    for key, detail in document.details.items():
        figures = []
        for figure in detail["figures"]:
            src = str(figure["src"])
            if src not in kept:
                kept[src] = _keep(files, _path(entry.path, src), store)
            figures.append({**figure, "image": kept[src]} if kept[src] else figure)
        details[key] = {**detail, "figures": figures}
    names = sorted(filter(None, kept.values()))
    if not names:
        return document
    # If pictures are added later, the document has changed although its words have not.
    digest = hashlib.sha256("\0".join([document.digest, *names]).encode()).hexdigest()
    return replace(document, details=details, digest=digest)


def _path(document: str, src: str) -> str:
    """The path below the root that a document's reference means, or "" if it leads outside."""
    if "://" in src or src.startswith(("/", "data:")):
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(document), unquote(src)))
    return "" if path.split("/")[0] == ".." else path


def _keep(files: Files, path: str, store: ObjectStore) -> str:
    """The object name of a picture; "" if it cannot be read or shown."""
    if not path:
        return ""
    try:
        data = files.read(path)
    except PermanentError:  # also raised for a name that no bucket accepts
        return ""
    for start, (ending, content_type) in _KINDS.items():
        if data.startswith(start) and len(data) <= _MOST_BYTES:
            name = f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:32]}.{ending}"
            if not store.exists(name):
                store.write(name, data, content_type)
            return name
    return ""
