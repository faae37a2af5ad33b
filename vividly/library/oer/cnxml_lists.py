"""Lists as sentences: items that are none are said together with what introduces them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vividly.library.oer.inline import joined
from vividly.library.oer.model import Block, Paragraph, Table, Text
from vividly.library.oer.sentences import written
from vividly.text.locales import locale_for

LONGEST = 60
"""Words of a sentence that lists something; more items go into another sentence."""
_ENDED = re.compile(r"[.?!…][\"'”’)\]]*$")


def ended(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return _ENDED.search(text.rstrip()) is not None


def sentence_like(items: Sequence[Sequence[Block]]) -> bool:
    """Whether the items of a list are sentences rather than parts of one."""
    parts = sum(
        len(item) == 1 and isinstance(item[0], Paragraph) and not ended(item[0].text.written)
        for item in items
    )
    return parts * 2 <= len(items)


def lettered_each(items: Sequence[Sequence[Block]]) -> bool:
    """Whether each item is a part of a question, with its mark: `(a) x²`."""
    first = [item[0] if item else None for item in items]
    return bool(first) and all(
        isinstance(block, Paragraph) and re.match(r"\([a-z]\) ", block.text.written)
        for block in first
    )


def listed(head: Text | None, items: Sequence[Sequence[Block]], language: str) -> list[Block]:
    """Items that are no sentences as one, after the text that introduces them.

    Without such a text they are a table for the eye.
    """
    plain = [b.text for item in items for b in item if isinstance(b, Paragraph)]
    others: list[Block] = [b for item in items for b in item if not isinstance(b, Paragraph)]
    if head is None:
        rows = tuple((written(text),) for text in plain)
        words = sum(len(text.written.split()) for text in plain)
        return [Table("", (), rows, words), *others] if rows else others
    goes_on = locale_for(language).library.goes_on
    begin = Text(head.written.rstrip(" :,;"), head.formulas)
    made: list[Block] = []
    sentence = joined(begin, ": ")
    words, fresh = len(begin.written.split()), True
    for text in plain:
        item = Text(text.written.strip(" .,;"), text.formulas)
        more = len(item.written.split())
        if not fresh and words + more > LONGEST:
            made.append(Paragraph(joined(sentence, ".")))
            sentence, words, fresh = Text(goes_on + " "), 0, True
        sentence = joined(sentence, "" if fresh else "; ", item)
        words, fresh = words + more, False
    return [*made, Paragraph(joined(sentence, ".")), *others]
