"""The typefaces of the slides, and the choice of one for each character.

Inter (OFL, package `fontpkg-inter`) draws nearly everything. What it lacks (⇌, ∝, ∇, faces)
comes from DejaVu Sans, part of matplotlib; other scripts from Noto Sans (OFL, Arabic,
Devanagari, Thai), IPAex Gothic (IPA licence, Japanese and most Chinese characters) and Nanum
Gothic (OFL, Korean), all installed as packages. A character that none of them has is transliterated
to Latin letters (`anyascii`) or, if it is a symbol, dropped, so no text shows an empty box.
"""

from __future__ import annotations

import importlib.util
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import fontpkg
from anyascii import anyascii
from fontTools.ttLib import TTFont
from PIL import ImageFont, features
from PIL.ImageFont import FreeTypeFont

from vividly.lesson.video.bidirectional import directed_pieces, is_right_to_left
from vividly.lesson.video.design import Weight
from vividly.model.errors import SettingsError

_LARGEST_OPTICAL_SIZE = 32
"""Inter's display cut, for 32 px and above; all our text is larger."""
_OTHER_SCRIPTS = ("Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Thai")
_SHAPED = ("ARABIC", "HEBREW", "DEVANAGARI")
"""Scripts that cannot be drawn letter by letter from left to right."""


@dataclass(frozen=True)
class _Face:
    """A typeface: the files for normal and bold text, and the axes of a variable one."""

    regular: Path
    bold: Path
    axes: tuple[str, ...] = ()

    def file(self, weight: Weight) -> Path:
        return self.bold if weight >= Weight.SEMIBOLD else self.regular


@cache
def _faces() -> tuple[_Face, ...]:
    """The typefaces in order of preference: the first that has a character draws it."""
    ttf = _beside("matplotlib", "mpl-data/fonts/ttf")
    nanum = _beside("koreanize_matplotlib", "fonts")
    japanese = _beside("matplotlib_fontja", "fonts") / "ipaexg.ttf"
    inter = _packaged("Inter")
    return (
        _Face(inter, inter, ("opsz", "wght")),
        *(_Face(path, path, ("wght", "wdth")) for path in map(_packaged, _OTHER_SCRIPTS)),
        _Face(ttf / "DejaVuSans.ttf", ttf / "DejaVuSans-Bold.ttf"),
        _Face(japanese, japanese),
        _Face(nanum / "NanumGothic.ttf", nanum / "NanumGothicBold.ttf"),
    )


def _packaged(family: str) -> Path:
    try:
        return Path(fontpkg.path(family, weight=Weight.BOLD))
    except fontpkg.FontpkgError as error:
        package = "fontpkg-" + family.lower().replace(" ", "-")
        raise SettingsError(
            f"the typeface {family} is not installed: pip install {package}"
        ) from error


def _beside(module: str, folder: str) -> Path:
    """A folder of an installed module, found without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        name = module.replace("_", "-")
        raise SettingsError(f"the typefaces of {name} are missing: pip install {name}")
    return Path(spec.origin).parent / folder


@cache
def _characters(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=256)
def _load(face: _Face, size: int, weight: Weight) -> FreeTypeFont:
    font = ImageFont.truetype(str(face.file(weight)), size)
    values = {"opsz": _LARGEST_OPTICAL_SIZE, "wght": weight, "wdth": 100}
    if face.axes:
        font.set_variation_by_axes([values[axis] for axis in face.axes])
    return font


@lru_cache(maxsize=4096)
def runs(
    text: str, size: int, weight: Weight, right_to_left: bool | None = None
) -> tuple[tuple[FreeTypeFont, str], ...]:
    """Cut a displayable text where typeface or direction changes; pieces from left to right.

    Args:
        right_to_left: direction of the paragraph; by default that of the first letter.
    """
    if right_to_left is None:
        right_to_left = is_right_to_left(text)
    found: list[tuple[_Face, str]] = []
    for directed, from_right in directed_pieces(text, right_to_left=right_to_left):
        pieces = _by_face(directed)
        found += reversed(pieces) if from_right else pieces
    return tuple((_load(face, size, weight), piece) for face, piece in found)


def _by_face(text: str) -> list[tuple[_Face, str]]:
    """Pieces with one typeface each. Spaces and marks stay with the letter before."""
    pieces: list[tuple[_Face, str]] = []
    for character in text:
        face = _face(character)
        if pieces and (face is pieces[-1][0] or _goes_along(character, pieces[-1][0])):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + character)
        else:
            pieces.append((face, character))
    return pieces


@lru_cache(maxsize=4096)
def displayable(text: str) -> str:
    """Replace or drop the characters of a text that no typeface can draw.

    Whitespace is collapsed to single spaces; control characters are dropped.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(map(_drawable, composed)).split())


def _goes_along(character: str, face: _Face) -> bool:
    """Whether to draw a character with the face of the one before it."""
    neutral = unicodedata.combining(character) or unicodedata.category(character)[0] not in "LN"
    return bool(neutral) and _has(face, character)


@cache
def _has(face: _Face, character: str) -> bool:
    # Both weights must have the character, or it would vanish in bold.
    return all(ord(character) in _characters(path) for path in {face.regular, face.bold})


@cache
def _face(character: str) -> _Face:
    return next((face for face in _faces() if _has(face, character)), _faces()[0])


@cache
def _can_shape() -> bool:
    """Whether Pillow can shape text. Its wheel has all but FriBiDi, a system library."""
    return bool(features.check("raqm"))


@cache
def _drawable(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return character
    if category.startswith("C") or unicodedata.name(character, "").startswith("VARIATION SEL"):
        return ""
    shaped = unicodedata.name(character, "").startswith(_SHAPED) and not _can_shape()
    if _has(_face(character), character) and not shaped:
        return character
    return "" if category.startswith("S") else anyascii(character)
