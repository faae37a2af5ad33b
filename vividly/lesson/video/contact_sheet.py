"""Puts many pictures on one sheet, for review."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

_GAP = 8
_GROUND = (24, 26, 32)


def contact_sheet(rows: Sequence[Sequence[Image.Image]], width: int = 480) -> Image.Image:
    """Arrange pictures of one aspect ratio in rows, each scaled to `width` pixels."""
    first = next(picture for row in rows for picture in row)
    height = round(first.height * width / first.width)
    columns = max(len(row) for row in rows)
    size = (columns * (width + _GAP) + _GAP, len(rows) * (height + _GAP) + _GAP)
    sheet = Image.new("RGB", size, _GROUND)
    for row_at, row in enumerate(rows):
        for at, picture in enumerate(row):
            small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(small, (_GAP + at * (width + _GAP), _GAP + row_at * (height + _GAP)))
    return sheet
