"""Tables: rows that read as sentences are said; the whole is kept for the eye."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from vividly.library.oer.cnxml_lists import ended
from vividly.library.oer.inline import InlineReader, joined
from vividly.library.oer.model import MARK, Block, Paragraph, Table, Text
from vividly.library.oer.sentences import states, written
from vividly.library.oer.xml import local_name
from vividly.text.units import FORMULA_UNITS

MOST_ROWS = 20
MOST_COLUMNS = 5
SHORT = 4
"""Words of a cell that is said right after its head: "density 7.8"."""
_LONGEST_STEP = 40
"""Words of what is done in a step, told beside what it gives."""
_NUMBER = re.compile("[−-]?[\\d.,]+(?: ?× ?10[⁰¹²³⁴-⁹⁻]+)?")
_SYMBOL = re.compile(rf"[A-Za-zα-ω](?:\([a-z]\))?|{MARK}")
"""A head that is nothing but a variable or a formula, which has the value in the cell."""
_UNIT = re.compile(r"^(.*\S)\s*\(([A-Za-zµΩ°%][^()\s]{0,11})\)$")


def read_table(table: etree._Element, inline: InlineReader) -> Iterator[Block]:
    """The rows that read as sentences, and the table for the eye.

    `Iron: density 7.8, melting point 1811` says a row with the table's heads.
    """
    titles = [written(inline.read(e)) for n in ("title", "caption") for e in _children(table, n)]
    title = " ".join(filter(None, titles))
    groups = list(_children(table, "tgroup")) or [table]
    for group in groups:
        yield from table_blocks(title, *_rows(group, inline), regular=_regular(group))


def table_blocks(
    title: str, heads: list[Text], rows: list[list[Text]], *, regular: bool = True
) -> Iterator[Block]:
    """The rows that read as sentences, and the table for the eye.

    Args:
        regular: whether no cell spans several rows or columns.
    """
    said = list(_said(heads, rows, regular=regular))
    every = [Text(title), *heads, *(cell for row in rows for cell in row)]
    unsaid = max(0, _words(every) - _words(said))
    if len(heads) <= 1 and all(len(row) == 1 for row in rows):  # laid out in one column
        yield from (Paragraph(text) for text in (*heads, *(row[0] for row in rows)) if text)
        return
    yield from (Paragraph(text, display=True) for text in said)
    shown = tuple(tuple(map(written, row)) for row in rows)
    if any(any(row) for row in shown):
        yield Table(title, tuple(map(written, heads)), shown, unsaid)


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if local_name(child) == name)


def _rows(group: etree._Element, inline: InlineReader) -> tuple[list[Text], list[list[Text]]]:
    """(heads, rows of cells)."""
    heads: list[Text] = []
    rows: list[list[Text]] = []
    for part in group:
        name = local_name(part)
        found = [part] if name == "row" else list(_children(part, "row"))
        for row in found:
            cells = [inline.read(cell) for cell in row]
            if name == "thead":
                heads = cells
            elif any(cells):
                rows.append(cells)
    return heads, rows


def _regular(group: etree._Element) -> bool:
    """Whether no cell spans several rows or columns, apart from heads over all columns."""
    body = [e for e in group.iter("{*}entry") if not _in_head(e)]
    return not any(e.get("morerows") or e.get("namest") or e.get("spanname") for e in body)


def _in_head(element: etree._Element) -> bool:
    return any(local_name(above) == "thead" for above in element.iterancestors())


def _said(heads: list[Text], rows: list[list[Text]], *, regular: bool) -> Iterator[Text]:
    widths = {len(row) for row in rows}
    if not regular or len(widths) != 1 or len(rows) > MOST_ROWS:
        return
    (width,) = widths
    used = [at for at in range(width) if any(row[at] for row in rows)]
    if len(used) < width and (not heads or len(heads) == width):  # columns that only set apart
        heads = [heads[at] for at in used] if heads else []
        rows = [[row[at] for at in used] for row in rows]
        width = len(used)
    if width == 1 or width > MOST_COLUMNS:
        return
    if not heads and width == 2 and len(rows) > 1 and _measured(rows):
        heads, *rows = rows
    if not heads:
        if width == 2:
            yield from filter(None, (_pair(*row) for row in rows))
        return
    if len(heads) != width or not all(heads[1:]):
        return
    if any(re.search(r"×|\(.*[/⁻]", maths.text) for head in heads for maths in head.formulas):
        return  # a factor or a unit, in a formula, that each number below has
    if any(map(_equation, heads)):
        return  # `f(x) = 2ˣ` over its values
    # Rows whose first cell is as long as the others have no name: each cell is told with its head.
    # So is the only row of a table, unless it names something and its values.
    unnamed = sum(map(_of_peers, rows)) * 2 > len(rows) or (len(rows) == 1 and _nameless(rows[0]))
    named = not heads[0] or not unnamed
    for row in rows:
        if row[0] and all(ended(cell.written) for cell in row):  # sentences, side by side
            yield joined(*(part for cell in row for part in (cell, " ")))
            continue
        valued = any(any(map(_says, cell.written)) for cell in row[1:])
        if row[0] and valued and all(_sayable(cell) for cell in row if cell):
            yield _row(heads, row, named=named)


def _measured(rows: list[list[Text]]) -> bool:
    """Whether the first of rows without a head is one: names over numbers."""
    first, *others = ([cell.written for cell in row] for row in rows)
    named = all(cell and not any(map(str.isdigit, cell)) for cell in first)
    return named and all(cell[:1].isdigit() for row in others for cell in row)


def _pair(name: Text, value: Text) -> Text | None:
    """Two cells without heads: `momentum: p = mv`, or a step and what it gives."""
    if value and not name and len(value.written.split()) >= SHORT and ended(value.written):
        return value  # what the steps before it come to
    if not name or not value:
        return None
    if ended(name.written) and ended(value.written) and re.match(r"[A-Z][\w’']*,? ", value.written):
        return joined(name, " ", value)
    words = len(name.written.split())
    if words > _LONGEST_STEP or "?" in name.written[-1:] or not any(map(_says, name.written)):
        return None
    if not _sayable(value) or value.written[:1].isdigit():
        return None
    stripped = Text(name.written.rstrip(" :.,"), name.formulas)
    return joined(stripped, ": ", value)


def _of_peers(row: list[Text]) -> bool:
    first, *others = (len(cell.written.split()) for cell in row)
    return first > SHORT < max(others)


def _nameless(row: list[Text]) -> bool:
    """Whether the first cell is no name of what the others measure: a formula beside another."""
    first, others = row[0].written, "".join(cell.written for cell in row[1:])
    return MARK in first or not any(map(str.isdigit, first + others))


def _row(heads: list[Text], row: list[Text], *, named: bool) -> Text:
    parts: list[Text] = []
    for head, cell in list(zip(heads, row, strict=True))[named:]:
        if not cell or not any(map(_says, cell.written)):
            continue
        cell = Text(cell.written.rstrip(" :."), cell.formulas)
        if _equation(cell):
            parts += [cell]  # `x₁ = 5` needs no head
            continue
        unit = _UNIT.match(written(head))
        if unit and _is_unit(unit[2]) and _NUMBER.fullmatch(written(cell)):
            head, cell = Text(unit[1]), joined(cell, f" {unit[2]}")
        measured = any(map(str.isdigit, head.written))  # `K at 25 °C`, a number follows
        glue = " " if len(cell.written.split()) <= SHORT and not measured else ": "
        if _SYMBOL.fullmatch(head.written) and (
            MARK in cell.written or _NUMBER.fullmatch(cell.written)
        ):
            glue = " = "
        again = written(head).split(" ")[0] == written(cell).split(" ")[0]  # `pH`: `pH < 7`
        parts += [cell if again else joined(head, glue, cell)]
    name = Text(row[0].written.rstrip(" :."), row[0].formulas)
    if re.fullmatch(r"[−-]?[\d.,]+", name.written):  # a number is no name
        glue = " = " if _SYMBOL.fullmatch(heads[0].written) else " " * bool(heads[0])
        name = joined(heads[0], glue, name)
    comma = ", " if named else "; "
    told = joined(*((name, ": ") if named else ()), *(p for part in parts for p in (part, comma)))
    return Text(told.written.removesuffix(comma), told.formulas)


def _equation(text: Text) -> bool:
    return " = " in text.written or any(map(states, text.formulas))


def _is_unit(symbol: str) -> bool:
    """Whether what stands in the brackets of a head is a unit, unlike that of `P(x)`."""
    parts = re.split(r"[/⋅·]", symbol.replace("%", "m"))
    return all(re.sub("[²³]|⁻?[¹²³]|[23]$", "", part) in FORMULA_UNITS for part in parts)


def _sayable(cell: Text) -> bool:
    """Whether a cell is one phrase, a number or a formula."""
    text = cell.written
    return (
        len(text.split()) <= 25
        and not re.search(r"[.?!] [A-Z]", text)
        and (any(map(_says, text)) or set(text) <= set("—–- "))
        and not (ended(text) and "?" in text)
    )


def _says(character: str) -> bool:
    return character.isalnum() or character == MARK


def _words(texts: list[Text]) -> int:
    return sum(len(text.written.split()) for text in texts)
