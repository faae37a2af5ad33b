"""Reads untrusted XML: no network, no entities, limited size and depth."""

from __future__ import annotations

from lxml import etree

from vividly.library.oer.model import UnreadableDocument

MAX_BYTES = 20_000_000


def parse_xml(data: bytes, name: str) -> etree._Element:
    """The root element of a document.

    Comments and processing instructions are removed, so every node is an element.

    Raises:
        UnreadableDocument: it is empty, too large, too deep, not XML, or declares entities.
    """
    if not data.strip():
        raise UnreadableDocument(name, "the file is empty")
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(
            name, f"the file has {len(data)} bytes: at most {MAX_BYTES} are read; split it"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise UnreadableDocument(
            name, f"not well-formed XML at line {line}, column {column}: {_reason(error)}"
        ) from error
    except ValueError as error:
        raise UnreadableDocument(name, f"not XML: {error}") from error
    document = root.getroottree().docinfo
    if document.internalDTD is not None and list(document.internalDTD.iterentities()):
        raise UnreadableDocument(
            name, "it declares entities, which are not expanded; write the characters themselves"
        )
    if any(not isinstance(node.tag, str) for node in root.iter()):
        raise UnreadableDocument(
            name, "it refers to an entity, which is not expanded; write the character itself"
        )
    return root


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def words_in(element: etree._Element) -> list[str]:
    """The words of an element; a formula is one word."""
    parts: list[str] = []

    def visit(node: etree._Element) -> None:
        if local_name(node) == "math":
            parts.append(" formula ")
        else:
            parts.append(node.text or "")
            for child in node:
                visit(child)
                # Words of two blocks never run together.
                parts.append(child.tail or " ")

    visit(element)
    return [word for word in "".join(parts).split() if any(map(str.isalnum, word))]


def _reason(error: etree.XMLSyntaxError) -> str:
    return (error.msg or "syntax error").split(", line ")[0]


def remove(element: etree._Element) -> None:
    """Remove an element; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)
