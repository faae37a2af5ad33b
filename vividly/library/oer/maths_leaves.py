"""Cuts the leaves of MathML into pieces: numbers, words, letters and signs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from vividly.library.oer import maths_words as signs
from vividly.library.oer.maths_pieces import UNSAID, Piece, number
from vividly.library.oer.maths_units import UnitWords
from vividly.model.chemistry import ELEMENTS
from vividly.text.signs import greek_name

_LEAF = re.compile(
    r"[^\W\d_][\u0300-\u036f\u20d0-\u20ff]+|\$?\d+(?:[.,]\d+)*|\|\||\.\d+(?:,\d+)*|\s+"
    r"|_+|[^\W\d_]+|.",
    re.DOTALL,
)
_JOINED_WORD = re.compile(
    r"[^\W\d_]+(?:[-‐‑][^\W\d_]{2,}|['’]s\b)+" + rf"|\b(?:{'|'.join(ELEMENTS)})-\d{{1,3}}\b"
)
"""A word with a hyphen or an apostrophe, which are no signs: "E-field", "Earth’s", "I-131"."""
_HYPHENED = re.compile(r"[-‐‑]([^\W\d_]{3,})")
"""A word that is joined to the letter before it."""
_BEFORE_FUNCTION = re.compile(r"([A-Za-z]{1,3})(sin|cos|tan|log|ln)").fullmatch
_VULGAR = re.compile("[¼-¾⅐-⅞]").fullmatch
ACCENTS = {
    "→": ("\u20d7", r"\vec", "vector"),
    "¯": ("\u0304", r"\bar", "bar"),
    "−": ("\u0304", r"\bar", "bar"),
    "_": ("\u0332", r"\underline", "bar"),
    "^": ("\u0302", r"\hat", "hat"),
    "~": ("\u0303", r"\tilde", "tilde"),
    "˜": ("\u0303", r"\tilde", "tilde"),
    "˙": ("\u0307", r"\dot", "dot"),
    ".": ("\u0307", r"\dot", "dot"),
    "¨": ("\u0308", r"\ddot", "double dot"),
    "⇀": ("\u20d7", r"\vec", "vector"),
}
"""Sign over a letter -> (combining character, LaTeX command, key of its word)."""
_HATS = {accent: (command, key) for accent, command, key in ACCENTS.values()}
SCRIPT_LETTERS = "ℊℋℐℒℛℬℯℰℱℳℴ"
_NUMBER_SETS = {"ℝ": "R", "ℤ": "Z", "ℕ": "N", "ℚ": "Q", "ℂ": "C"}


class Leaves:
    """Reads the text of leaves in one language.

    Args:
        words: sign -> what it is called.
    """

    def __init__(self, words: Mapping[str, str], units: UnitWords) -> None:
        self._words = words
        self._units = units

    def read(self, text: str, name: str) -> Iterator[Piece]:
        """The pieces of a leaf's text.

        Args:
            name: of the element: what stands in `mtext` is upright.
        """
        text = "".join(map(_plain, unicodedata.normalize("NFC", text)))
        if name == "mtext" and (joined := _HYPHENED.match(text)):  # `x` + "-axis"
            yield Piece("word", joined[0], joined[1], rf"\text{{{joined[0]}}}")
            text = text[joined.end() :]
        end = 0
        for word in _JOINED_WORD.finditer(text) if name == "mtext" else ():
            yield from self._parts(text[end : word.start()], name)
            symbol, _, mass = word[0].partition("-")
            said = f"{ELEMENTS[symbol]} {mass}" if symbol in ELEMENTS else word[0]
            written = word[0].replace("’", "'")
            yield Piece("word", word[0], said, rf"\text{{{written}}}")
            end = word.end()
        yield from self._parts(text[end:], name)

    def product(self, text: str) -> Iterator[Piece]:
        """The pieces of letters set in italics, each of which is a factor: `mg`."""
        if text.strip() in signs.FUNCTIONS:
            yield from self.read(text, "mi")
            return
        for letter in text:
            yield from self.read(letter, "mi")

    def _parts(self, text: str, name: str) -> Iterator[Piece]:
        text = text.translate(signs.FORMS)
        if name == "mtext" and (unit := self._units.find(text.strip(" .,;"))):
            before, _, after = text.partition(unit.text)
            yield from (self.piece(part, name) for part in _LEAF.findall(before))
            yield unit
            yield from (self.piece(part, name) for part in _LEAF.findall(after))
            return
        for part in _LEAF.findall(text):
            if part.isalpha() and len(part) > 1 and any(map(greek_name, part)):
                yield from (self._letter(letter, name) for letter in part)  # `ΔH` is a product
            elif found := _BEFORE_FUNCTION(part):  # `mgsin`
                yield from (self._letter(letter, name) for letter in found[1])
                yield self.piece(found[2], name)
            else:
                yield self.piece(part, name)

    def piece(self, part: str, name: str) -> Piece:
        """One number, word, letter, bracket or sign."""
        if part.isspace():
            return Piece("space", " ", "", r"\ ")
        if part in "²³" and name != "mtext":
            said = self._words["squared" if part == "²" else "cubed"]
            return Piece("tail", part, said, f"^{{{'2' if part == '²' else '3'}}}")
        if part[0].isdigit() or (part[0] in ".$" and part[1:2].isdigit()):
            return number(part)
        if part in signs.FUNCTIONS:
            return Piece(
                "function", part, self._words.get(part, part), f"\\{part} ".replace("sen", "sin")
            )
        if len(part) == 2 and (known := _HATS.get(part[1])):
            command, key = known
            said = self._letter(part[0], name).say
            word = self._words[key]
            told = f"{word} {said}" if key == "vector" else f"{said} {word}"
            return Piece("letter", part, told, f"{command}{{{signs.latex_letter(part[0])}}}")
        if part in _NUMBER_SETS:
            latex = rf"\mathbb{{{_NUMBER_SETS[part]}}}"
            return Piece("letter", part, self._words[part], latex)
        if part.isalpha():
            if len(part) == 1:
                return self._letter(part, name)
            return Piece("word", part, part, f"\\text{{{part}}}")
        if part in "([{":
            return Piece("open", part, self._words["quantity"], signs.LATEX.get(part, part))
        if part in ")]}":
            return Piece("close", part, "", signs.LATEX.get(part, part))
        if part in "!?" and name != "mtext":
            return Piece("tail" if part == "!" else "letter", part, self._words[part], part)
        if part in ",;:.!?…":
            said = self._words["…"] if part == "…" else part
            return Piece("mark", part, said, signs.LATEX.get(part, part))
        if part in ("′", "″"):
            key = "prime" if part == "′" else "″"
            return Piece("tail", part, self._words[key], signs.LATEX[part])
        if part in '“”"—':
            return Piece("mark", part, "", signs.LATEX.get(part, r"\text{''}"))
        if set(part) == {"_"}:
            return Piece("letter", "_", self._words["_"], r"\_")
        if part == "°":
            return Piece("tail", part, self._words["°"], r"^{\circ}")
        if _VULGAR(part):
            above, below = unicodedata.normalize("NFKC", part).split("\u2044")
            latex = f"\\frac{{{above}}}{{{below}}}"
            return Piece("fraction", f"{above}/{below}", f"{above}/{below}", latex)
        if part in ("∅", "∞"):
            return Piece("letter", part, self._words[part], signs.LATEX[part])
        if part in ("|", "∣", "‖", "||"):  # its meaning depends on what stands around it
            return Piece("sign", part, UNSAID, signs.LATEX.get(part, part))
        latex = signs.LATEX.get(part, part if part.isascii() else rf"\text{{{part}}}")
        return Piece("sign", part, self._words.get(part, UNSAID), latex)

    def _letter(self, letter: str, name: str) -> Piece:
        apart = unicodedata.normalize("NFD", letter)
        bare, accent = apart[0], apart[1:]
        if (known := _HATS.get(accent)) and bare.isascii():
            command, key = known
            return Piece("letter", letter, f"{bare} {self._words[key]}", f"{command}{{{bare}}}")
        said = self._words.get(letter) or greek_name(letter) or letter
        if said == letter and not unicodedata.name(letter, "").startswith("LATIN"):
            said = signs.SAID_AS.get(letter, UNSAID)
        if name == "mtext" and letter.isascii():
            return Piece("letter", letter, said, f"\\mathrm{{{letter}}}")
        return Piece("letter", letter, signs.SAID_AS.get(said, said), signs.latex_letter(letter))


def _plain(character: str) -> str:
    """A letter of a mathematical alphabet as the plain letter: 𝑥 as x, ℳ as M."""
    alphabet = "\U0001d400" <= character <= "\U0001d7ff" or "\uff01" <= character <= "\uff5e"
    if alphabet or character in SCRIPT_LETTERS:
        return unicodedata.normalize("NFKC", character)
    return character
