"""The typefaces of the slides, and which of them can draw a character.

Inter (OFL, package `fontpkg-inter`) draws nearly everything. What it lacks (⇌, ∝, ∇) comes
from DejaVu Sans, which matplotlib carries. What neither has is written in Latin letters
(`anyascii`), so that no text ever shows an empty box.
"""

from __future__ import annotations

import importlib.util
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import fontpkg
from anyascii import anyascii
from fontTools.ttLib import TTFont
from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

from vividly.errors import SettingsError
from vividly.video.design import Weight

_LARGEST_OPTICAL_SIZE = 32
"""Inter's display cut, meant for 32 px and above, as all our text is."""


@cache
def _inter() -> Path:
    try:
        return Path(fontpkg.path("Inter", weight=Weight.BOLD))
    except fontpkg.FontpkgError as error:
        raise SettingsError(
            "the typeface Inter is not installed: pip install fontpkg-inter"
        ) from error


@cache
def _dejavu(bold: bool) -> Path:
    spec = importlib.util.find_spec("matplotlib")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    if spec is None or spec.origin is None:
        raise SettingsError("the typeface DejaVu Sans is missing: pip install matplotlib")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name


@cache
def _characters(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=128)
def _load(path: Path, size: int, weight: Weight) -> FreeTypeFont:
    font = ImageFont.truetype(str(path), size)
    if path == _inter():
        font.set_variation_by_axes([_LARGEST_OPTICAL_SIZE, weight])
    return font


@lru_cache(maxsize=4096)
def runs(text: str, size: int, weight: Weight) -> tuple[tuple[FreeTypeFont, str], ...]:
    """A displayable text cut where the typeface changes."""
    pieces: list[tuple[Path, str]] = []
    for character in text:
        path = _face(character, weight)
        if pieces and (pieces[-1][0] == path or unicodedata.combining(character)):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + character)
        else:
            pieces.append((path, character))
    return tuple((_load(path, size, weight), piece) for path, piece in pieces)


@lru_cache(maxsize=4096)
def displayable(text: str) -> str:
    """The text with nothing in it that no typeface here can draw.

    Blanks are collapsed to single spaces; control characters are dropped.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(map(_drawable, composed)).split())


def _face(character: str, weight: Weight) -> Path:
    fallback = _dejavu(weight >= Weight.SEMIBOLD)
    known = ord(character) in _characters(_inter())
    return fallback if not known and ord(character) in _characters(fallback) else _inter()


@cache
def _drawable(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return character
    if category.startswith("C") or unicodedata.name(character, "").startswith("VARIATION SEL"):
        return ""
    # Both weights of the fallback must have it, or it would vanish in bold.
    faces = (_inter(),), (_dejavu(True), _dejavu(False))
    if any(all(ord(character) in _characters(path) for path in paths) for paths in faces):
        return character
    return "" if category.startswith("S") else anyascii(character)
